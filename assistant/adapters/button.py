"""A headset's key, a foot switch or any other button that Linux reports (evdev), as the wake word's stand-in."""

from __future__ import annotations

import asyncio
import os
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import structlog

EVENT = struct.Struct("llHHi")
"""struct input_event of linux/input.h: seconds, microseconds, type, code, value."""
KEY, DOWN = 1, 1
AGAIN_S = 2.0
"""Before a button that is not there is looked for again."""
_log = structlog.get_logger(__name__)


@asynccontextmanager
async def watched(device: str, code: int, press: Callable[[], None]) -> AsyncIterator[None]:
    """Call `press` at each press of this key until the block ends; a button that is gone is looked for again."""
    task = asyncio.create_task(_watch(device, code, press))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _watch(device: str, code: int, press: Callable[[], None]) -> None:
    told = False
    while True:
        try:
            descriptor = os.open(device, os.O_RDONLY | os.O_NONBLOCK)
        except OSError as exc:
            if not told:
                told = True
                _log.warning("no button", device=device, why=exc.strerror or str(exc))
            await asyncio.sleep(AGAIN_S)
            continue
        told = False
        try:
            await _presses(descriptor, code, press)
        finally:
            os.close(descriptor)
        await asyncio.sleep(AGAIN_S)


async def _presses(descriptor: int, code: int, press: Callable[[], None]) -> None:
    """Until the device is gone."""
    loop, over = asyncio.get_running_loop(), asyncio.Event()

    def read() -> None:
        try:
            raw = os.read(descriptor, EVENT.size * 64)
        except BlockingIOError:
            return
        except OSError:
            raw = b""
        if not raw:
            over.set()
            return
        for at in range(0, len(raw) - EVENT.size + 1, EVENT.size):
            _, _, kind, key, value = EVENT.unpack_from(raw, at)
            if (kind, key, value) == (KEY, code, DOWN):
                press()

    loop.add_reader(descriptor, read)
    try:
        await over.wait()
    finally:
        loop.remove_reader(descriptor)
