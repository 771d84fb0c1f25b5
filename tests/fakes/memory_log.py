"""ports.EventLog in memory: the same promises, nothing on disk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assistant.adapters import cloudevents
from assistant.domain.events import Event
from assistant.errors import LogError


class MemoryLog:
    """Keeps events in a list; `broken` makes every append fail."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.broken = ""

    def append(self, events: Sequence[Event]) -> Sequence[Event]:
        """See ports.EventLog."""
        if self.broken:
            raise LogError(self.broken)
        known = {(event.source, event.id): event for event in self.events}
        stored: list[Event] = []
        fresh: list[Event] = []
        for event in events:
            old = known.get((event.source, event.id))
            if old is not None:
                stored.append(cloudevents.same(old, event))
                continue
            before = fresh or self.events
            prev = before[-1].hash if before else cloudevents.GENESIS
            _, one = cloudevents.seal(event, len(self.events) + len(fresh) + 1, prev)
            fresh.append(one)
            stored.append(one)
            known[event.source, event.id] = one
        self.events += fresh
        return stored

    def read(self, after: int = 0, limit: int | None = None) -> Iterator[Event]:
        """See ports.EventLog."""
        return iter(self.events[after : None if limit is None else after + limit])

    def close(self) -> None:
        """Nothing to close."""
