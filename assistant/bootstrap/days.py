"""Days of the reference plant straight into a new log, as a core would have written them: no OPC UA, no waiting."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from assistant.adapters import eventlog
from assistant.bootstrap.site import declarations
from assistant.domain import events as e
from assistant.errors import UsageError
from assistant.settings.plant import Plant

BATCH = 2000
"""Events of one transaction."""


def write_days(plant: Plant, events: Iterable[e.Event], data: Path) -> int:
    """Fill an empty log with what a site declares and these events; how many there are then.

    Raises UsageError for a log that has something in it, which made-up days would spoil; LogError.
    """
    with closing(eventlog.SqliteLog(data)) as log:
        if next(iter(log.read(limit=1)), None) is not None:
            raise UsageError(f"--data {data}: there is a log already, and made-up days are not mixed with it")
        coming = iter(events)
        first = next(coming, None)
        if first is None:
            return 0
        whole = itertools.chain(declarations(plant, first.time), (first,), coming)
        count = 0
        while batch := list(itertools.islice(whole, BATCH)):
            count += len(log.append(batch))
        return count
