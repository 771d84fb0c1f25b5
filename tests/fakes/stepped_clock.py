"""ports.Clock that goes on only when told."""

from __future__ import annotations

import asyncio


class SteppedClock:
    """Starts on 2026-11-25 10:00 UTC."""

    def __init__(self) -> None:
        self.wall = 1_795_600_800.0
        self.steady = 1000.0

    def now(self) -> float:
        """See ports.Clock."""
        return self.wall

    def monotonic(self) -> float:
        """See ports.Clock."""
        return self.steady

    async def sleep(self, seconds: float) -> None:
        """See ports.Clock. The time is over at once."""
        self.step(seconds)
        await asyncio.sleep(0)

    def step(self, seconds: float) -> None:
        """Let time pass."""
        self.wall += seconds
        self.steady += seconds
