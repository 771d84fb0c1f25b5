"""`assistant line`: what it takes, and what it says of what it does not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.cli.line import times
from assistant.errors import UsageError
from tests.processes import free_endpoint, run


@pytest.mark.parametrize(
    ("text", "factor"), [("1", 1.0), ("60", 60.0), ("60x", 60.0), ("0.5x", 0.5), ("1000x", 1000.0)]
)
def test_speed_is_a_number_with_or_without_an_x(text: str, factor: float) -> None:
    assert times(text) == factor


@pytest.mark.parametrize("text", ["", "x", "fast", "0", "-1", "1001", "60xx", "nan", "inf"])
def test_speed_that_is_none_is_named(text: str) -> None:
    with pytest.raises(UsageError, match="--speed"):
        times(text)


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--story", "fire"), "changeover, clog, handover, jam, nozzle, reel"),
        (("--story", "jam", "--days", "2"), "--story"),
        (("--days", "0"), "--days 0"),
        (("--straight",), "--straight"),
    ],
)
def test_what_does_not_go_together_is_one_clear_line(args: tuple[str, ...], says: str) -> None:
    done = run("line", *args, "--endpoint", free_endpoint())
    assert done.returncode == 2 and says in done.stderr and done.stderr.count("\n") == 1


def test_story_is_told_to_its_end_and_its_truth_written_down(tmp_path: Path) -> None:
    truth = tmp_path / "truth.jsonl"
    done = run(
        "line", "--story", "changeover", "--speed", "1000x", "--truth", str(truth), "--endpoint", free_endpoint()
    )
    assert done.returncode == 0 and "stories: changeover" in done.stdout, done.stderr
    facts = [json.loads(line) for line in truth.read_text().splitlines()]
    (changed,) = [fact for fact in facts if fact["what"] == "changeover"]
    assert (changed["where"], changed["name"], changed["count"]) == ("SMT-1", "PCA-310", 6)
    assert facts[-1]["what"] == "told" and facts[-1]["until"] - facts[-1]["since"] == pytest.approx(90 * 60)


def test_days_are_written_straight_into_an_empty_log_and_into_no_other(tmp_path: Path) -> None:
    data, truth = tmp_path / "data", tmp_path / "truth.jsonl"
    args = ("line", "--story", "handover", "--straight", "--data", str(data), "--truth", str(truth))
    done = run(*args)
    assert done.returncode == 0, done.stderr
    assert run("events", "verify", "--data", str(data)).returncode == 0
    notes = [
        json.loads(line)
        for line in run("events", "--json", "--type", "note.*", "--data", str(data)).stdout.split("\n")[:-1]
    ]
    facts = [json.loads(line) for line in truth.read_text().splitlines()]
    assert [note["data"]["text"] for note in notes] == [fact["name"] for fact in facts if fact["what"] == "note"]
    assert {note["data"]["badge"] for note in notes} == {"OP-23"}
    again = run(*args)
    assert again.returncode == 2 and "there is a log already" in again.stderr
