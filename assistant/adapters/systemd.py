"""What systemd is told of this process: that it is ready, and that it is alive (sd_notify(3), no library needed).

A watchdog that a thread feeds would go on while the event loop hangs; this one is a task of the loop itself.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from assistant.adapters.tasks import ended


def notify(state: str) -> bool:
    """Send one line (`READY=1`); False where nobody listens: not started by systemd, or not as Type=notify."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return False
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
        out.connect(f"\0{address[1:]}" if address.startswith("@") else address)
        out.sendall(state.encode())
        return True
    return False


@asynccontextmanager
async def supervised() -> AsyncIterator[None]:
    """Ready within the block, and alive as often as WATCHDOG_USEC asks for; stopping at its end."""
    notify("READY=1")
    every = int(os.environ.get("WATCHDOG_USEC") or 0) / 2e6
    feeding = asyncio.create_task(_feed(every)) if every > 0 else None
    try:
        yield
    finally:
        notify("STOPPING=1")
        if feeding is not None:
            await ended(feeding)


async def _feed(every: float) -> None:
    while True:
        notify("WATCHDOG=1")
        await asyncio.sleep(every)
