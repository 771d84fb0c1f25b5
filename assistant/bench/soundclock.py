"""Time that goes with a recording, for a headset that is fed as fast as it takes it."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time


class SoundClock:
    """ports.Clock that goes with the sound."""

    def __init__(self) -> None:
        self.at = 0.0
        self._began = time.time()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = itertools.count()

    def now(self) -> float:
        """See ports.Clock."""
        return self._began + self.at

    def monotonic(self) -> float:
        """See ports.Clock."""
        return self.at

    async def sleep(self, seconds: float) -> None:
        """See ports.Clock."""
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.at + seconds, next(self._count), woken))
        await woken

    def go_on(self, at: float) -> None:
        """So much sound has been heard."""
        self.at = at
        while self._sleepers and self._sleepers[0][0] <= at:
            woken = heapq.heappop(self._sleepers)[2]
            if not woken.done():
                woken.set_result(None)


class WorkClock:
    """ports.Clock of the core: what runs out runs out by the sound's time and that of the work between; the date is the
    machines', or what they show would be of long before an order; and whoever sleeps sleeps for real."""

    def __init__(self, sound: SoundClock) -> None:
        self._sound = sound

    def now(self) -> float:
        """See ports.Clock."""
        return time.time()

    def monotonic(self) -> float:
        """See ports.Clock."""
        return time.monotonic() + self._sound.at

    async def sleep(self, seconds: float) -> None:
        """See ports.Clock."""
        await asyncio.sleep(seconds)
