"""Child processes of engines: how often one may be started, and how one is ended."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from contextlib import suppress

from assistant.errors import EngineError

STARTS_A_MINUTE = 4
"""The first start and three more; then an engine is left alone for a while."""


class Starts:
    """Counts the starts of one engine's process."""

    def __init__(self, engine: str) -> None:
        """`engine`: as it is called in an error."""
        self._engine = engine
        self._times: deque[float] = deque(maxlen=STARTS_A_MINUTE)

    def note(self) -> None:
        """One more. Raises EngineError when there were too many within a minute."""
        now = time.monotonic()
        if len(self._times) == STARTS_A_MINUTE and now - self._times[0] < 60:
            raise EngineError(f"{self._engine} died {STARTS_A_MINUTE} times within a minute")
        self._times.append(now)


async def killed(child: asyncio.subprocess.Process | None) -> None:
    """End a process, if there is one, and wait until it is over."""
    if child is None:
        return
    with suppress(ProcessLookupError):
        child.kill()
    await child.wait()
