"""ports.EventLog in memory: the same chain, the same refusals, and a disk that is full when a test says so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assistant.adapters import cloudevents
from assistant.domain.events import Event
from assistant.errors import LogError


class MemoryLog:
    """Keeps events until it is closed."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        """What is stored, in order."""
        self.problem = ""
        """While this is set, every append fails with it: `disk nearly full`."""
        self.closed = False

    def append(self, events: Sequence[Event]) -> Sequence[Event]:
        """See ports.EventLog."""
        if self.problem or self.closed:
            raise LogError(self.problem or "the event log is closed")
        known = {(event.id, event.source): event for event in self.events}
        fresh: list[Event] = []
        for event in events:
            key = (event.id, event.source)
            if key in known:
                cloudevents.same(known[key], event)
                continue
            last = fresh[-1] if fresh else self.events[-1] if self.events else None
            _, known[key] = cloudevents.seal(
                event, last.position + 1 if last else 1, last.hash if last else cloudevents.GENESIS
            )
            fresh.append(known[key])
        self.events += fresh
        return [known[event.id, event.source] for event in events]

    def read(self, after: int = 0, limit: int | None = None) -> Iterator[Event]:
        """See ports.EventLog."""
        yield from self.events[after : None if limit is None else after + limit]

    def close(self) -> None:
        """See ports.EventLog."""
        self.closed = True
