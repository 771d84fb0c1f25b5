"""Ending a task that works through a library which may swallow a cancellation."""

from __future__ import annotations

import asyncio
from typing import Any

AGAIN_S = 1.0


async def ended(task: asyncio.Task[Any]) -> None:
    """Cancel until it is over, whatever it ends with.

    A library that waits for tasks of its own may take a CancelledError for theirs; a task that was asked once may then
    go on for ever, and whoever awaits it with it. Seen once as a hang around asyncua, its cause not proven.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=AGAIN_S)
    if not task.cancelled():
        task.exception()
