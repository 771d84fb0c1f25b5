"""The event log on SQLite: append only, hash-chained, one writer, durable before it is acknowledged.

The writer's is the only connection that ever writes or checkpoints; readers open the file read-only and so can
do neither. That also keeps clear of SQLite's WAL-reset bug (3.7.0 to 3.51.2: two connections that write or
checkpoint at the same moment), whatever version this Python brings.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from sqlite_utils import Database

from assistant.adapters import cloudevents
from assistant.domain.events import Event
from assistant.errors import LogBroken, LogError, LogLocked

NAME = "events.db"
FLOOR_BYTES = 200 * 1024 * 1024
"""Below this much free space nothing is written: a full disk could take the log's own head (pitfalls Q5)."""
CHUNK = 500
"""Rows read at a time; a reader never holds a snapshot for long (pitfalls Q5)."""
PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "busy_timeout": 5000, "mmap_size": 0}
"""What every connection is held to; synchronous 2 is FULL (pitfalls Q3)."""

_FORBID = """
create trigger if not exists events_no_{verb} before {verb} on events
begin select raise(abort, 'the event log is append only'); end
"""


def sqlite_note() -> str:
    """Which SQLite this is, and why it is safe here."""
    known = (3, 7, 0) <= sqlite3.sqlite_version_info <= (3, 51, 2)
    why = "has the WAL-reset bug, which needs two writing connections: here is one" if known else "has no known WAL bug"
    return f"SQLite {sqlite3.sqlite_version} {why}"


class SqliteLog:
    """ports.EventLog over `events.db` in a data folder; holds its lock until closed."""

    def __init__(self, folder: Path, *, floor_bytes: int = FLOOR_BYTES) -> None:
        """Open for writing. Raises LogLocked when another process writes it, LogError when it cannot be used."""
        self._file, self._floor = folder / NAME, floor_bytes
        self._lock = _lock(folder)
        try:
            with _translated(self._file):
                self._db = _connect(f"file:{self._file}", create=True)
                _create(self._db)
                self._position, self._hash = _head(self._db)
        except BaseException:
            os.close(self._lock)
            raise

    @property
    def head(self) -> tuple[int, str]:
        """Position and hash of the last event; kept elsewhere, it shows a cut tail."""
        return self._position, self._hash

    def append(self, events: Sequence[Event]) -> Sequence[Event]:
        """Store all or none; see ports.EventLog. Not for two threads at once."""
        if not events:
            return ()
        free = shutil.disk_usage(self._file.parent).free
        if free < self._floor:
            raise LogError(
                f"disk nearly full: {free // 2**20} MB free, {self._floor // 2**20} MB needed to write events"
            )
        with _translated(self._file):
            self._db.execute("begin immediate")
            try:
                position, head = self._position, self._hash
                stored: list[Event] = []
                for event in events:
                    one = self._insert(event, position + 1, head)
                    stored.append(one)
                    if one.position == position + 1:
                        position, head = one.position, one.hash
                self._db.execute("commit")
            except BaseException:
                # SQLite may have rolled back by itself (disk full); then there is nothing left to roll back.
                with suppress(sqlite3.Error):
                    self._db.execute("rollback")
                raise
            self._position, self._hash = position, head
        return stored

    def read(self, after: int = 0, limit: int | None = None) -> Iterator[Event]:
        """Events with position > `after`, in order."""
        return _rows(self._db, self._file, after, limit)

    def close(self) -> None:
        """Checkpoint, close the file and let go of the lock."""
        with suppress(sqlite3.Error):
            self._db.execute("pragma wal_checkpoint(truncate)")
        self._db.close()
        os.close(self._lock)

    def _insert(self, event: Event, position: int, prev: str) -> Event:
        record = cloudevents.canonical(event)
        hash_ = cloudevents.chained(prev, record)
        row = (position, event.source, event.id, event.type, event.subject, round(event.time, 3), record, prev, hash_)
        try:
            self._db.execute("insert into events values (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        except sqlite3.IntegrityError as exc:
            return self._known(event, record, exc)
        return replace(event, time=round(event.time, 3), position=position, prev=prev, hash=hash_)

    def _known(self, event: Event, record: bytes, exc: sqlite3.IntegrityError) -> Event:
        """The event is stored already: the same one again is no news, another under its name is an error."""
        query = "select position, record, prev, hash from events where source = ? and id = ?"
        row = self._db.execute(query, (event.source, event.id)).fetchone()
        if row is None:
            raise exc
        if row[1] != record:
            raise LogError(f"event {event.id} of {event.source} is already stored with other content") from exc
        return cloudevents.event(row[1], row[0], row[2], row[3])


def read(folder: Path, after: int = 0, limit: int | None = None) -> Iterator[Event]:
    """Events of a data folder, read-only, beside any writer; an empty log where there is none yet."""
    file = folder / NAME
    if not file.exists():
        return
    with _translated(file):
        db = _connect(f"file:{file}?mode=ro")
    try:
        yield from _rows(db, file, after, limit)
    finally:
        db.close()


def follow(folder: Path, after: int, sleep: Callable[[float], None] = time.sleep) -> Iterator[Event]:
    """Events from `after` on, for ever, as they are written."""
    while True:
        for event in read(folder, after):
            after = event.position
            yield event
        sleep(0.2)


def verify(folder: Path) -> tuple[int, str]:
    """Check the whole chain; position and hash of its head. Raises LogBroken naming the first bad position."""
    file = folder / NAME
    if not file.exists():
        return 0, cloudevents.GENESIS
    with _translated(file):
        db = _connect(f"file:{file}?mode=ro")
        try:
            expected, head = 1, cloudevents.GENESIS
            query = "select position, source, id, type, subject, time, record, prev, hash from events order by position"
            for position, *columns, record, prev, hash_ in db.execute(query):
                if position != expected:
                    raise LogBroken(expected, f"missing, position {position} follows")
                if prev != head:
                    raise LogBroken(position, "does not follow from the event before it")
                if cloudevents.chained(prev, record) != hash_:
                    raise LogBroken(position, "its content is not what its hash was made of")
                event = cloudevents.event(record, position, prev, hash_)
                if columns != [event.source, event.id, event.type, event.subject, round(event.time, 3)]:
                    raise LogBroken(position, "its columns differ from its record")
                expected, head = position + 1, hash_
        finally:
            db.close()
    return expected - 1, head


# ---- SQLite ------------------------------------------------------------------------------------------------


def _connect(uri: str, *, create: bool = False) -> sqlite3.Connection:
    """One connection with the pragmas set, and seen to be set."""
    # Autocommit: transactions are begun and ended in plain sight. Threads: the recorder hands appends to one.
    db = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
    for pragma, value in PRAGMAS.items():
        if pragma == "journal_mode" and not create:
            continue  # a reader takes the file as it is
        db.execute(f"pragma {pragma} = {value}")
        (now,) = db.execute(f"pragma {pragma}").fetchone() or (0,)
        if str(now) != str(value):
            db.close()
            raise sqlite3.OperationalError(f"pragma {pragma} is {now}, not {value}")
    return db


def _create(db: sqlite3.Connection) -> None:
    """The table (by sqlite-utils, which makes it only where it is missing) and the triggers that hold it."""
    table = Database(db).table("events")
    table.create(
        {
            "position": int,
            "source": str,
            "id": str,
            "type": str,
            "subject": str,
            "time": float,
            "record": bytes,
            "prev": str,
            "hash": str,
        },
        pk="position",
        not_null={"source", "id", "type", "subject", "time", "record", "prev", "hash"},
        if_not_exists=True,
        strict=True,
    )
    table.create_index(["source", "id"], unique=True, if_not_exists=True)
    table.create_index(["type", "position"], if_not_exists=True)
    for verb in ("update", "delete"):
        db.execute(_FORBID.format(verb=verb))
    db.execute("pragma recursive_triggers = on")  # without it "insert or replace" deletes past the trigger


def _head(db: sqlite3.Connection) -> tuple[int, str]:
    row = db.execute("select position, hash from events order by position desc limit 1").fetchone()
    return (int(row[0]), str(row[1])) if row else (0, cloudevents.GENESIS)


def _rows(db: sqlite3.Connection, file: Path, after: int, limit: int | None) -> Iterator[Event]:
    query = "select position, record, prev, hash from events where position > ? order by position limit ?"
    left = limit
    while left is None or left > 0:
        with _translated(file):
            rows = db.execute(query, (after, CHUNK if left is None else min(CHUNK, left))).fetchall()
        for position, record, prev, hash_ in rows:
            yield cloudevents.event(record, position, prev, hash_)
        if len(rows) < CHUNK:
            return
        after, left = rows[-1][0], None if left is None else left - len(rows)


def _lock(folder: Path) -> int:
    """An open descriptor that holds `events.lock`; the kernel lets go of it when the process dies."""
    file = folder / "events.lock"
    try:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as exc:
        raise LogError(f"{file}: {exc.strerror}") from exc
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as exc:
        holder = os.read(descriptor, 32).decode(errors="replace").strip()
        os.close(descriptor)
        raise LogLocked(f"{folder / NAME} is held by another process (pid {holder or 'unknown'})") from exc
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return descriptor


@contextmanager
def _translated(file: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as exc:
        raise LogError(f"{file}: {exc}") from exc
    except OSError as exc:
        raise LogError(f"{file}: {exc.strerror or exc}") from exc
