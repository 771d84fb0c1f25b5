"""What a core knows when it starts, and what it leaves for the next one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

from assistant.adapters import eventlog
from assistant.adapters.memory import large_apart
from assistant.adapters.snapshots import Known, Snapshots, fresh
from assistant.domain.events import Event
from assistant.domain.views import Views
from assistant.domain.world import World
from assistant.ports import Clock, EventLog

EVERY = 20_000
"""Events between two snapshots while a core runs: some seconds of folding after it was killed."""
AT_THE_END = 1000
"""With fewer new events than this a core that ends leaves the snapshot as it is."""
LOOK_S = 30.0
"""Between two looks at whether it is time."""


def snapshots(data: Path) -> Snapshots:
    """Those of a data folder."""
    return Snapshots(data, Views)


def read_only(data: Path) -> World:
    """The world of a data folder that another process may be writing; touches nothing. Raises LogError."""
    return known_of(data).world


def known_of(data: Path, until: int | None = None) -> Known:
    """World and views of a data folder that another process may be writing; touches nothing. Raises LogError.

    `until`: as they were after the event at this position, from a snapshot that is not of a later one.
    """
    known = kept_of(data, until)
    for event in eventlog.read(data, known.world.position, until=until):
        known.world.apply(event)
        known.views.apply(event)
    return known


def kept_of(data: Path, until: int | None = None) -> Known:
    """The same as far as a snapshot has it; fresh where none fits. Touches nothing. Raises LogError."""
    return snapshots(data).load(lambda position: _hash_at(_Reader(data), position), discard=False, until=until)


class Remembering:
    """A snapshot taken up at the start and written now and then; without a place for one, the whole log is folded."""

    def __init__(self, kept: Snapshots | None, every: int = EVERY) -> None:
        """`every`: events between two snapshots."""
        self._kept, self._every = kept, every
        self._known = fresh(Views())

    def begin(self, log: EventLog) -> Known:
        """Everything that the log says. Raises LogError."""
        large_apart()
        if self._kept is not None:
            self._known = self._kept.load(lambda position: _hash_at(log, position))
        world, views = self._known.world, self._known.views
        for event in log.read(world.position):
            world.apply(event)
            views.apply(event)
        return self._known

    async def follow(self, clock: Clock) -> None:
        """For ever: a snapshot whenever enough has happened."""
        while True:
            await clock.sleep(LOOK_S)
            if self._kept is not None and self._news() >= self._every:
                await asyncio.to_thread(self._kept.write(self._known))

    def end(self) -> None:
        """Leave a snapshot for the next start, if it would save it work."""
        if self._kept is not None and self._news() >= AT_THE_END:
            self._kept.save(self._known)

    def _news(self) -> int:
        """Events that the snapshot does not know of."""
        return self._known.world.position - (self._kept.position if self._kept is not None else 0)


class _Reader:
    """A log that is only read."""

    def __init__(self, data: Path) -> None:
        self._data = data

    def read(self, after: int = 0, limit: int | None = None) -> Iterable[Event]:
        """See EventLog."""
        return eventlog.read(self._data, after, limit)


def _hash_at(log: EventLog | _Reader, position: int) -> str | None:
    return next((event.hash for event in log.read(position - 1, 1)), None)
