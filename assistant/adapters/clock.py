"""The system's clocks."""

from __future__ import annotations

import asyncio
import time


class SystemClock:
    """ports.Clock."""

    def now(self) -> float:
        """Unix seconds UTC."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds that never step."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Let others work meanwhile."""
        await asyncio.sleep(seconds)
