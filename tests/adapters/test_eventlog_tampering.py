"""Whoever has the file can change it; `verify` names the first position that is not as it was written."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from assistant.adapters import cloudevents, eventlog
from assistant.adapters.eventlog import NAME, SqliteLog
from assistant.errors import LogBroken
from tests.contracts.eventlog_contract import held, some


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A folder whose log holds `e1` to `e7` and is closed."""
    with closing(SqliteLog(tmp_path, floor_bytes=0)) as log:
        log.append(some(7))
    return tmp_path


@contextmanager
def tampering(folder: Path) -> Iterator[sqlite3.Connection]:
    """What somebody with the file can do: the triggers are gone."""
    with closing(sqlite3.connect(folder / NAME)) as db:
        for (name,) in db.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            db.execute(f"drop trigger {name}")
        yield db
        db.commit()


def broken_at(folder: Path, *anchors: tuple[int, str]) -> int:
    with pytest.raises(LogBroken) as caught:
        eventlog.verify(folder, *anchors)
    assert str(caught.value).startswith(f"event log broken at position {caught.value.position}: ")
    assert "\n" not in str(caught.value)
    return caught.value.position


@pytest.mark.parametrize(
    "change",
    [
        "record = replace(record, 'bridging', 'brldging')",
        "record = replace(record, '00:03.', '00:04.')",
        "record = record || ' '",
        "record = cast(x'ff' || substr(record, 2) as text)",
        "id = 'e9'",
        "source = source || '0'",
        "type = 'lot.released'",
        "subject = 'L4713'",
        "subject = cast(x'4cff' as text)",
        "time = time + 0.001",
        "prev = replace(prev, substr(prev, 1, 1), 'g')",
        "hash = replace(hash, substr(hash, 1, 1), 'g')",
        "hash = cast(x'ff' as text)",
    ],
)
def test_a_changed_field_is_found(written: Path, change: str) -> None:
    with tampering(written) as db:
        assert db.execute(f"update events set {change} where position = 3").rowcount == 1
    assert broken_at(written) == 3


def test_every_byte_of_a_record_counts(written: Path) -> None:
    with tampering(written) as db:
        (record,) = db.execute("select cast(record as blob) from events where position = 3").fetchone()
    for place in range(0, len(record), 37):
        flipped = bytes([*record[:place], record[place] ^ 1, *record[place + 1 :]])
        with tampering(written) as db:
            db.execute("update events set record = cast(? as text) where position = 3", (flipped,))
        assert broken_at(written) == 3, place


@pytest.mark.parametrize(
    ("changes", "position"),
    [
        (["delete from events where position = 4"], 4),
        (["delete from events where position = 1"], 1),
        (["delete from events where position between 3 and 5"], 3),
        (["delete from events where position = 4", "update events set position = position - 1 where position > 4"], 4),
        (
            [
                "update events set position = -1 where position = 2",
                "update events set position = 2 where position = 5",
                "update events set position = 5 where position = -1",
            ],
            2,
        ),
        (["update events set position = 0 where position = 1"], 0),
        (["update events set position = -9223372036854775807 where position = 7"], -9223372036854775807),
        (["update events set position = 9 where position = 7"], 7),
    ],
    ids=["middle", "first", "some", "closed gap", "swap", "zero", "before all", "gap"],
)
def test_rows_taken_moved_or_swapped_are_found(written: Path, changes: list[str], position: int) -> None:
    with tampering(written) as db:
        for change in changes:
            assert db.execute(change).rowcount > 0
    assert broken_at(written) == position


def test_a_spliced_row_is_found_where_the_next_does_not_follow(written: Path) -> None:
    forged = list(eventlog.read(written))[2]
    record, sealed = cloudevents.seal(held("e3", "void", time=forged.time), 3, forged.prev)
    with tampering(written) as db:
        db.execute("update events set record = ?, hash = ? where position = 3", (record.decode(), sealed.hash))
    assert broken_at(written) == 4


def test_a_cut_tail_is_found_by_a_head_kept_elsewhere(written: Path) -> None:
    head = eventlog.head(written)
    assert eventlog.verify(written, head) == head
    with tampering(written) as db:
        db.execute("delete from events where position > 5")
    assert eventlog.verify(written)[0] == 5, "the chain alone cannot show it"
    assert broken_at(written, head) == 6
    (written / NAME).unlink()
    assert broken_at(written, head) == 1


def test_a_log_made_anew_is_found_by_a_head_kept_elsewhere(tmp_path: Path, written: Path) -> None:
    head = eventlog.head(written)
    (written / NAME).unlink()
    with closing(SqliteLog(written, floor_bytes=0)) as log:
        log.append([held("other"), *some(9, first=2)])
    assert eventlog.verify(written)[0] == 10
    assert broken_at(written, head) == 7


def test_an_older_head_still_fits_a_log_that_has_grown(written: Path) -> None:
    head = eventlog.head(written)
    with closing(SqliteLog(written, floor_bytes=0)) as log:
        log.append(some(2, first=8))
    assert eventlog.verify(written, head)[0] == 9


def test_a_broken_page_is_found(tmp_path: Path) -> None:
    with closing(SqliteLog(tmp_path, floor_bytes=0)) as log:
        log.append(some(200))
    with closing(sqlite3.connect(tmp_path / NAME)) as db:
        (page,) = db.execute(
            "select pageno from dbstat where name = 'events' and pagetype = 'leaf' order by path limit 1 offset 5"
        ).fetchone()
        (size,) = db.execute("pragma page_size").fetchone()
    with (tmp_path / NAME).open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xa5" * size)
    assert 20 < broken_at(tmp_path) < 200
