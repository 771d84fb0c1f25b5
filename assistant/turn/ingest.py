"""What machines did -> the log: each happening once, tied to the order and the turn that led to it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

import structlog

from assistant.domain.events import ConnectionLost, ConnectionRestored, Event
from assistant.domain.world import World
from assistant.errors import LogError
from assistant.ports import Clock, Happening, Machines
from assistant.turn.reconcile import Comparison
from assistant.turn.record import Recorder
from assistant.turn.settle import observed

RETRY_S = 1.0
"""Between tries to write, while the disk is full or the log cannot be written."""
COMPARE_S = 10.0
"""Between two comparisons of the log with what machines show, when nothing gives a reason for one."""
AGAIN_S = 1.2
"""Between the look that finds a difference and the one that makes sure of it."""
_log = structlog.get_logger(__name__)


class Ingest:
    """Follows the machines' journal into the log. Its tasks run `follow` and `compare`; a turn may `catch_up`."""

    def __init__(
        self, machines: Machines, recorder: Recorder, world: World, clock: Clock, seen: dict[str, int]
    ) -> None:
        """`seen`: journal -> sequence number of its last happening in the log."""
        self._machines, self._recorder, self._world, self._seen = machines, recorder, world, seen
        self._clock = clock
        self._lock = asyncio.Lock()
        self._reading = asyncio.Lock()
        self._asked = self._answered = 0
        self._comparison = Comparison(world, machines, clock)
        self._look = asyncio.Event()
        self.first = asyncio.Event()
        """Set as soon as the machines were heard of and the log agrees with them, or they are out of reach."""

    async def follow(self) -> None:
        """For ever: write down what machines report; what cannot be written now is read again later."""
        while True:
            try:
                async for batch in self._machines.happenings(self._seen):
                    await self._take(batch)
                    kinds = {type(happening.event.data) for happening in batch}
                    if ConnectionRestored in kinds:
                        self._look.set()
                    elif ConnectionLost in kinds:
                        self.first.set()
            except LogError as exc:
                _log.warning("what machines report cannot be written", why=str(exc))
                self.first.set()
                await self._clock.sleep(RETRY_S)

    async def catch_up(self) -> None:
        """Write down what has happened up to now.

        Whoever asks while a journal is being read waits for the next reading, which then is for all of them: what one
        waits for may have come into the journal after this reading began.
        """
        self._asked += 1
        mine = self._asked
        async with self._reading:
            if self._answered >= mine:
                return
            asked = self._asked
            await self._take(await self._machines.journal(self._seen))
            self._answered = asked

    async def compare(self) -> None:
        """For ever: see that the log agrees with what machines show; at a return, after a refusal, now and then."""
        soon = False
        while True:
            if soon:
                await self._clock.sleep(AGAIN_S)
            else:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._look.wait(), COMPARE_S)
            self._look.clear()
            try:
                if await self.agree():
                    self.first.set()
            except LogError as exc:
                _log.warning("what machines show cannot be written", why=str(exc))
            # A machine whose heart was not seen to beat yet is readable a moment later.
            soon = bool(self._comparison.suspects or self._comparison.missing)

    def doubt(self) -> None:
        """A machine has refused what the log says is possible: compare them soon."""
        self._look.set()

    async def agree(self) -> bool:
        """Compare once, and write down what is certain to differ; False when it is too early to tell.

        Raises LogError.
        """
        await self.catch_up()
        look = await self._comparison.look()
        await self.catch_up()  # what has changed in between is told by its report
        async with self._lock:
            await self._recorder.record(*self._comparison.differences(look))
        return not self._comparison.suspects

    def reported(self, order: str) -> bool:
        """Whether a machine's report in the log names this order."""
        return order in self._world.reported

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
