"""The one way into the log: durable first, then known. Whoever awaits `record` knows that it is on disk."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from assistant.domain.events import Event
from assistant.domain.views import Views
from assistant.domain.world import World

Append = Callable[[Sequence[Event]], Awaitable[Sequence[Event]]]
"""Stores durably (all or none) and returns the events with their positions; raises LogError."""


class Recorder:
    """Appends events and folds them into the world and the views in order of position, each once."""

    def __init__(self, append: Append, world: World, views: Views | None = None) -> None:
        self._append = append
        self._world = world
        self._views = views
        self._early: dict[int, Event] = {}
        self._watched: dict[str, list[str]] = {}

    def watch(self, turn: str) -> list[str]:
        """Ids of the events that come of a turn, filled as they come, whoever writes them, until `unwatch`."""
        return self._watched.setdefault(turn, [])

    def unwatch(self, turn: str) -> None:
        """The turn is over."""
        self._watched.pop(turn, None)

    async def record(self, *events: Event) -> Sequence[Event]:
        """Store events and take them into account. Raises LogError, and then nothing has changed."""
        if not events:
            return ()
        stored = await self._append(events)
        for event in stored:
            if event.position > self._world.position:
                self._early[event.position] = event
        # Two tasks that append at once may be told of it in either order; the fold wants the log's.
        while (following := self._early.pop(self._world.position + 1, None)) is not None:
            self._world.apply(following)
            if self._views is not None:
                self._views.apply(following)
            if (wrote := self._watched.get(following.correlationid)) is not None:
                wrote.append(following.id)
        return stored
