"""What machines did -> the log: each happening once, tied to the order and the turn that led to it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import structlog

from assistant.domain.events import ConnectionRestored, Event
from assistant.domain.world import World
from assistant.errors import LogError
from assistant.ports import Clock, Happening, Machines
from assistant.turn.reconcile import differences
from assistant.turn.record import Recorder
from assistant.turn.settle import observed

RETRY_S = 1.0
"""Between tries to write, while the disk is full or the log cannot be written."""
CATCH_UP_S = 1.0
"""A turn does not wait longer than this for what was missed; only many thousands of new entries take as long."""
_log = structlog.get_logger(__name__)


class Ingest:
    """Follows the machines' journal into the log. One task runs `follow`; a turn may `catch_up` at any time."""

    def __init__(
        self, machines: Machines, recorder: Recorder, world: World, clock: Clock, seen: dict[str, int]
    ) -> None:
        """`seen`: journal -> sequence number of its last happening in the log."""
        self._machines, self._recorder, self._world, self._seen = machines, recorder, world, seen
        self._clock = clock
        self._lock = asyncio.Lock()
        self.first = asyncio.Event()
        """Set as soon as the machines were heard of, or found to be out of reach."""

    async def follow(self) -> None:
        """For ever: write down what machines report; what cannot be written now is read again later."""
        while True:
            try:
                async for batch in self._machines.happenings(self._seen):
                    await self._take(batch)
                    if any(isinstance(happening.event.data, ConnectionRestored) for happening in batch):
                        await self._read_again()
                    self.first.set()
            except LogError as exc:
                _log.warning("what machines report cannot be written", why=str(exc))
                self.first.set()
                await self._clock.sleep(RETRY_S)

    async def catch_up(self) -> None:
        """Write down what has happened up to now."""
        until = self._clock.monotonic() + CATCH_UP_S
        while batch := await self._machines.journal(self._seen):
            await self._take(batch)
            if self._clock.monotonic() > until:
                return

    def reported(self, order: str) -> bool:
        """Whether a machine's report in the log names this order."""
        return order in self._world.reported

    async def _read_again(self) -> None:
        """Everything anew after a return: what machines show now is what is so."""
        async with self._lock:
            found = await differences(self._world, self._machines, self._clock)
            await self._recorder.record(*found)

    async def _take(self, batch: Sequence[Happening]) -> None:
        async with self._lock:
            fresh = [h for h in batch if not h.journal or h.sequence > self._seen.get(h.journal, 0)]
            if not fresh:
                return
            stored = await self._recorder.record(*(self._tied(happening.event) for happening in fresh))
            await self._recorder.record(*observed(self._world, stored, self._clock.now()))
            for happening in fresh:
                if happening.journal:
                    self._seen[happening.journal] = happening.sequence

    def _tied(self, event: Event) -> Event:
        """The same event, with the order and the turn that caused it."""
        order = getattr(event.data, "order", "")
        request = self._world.requested.get(order)
        if request is None:
            return event
        return replace(event, causationid=order, correlationid=request[1])
