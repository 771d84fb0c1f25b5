"""The event log on SQLite: append only, hash-chained, one writer, durable before it is acknowledged.

`events.db` in the data folder holds one table, in plain SQL for whoever looks at it in ten years::

    position | id | source | type | subject | time | record | prev | hash

`record` is the event as canonical CloudEvents JSON and the only truth; id, source, type, subject and time repeat
parts of it to be searched by. `hash` is SHA-256 over `prev` (the hash before) and `record`.

The writer's is the only connection that ever writes or checkpoints. Readers, any number, open the file `mode=ro`:
they can do neither, not even when the last of them closes (the checkpoint of a closing connection needs an exclusive
lock on the database file, which a read-only descriptor cannot take). That keeps clear of SQLite's WAL-reset bug
(3.7.0 to 3.51.2: two connections that write or checkpoint at the same moment) whatever version this Python brings.
"""

from __future__ import annotations

from assistant.adapters.eventlog.chain import verify
from assistant.adapters.eventlog.database import NAME, sqlite_note
from assistant.adapters.eventlog.reader import Stored, at, follow, head, of_turn, read, stored, tail, turns
from assistant.adapters.eventlog.writer import FLOOR_BYTES, SqliteLog

__all__ = [
    "FLOOR_BYTES",
    "NAME",
    "SqliteLog",
    "Stored",
    "at",
    "follow",
    "head",
    "of_turn",
    "read",
    "sqlite_note",
    "stored",
    "tail",
    "turns",
    "verify",
]
