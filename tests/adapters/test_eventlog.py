"""The real log on a real file: one writer, many readers, append only."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from assistant.adapters import cloudevents, eventlog
from assistant.adapters.eventlog import NAME, SqliteLog
from assistant.adapters.eventlog.database import READER, WRITER, connect
from assistant.domain import events as e
from assistant.errors import LogError, LogLocked
from tests.adapters.logfiles import CHILD, ids, kill_while_appending
from tests.contracts.eventlog_contract import EventLogContract, chained, held, some


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteLog]:
    with closing(SqliteLog(tmp_path, floor_bytes=0)) as log:
        yield log


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A folder whose log holds `e1` to `e7` and is closed."""
    with closing(SqliteLog(tmp_path, floor_bytes=0)) as log:
        log.append(some(7))
    return tmp_path


class TestSqliteLog(EventLogContract):
    pass


# ---- the file ------------------------------------------------------------------------------------------------


def test_a_reopened_log_goes_on_where_it_was(written: Path) -> None:
    with closing(SqliteLog(written, floor_bytes=0)) as log:
        (eighth,) = log.append([held("e8")])
        assert eighth.position == 8
        assert chained(list(log.read()))
    assert eventlog.verify(written) == eventlog.head(written) == (8, eighth.hash)


def test_the_file_is_for_its_user_only(written: Path) -> None:
    assert [(written / name).stat().st_mode & 0o777 for name in (NAME, "events.lock")] == [0o600, 0o600]


@pytest.mark.parametrize(("write", "wanted"), [(True, WRITER), (False, READER)])
def test_every_connection_has_its_pragmas(written: Path, write: bool, wanted: dict[str, str | int]) -> None:
    with closing(connect(written / NAME, write=write)) as db:
        assert {name: db.execute(f"pragma {name}").fetchone()[0] for name in wanted} == dict(wanted)
    assert (WRITER["journal_mode"], WRITER["synchronous"]) == ("wal", 2)


def test_the_sqlite_version_is_named_and_judged() -> None:
    note = eventlog.sqlite_note()
    assert sqlite3.sqlite_version in note
    assert ("WAL-reset bug" in note) == (sqlite3.sqlite_version_info <= (3, 51, 2))
    assert "\n" not in note


def test_odd_characters_in_the_path_do_no_harm(tmp_path: Path) -> None:
    folder = tmp_path / "a b?mode=memory#c%20"
    folder.mkdir()
    with closing(SqliteLog(folder, floor_bytes=0)) as log:
        log.append(some(1))
    assert ids(folder) == ["e1"]
    assert {path.name for path in folder.iterdir()} >= {NAME}


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / NAME)) as db:
        db.execute("create table events (a)")
    uses: list[Callable[[Path], object]] = [SqliteLog, ids]
    for use in uses:
        with pytest.raises(LogError, match=f"{NAME}: not an event log of this version"):
            use(tmp_path)


# ---- append only ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        "update events set subject = 'L4713' where position = 3",
        "delete from events where position = 3",
        "delete from events",
        "insert or replace into events select * from events where position = 3",
        "insert or replace into events select 8, id, source, type, subject, time, record, prev, hash from events"
        " where position = 3",
        "insert or replace into events select position, 'e9', source, type, subject, time, record, prev, hash"
        " from events where position = 7",
    ],
    ids=["update", "delete", "truncate", "replace", "replace by name", "replace by position"],
)
@pytest.mark.parametrize("recursive", ["on", "off"])
def test_the_file_itself_refuses_changes(written: Path, change: str, recursive: str) -> None:
    with closing(sqlite3.connect(written / NAME)) as db:
        db.execute(f"pragma recursive_triggers = {recursive}")
        with pytest.raises(sqlite3.IntegrityError, match="the event log is append only"):
            db.execute(change)
        db.commit()
    assert ids(written) == [f"e{n}" for n in range(1, 8)]
    assert eventlog.verify(written)[0] == 7


# ---- one writer -----------------------------------------------------------------------------------------------


def test_a_second_writer_is_told_who_the_first_is(tmp_path: Path, log: SqliteLog) -> None:
    with pytest.raises(LogLocked, match=rf"{NAME}: another process writes it \(pid {os.getpid()}\)"):
        SqliteLog(tmp_path)
    log.append(some(1))
    log.close()
    log.close()
    SqliteLog(tmp_path).close()


def test_a_writer_in_another_process_is_one_too(tmp_path: Path) -> None:
    script = (
        "import sys\nfrom pathlib import Path\nfrom assistant.adapters.eventlog import SqliteLog\n"
        "log = SqliteLog(Path(sys.argv[1]), floor_bytes=0)\nprint('open', flush=True)\nsys.stdin.read()"
    )
    with subprocess.Popen(
        [*CHILD, script, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdin and child.stdout
        assert child.stdout.readline() == "open\n"
        with pytest.raises(LogLocked, match=rf"\(pid {child.pid}\)"):
            SqliteLog(tmp_path)
        child.kill()
        child.stdin.close()
    SqliteLog(tmp_path).close()


# ---- readers --------------------------------------------------------------------------------------------------


def test_no_file_or_an_empty_one_is_an_empty_log(tmp_path: Path) -> None:
    for folder in (tmp_path / "none", tmp_path):
        (tmp_path / NAME).touch()
        assert ids(folder) == []
        assert eventlog.head(folder) == eventlog.verify(folder) == (0, cloudevents.GENESIS)
        assert eventlog.tail(folder, 3) == 0


def test_readers_see_what_is_committed_while_one_writes(tmp_path: Path, log: SqliteLog) -> None:
    readers = []
    for n in range(1, 4):
        log.append([held(f"e{n}")])
        readers.append(eventlog.read(tmp_path))
        assert next(readers[-1]).id == "e1"  # each stays open
    assert [[event.id for event in reader] for reader in readers] == [[], ["e2"], ["e2", "e3"]]


def test_a_slow_reader_holds_nobody_up(tmp_path: Path, log: SqliteLog) -> None:
    log.append(some(600))
    reader = eventlog.read(tmp_path)
    next(reader)
    log.append(some(5, first=601))
    assert len(list(reader)) == 604  # it comes to the new ones in its next bite


def test_filters(tmp_path: Path, log: SqliteLog) -> None:
    note = e.Event("n1", "/assistant", "L4712", 1_764_064_803.0, e.NoteTaken("look", "OP-17"))
    log.append([*some(3), note, *some(2, first=4)])
    assert [row.position for row in eventlog.stored(tmp_path, types=["note.taken"])] == [4]
    assert [row.position for row in eventlog.stored(tmp_path, types=["note.taken", "lot.held"], limit=2)] == [1, 2]
    assert [event.id for event in eventlog.read(tmp_path, since=1_764_064_803.0)] == ["e3", "n1", "e4", "e5"]
    assert [event.id for event in eventlog.read(tmp_path, since=1_764_064_803.0, types=["lot.held"], after=3)] == [
        "e4",
        "e5",
    ]
    assert [row.position for row in eventlog.stored(tmp_path, until=2)] == [1, 2]
    assert [eventlog.tail(tmp_path, last) for last in (1, 2, 6, 7)] == [5, 4, 0, 0]
    assert [eventlog.tail(tmp_path, last, types=["lot.held"]) for last in (2, 3)] == [3, 2]


def test_following_goes_on_with_what_is_added(tmp_path: Path, log: SqliteLog) -> None:
    note = e.Event("n1", "/assistant", "L4712", 1_764_064_803.0, e.NoteTaken("look", "OP-17"))
    adds = [[note], some(2), [], some(1, first=3)]
    slept = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if not adds:
            raise StopFollowing
        log.append(adds.pop(0))

    seen = []
    with suppress(StopFollowing):
        for row in eventlog.follow(tmp_path, types=["lot.held"], sleep=sleep):
            seen.append(row.event().id)
    assert seen == ["e1", "e2", "e3"]
    assert slept == [slept[0]] * 5
    assert slept[0] > 0


class StopFollowing(Exception):
    pass


def test_a_reader_neither_writes_nor_checkpoints(tmp_path: Path) -> None:
    kill_while_appending(tmp_path, acks=5)
    files = (tmp_path / NAME, tmp_path / f"{NAME}-wal")
    before = [file.read_bytes() for file in files]
    assert before[1], "the dead writer left a write-ahead log"
    with closing(connect(tmp_path / NAME, write=False)) as db:
        with pytest.raises(sqlite3.OperationalError):
            db.execute("pragma wal_checkpoint(truncate)")
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            db.execute("delete from events")
    assert len(ids(tmp_path)) >= 5
    assert [file.read_bytes() for file in files] == before


def test_broken_and_forbidden_files_are_one_clear_line(written: Path) -> None:
    uses: list[Callable[[Path], object]] = [ids, eventlog.verify, eventlog.head]
    with pytest.raises(LogError, match=f"{NAME}: Not a directory"):
        eventlog.head(written / NAME)
    with pytest.raises(LogError, match=r"events\.lock: No such file or directory"):
        SqliteLog(written / "none")
    (written / NAME).write_bytes(b"nonsense" * 1000)
    for use in [*uses, SqliteLog]:
        with pytest.raises(LogError, match=f"{NAME}: file is not a database") as caught:
            use(written)
        assert "\n" not in str(caught.value)
    (written / NAME).unlink()
    (written / NAME).mkdir()
    for use in uses:
        with pytest.raises(LogError, match=f"{NAME}: "):
            use(written)


def test_a_user_without_rights_is_told_so_and_a_read_only_folder_can_be_read() -> None:
    with tempfile.TemporaryDirectory() as name:  # not pytest's folder: that one has parents closed to others
        folder = Path(name)
        with closing(SqliteLog(folder, floor_bytes=0)) as log:
            log.append(some(2))
        (folder / NAME).chmod(0o444)
        (folder / "events.lock").chmod(0o444)
        folder.chmod(0o555)
        with as_nobody():
            assert ids(folder) == ["e1", "e2"]
            assert eventlog.verify(folder)[0] == 2
            with pytest.raises(LogError, match=r"events\.lock: Permission denied"):
                SqliteLog(folder)
        (folder / NAME).chmod(0o000)
        with as_nobody(), pytest.raises(LogError, match=rf"{NAME}: permission denied"):
            ids(folder)
        folder.chmod(0o755)


@contextmanager
def as_nobody() -> Iterator[None]:
    """Root may do everything; be somebody else for a moment."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
