"""`assistant turns`: one turn whole, for a person and for a program; again, today; and turns of an older log."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assistant.adapters import cloudevents, eventlog
from assistant.adapters.eventlog import SqliteLog
from assistant.cli import main
from assistant.domain import events as e
from assistant.domain.values import Hypothesis, Session, Transcript
from assistant.settings.paths import shipped_site
from tests.a_core import OPERATOR, QUALITY, a_core
from tests.processes import free_endpoint, run

HOLD, ASKED, YES, TALK, NOTE = (letter * 8 + "0" * 24 for letter in "abcde")
OFFERED = (Hypothesis("hold lot 4711 no 4713 solder ball", -0.11), Hypothesis("hold lot 4711 now 4713", -0.4))


@pytest.fixture(autouse=True)
def _in_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


async def _shift(folder: Path) -> None:
    async with a_core() as bench:
        await bench.core.turn(Transcript(HOLD, OPERATOR, OFFERED, "voice"))
        await bench.say("release lot 4713", QUALITY, turn=ASKED)
        await bench.say("yes", QUALITY, turn=YES)
        talk = (Hypothesis("did you scrap that board or send it to rework", -0.1),)
        await bench.core.turn(Transcript(TALK, OPERATOR, talk, "voice"))
        await bench.say("note on lot 4712: look\x1b[2J at it", Session("SV-3"), turn=NOTE)
        with closing(SqliteLog(folder, floor_bytes=0)) as log:
            log.append(bench.log.events)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("log")
    asyncio.run(_shift(folder))
    return folder


class Run:
    """One command: what it printed and how it ended."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> None:
        with pytest.raises(SystemExit) as ended:
            main(["turns", *map(str, arguments)])
        self.status = ended.value.code
        self.out, self.err = capsys.readouterr()

    def json(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    def stages(self) -> dict[str, list[str]]:
        """Label -> the rows of that stage, of one turn."""
        found: dict[str, list[str]] = {}
        label = ""
        for line in self.out.splitlines()[1:]:
            label = line[4:16].strip() or label
            found.setdefault(label, []).append(line[16:])
        return found


def test_a_person_sees_each_stage_of_a_turn(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = Run(capsys, HOLD, "--data", folder)
    assert (run.status, run.err) == (0, "")
    assert run.out.splitlines()[0] == f"{HOLD}  2026-11-25 10:00:00  OP-17 at PRN-1  spoken"
    stages = run.stages()
    order = stages.pop("ordered")
    assert stages == {
        "audio": ["not kept"],
        "heard": [" -0.110  hold lot 4711 no 4713 solder ball", " -0.400  hold lot 4711 now 4713"],
        "understood": ["hold lot=L4713 reason=solder_ball  (0.90 by template)"],
        "rule": ["acts at once"],
        "did": ["done"],
        "said": ["Lot four seven one three is on hold, solder ball."],
    }
    assert len(order) == 4 and "hold reason=solder_ball unit=L4713 at PRN-1  (order " in order[0]
    for row, words in zip(
        order[1:], ("accepted it", "lot.held L4713", "read back from PRN-1: held=L4713"), strict=True
    ):
        assert words in row


def test_a_program_gets_one_object_a_turn(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    turns = Run(capsys, "--last", "9", "--json", "--data", folder).json()
    assert [turn["turn"] for turn in turns] == [HOLD, ASKED, YES, TALK, NOTE]
    hold, asked, yes, talk, note = turns
    assert hold["hypotheses"] == [{"text": one.text, "logprob": one.logprob} for one in OFFERED]
    (order,) = hold["orders"]
    assert (order["machine"], order["method"], order["args"]["unit"]) == ("PRN-1", "hold", "L4713")
    assert [event["type"] for event in order["story"]] == ["order.accepted", "lot.held", "order.done"]
    assert (asked["decision"], asked["rule"], asked["orders"]) == ("confirm", "confirm: always", [])
    assert (yes["rule"], yes["asked"], yes["orders"][0]["method"]) == ("confirmed", ASKED, "release")
    assert (talk["text"], talk["hypotheses"], talk["rule"]) == ("", [], "not understood")
    assert [event["type"] for event in note["events"]] == ["note.taken"]


def test_the_last_turn_is_shown_when_nothing_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = Run(capsys, "--data", folder)
    assert run.out.startswith(NOTE) and "\x1b" not in run.out
    assert run.stages()["recorded"][0].endswith(r"noted on L4712: look\u001b[2J at it")


def test_an_id_may_be_given_by_how_it_begins(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert Run(capsys, "bbb", "--data", folder).out.startswith(ASKED)
    assert Run(capsys, "show", "bbb", "--data", folder).out.startswith(ASKED)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["f00"], "turn f00: there is none in "),
        (["%"], "turn %: there is none in "),
        ([""], "turn : more than one begins so"),
        (["replay", "f00"], "turn f00: there is none in "),
        (["replay", TALK], "not for the assistant and were not kept"),
        (["aaa", "--last", "2"], "an ID or --last, not both"),
        (["--last", "0"], "--last"),
        (["replay"], "ID"),
    ],
)
def test_a_turn_that_is_not_there_is_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], problem: str
) -> None:
    run = Run(capsys, *arguments, "--data", folder)
    assert (run.status, run.out, run.err.count("\n")) == (2, "", 1)
    assert problem in run.err


def test_no_log_is_no_turn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = Run(capsys, "--data", tmp_path / "none")
    assert (run.status, run.out, run.err) == (0, "", "")
    assert not (tmp_path / "none").exists(), "looking makes nothing"


# ---- again -------------------------------------------------------------------------------------------------------


@pytest.fixture
def other_site(tmp_path: Path) -> Path:
    """The shipped site, but only a supervisor may hold."""
    site = tmp_path / "site"
    shutil.copytree(shipped_site() / "intents", site / "intents")
    hold = site / "intents" / "hold.yaml"
    lines = ["roles: [supervisor]" if line.startswith("roles:") else line for line in hold.read_text().splitlines()]
    hold.write_text("\n".join(lines))
    return site


def test_again_with_the_same_files_and_with_others(
    folder: Path, other_site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    same = Run(capsys, "replay", HOLD, "--data", folder)
    assert (same.status, same.err) == (0, "")
    assert "differs     in nothing" in same.out and "would       act" in same.out
    (told,) = Run(capsys, "replay", "--json", HOLD[:4], "--data", folder, "--site", other_site).json()
    assert told["then"]["rule"] == "acts at once" and told["now"]["rule"] == "refused: role"
    assert told["now"]["differs"] == ["rule", "decision"] and told["now"]["acts"] is False
    assert (told["heard_again"], told["before"]) == (None, [])
    assert Run(capsys, "replay", HOLD, "--data", folder, "--site", other_site).out.endswith("rule, decision\n")


def test_an_answer_is_read_behind_its_question(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (told,) = Run(capsys, "--data", folder, "replay", YES, "--json").json()
    assert [one["turn"] for one in told["before"]] == [ASKED]
    assert (told["now"]["rule"], told["now"]["acts"], told["now"]["differs"]) == ("confirmed", True, [])


# ---- logs from before --------------------------------------------------------------------------------------------


def old(record: bytes) -> bytes:
    """A record as the first version of this program wrote it: without what has been added since."""
    fields = json.loads(record)
    added = {
        "turn.heard": {"hypotheses", "doubt", "also", "about", "asked", "ran_out"},
        "turn.answered": {"rule", "also"},
    }
    kept = {name: value for name, value in fields["data"].items() if name not in added.get(fields["type"], ())}
    return json.dumps({**fields, "data": kept}, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def an_old_log(folder: Path, events: list[e.Event]) -> None:
    """A log file that holds events as they were written before."""
    SqliteLog(folder, floor_bytes=0).close()
    prev = cloudevents.GENESIS
    with closing(sqlite3.connect(folder / eventlog.NAME)) as db:
        for place, event in enumerate(events, 1):
            record, _ = cloudevents.seal(event, place, prev)
            hash_ = cloudevents.chained(prev, old(record))
            row = (place, event.id, event.source, event.type, event.subject, event.time, old(record).decode())
            db.execute(
                "insert into events (position, id, source, type, subject, time, record, prev, hash)"
                " values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*row, prev, hash_),
            )
            prev = hash_
        db.commit()


async def test_turns_of_an_older_log_are_read_shown_and_decided_again(tmp_path: Path) -> None:
    async with a_core() as bench:
        await bench.say("hold lot 4712, bridging", turn=HOLD)
        await bench.hear(("hold lot 4713 void", -0.1))
        an_old_log(tmp_path, [replace(event, position=0, prev="", hash="") for event in bench.log.events])
    assert eventlog.verify(tmp_path)[0] == len(bench.log.events)
    typed, spoken = eventlog.read(tmp_path, types=["turn.heard"])
    for event, text in ((typed, "hold lot 4712, bridging"), (spoken, "hold lot 4713 void")):
        assert isinstance(event.data, e.TurnHeard)
        assert (event.data.text, event.data.hypotheses, event.data.asked) == (text, (), "")
    shown = await asyncio.to_thread(run, "turns", "--last", "2", "--data", str(tmp_path))
    assert shown.returncode == 0 and shown.stdout.count("(not kept: an older log)") == 2, shown.stderr
    for event in (typed, spoken):
        told = await asyncio.to_thread(run, "turns", "replay", event.subject, "--json", "--data", str(tmp_path))
        now = json.loads(told.stdout)["now"]
        assert (now["differs"], now["acts"], now["rule"]) == ([], True, "acts at once")


# ---- sound -------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("whisper_folder")
def test_sound_is_kept_of_what_was_for_us_heard_again_and_swept_when_the_site_keeps_no_more(tmp_path: Path) -> None:
    hardware, data = tmp_path / "site" / "hardware", tmp_path / "data"
    shutil.copytree(shipped_site() / "hardware", hardware)
    (hardware / "evidence.yaml").write_text("keep_audio_hours: 24\n")
    env = {"LINE_ASSISTANT_ENDPOINT": free_endpoint()}
    places = ("--data", str(data), "--site", str(tmp_path / "site"))
    clips = shipped_site() / "models" / "speech" / "demo"
    said = run("hear", *places, str(clips / "01-status.flac"), str(clips / "08-unknown.flac"), env=env)
    assert said.returncode == 0, said.stderr
    status, talk = (json.loads(line) for line in run("turns", *places, "--last", "2", "--json").stdout.splitlines())
    assert status["intent"] == "status" and len(status["hypotheses"]) > 1
    assert (talk["intent"], talk["audio"], talk["text"]) == ("unknown", None, "")
    assert [file.name for file in (data / "audio").iterdir()] == [f"{status['turn']}.flac"]
    again = json.loads(run("turns", "replay", status["turn"], "--json", *places).stdout)
    assert again["heard_again"]["hypotheses"][0]["text"] == status["hypotheses"][0]["text"]
    assert again["heard_again"]["slots"] == status["slots"] and again["trouble"] == ""
    deaf = run("turns", "replay", status["turn"], "--json", *places, env={"LINE_ASSISTANT_MODELS": str(tmp_path)})
    assert json.loads(deaf.stdout)["heard_again"] is None and "missing" in json.loads(deaf.stdout)["trouble"]
    run("ask", "--data", str(data), "status of lot 4712", env=env)  # the shipped site keeps none
    assert not list((data / "audio").iterdir())
