"""Logs that somebody changed: `verify` names the first position at which the file is not what was written.

What the first bad position is, is known from the change: it is not asked of the code under test. Where a chain alone
cannot show a change (a tail cut off, all of it made anew) a head that was kept elsewhere must.
"""

from __future__ import annotations

import asyncio
import json
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.adapters import cloudevents, eventlog
from assistant.adapters.eventlog import NAME as FILE
from assistant.adapters.eventlog import SqliteLog
from assistant.domain import events as e
from assistant.errors import LogBroken, LogError
from tests.faults.tally import Tally

NAME = "tampered"
FULL, SHORT = 500, 50
LENGTH = 40
"""Events of an untouched log."""
BY_COMMAND = 25
"""One in so many is asked of `assistant events verify` in a process of its own, too."""
COLUMNS = ("id", "source", "type", "subject", "record", "prev", "hash")
Rows = Sequence[tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class Change:
    """What was done to a log."""

    position: int
    """The first at which it is not what was written; 0: nothing of what can be read is another."""
    shown: bool = True
    """Whether the chain alone shows it."""
    whole: bool = True
    """Whether the file is still a database; else it may be refused as a whole."""


async def run(times: int, seed: int, folder: Path) -> Tally:
    """So many changes, each to a fresh copy of one log."""
    began, rng = time.perf_counter(), random.Random(seed)
    written, other = folder / "written", folder / "other"
    for place, run_id in ((written, "a"), (other, "b")):
        place.mkdir()
        with closing(SqliteLog(place, floor_bytes=0)) as log:
            log.append([_event(run_id, number) for number in range(LENGTH)])
    head = eventlog.head(written)
    problems: list[str] = []
    counts: Counter[str] = Counter()
    for count in range(times):
        tamper = TAMPERINGS[count % len(TAMPERINGS)]
        counts[tamper.__name__] += 1
        place = folder / "changed"
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(written, place)
        change = tamper(rng, place, other)
        found = held_against(place, head, change)
        if count % BY_COMMAND == 0:
            found += await asyncio.to_thread(_by_command, place, head, change)
        problems += [f"{tamper.__name__}, round {count}: {problem}" for problem in found]
    return Tally(NAME, times, problems, time.perf_counter() - began, f"{len(counts)} kinds of change")


def held_against(place: Path, head: tuple[int, str], change: Change) -> list[str]:
    """What `verify` says of a changed log, without and with the head that it had."""
    problems = []
    alone, anchored = _verified(place, None), _verified(place, head)
    refused = () if change.whole else (-1,)
    if alone not in ((change.position if change.shown else 0), *refused):
        problems.append(f"{change.position} is the first bad one, {alone} is named (shown: {change.shown})")
    if anchored not in (change.position, *refused):
        problems.append(f"{change.position} is the first bad one, with a head {anchored} is named")
    return problems


def _verified(place: Path, head: tuple[int, str] | None) -> int:
    """The position that is named; 0 for none, -1 where the file as a whole cannot be read."""
    try:
        eventlog.verify(place, *([head] if head else []))
    except LogBroken as exc:
        return exc.position
    except LogError:
        return -1
    return 0


def _by_command(place: Path, head: tuple[int, str], change: Change) -> list[str]:
    """The same by the command that people use: its exit status, and the one line that it prints."""
    command = (sys.executable, "-m", "assistant", "events", "verify", "--json", "--data", str(place))
    done = subprocess.run((*command, "--head", f"{head[0]}:{head[1]}"), capture_output=True, text=True, check=False)
    if change.position == 0 and done.returncode == 0:
        return []
    said = json.loads(done.stdout) if done.stdout else {}
    whole = not change.whole and not said and "assistant: " in done.stderr
    if done.returncode != 1 or "Traceback" in done.stderr or not (whole or said.get("position") == change.position):
        return [f"the command ended with {done.returncode}: {done.stdout}{done.stderr}"]
    return []


def _event(run_id: str, number: int) -> e.Event:
    reason = ("bridging", "void", "damaged")[number % 3]
    return e.Event(
        f"{run_id}-{number}", "/machines/PRN-1", f"L47{number:02}", 1_764_000_000.0 + number, e.LotHeld("PRN-1", reason)
    )


# ---- changes -------------------------------------------------------------------------------------------------


def _edit(place: Path, *statements: tuple[str, tuple[object, ...]]) -> None:
    """What somebody with the file can do: the triggers are gone."""
    with closing(sqlite3.connect(place / FILE)) as db:
        for (name,) in db.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            db.execute(f"drop trigger {name}")
        for statement, values in statements:
            db.execute(statement, values)
        db.commit()


def flipped(rng: random.Random, place: Path, other: Path) -> Change:
    """One bit of one column of one row."""
    position, column = rng.randrange(1, LENGTH + 1), rng.choice(COLUMNS)
    with closing(sqlite3.connect(place / FILE)) as db:
        query = f"select cast({column} as blob) from events where position = ?"
        (value,) = db.execute(query, (position,)).fetchone()
    while True:
        at = rng.randrange(len(value))
        changed = value[:at] + bytes([value[at] ^ (1 << rng.randrange(8))]) + value[at + 1 :]
        with suppress(sqlite3.IntegrityError):  # the id of another row: that the file itself refuses
            _edit(place, (f"update events set {column} = cast(? as text) where position = ?", (changed, position)))
            return Change(position)


def retimed(rng: random.Random, place: Path, other: Path) -> Change:
    """A row's time, in its column only."""
    position = rng.randrange(1, LENGTH + 1)
    _edit(
        place, ("update events set time = time + ? where position = ?", (rng.choice((-60.0, 0.001, 3600.0)), position))
    )
    return Change(position)


def flipped_on_disk(rng: random.Random, place: Path, other: Path) -> Change:
    """One bit of the file, wherever it falls; what can be read afterwards says what it came to."""
    before = _rows(place)
    raw = bytearray((place / FILE).read_bytes())
    raw[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
    (place / FILE).write_bytes(raw)
    after = _rows(place)
    same = next(
        (n for n, (one, two) in enumerate(zip(before, after, strict=False)) if one != two), min(len(before), len(after))
    )
    cut_off = same == len(after) < len(before) and not _breaks(place)
    return Change(0 if before == after else same + 1, shown=not cut_off, whole=False)


def _rows(place: Path) -> list[tuple[object, ...]]:
    """Rows as far as they can be read, by SQLite alone."""
    rows: list[tuple[object, ...]] = []
    try:
        with closing(sqlite3.connect(f"file:{place / FILE}?mode=ro", uri=True)) as db:
            db.text_factory = bytes
            for row in db.execute("select * from events order by position"):
                rows.append(row)
    except sqlite3.DatabaseError:
        pass
    return rows


def _breaks(place: Path) -> bool:
    """Whether reading all of it fails."""
    try:
        with closing(sqlite3.connect(f"file:{place / FILE}?mode=ro", uri=True)) as db:
            db.text_factory = bytes
            db.execute("select * from events order by position").fetchall()
    except sqlite3.DatabaseError:
        return True
    return False


def cut(rng: random.Random, place: Path, other: Path) -> Change:
    """The tail from somewhere on; only a head that was kept elsewhere can show it."""
    position = rng.randrange(1, LENGTH + 1)
    _edit(place, ("delete from events where position >= ?", (position,)))
    return Change(position, shown=False)


def taken_out(rng: random.Random, place: Path, other: Path) -> Change:
    """Some in the middle, the gap closed or left open."""
    first = rng.randrange(1, LENGTH)
    last = rng.randrange(first, LENGTH)
    statements: list[tuple[str, tuple[object, ...]]] = [
        ("delete from events where position between ? and ?", (first, last))
    ]
    if rng.random() < 0.5:
        # Two steps, since positions are unique: first out of the way, then to their new place.
        statements.append(("update events set position = -position where position > ?", (last,)))
        statements.append(("update events set position = -position - ? where position < 0", (last - first + 1,)))
    _edit(place, *statements)
    return Change(first)


def swapped(rng: random.Random, place: Path, other: Path) -> Change:
    """Two rows, each in the other's place."""
    first, second = sorted(rng.sample(range(1, LENGTH + 1), 2))
    move = "update events set position = ? where position = ?"
    _edit(place, (move, (-1, first)), (move, (first, second)), (move, (second, -1)))
    return Change(first)


def of_another_log(rng: random.Random, place: Path, other: Path) -> Change:
    """A row of another log, whole and true there, in this one's place."""
    position = rng.randrange(1, LENGTH + 1)
    with closing(sqlite3.connect(other / FILE)) as db:
        row = db.execute("select * from events where position = ?", (position,)).fetchone()
    _edit(
        place,
        ("delete from events where position = ?", (position,)),
        (f"insert into events values ({', '.join('?' * len(row))})", row),
    )
    # The first row follows from nothing, so a true one stands there unseen until the next does not follow from it.
    return Change(position if position > 1 else 2)


def forged(rng: random.Random, place: Path, other: Path) -> Change:
    """Another event with the right hash over the one before; the next one does not follow from it."""
    position = rng.randrange(1, LENGTH + 1)
    _seal_from(place, position, position)
    if position == LENGTH:
        return Change(position, shown=False)
    return Change(position + 1)


def made_anew(rng: random.Random, place: Path, other: Path) -> Change:
    """All from somewhere on forged and chained again: only a head kept elsewhere shows it, at its own position."""
    _seal_from(place, rng.randrange(1, LENGTH + 1), LENGTH)
    return Change(LENGTH, shown=False)


def _seal_from(place: Path, first: int, last: int) -> None:
    """Events first to last with another reason, each with the hash that it would have had."""
    events = list(eventlog.read(place))
    prev = events[first - 1].prev
    statements: list[tuple[str, tuple[object, ...]]] = []
    for event in events[first - 1 : last]:
        record, sealed = cloudevents.seal(replace(event, data=e.LotHeld("PRN-1", "forged")), event.position, prev)
        change = "update events set record = ?, prev = ?, hash = ? where position = ?"
        statements.append((change, (record.decode(), prev, sealed.hash, event.position)))
        prev = sealed.hash
    _edit(place, *statements)


TAMPERINGS: tuple[Callable[[random.Random, Path, Path], Change], ...] = (
    flipped,
    cut,
    swapped,
    forged,
    taken_out,
    flipped_on_disk,
    of_another_log,
    retimed,
    made_anew,
)
