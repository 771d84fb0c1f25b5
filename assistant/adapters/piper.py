"""Piper's voice, as a process of its own: its licence (GPL-3.0) and its crashes stay on the other side.

The child is Piper's own command line, kept alive: a line of text goes in, and "Wrote FILE" on its standard error
says that the WAV is complete. Nothing of Piper is imported here.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
import tempfile
import time
from collections import deque
from contextlib import suppress
from pathlib import Path

from assistant.domain.speech import plain
from assistant.errors import EngineError

ANSWER_S = 15.0
"""A sentence takes a tenth of a second; the first one waits for the model."""
RESTARTS_A_MINUTE = 3
_WROTE = re.compile(rb"Wrote (.+\.wav)\s*$")


class Piper:
    """ports.Voice by Piper."""

    def __init__(self, voice: Path, *, threads: int = 1) -> None:
        """`voice`: the .onnx file, its .onnx.json beside it. The process starts with the first words."""
        self._voice, self._threads = voice, threads
        self._folder = Path(tempfile.mkdtemp(prefix="line-assistant-voice-"))
        self._child: asyncio.subprocess.Process | None = None
        self._starts: deque[float] = deque(maxlen=RESTARTS_A_MINUTE)
        self._turn = asyncio.Lock()

    async def speak(self, text: str) -> bytes:
        """A WAV file that says `text`. Raises EngineError when Piper is dead or too slow."""
        words = plain(text)
        if not words:
            raise EngineError("nothing to say")
        async with self._turn:
            child = await self._running()
            try:
                async with asyncio.timeout(ANSWER_S):
                    return await self._one(child, words)
            except TimeoutError as exc:
                await self._kill()
                raise EngineError(f"Piper said nothing within {ANSWER_S:.0f} s") from exc
            except (ConnectionError, EOFError, OSError) as exc:
                await self._kill()
                raise EngineError("Piper died") from exc
            except asyncio.CancelledError:
                await self._kill()  # its answer would be taken for the next one's
                raise

    async def close(self) -> None:
        """End the process and take its files away."""
        await self._kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    async def _one(self, child: asyncio.subprocess.Process, words: str) -> bytes:
        assert child.stdin is not None and child.stderr is not None
        child.stdin.write(words.encode() + b"\n")
        await child.stdin.drain()
        while line := await child.stderr.readline():
            wrote = _WROTE.search(line)
            if wrote is not None:
                return _taken(Path(os.fsdecode(wrote[1])))
        raise EOFError

    async def _running(self) -> asyncio.subprocess.Process:
        if self._child is not None and self._child.returncode is None:
            return self._child
        now = time.monotonic()
        if len(self._starts) == RESTARTS_A_MINUTE and now - self._starts[0] < 60:
            raise EngineError(f"Piper died {RESTARTS_A_MINUTE} times within a minute")
        self._starts.append(now)
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", "OMP_NUM_THREADS": str(self._threads)}
        command = [sys.executable, "-m", "piper", "--model", str(self._voice), "--output-dir", str(self._folder)]
        try:
            self._child = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
                env=environment,
            )
        except OSError as exc:
            raise EngineError(f"Piper cannot be started: {exc}") from exc
        return self._child

    async def _kill(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        with suppress(ProcessLookupError):
            child.kill()
        await child.wait()


def _taken(file: Path) -> bytes:
    """A finished file's bytes; the file goes (it is small, and on this machine's own disk)."""
    sound = file.read_bytes()
    file.unlink()
    return sound
