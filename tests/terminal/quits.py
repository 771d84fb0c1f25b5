"""The terminal in a pseudo-terminal, opened and quit; `python -m tests.terminal.quits 100` says how long that takes."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import statistics
import struct
import sys
import tempfile
import termios
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.fakes.running_plant import PATIENCE_S
from tests.terminal.desk import a_desk

F10 = b"\x1b[21~"


@dataclass(frozen=True)
class Ended:
    """How one terminal ended."""

    status: int
    seconds: float
    """From the key to the end of its process."""
    shown: str
    """All that it wrote."""


async def opened_and_quit(folder: Path, *arguments: str, key: bytes = F10, size: tuple[int, int] = (80, 24)) -> Ended:
    """`assistant terminal` on this data folder: wait until it shows the core, press the key, wait for its end."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
    command = [sys.executable, "-m", "assistant", "terminal", "--no-start", "--data", str(folder), *arguments]
    child = await asyncio.create_subprocess_exec(
        *command, stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, "TERM": "xterm-256color"}
    )
    os.close(theirs)
    os.set_blocking(ours, False)
    shown, up = bytearray(), asyncio.Event()

    def more() -> None:
        with suppress(OSError):
            shown.extend(os.read(ours, 65536))
        if b"core up" in shown:
            up.set()

    asyncio.get_running_loop().add_reader(ours, more)
    try:
        await asyncio.wait_for(up.wait(), 6 * PATIENCE_S)
        pressed = time.monotonic()
        os.write(ours, key)
        status = await asyncio.wait_for(child.wait(), 6 * PATIENCE_S)
        return Ended(status, time.monotonic() - pressed, shown.decode(errors="replace"))
    finally:
        asyncio.get_running_loop().remove_reader(ours)
        if child.returncode is None:
            child.kill()
            await child.wait()
        os.close(ours)


async def _many(count: int) -> None:
    with tempfile.TemporaryDirectory() as data:
        async with a_desk(Path(data)) as desk:
            await desk.work(420)
            ends = [await opened_and_quit(Path(data), "--as", "OP-17", "--at", "PRN-1") for _ in range(count)]
    seconds = sorted(end.seconds for end in ends)
    good = sum(end.status == 0 for end in ends)
    print(  # noqa: T201
        f"{count} times quit, {good} with status 0: median {statistics.median(seconds):.2f} s, "
        f"longest {seconds[-1]:.2f} s, {sum(one < 2 for one in seconds)} under 2 s"
    )


if __name__ == "__main__":
    asyncio.run(_many(int(sys.argv[1])))
