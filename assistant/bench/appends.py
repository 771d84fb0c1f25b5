"""Durable appends: our log beside the plainest way to keep the same events in SQLite.

Both are timed from events in memory to a returned COMMIT, with the same pragmas, the same columns, rows of the same
width and the same unique key. What ours has on top is what makes it a log: the canonical record and its hash over the
one before, the triggers, the look at the free space, the stored events handed back.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from statistics import median

import msgspec

from assistant.adapters import cloudevents
from assistant.adapters.eventlog import SqliteLog
from assistant.adapters.eventlog.database import WRITER
from assistant.bench import Figure
from assistant.domain import events as e

BATCHES = (1, 20)
"""Events in one transaction: a word spoken, some seconds of a busy line."""
ROUNDS = 300
"""Measured for each batch size; even, because two rounds are one comparison."""
WARM_UP = 20
NOTE = "bare sqlite3: same pragmas, columns, row width and unique key; no hash, no triggers; event to COMMIT"

_TABLE = """
create table events (
    position integer primary key, id text, source text, type text, subject text, time real, record text, prev text,
    hash text, unique (id, source)
) strict
"""


def measure(folder: Path, rounds: int = ROUNDS) -> tuple[Figure, ...]:
    """One Figure a batch size; `folder` is an empty one on the disk that is asked about."""
    return tuple(_measure(folder / f"batch-{batch}", batch, rounds) for batch in BATCHES)


def _measure(folder: Path, batch: int, rounds: int) -> Figure:
    folder.mkdir()
    times: dict[str, list[float]] = {"ours": [], "reference": []}
    with closing(SqliteLog(folder, floor_bytes=0)) as log, closing(_Bare(folder / "bare.db")) as bare:
        for turn in range(rounds + WARM_UP):
            events = _events(turn * batch, batch)
            sides = (("ours", log), ("reference", bare)) if turn % 2 else (("reference", bare), ("ours", log))
            for side, store in sides:
                started = time.perf_counter()
                store.append(events)
                times[side].append(time.perf_counter() - started)
    ours, reference = (_pairs(side[WARM_UP:]) for side in times.values())
    # Four neighbours at a time, ours first and ours last: a disk changes its pace while one measures, and two medians
    # may be of different paces.
    ratio = median(mine / theirs for mine, theirs in zip(ours, reference, strict=True))
    name = f"durable append, {batch} event{'s' if batch > 1 else ''} a transaction"
    return Figure(name, 500 * median(ours), 500 * median(reference), ratio, rounds, "ms", NOTE)


def _pairs(times: Sequence[float]) -> list[float]:
    """Sums of two that follow each other."""
    return [first + second for first, second in zip(times[::2], times[1::2], strict=True)]


def _events(first: int, count: int) -> Sequence[e.Event]:
    """What an inspection machine reports, twenty in a second."""
    inspected = e.BoardInspected("AOI-1", "L4712", "failed", ("bridging",), ("U7",))
    return [
        e.Event(f"run-{first + n}", "/machines/AOI-1", "B10231", 1_764_000_000 + (first + n) / 20, inspected)
        for n in range(count)
    ]


class _Bare:
    """A table, and nothing that holds it."""

    def __init__(self, file: Path) -> None:
        self._db = sqlite3.connect(file, isolation_level=None)
        for pragma, value in WRITER.items():
            self._db.execute(f"pragma {pragma} = {value}")
        self._db.execute(_TABLE)
        self._position = 0
        # The same width as ours, of which the envelope of a record is a part.
        record, _ = cloudevents.seal(_events(0, 1)[0], 1, cloudevents.GENESIS)
        self._width = len(record)

    def append(self, events: Sequence[e.Event]) -> None:
        rows = []
        for event in events:
            self._position += 1
            text = msgspec.json.encode(event).decode().ljust(self._width)
            key = (self._position, event.id, event.source)
            rows.append((*key, event.type, event.subject, event.time, text, cloudevents.GENESIS, cloudevents.GENESIS))
        self._db.execute("begin immediate")
        self._db.executemany("insert into events values (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        self._db.execute("commit")

    def close(self) -> None:
        self._db.close()
