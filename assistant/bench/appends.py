"""Durable appends: our log beside bare SQLite with the same pragmas and an equally wide row."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from statistics import median

from assistant.adapters.eventlog import SqliteLog
from assistant.adapters.eventlog.database import WRITER
from assistant.bench import Figure
from assistant.domain import events as e

BATCHES = (1, 20)
"""Events in one transaction: a word spoken, a second of a busy line."""
ROUNDS = 300
WARM_UP = 20
NOTE = "bare sqlite3, same pragmas, as many rows of the same width with no hash, index or trigger; BEGIN to COMMIT"

_TABLE = """
create table events (
    position integer primary key, id text, source text, type text, subject text, time real, record text, prev text,
    hash text
) strict
"""
_ROW = "select position, id, source, type, subject, time, record, prev, hash from events where position > ?"


def measure(folder: Path, rounds: int = ROUNDS) -> tuple[Figure, ...]:
    """One Figure a batch size; `folder` is an empty one on the disk that is asked about."""
    return tuple(_measure(folder / f"batch{batch}", batch, rounds) for batch in BATCHES)


def _measure(folder: Path, batch: int, rounds: int) -> Figure:
    folder.mkdir()
    ours: list[float] = []
    reference: list[float] = []
    with (
        closing(SqliteLog(folder, floor_bytes=0)) as log,
        closing(_bare(folder / "bare.db")) as bare,
        closing(sqlite3.connect(f"{(folder / 'events.db').as_uri()}?mode=ro", uri=True)) as reader,
    ):
        for turn in range(rounds + WARM_UP):
            events = _events(turn * batch, batch)
            started = time.perf_counter()
            log.append(events)
            ours.append(time.perf_counter() - started)
            # The very rows that ours has just stored, so that both write the same bytes.
            rows = reader.execute(_ROW, (turn * batch,)).fetchall()
            started = time.perf_counter()
            _insert(bare, rows)
            reference.append(time.perf_counter() - started)
    # Pair by pair: disks change their pace while one measures, and two medians may then be of different paces.
    pairs = list(zip(ours, reference, strict=True))[WARM_UP:]
    ratio = median(mine / theirs for mine, theirs in pairs)
    mine, theirs = (1000 * median(side) for side in zip(*pairs, strict=True))
    name = f"durable append, {batch} event{'s' if batch > 1 else ''} a transaction"
    return Figure(name, mine, theirs, ratio, rounds, "ms", NOTE)


def _events(first: int, count: int) -> Sequence[e.Event]:
    """What an inspection machine reports."""
    inspected = e.BoardInspected("AOI-1", "L4712", "failed", ("bridging",), ("U7",))
    return [
        e.Event(f"run-{first + n}", "/machines/AOI-1", "B10231", 1_764_000_000 + first + n, inspected)
        for n in range(count)
    ]


def _bare(file: Path) -> sqlite3.Connection:
    db = sqlite3.connect(file, isolation_level=None)
    for pragma, value in WRITER.items():
        db.execute(f"pragma {pragma} = {value}")
    db.execute(_TABLE)
    return db


def _insert(db: sqlite3.Connection, rows: Sequence[tuple[object, ...]]) -> None:
    db.execute("begin immediate")
    db.executemany("insert into events values (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    db.execute("commit")
