"""Snapshots: what was kept is known again, and a file that is not what was written says nothing."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.adapters.eventlog import SqliteLog
from assistant.adapters.snapshots import MAGIC, NAME, Known, Snapshots, code, fresh
from assistant.bootstrap.known import Remembering
from assistant.domain.events import Event
from assistant.domain.kept import Kept, keep
from assistant.domain.world import World
from assistant.errors import LogError
from tests.domain.views.test_order_of_arrival import answers, differing
from tests.domain.views.week import the_events, times_of, views_of
from tests.fakes.stepped_clock import SteppedClock

COUNT = 1200
FITS = "the hash of the last event"


def known(events: Iterable[Event]) -> Known:
    """Folded from the first."""
    one = fresh(views_of([]))
    _fold(one, events)
    return one


def _fold(one: Known, events: Iterable[Event]) -> None:
    for event in events:
        one.world.apply(event)
        one.views.apply(event)


def _snapshots(folder: Path, **options: int) -> Snapshots:
    return Snapshots(folder, lambda: views_of([]), **options)


def _same(one: Known, other: Known) -> bool:
    return keep(one.world) == keep(other.world) and one.views.state() == other.views.state()


def _kept(folder: Path, events: Iterable[Event]) -> Known:
    """Folded and written down, the last event under the hash `FITS`."""
    one = known(events)
    one.world.hash = FITS
    assert _snapshots(folder, floor_bytes=0).save(one)
    return one


# ---- what was kept -------------------------------------------------------------------------------------------


def test_what_was_kept_is_known_again(tmp_path: Path) -> None:
    one = _kept(tmp_path, the_events(COUNT, 1, 0.1))
    again = _snapshots(tmp_path).load(lambda position: FITS if position == COUNT else None)
    assert _same(one, again)
    assert [path.name for path in tmp_path.iterdir()] == [NAME], "nothing half-made is left"
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600


def test_everything_that_a_world_knows_is_kept() -> None:
    assert {field.name for field in fields(Kept)} == vars(World()).keys() | {"packed", "lot_boards", "past"}


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 5), cut=st.integers(1, COUNT - 1))
def test_a_restart_in_mid_fold_gives_the_same_numbers(tmp_path: Path, seed: int, cut: int) -> None:
    events = the_events(COUNT, seed, 0.1)
    _kept(tmp_path, events[:cut])
    resumed = _snapshots(tmp_path).load(lambda _: FITS)
    assert resumed.views.position == cut
    _fold(resumed, events[cut:])
    whole = known(events)
    assert _same(resumed, whole)
    assert not differing(*(answers(one.views, cut, times_of(events), 15) for one in (resumed, whole)))


def test_boards_that_are_through_are_packed_and_come_back_as_they_were(tmp_path: Path) -> None:
    events = the_events(32_000, 2, 0.0)
    one = _kept(tmp_path, events)
    boards = _snapshots(tmp_path).load(lambda _: FITS).world.boards
    assert len(boards) == len(one.world.boards) > len(boards.awake) + 100
    packed = [name for name in boards if name not in boards.awake]
    plain = _verdicts(events)
    assert {name: (boards[name].verdict, boards[name].defects, boards[name].inside) for name in packed} == {
        name: (*plain[name], False) for name in packed
    }
    assert all(boards[name].lot for name in packed)
    board = boards.wake(packed[0])
    assert board is not None and board is boards[packed[0]] and board.machine.startswith("AOI")
    assert len(boards) == len(one.world.boards)


def _verdicts(events: Iterable[Event]) -> dict[str, tuple[str, tuple[str, ...]]]:
    from assistant.domain.events import BoardInspected, BoardSentToRework

    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    for event in events:
        if isinstance(event.data, BoardInspected):
            found[event.subject] = event.data.verdict, event.data.defects
        elif isinstance(event.data, BoardSentToRework):
            verdict, defects = found[event.subject]
            found[event.subject] = verdict, tuple(dict.fromkeys((*defects, event.data.defect)))
    return found


# ---- what does not count -------------------------------------------------------------------------------------


def _is_thrown_away(folder: Path, hash_at: str | None = FITS) -> None:
    found = _snapshots(folder).load(lambda _: hash_at)
    assert _same(found, known([])), "nothing of it is believed"
    assert not (folder / NAME).exists()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_snapshot_with_any_byte_changed_is_thrown_away(tmp_path: Path, data: st.DataObject) -> None:
    _kept(tmp_path, the_events(100, 1, 0.1))
    raw = bytearray((tmp_path / NAME).read_bytes())
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= data.draw(st.integers(1, 255))
    (tmp_path / NAME).write_bytes(raw)
    _is_thrown_away(tmp_path)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_snapshot_that_was_cut_is_thrown_away(tmp_path: Path, data: st.DataObject) -> None:
    _kept(tmp_path, the_events(100, 1, 0.1))
    raw = (tmp_path / NAME).read_bytes()
    (tmp_path / NAME).write_bytes(raw[: data.draw(st.integers(0, len(raw) - 1))])
    _is_thrown_away(tmp_path)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (MAGIC, b"line-assistant snapshot 0\n"),
        (code().encode(), hashlib.sha256(b"other code").hexdigest().encode()),
        (b"PRN-1", b"\xff\xff\xff\xff\xff"),
    ],
    ids=["other version", "other code", "not text"],
)
def test_a_snapshot_of_something_else_is_thrown_away(tmp_path: Path, before: bytes, after: bytes) -> None:
    _kept(tmp_path, the_events(100, 1, 0.1))
    raw = (tmp_path / NAME).read_bytes()[:-32]
    assert before in raw
    changed = raw.replace(before, after)
    (tmp_path / NAME).write_bytes(changed + hashlib.sha256(changed).digest())
    _is_thrown_away(tmp_path)


@pytest.mark.parametrize("stands_there", [None, "another event's hash"], ids=["cut log", "another log"])
def test_a_snapshot_of_another_log_is_thrown_away(tmp_path: Path, stands_there: str | None) -> None:
    _kept(tmp_path, the_events(100, 1, 0.1))
    _is_thrown_away(tmp_path, stands_there)


def test_who_only_reads_leaves_a_snapshot_that_does_not_fit_where_it_is(tmp_path: Path) -> None:
    _kept(tmp_path, the_events(100, 1, 0.1))
    assert _snapshots(tmp_path).load(lambda _: None, discard=False).world.position == 0
    assert (tmp_path / NAME).exists()


def test_trouble_with_the_log_is_no_fault_of_the_snapshot(tmp_path: Path) -> None:
    _kept(tmp_path, the_events(100, 1, 0.1))

    def fails(position: int) -> str:
        raise LogError(f"{position} cannot be read")

    with pytest.raises(LogError):
        _snapshots(tmp_path).load(fails)
    assert (tmp_path / NAME).exists()


def test_on_a_full_disk_the_old_snapshot_stays(tmp_path: Path) -> None:
    old = _kept(tmp_path, the_events(100, 1, 0.1))
    assert not _snapshots(tmp_path, floor_bytes=1 << 62).save(known(the_events(200, 1, 0.1)))
    assert _same(_snapshots(tmp_path).load(lambda _: FITS), old)


def test_a_snapshot_half_written_when_the_power_went_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / NAME).with_suffix(".new").write_bytes(b"half")
    one = _kept(tmp_path, the_events(100, 1, 0.1))
    assert _same(_snapshots(tmp_path).load(lambda _: FITS), one)


# ---- a core's start ------------------------------------------------------------------------------------------


class Counting:
    """A log that counts what is read from it."""

    def __init__(self, log: SqliteLog) -> None:
        self._log, self.events = log, 0

    def read(self, after: int = 0, limit: int | None = None) -> Iterator[Event]:
        for event in self._log.read(after, limit):
            self.events += 1
            yield event

    append, close = SqliteLog.append, SqliteLog.close


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteLog]:
    with closing(SqliteLog(tmp_path, floor_bytes=0)) as opened:
        yield opened


def _begin(log: SqliteLog, folder: Path) -> tuple[Remembering, Known, int]:
    counting = Counting(log)
    remembering = Remembering(_snapshots(folder, floor_bytes=0))
    return remembering, remembering.begin(counting), counting.events


def test_a_start_reads_only_what_came_after_the_snapshot(tmp_path: Path, log: SqliteLog) -> None:
    events = the_events(1500, 4, 0.1)
    log.append(events[:1300])
    remembering, _, read = _begin(log, tmp_path)
    assert read == 1300
    remembering.end()
    log.append(events[1300:])
    _, again, read = _begin(log, tmp_path)
    assert read == 1 + 200, "the event whose hash the snapshot names, and what is new"
    assert _same(again, known(log.read()))


def test_a_start_with_a_corrupt_snapshot_reads_the_whole_log(tmp_path: Path, log: SqliteLog) -> None:
    log.append(the_events(1300, 4, 0.1))
    remembering, first, _ = _begin(log, tmp_path)
    remembering.end()
    (tmp_path / NAME).write_bytes(b"\0" + (tmp_path / NAME).read_bytes()[1:])
    _, again, read = _begin(log, tmp_path)
    assert read == 1300 and _same(first, again)


def test_an_end_after_little_news_leaves_the_snapshot_alone(tmp_path: Path, log: SqliteLog) -> None:
    log.append(the_events(300, 4, 0.1))
    remembering, _, _ = _begin(log, tmp_path)
    remembering.end()
    assert not (tmp_path / NAME).exists()


async def test_a_running_core_leaves_a_snapshot_when_enough_has_happened(tmp_path: Path, log: SqliteLog) -> None:
    log.append(the_events(900, 4, 0.0))
    remembering = Remembering(_snapshots(tmp_path, floor_bytes=0), every=900)
    first = remembering.begin(log)
    task = asyncio.create_task(remembering.follow(SteppedClock()))
    for _ in range(6000):
        if (tmp_path / NAME).exists():
            break
        await asyncio.sleep(0.01)
    task.cancel()
    _, again, read = _begin(log, tmp_path)
    assert read == 1 and _same(first, again)
