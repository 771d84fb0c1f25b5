"""Reading the log, read-only and in small bites: a reader never holds a snapshot for long (pitfalls Q5)."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.adapters import cloudevents
from assistant.adapters.eventlog.database import reading
from assistant.domain.events import Event, OrderRequested, OrderSettled, TurnHeard

CHUNK = 500
"""Rows fetched at a time."""
POLL_S = 0.2
"""How often `follow` looks for more."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A row as it stands in the file; whatever its type, this version need not know it."""

    position: int
    """Place in the log, from 1."""
    record: str
    """Canonical CloudEvents JSON."""
    prev: str
    """`hash` of the row before."""
    hash: str
    """SHA-256 over `prev` and `record`."""

    def event(self) -> Event:
        """As an event. Raises LogError for a type that this version does not know."""
        return cloudevents.event(self.record, self.position, self.prev, self.hash)


def read(
    folder: Path,
    after: int = 0,
    limit: int | None = None,
    *,
    types: Collection[str] = (),
    since: float | None = None,
    until: int | None = None,
) -> Iterator[Event]:
    """Events of a data folder with position > `after`, in order; none where there is no log yet.

    `types`: only these, all when empty. `since`: Unix seconds, only what happened then or later. `until`: none with a
    position above this. Raises LogError.
    """
    for row in stored(folder, after, limit, types=types, since=since, until=until):
        yield row.event()


def stored(
    folder: Path,
    after: int = 0,
    limit: int | None = None,
    *,
    types: Collection[str] = (),
    since: float | None = None,
    until: int | None = None,
) -> Iterator[Stored]:
    """The same as `read`, as rows."""
    where, values = _where(types, since, until)
    query = f"select position, record, prev, hash from events where position > ?{where} order by position limit ?"  # noqa: S608
    with reading(folder) as db:
        while db is not None and limit != 0:
            wanted = CHUNK if limit is None else min(CHUNK, limit)
            rows = db.execute(query, (after, *values, wanted)).fetchall()
            yield from (Stored(*row) for row in rows)
            if len(rows) < wanted:
                return
            after, limit = rows[-1][0], None if limit is None else limit - len(rows)


def at(folder: Path, positions: Sequence[int]) -> list[Event]:
    """The events at these places, in order. Raises LogError."""
    found: list[Event] = []
    with reading(folder) as db:
        for low in range(0, len(positions) if db is not None else 0, CHUNK):
            some = positions[low : low + CHUNK]
            marks = ",".join("?" * len(some))
            query = f"select position, record, prev, hash from events where position in ({marks}) order by position"  # noqa: S608
            found += [Stored(*row).event() for row in db.execute(query, some)] if db is not None else []
    return found


def tail(folder: Path, last: int, *, types: Collection[str] = (), since: float | None = None) -> int:
    """The position after which the `last` wanted events begin."""
    where, values = _where(types, since, None)
    query = f"select position from events where position > 0{where} order by position desc limit 1 offset ?"  # noqa: S608
    with reading(folder) as db:
        row = None if db is None else db.execute(query, (*values, last)).fetchone()
    return 0 if row is None else int(row[0])


def turns(folder: Path, prefix: str) -> list[str]:
    """Ids of turns that begin with `prefix`, oldest first; three at most, for more than one is too many. LogError."""
    query = "select subject from events where type = ? and substr(subject, 1, ?) = ? order by position limit 3"
    with reading(folder) as db:
        rows = [] if db is None else db.execute(query, (TurnHeard.type, len(prefix), prefix)).fetchall()
    return [str(subject) for (subject,) in rows]


def of_turn(folder: Path, turn: str) -> list[Event]:
    """Everything that belongs to a turn, in order. Raises LogError."""
    # Only the record says which turn an event belongs to; SQLite looks for the words, the event itself is asked.
    query = (
        "select position, record, prev, hash from events where instr(record, ?) > 0 and position >="
        " (select min(position) from events where type = ? and subject = ?) order by position"
    )
    with reading(folder) as db:
        words = json.dumps(turn, ensure_ascii=False)
        if db is None:
            return []
        rows = db.execute(query, (words, TurnHeard.type, turn)).fetchall()
        events = [event for event in (Stored(*row).event() for row in rows) if event.correlationid == turn]
        # What settles an uncertain order belongs to no turn of its own.
        orders = [event.subject for event in events if isinstance(event.data, OrderRequested)]
        query = "select position, record, prev, hash from events where type = ? and subject = ?"
        for order in orders:
            events += [Stored(*row).event() for row in db.execute(query, (OrderSettled.type, order))]
    return events


def head(folder: Path) -> tuple[int, str]:
    """Position and hash of the last event: kept elsewhere, it shows a log whose tail was cut off (see `verify`)."""
    with reading(folder) as db:
        return (0, cloudevents.GENESIS) if db is None else head_of(db)


def head_of(db: sqlite3.Connection) -> tuple[int, str]:
    """The same over an open connection."""
    row = db.execute("select position, hash from events order by position desc limit 1").fetchone()
    return (0, cloudevents.GENESIS) if row is None else (int(row[0]), str(row[1]))


def follow(
    folder: Path,
    after: int = 0,
    *,
    types: Collection[str] = (),
    since: float | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Stored]:
    """What is in the log after `after`, and then for ever what is added. `sleep` waits that many seconds."""
    while True:
        until, _ = head(folder)
        if until > after:
            # Bounded, so that `after` can pass over what was not wanted: no row is looked at twice.
            yield from stored(folder, after, types=types, since=since, until=until)
            after = until
        sleep(POLL_S)


def _where(types: Collection[str], since: float | None, until: int | None) -> tuple[str, list[str | float]]:
    parts = ""
    values: list[str | float] = []
    if types:
        parts += f" and type in ({', '.join('?' * len(types))})"
        values += types
    if since is not None:
        parts += " and time >= ?"
        values.append(since)
    if until is not None:
        parts += " and position <= ?"
        values.append(until)
    return parts, values
