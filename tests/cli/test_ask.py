"""`assistant ask` against a plant in another process: the contract, one core a folder, and what goes wrong."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.processes import Line, a_line, free_endpoint, one_line_of_trouble, run, started

FIELDS = {"text", "intent", "slots", "confidence", "by", "decision", "say", "events", "also", "ms"}


def test_a_hold_goes_from_words_to_the_machine_and_back(line: Line, tmp_path: Path) -> None:
    done = run(
        *("ask", "--data", str(tmp_path), "--as", "OP-17", "--at", "PRN-1", "--json"),
        "hold lot four seven one two, bridging",
        env=line.env,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert set(answer) == FIELDS
    assert (answer["intent"], answer["slots"], answer["decision"]) == (
        "hold",
        {"lot": "L4712", "reason": "bridging"},
        "done",
    )
    assert answer["say"] == "Lot four seven one two is on hold, bridging."
    (deed,) = line.deeds()
    assert (deed["machine"], deed["method"], deed["args"]) == ("PRN-1", "Hold", {"unit": "L4712", "reason": "bridging"})
    assert deed["order"] in answer["events"]
    shown = run("events", "--data", str(tmp_path), "--type", "lot.*", "--json").stdout.splitlines()
    assert [json.loads(event)["type"] for event in shown if json.loads(event)["type"] != "lot.created"] == ["lot.held"]
    assert run("events", "verify", "--data", str(tmp_path)).returncode == 0


def test_lines_of_standard_input_are_one_conversation(line: Line, tmp_path: Path) -> None:
    said = "stop oven two\nstart oven two\n\nyes\nwho stopped oven two\n"
    done = run("ask", "--data", str(tmp_path), "--as", "SV-3", "--json", "-", env=line.env, stdin=said)
    answers = [json.loads(answer) for answer in done.stdout.splitlines()]
    assert [answer["decision"] for answer in answers] == ["done", "confirm", "done", "answered"]
    assert "S V three started oven two" in answers[-1]["say"]


def test_one_command_asks_and_the_next_one_answers_while_a_core_is_up(line: Line, tmp_path: Path) -> None:
    ask = ("ask", "--data", str(tmp_path), "--as", "QA-5", "--json")
    with started("run", "--no-audio", "--data", str(tmp_path), env=line.env):
        assert json.loads(run(*ask, "hold lot 4722, void", env=line.env).stdout)["decision"] == "done"
        assert json.loads(run(*ask, "release lot 4722", env=line.env).stdout)["decision"] == "confirm"
        assert json.loads(run(*ask, "yes", env=line.env).stdout)["decision"] == "done"
        # A second core on the same folder refuses; parsing goes through the first.
        one_line_of_trouble(run("run", "--no-audio", "--data", str(tmp_path)), 1, "another process writes it")
        one_line_of_trouble(run(*ask[:-1], "--as", "OP-99", "x", env=line.env), 2, "OP-99", "no such badge")
    assert json.loads(run(*ask, "yes", env=line.env).stdout)["decision"] == "ignored"


def test_commands_that_start_at_once_meet_one_core_and_each_is_done_once(line: Line, tmp_path: Path) -> None:
    boards = [f"B1022{n}" for n in range(1, 6)]
    said = [
        ("ask", "--data", str(tmp_path), "--as", "OP-17", "--json", f"hold board {board}, void") for board in boards
    ]
    with ThreadPoolExecutor(len(said)) as pool:
        ended = list(pool.map(lambda args: run(*args, env=line.env), said))
    assert all(done.stdout for done in ended), [done.stderr for done in ended]
    answers = [json.loads(done.stdout) for done in ended]
    assert [answer["decision"] for answer in answers] == ["done"] * len(boards)
    deeds = Counter(deed["args"]["unit"] for deed in line.deeds() if deed["args"].get("unit") in boards)
    assert deeds == Counter(boards)
    assert run("events", "verify", "--data", str(tmp_path)).returncode == 0


def test_parse_only_touches_nothing_and_needs_no_plant(tmp_path: Path) -> None:
    folder = tmp_path / "not there yet"
    done = run("ask", "--data", str(folder), "--parse-only", "--json", "hold lots 4712 and 4713, bridging")
    answer = json.loads(done.stdout)
    assert (answer["slots"]["lot"], answer["also"][0]["slots"]["lot"]) == ("L4712", "L4713")
    assert answer["decision"] is None and not folder.exists()


def test_without_a_plant_questions_are_answered_with_their_age_and_nothing_is_done(tmp_path: Path) -> None:
    env = {"LINE_ASSISTANT_ENDPOINT": free_endpoint()}
    said = "status of lot 4712\nhold lot 4712, bridging\n"
    done = run("ask", "--data", str(tmp_path), "--as", "OP-17", "--json", "-", env=env, stdin=said)
    status, hold = (json.loads(answer) for answer in done.stdout.splitlines())
    assert status["decision"] == "answered" and "no connection" in status["say"]
    assert hold["decision"] == "failed" and "nothing was done" in hold["say"]
    assert done.returncode == 0


def test_a_plant_that_stands_still_is_not_taken_for_a_live_one(tmp_path: Path) -> None:
    with a_line(tmp_path) as paused, started("run", "--no-audio", "--data", str(tmp_path / "d"), env=paused.env):
        ask = ("ask", "--data", str(tmp_path / "d"), "--as", "OP-17", "--json")
        assert json.loads(run(*ask, "hold lot 4712, void", env=paused.env).stdout)["decision"] == "done"
        (pid,) = (int(p) for p in os.popen(f"pgrep -f 'line --endpoint {paused.endpoint}'").read().split()[:1])
        os.kill(pid, signal.SIGSTOP)
        try:
            answer = json.loads(run(*ask, "hold lot 4713, void", env=paused.env).stdout)
            assert answer["decision"] in ("uncertain", "failed")
        finally:
            os.kill(pid, signal.SIGCONT)
        assert len([deed for deed in paused.deeds() if deed["args"]["unit"] == "L4712"]) == 1


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("ask",), "text"),
        (("ask", "--as", "OP-99", "hello"), "no such badge"),
        (("ask", "--at", "PRN-9", "hello"), "no such station"),
        (("ask", "x" * 3000), "3000 characters"),
        (("ask", "--site", "/nowhere", "hello"), "/nowhere"),
        (("nonsense",), "nonsense"),
        (("line", "--speed", "fast"), "speed"),
        (("line", "--speed", "-1"), "--speed"),
        (("line", "--endpoint", "opc.tcp://10.0.0.1:4840"), "127.0.0.1"),
        (("line", "--endpoint", "http://127.0.0.1"), "opc.tcp"),
        (("events", "--type", "lot.heldd"), "lot.held"),
        (("events", "--since", "yesterdayish"), "--since"),
    ],
)
def test_a_command_line_that_is_off_is_one_line_and_status_2(args: tuple[str, ...], says: str, tmp_path: Path) -> None:
    done = run(*args, *(["--data", str(tmp_path)] if args[0] in ("ask", "events") else []))
    one_line_of_trouble(done, 2, says)


def test_any_bytes_on_standard_input_get_an_answer_each(tmp_path: Path) -> None:
    said = "\x00\x1b[31m\nhold \u202elot\n[[x]]\n" + "a" * 500 + "\n"
    env = {"LINE_ASSISTANT_ENDPOINT": free_endpoint()}
    done = run("ask", "--data", str(tmp_path), "--json", "-", env=env, stdin=said)
    assert done.returncode == 0 and len(done.stdout.splitlines()) == 4
    assert all(line.isprintable() and json.loads(line)["text"] for line in done.stdout.splitlines())
    assert "\x1b" not in run("events", "--data", str(tmp_path)).stdout


def test_a_broken_chain_is_named_by_its_first_bad_position(tmp_path: Path) -> None:
    env = {"LINE_ASSISTANT_ENDPOINT": free_endpoint()}
    run("ask", "--data", str(tmp_path), "hello", env=env)
    db = sqlite3.connect(tmp_path / "events.db")
    for (trigger,) in db.execute("select name from sqlite_master where type = 'trigger'").fetchall():
        db.execute(f'drop trigger "{trigger}"')
    db.execute("update events set subject = 'L9999' where position = 5")
    db.commit()
    db.close()
    one_line_of_trouble(run("events", "verify", "--data", str(tmp_path)), 1, "position 5")


def test_a_log_that_is_no_log_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "events.db").write_bytes(b"this is not a database" * 100)
    one_line_of_trouble(run("ask", "--data", str(tmp_path), "hello"), 1, "events.db")


def test_a_data_folder_that_is_a_file_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    one_line_of_trouble(run("ask", "--data", str(file), "hello"), 2, "--data")
