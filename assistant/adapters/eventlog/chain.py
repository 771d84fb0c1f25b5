"""Is the log what was written? The chain of hashes says so, and where not."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec

from assistant.adapters import cloudevents
from assistant.adapters.eventlog.database import reading
from assistant.adapters.eventlog.reader import CHUNK
from assistant.errors import LogBroken

FIRST = -(2**63)
"""Below every position, so that rows which were put before the first are seen too."""

Head = tuple[int, str]
"""Position and hash."""
Row = tuple[int, bytes, bytes, bytes, bytes, float, bytes, bytes, bytes]


def verify(folder: Path, *anchors: Head) -> Head:
    """Check every event of a data folder's log; position and hash of the last one.

    A chain alone cannot show that its tail was cut off, or that all of it was made anew: give as `anchors`
    heads that were kept elsewhere. Raises LogBroken naming the first bad position, LogError when the file cannot be
    read.
    """
    head: Head = (0, cloudevents.GENESIS)
    wanted = {anchor for anchor in anchors if anchor != head}
    with reading(folder) as db:
        rows = _rows(db) if db is not None else iter(())
        while True:
            try:
                row = next(rows, None)
            except sqlite3.OperationalError:
                raise  # it cannot be read right now, which says nothing about what is in it
            except sqlite3.DatabaseError as exc:
                raise LogBroken(head[0] + 1, str(exc)) from exc
            if row is None:
                break
            head = _checked(row, head)
            wanted.discard(head)
    if wanted:
        position, _ = min(wanted)
        if head[0] < position:
            raise LogBroken(head[0] + 1, f"cut off; the log once reached position {max(wanted)[0]}")
        raise LogBroken(position, "is not the event that stood there before")
    return head


def _rows(db: sqlite3.Connection) -> Iterator[Row]:
    """Every row, text as bytes: what is not UTF-8 is to be found, not stumbled over."""
    db.text_factory = bytes
    query = (
        "select position, id, source, type, subject, time, record, prev, hash from events"
        " where position > ? order by position limit ?"
    )
    after, more = FIRST, True
    while more:
        more = False
        for row in db.execute(query, (after, CHUNK)):
            yield row
            after, more = row[0], True


def _checked(row: Row, head: Head) -> Head:
    """The head after this row. Raises LogBroken."""
    position, *columns, record, prev, hash_ = row
    expected = head[0] + 1
    if position > expected:
        raise LogBroken(expected, "it is missing")
    if position < expected:
        raise LogBroken(position, "positions begin at 1")
    if prev != head[1].encode():
        raise LogBroken(position, "it does not follow from the event before it")
    if cloudevents.chained(head[1], record) != hash_.decode(errors="replace"):
        raise LogBroken(position, "it is not what its hash was made over")
    try:
        said = cloudevents.envelope(record)
        repeated = [text.encode() for text in (said.id, said.source, said.type, said.subject)]
        if columns != [*repeated, cloudevents.seconds(said.time)]:
            raise LogBroken(position, "its columns differ from its record")
    except (msgspec.MsgspecError, ValueError) as exc:
        raise LogBroken(position, f"its record cannot be read: {exc}") from exc
    return position, hash_.decode()
