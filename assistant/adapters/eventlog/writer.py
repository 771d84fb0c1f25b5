"""The one writer of a data folder's log."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from assistant.adapters import cloudevents
from assistant.adapters.eventlog import reader
from assistant.adapters.eventlog.database import NAME, SCHEMA, connect, is_ready, translated
from assistant.domain.events import Event
from assistant.errors import LogError, LogLocked

LOCK = "events.lock"
FLOOR_BYTES = 200 * 1024 * 1024
"""With less free space than this nothing is written: answers must outlive the log's last byte (pitfalls Q5)."""

_KEYS = ("id", "source")
_INSERT = "insert into events values (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_FORBID = "create trigger events_{name} before {when} begin select raise(abort, 'the event log is append only'); end"
_FORBIDDEN = {
    "no_update": "update on events",
    "no_delete": "delete on events",
    # "insert or replace" from a connection without recursive_triggers deletes in silence; this comes before it.
    "no_replace": "insert on events when exists (select 1 from events where position = new.position)"
    " or exists (select 1 from events where id = new.id and source = new.source)",
}

Key = tuple[str, str]
"""An event's id and source."""
Head = tuple[int, str]
"""Position and hash of the last event."""


class SqliteLog:
    """ports.EventLog over `events.db` in a data folder; the only writer until closed."""

    def __init__(self, folder: Path, *, floor_bytes: int = FLOOR_BYTES) -> None:
        """Open for writing. Raises LogLocked when another process writes it, LogError when it cannot be used."""
        self._folder, self._file, self._floor = folder, folder / NAME, floor_bytes
        self._lock = _lock(folder)
        try:
            with translated(self._file):
                self._db = _open(self._file)
                self._head: Head | None = reader.head_of(self._db)
        except BaseException:
            os.close(self._lock)
            raise

    def append(self, events: Sequence[Event]) -> Sequence[Event]:
        """Store all or none; see ports.EventLog. Not for two threads at once."""
        if not events:
            return ()
        with translated(self._file):
            self._check()
            try:
                return self._store(events)
            except sqlite3.IntegrityError:
                # Rare, and only now worth looking at each: some are stored already, or stand here twice.
                return self._store_new(events)

    def read(self, after: int = 0, limit: int | None = None) -> Iterator[Event]:
        """Events with position > `after`, in order; what is being appended meanwhile only once it is committed."""
        return reader.read(self._folder, after, limit)

    def close(self) -> None:
        """Let go of the file, then of the lock."""
        self._db.close()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _check(self) -> None:
        disk = os.statvfs(self._file)  # of the file: had somebody deleted it, nothing written to it would last
        free = disk.f_bavail * disk.f_frsize
        if free < self._floor:
            raise LogError(f"disk nearly full: {free // 2**20} MB free, the log needs {self._floor // 2**20} MB")

    def _store(self, events: Iterable[Event]) -> list[Event]:
        """Store events in one transaction. Raises IntegrityError when one of them is no news."""
        position, prev = self._head or reader.head_of(self._db)
        rows: list[tuple[object, ...]] = []
        stored: list[Event] = []
        for event in events:
            position += 1
            record, one = cloudevents.seal(event, position, prev)
            rows.append(
                (position, one.id, one.source, one.type, one.subject, one.time, record.decode(), prev, one.hash)
            )
            stored.append(one)
            prev = one.hash
        self._head = None  # after an error, what the file says counts
        with self._transaction():
            self._db.executemany(_INSERT, rows)
        self._head = position, prev
        return stored

    def _store_new(self, events: Sequence[Event]) -> list[Event]:
        """Store those that are news; all, as they are stored. Raises LogError for another event of a known name."""
        query = "select record, position, prev, hash from events where id = ? and source = ?"
        known: dict[Key, Event] = {}
        fresh: dict[Key, Event] = {}
        for event in events:
            key = (event.id, event.source)
            row = self._db.execute(query, key).fetchone()
            if row is not None:
                known[key] = cloudevents.same(cloudevents.event(*row), event)
            else:
                cloudevents.same(fresh.setdefault(key, event), event)
        if fresh:
            known |= zip(fresh, self._store(fresh.values()), strict=True)
        return [known[event.id, event.source] for event in events]

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """COMMIT at the end, nothing at all after an error."""
        self._db.execute("begin immediate")
        try:
            yield
            self._db.execute("commit")
        except BaseException:
            # SQLite may have rolled back by itself (disk full); then there is nothing left to roll back.
            with suppress(sqlite3.Error):
                self._db.execute("rollback")
            raise


def _open(file: Path) -> sqlite3.Connection:
    """A connection to the file and its table, both made if need be."""
    with suppress(FileExistsError):
        # For this user only; SQLite gives the -wal and -shm files the same mode. Never opened by us where it exists:
        # closing a second descriptor would drop the locks that SQLite holds on it in this process (fcntl(2)).
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    db = connect(file, write=True)
    try:
        if not is_ready(db, file):
            _create(db)
    except BaseException:
        db.close()
        raise
    return db


def _create(db: sqlite3.Connection) -> None:
    """The table and the triggers that hold it, all or nothing."""
    from sqlite_utils import Database

    schema = Database(db, recursive_triggers=False, execute_plugins=False)
    columns = {"id": str, "source": str, "type": str, "subject": str, "time": float}
    columns |= {"record": str, "prev": str, "hash": str}
    with schema.atomic():
        table = schema.table("events")
        table.create({"position": int} | columns, pk="position", not_null=set(columns), strict=True)
        table.create_index(_KEYS, unique=True)
        for name, when in _FORBIDDEN.items():
            db.execute(_FORBID.format(name=name, when=when))
        db.execute(f"pragma user_version = {SCHEMA}")


def _lock(folder: Path) -> int:
    """A descriptor that holds the lock file; the kernel lets go of it when the process dies."""
    file = folder / LOCK
    with translated(file):
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        except BlockingIOError as exc:
            holder = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
            os.close(descriptor)
            raise LogLocked(f"{folder / NAME}: another process writes it (pid {holder or 'unknown'})") from exc
        except OSError:
            os.close(descriptor)
            raise
    return descriptor
