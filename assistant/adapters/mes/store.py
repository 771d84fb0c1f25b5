"""`mes.db` in the data folder: how far the outbox is, what it gave up on, and how far the MES was heard.

A file of its own, so that the event log stays append only. One thread writes it; whoever looks from another process
(`doctor`) opens it read-only.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from assistant.errors import MesError

NAME = "mes.db"
SCHEMA = 1
"""`pragma user_version`."""
_CREATE = (
    "create table place (one integer primary key check (one = 1), position integer not null,"
    " hash text not null, cursor text not null) strict",
    "create table parked (position integer primary key, source text not null, id text not null,"
    " type text not null, reason text not null, time real not null) strict",
    f"pragma user_version = {SCHEMA}",
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Place:
    """How far both directions are."""

    position: int
    """Of the last event in the log that was delivered or parked; 0 before the first."""
    hash: str
    """Its hash: another log in the same folder shows by it."""
    cursor: str
    """The MES's name for the place up to which it was heard."""


@dataclass(frozen=True, slots=True)
class Parked:
    """An event that the MES refused for good."""

    position: int
    """In the log."""
    source: str
    id: str
    type: str
    reason: str
    """What the MES said."""
    time: float
    """When it was given up, Unix seconds UTC."""


class Store:
    """The file, for the process that holds the event log."""

    def __init__(self, folder: Path) -> None:
        """Open it, made if need be (0600). Raises MesError."""
        self._file = folder / NAME
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="mes")
        with _translated(self._file):
            with suppress(FileExistsError):
                os.close(os.open(self._file, os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
            self._db = sqlite3.connect(self._file, isolation_level=None, check_same_thread=False)
            try:
                # A rollback journal: what is committed is in the file itself, whatever SQLite and however it ended.
                self._db.execute("pragma journal_mode = delete")
                self._db.execute("pragma synchronous = full")
                self._db.execute("pragma busy_timeout = 5000")
                if not _ready(self._db):
                    self._all("begin immediate", *_CREATE, "commit")
            except BaseException:
                self._db.close()
                raise

    async def place(self) -> Place | None:
        """How far it is; None before anything was delivered or heard."""
        return await self._do(lambda: _place(self._db))

    async def delivered(self, position: int, hash_: str) -> None:
        """The outbox is past this event."""
        await self._do(lambda: self._pass(position, hash_))

    async def park(self, parked: Parked, hash_: str) -> None:
        """The outbox is past this event, and gave it up."""

        def both() -> None:
            values = (parked.position, parked.source, parked.id, parked.type, parked.reason, parked.time)
            self._db.execute("begin immediate")
            try:
                self._db.execute("insert or replace into parked values (?, ?, ?, ?, ?, ?)", values)
                self._pass(parked.position, hash_)
                self._db.execute("commit")
            except BaseException:
                with suppress(sqlite3.Error):
                    self._db.execute("rollback")
                raise

        await self._do(both)

    async def parked(self, position: int) -> Parked | None:
        """What was given up at this place, if anything was."""
        return await self._do(lambda: next((one for one in _parked(self._db) if one.position == position), None))

    async def unpark(self, position: int) -> None:
        """The MES has it after all."""
        await self._do(lambda: self._db.execute("delete from parked where position = ?", (position,)))

    async def heard(self, cursor: str) -> None:
        """All that the MES said before this place is in the log."""
        query = "insert into place values (1, 0, '', ?) on conflict (one) do update set cursor = excluded.cursor"
        await self._do(lambda: self._db.execute(query, (cursor,)))

    async def close(self) -> None:
        """Let go of the file, when what was begun is done."""
        self._thread.shutdown()
        self._db.close()

    def _pass(self, position: int, hash_: str) -> None:
        query = (
            "insert into place values (1, ?, ?, '') on conflict (one)"
            " do update set position = excluded.position, hash = excluded.hash"
        )
        self._db.execute(query, (position, hash_))

    def _all(self, *statements: str) -> None:
        for statement in statements:
            self._db.execute(statement)

    async def _do(self, work: Callable[[], T]) -> T:
        """In the file's own thread: a disk that is slow must not hold up a turn."""
        with _translated(self._file):
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def look(folder: Path) -> tuple[Place | None, list[Parked]]:
    """What another process's store says. Raises MesError."""
    file = folder / NAME
    if not file.exists():
        return None, []
    with (
        _translated(file),
        closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as db,
    ):
        db.execute("pragma busy_timeout = 5000")
        if not _ready(db):
            return None, []
        return _place(db), _parked(db)


def _parked(db: sqlite3.Connection) -> list[Parked]:
    rows = db.execute("select position, source, id, type, reason, time from parked order by position")
    return [Parked(*row) for row in rows]


def _place(db: sqlite3.Connection) -> Place | None:
    row = db.execute("select position, hash, cursor from place").fetchone()
    return None if row is None else Place(*row)


def _ready(db: sqlite3.Connection) -> bool:
    (version,) = db.execute("pragma user_version").fetchone()
    if version not in (0, SCHEMA):
        raise MesError(f"{NAME} is of another version ({version}, not {SCHEMA})")
    return bool(version == SCHEMA)


@contextmanager
def _translated(file: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as exc:
        raise MesError(f"{file}: {exc}") from exc
    except OSError as exc:
        raise MesError(f"{file}: {exc.strerror or exc}") from exc
