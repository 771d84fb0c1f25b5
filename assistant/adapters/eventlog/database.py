"""The file: how it is opened, what every connection is held to, how its errors are told."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from assistant.errors import LogError

NAME = "events.db"
SCHEMA = 1
"""`pragma user_version` of a file that this code reads and writes."""

WRITER: Mapping[str, str | int] = {
    "journal_mode": "wal",
    "synchronous": 2,  # FULL: a commit is on disk when it returns; NORMAL may lose it with the power (pitfalls Q3)
    "busy_timeout": 5000,
    "mmap_size": 0,
    "recursive_triggers": 1,  # else "insert or replace" deletes without asking the triggers
    "journal_size_limit": 64 * 1024 * 1024,
}
READER: Mapping[str, str | int] = {
    "query_only": 1,
    "busy_timeout": 5000,
    "mmap_size": 0,
    "wal_autocheckpoint": 0,
}


def sqlite_note() -> str:
    """Which SQLite this is, and why it is safe here; one line, for `doctor`."""
    bug = (3, 7, 0) <= sqlite3.sqlite_version_info <= (3, 51, 2)
    why = "has the WAL-reset bug, which needs two writing connections; the log has one" if bug else "no known WAL bug"
    return f"SQLite {sqlite3.sqlite_version}: {why}"


def connect(file: Path, *, write: bool) -> sqlite3.Connection:
    """One connection, with its pragmas set and seen to be set."""
    # Autocommit: transactions are begun and ended in plain sight. Threads: group commit has a thread of its own.
    uri = f"{file.absolute().as_uri()}?{_mode(file, write=write)}"
    db = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
    try:
        for pragma, value in (WRITER if write else READER).items():
            db.execute(f"pragma {pragma} = {value}")
            (now,) = db.execute(f"pragma {pragma}").fetchone() or (0,)
            if now != value:
                raise LogError(f"{file}: SQLite keeps {pragma} at {now}, {value} is needed")
    except BaseException:
        db.close()
        raise
    return db


def is_ready(db: sqlite3.Connection, file: Path) -> bool:
    """Whether the table is there; False for a file that is still empty. Raises LogError for another's file."""
    (version,) = db.execute("pragma user_version").fetchone()
    if version == SCHEMA:
        return True
    if version == 0 and db.execute("select 1 from sqlite_master").fetchone() is None:
        return False
    raise LogError(f"{file}: not an event log of this version (schema {version}, not {SCHEMA})")


@contextmanager
def reading(folder: Path) -> Iterator[sqlite3.Connection | None]:
    """A read-only connection to a folder's log, beside any writer; None where nothing was written yet."""
    file = folder / NAME
    with translated(file):
        if not _exists(file):
            yield None
            return
        if not os.access(file, os.R_OK, effective_ids=True):
            raise LogError(f"{file}: permission denied")
        with closing(connect(file, write=False)) as db:
            yield db if is_ready(db, file) else None


@contextmanager
def translated(file: Path) -> Iterator[None]:
    """Foreign errors become one line that names the file."""
    try:
        yield
    except sqlite3.Error as exc:
        problem, _, _ = str(exc).partition(" with text")  # what follows is bytes of a broken row, not for a terminal
        raise LogError(f"{file}: {problem}") from exc
    except OSError as exc:
        raise LogError(f"{file}: {exc.strerror or exc}") from exc


def _exists(file: Path) -> bool:
    """Like Path.exists, but a data folder that is no folder is an error, not an empty log."""
    try:
        file.stat()
    except FileNotFoundError:
        return False
    return True


def _mode(file: Path, *, write: bool) -> str:
    if write:
        return "mode=rw"
    # A reader makes the -shm file where there is none. Where it may not (a backup, a folder of another user) and no
    # -wal is left over, the file is all there is and nobody is writing it.
    alone = not os.access(file.parent, os.W_OK, effective_ids=True) and not Path(f"{file}-wal").exists()
    return "mode=ro&immutable=1" if alone else "mode=ro"
