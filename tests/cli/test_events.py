"""`assistant events` as a person types it."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from assistant.adapters import eventlog
from assistant.adapters.eventlog import SqliteLog
from assistant.cli import main
from assistant.cli.events import moment, wanted
from assistant.cli.show import visible
from assistant.domain import events as e
from assistant.errors import UsageError
from tests.contracts.eventlog_contract import held

ASSISTANT = (sys.executable, "-m", "assistant", "events")
NOON = datetime(2025, 11, 25, 12, tzinfo=UTC).timestamp()
ORDER = {"lot": "L4712", "reason": "bridging"}


@pytest.fixture(autouse=True)
def _in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    heard = e.TurnHeard("hold lot 4712", "text", "OP-17", "", "hold", ORDER, 0.97, "template")
    with closing(SqliteLog(tmp_path, floor_bytes=0)) as log:
        log.append(
            [
                e.Event("l1", "/site", "L4712", NOON - 7200, e.LotCreated("WO-1007", "PCA-200", "SMT-1", ("B1", "B2"))),
                e.Event("t1", "/assistant", "turn-1", NOON - 3600, heard, correlationid="turn-1"),
                held("h1", time=NOON - 1800),
                e.Event("c1", "/assistant", "plant", NOON, e.ConnectionRestored(0.0)),
            ]
        )
    return tmp_path


class Run:
    """One command: what it printed and how it ended."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> None:
        with pytest.raises(SystemExit) as ended:
            main(["events", *map(str, arguments)])
        self.status = ended.value.code
        self.out, self.err = capsys.readouterr()

    @property
    def ids(self) -> list[str]:
        return [json.loads(line)["id"] for line in self.out.splitlines()]


def test_one_readable_line_an_event(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = Run(capsys, "--data", folder)
    assert (run.status, run.err) == (0, "")
    assert run.out.splitlines() == [
        "     1  2025-11-25 11:00:00  lot.created            L4712      "
        "boards=B1,B2 line=SMT-1 order=WO-1007 product=PCA-200",
        "     2  2025-11-25 12:00:00  turn.heard             turn-1     "
        "badge=OP-17 by=template channel=text confidence=0.97 intent=hold "
        'slots={lot=L4712 reason=bridging} text="hold lot 4712"',
        "     3  2025-11-25 12:30:00  lot.held               L4712      machine=PRN-1 reason=bridging",
        "     4  2025-11-25 13:00:00  connection.restored    plant      after_s=0.0",
    ]


def test_json_is_everything_that_is_stored(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = Run(capsys, "--json", "--data", folder)
    lines = [json.loads(line) for line in run.out.splitlines()]
    assert lines[2] == {
        "specversion": "1.0",
        "position": 3,
        "id": "h1",
        "source": "/machines/PRN-1",
        "type": "lot.held",
        "subject": "L4712",
        "time": "2025-11-25T11:30:00.000Z",
        "datacontenttype": "application/json",
        "dataschema": "cfx:CFX.Materials.Management.BlockMaterialsRequest",
        "data": {"machine": "PRN-1", "reason": "bridging", "order": ""},
        "correlationid": "turn-1",
        "causationid": "",
        "prev": lines[1]["hash"],
        "hash": lines[3]["prev"],
    }


@pytest.mark.parametrize(
    ("arguments", "ids"),
    [
        (["--type", "lot.held"], ["h1"]),
        (["--type", "lot.*"], ["l1", "h1"]),
        (["--type", "*"], ["l1", "t1", "h1", "c1"]),
        (["--type", "note.taken"], []),
        (["--last", "2"], ["h1", "c1"]),
        (["--last", "9"], ["l1", "t1", "h1", "c1"]),
        (["--last", "1", "--type", "lot.*"], ["h1"]),
        (["--since", "2025-11-25T11:30:00Z"], ["h1", "c1"]),
        (["--since", "2025-11-25T12:30:00"], ["h1", "c1"]),  # no zone: the machine's own
        (["--since", "2025-11-25 12:30", "--last", "1"], ["c1"]),
        (["--since", "30m"], []),
    ],
)
def test_choosing(folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], ids: list[str]) -> None:
    assert Run(capsys, "--json", *arguments, "--data", folder, "--site", folder).ids == ids


def test_no_log_is_no_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = Run(capsys, "--data", tmp_path / "none")
    assert (run.status, run.out, run.err) == (0, "", "")
    assert not (tmp_path / "none").exists(), "looking makes nothing"


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--type", "lot.hold"], "--type lot.hold: no such event type; the nearest is lot.held"),
        (["--type", "boards.*"], "--type boards.*: no such event type; the nearest is board.held"),
        (["--since", "25:00"], "--since 25:00: not a time"),
        (["--since", "soon"], "--since soon: not a time"),
        (["--since", "99999999999d"], "--since 99999999999d: not a time"),
        (["--last", "0"], "--last"),
        (["verify", "--head", "7"], "--head 7: must be POSITION:HASH"),
        (["verify", "--head-file", "/nowhere/heads"], "--head-file /nowhere/heads: No such file"),
        (["head", "--export", "/nowhere/heads"], "--export /nowhere/heads: No such file"),
    ],
)
def test_usage_errors_are_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], problem: str
) -> None:
    run = Run(capsys, *arguments)
    assert (run.status, run.out) == (2, "")
    assert problem in run.err
    assert run.err.count("\n") == 1


def test_a_broken_file_is_one_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / eventlog.NAME).write_bytes(b"nonsense" * 999)
    for arguments in ([], ["verify"], ["verify", "--json"]):
        run = Run(capsys, *arguments, "--data", folder)
        assert (run.status, run.out) == (1, "")
        assert run.err == f"assistant: {folder / eventlog.NAME}: file is not a database\n"


# ---- what a terminal would obey ----------------------------------------------------------------------------------

NASTY = "\x1b[2J\x9b31m\x07 \u202edrow\n\r\x00 [[oven]] é 😀"


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_control_characters_are_shown_not_obeyed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], form: list[str]
) -> None:
    note = e.Event(f"n{NASTY}", "/assistant", NASTY, NOON, e.NoteTaken(NASTY, "OP-17"))
    with closing(SqliteLog(tmp_path, floor_bytes=0)) as log:
        log.append([note])
    run = Run(capsys, *form, "--data", tmp_path)
    assert run.out.endswith("\n")
    assert run.out[:-1].isprintable()
    assert all(shown in run.out for shown in (r"\u001b[2J\u009b31m\u0007", r"\u202e", r"\u0000", "[[oven]] é 😀"))
    if form:
        shown: dict[str, Any] = json.loads(run.out)
        assert (shown["id"], shown["subject"], shown["data"]["text"]) == (f"n{NASTY}", NASTY, NASTY)


def test_json_with_escapes_is_the_same_json() -> None:
    text = json.dumps({"a": NASTY + "\U000e0001"}, ensure_ascii=False)
    assert json.loads(visible(text)) == json.loads(text)
    assert visible(text).isprintable()


# ---- times and types ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "then"),
    [
        ("30m", NOON - 1800),
        ("90s", NOON - 90),
        ("2h", NOON - 7200),
        ("1d", NOON - 86400),
        ("1h30m", NOON - 5400),
        ("06:00", NOON - 7 * 3600),  # noon UTC is 13:00 in Berlin
        ("13:00", NOON),
        ("13:01", NOON - 86400 + 60),
        ("6:00", NOON - 7 * 3600),
        ("2025-11-25T06:00:00Z", NOON - 6 * 3600),
        ("2025-11-25T06:00:00+01:00", NOON - 7 * 3600),
        ("2025-11-25", NOON - 13 * 3600),
    ],
)
def test_moments(text: str, then: float) -> None:
    assert moment(text, NOON) == then


def test_the_last_time_it_was_six_over_a_change_of_clocks() -> None:
    # On 26 October 2025 Berlin went back from 3:00 to 2:00; at 5:30 that morning the last 6:00 was yesterday's.
    now = datetime(2025, 10, 26, 4, 30, tzinfo=UTC).timestamp()
    assert moment("06:00", now) == datetime(2025, 10, 25, 4, tzinfo=UTC).timestamp()


def test_types() -> None:
    assert wanted("lot.held") == ["lot.held"]
    assert set(wanted("order.*")) == {name for name in e.EVENT_TYPES if name.startswith("order.")}
    with pytest.raises(UsageError):
        wanted("")


# ---- verify ------------------------------------------------------------------------------------------------------


def test_verify_says_that_the_chain_holds(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    position, hash_ = eventlog.head(folder)
    run = Run(capsys, "verify", "--data", folder)
    assert (run.status, run.out) == (0, f"the chain holds: 4 events, head {position}:{hash_}\n")
    run = Run(capsys, "--data", folder, "verify", "--json", "--head", f"{position}:{hash_}")
    assert json.loads(run.out) == {"ok": True, "position": 4, "hash": hash_}


def test_verify_names_the_first_bad_position(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    head = "{}:{}".format(*eventlog.head(folder))
    with closing(sqlite3.connect(folder / eventlog.NAME)) as db:
        db.execute("drop trigger events_no_delete")
        db.execute("delete from events where position = 4")
        db.commit()
    assert Run(capsys, "verify", "--data", folder).status == 0
    run = Run(capsys, "verify", "--data", folder, "--head", head)
    assert (run.status, run.out) == (1, "")
    assert run.err == "assistant: event log broken at position 4: cut off; the log once reached position 4\n"
    with closing(sqlite3.connect(folder / eventlog.NAME)) as db:
        db.execute("delete from events where position = 2")
        db.commit()
    run = Run(capsys, "verify", "--json", "--data", folder)
    assert run.status == 1
    assert json.loads(run.out) == {"ok": False, "position": 2, "problem": run.err.removeprefix("assistant: ").strip()}


def cut(folder: Path, after: int) -> None:
    """Take away the end of a log."""
    with closing(sqlite3.connect(folder / eventlog.NAME)) as db:
        db.execute("drop trigger if exists events_no_delete")
        db.execute("delete from events where position > ?", (after,))
        db.commit()


def test_heads_that_were_exported_show_a_tail_cut_off(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    heads = tmp_path_factory.mktemp("elsewhere") / "heads"
    first = Run(capsys, "head", "--export", heads, "--data", folder)
    with closing(SqliteLog(folder, floor_bytes=0)) as log:
        log.append([held("h2")])
    told = json.loads(Run(capsys, "head", "--json", "--export", heads, "--data", folder).out)
    position, hash_ = eventlog.head(folder)
    assert (told["position"], told["hash"]) == (position, hash_)
    lines = heads.read_text().splitlines()
    assert lines == [first.out.strip(), f"{position}:{hash_} {told['time']}"]
    assert Run(capsys, "verify", "--head-file", heads, "--data", folder).status == 0
    cut(folder, 4)
    assert Run(capsys, "verify", "--data", folder).status == 0, "the chain alone cannot show it"
    run = Run(capsys, "verify", "--head-file", heads, "--data", folder)
    assert run.status == 1
    assert run.err == "assistant: event log broken at position 5: cut off; the log once reached position 5\n"


def test_every_exported_head_counts_also_where_the_log_was_made_anew_since(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    heads = tmp_path / "heads"
    Run(capsys, "head", "--export", heads, "--data", folder)
    cut(folder, 3)
    with closing(SqliteLog(folder, floor_bytes=0)) as log:
        log.append([held("x1"), held("x2")])
    Run(capsys, "head", "--export", heads, "--data", folder)
    run = Run(capsys, "verify", "--head-file", heads, "--data", folder)
    assert run.status == 1 and "position 4: is not the event that stood there before" in run.err


@pytest.mark.parametrize(("text", "problem"), [("", "there is no head in it"), ("4:abc now\n", "heads:1: must be")])
def test_a_file_without_heads_is_a_usage_error(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, problem: str
) -> None:
    (tmp_path / "heads").write_text(text)
    run = Run(capsys, "verify", "--head-file", tmp_path / "heads", "--data", folder)
    assert run.status == 2 and problem in run.err and run.err.count("\n") == 1


def test_a_record_that_is_no_record_is_one_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with closing(sqlite3.connect(folder / eventlog.NAME)) as db:
        db.execute("drop trigger events_no_update")
        db.execute("update events set record = '{}' where position = 1")
        db.commit()
    run = Run(capsys, "--data", folder)
    assert (run.status, run.out) == (1, "")
    assert "assistant events verify" in run.err
    assert run.err.count("\n") == 1


# ---- as a process ------------------------------------------------------------------------------------------------


def test_following_until_interrupted(folder: Path) -> None:
    command = [*ASSISTANT, "--follow", "--json", "--type", "lot.held", "--data", str(folder)]
    with (
        closing(SqliteLog(folder, floor_bytes=0)) as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child,
    ):
        assert child.stdout and child.stderr
        assert json.loads(child.stdout.readline())["id"] == "h1"
        log.append([held("h2"), replace(held("n1"), data=e.NoteTaken("x", "")), held("h3")])
        assert [json.loads(child.stdout.readline())["id"] for _ in range(2)] == ["h2", "h3"]
        child.send_signal(signal.SIGINT)
        assert (child.stdout.read(), child.stderr.read(), child.wait()) == ("", "", 0)


def test_a_reader_that_has_enough_hears_no_complaint(tmp_path: Path) -> None:
    with closing(SqliteLog(tmp_path, floor_bytes=0)) as log:
        log.append([held(f"e{n}") for n in range(2000)])
    with subprocess.Popen(
        [*ASSISTANT, "--data", str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout and child.stderr
        assert child.stdout.readline()
        child.stdout.close()
        assert child.stderr.read() == ""
