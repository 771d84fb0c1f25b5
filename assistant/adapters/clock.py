"""The system's clocks."""

from __future__ import annotations

import time


class SystemClock:
    """ports.Clock."""

    def now(self) -> float:
        """Unix seconds UTC."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds that never step."""
        return time.monotonic()
