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
from contextlib import suppress
from pathlib import Path

from assistant.adapters.children import Starts, killed
from assistant.domain.speech import plain
from assistant.errors import EngineError

ANSWER_S = 10.0
"""A short answer takes a quarter of a second; the first one also waits for the model, a second or two."""
_WROTE = re.compile(rb"Wrote (.+\.wav)\s*$")


class Piper:
    """ports.Voice by Piper. One sentence at a time; a dead or hung process is ended and started anew."""

    def __init__(self, voice: Path, *, threads: int = 1, answer_s: float = ANSWER_S) -> None:
        """`voice`: the .onnx file, its .onnx.json beside it. The process starts with the first words.

        `threads`: how many cores it may use, where the system can say so (Linux). `answer_s`: how long it may take.
        """
        self._voice, self._threads = voice, threads
        self.answer_s = answer_s
        self._folder: Path | None = None
        self._child: asyncio.subprocess.Process | None = None
        self._starts = Starts("Piper")
        self._turn = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        """The process's id, or None while there is none."""
        return self._child.pid if self._child is not None else None

    async def speak(self, text: str) -> bytes:
        """A WAV file that says `text`. Raises EngineError when Piper is dead or too slow."""
        words = plain(text)
        if not any(char.isalnum() for char in words):
            raise EngineError("nothing to say")  # Piper would die of a WAV without sound
        async with self._turn:
            child = await self._running()
            try:
                async with asyncio.timeout(self.answer_s):
                    return await _one(child, words)
            except TimeoutError as exc:
                await self._end()
                raise EngineError(f"Piper said nothing within {self.answer_s:g} s") from exc
            except (OSError, EOFError, ValueError) as exc:
                await self._end()
                raise EngineError("Piper died") from exc
            except asyncio.CancelledError:
                await self._end()  # its answer would be taken for the next one's
                raise

    async def close(self) -> None:
        """End the process and take its files away."""
        await self._end()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    async def _running(self) -> asyncio.subprocess.Process:
        if self._child is not None and self._child.returncode is None:
            return self._child
        self._starts.note()
        try:
            if self._folder is None:
                self._folder = Path(tempfile.mkdtemp(prefix="line-assistant-voice-"))
            self._child = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", "piper"),  # -P: not a piper.py that lies in the current folder
                *("--model", str(self._voice), "--output-dir", str(self._folder)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
                env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"},
                start_new_session=True,  # Ctrl-C is for us; the child ends with its standard input
            )
        except OSError as exc:
            raise EngineError(f"Piper cannot be started: {exc.strerror or exc}") from exc
        _keep_to_cores(self._child.pid, self._threads)
        return self._child

    async def _end(self) -> None:
        child, self._child = self._child, None
        await killed(child)


async def _one(child: asyncio.subprocess.Process, words: str) -> bytes:
    """One line in, one file out. Raises OSError, EOFError or ValueError when the process is no longer good."""
    assert child.stdin is not None and child.stderr is not None
    child.stdin.write(words.encode() + b"\n")
    await child.stdin.drain()
    while line := await child.stderr.readline():
        wrote = _WROTE.search(line)
        if wrote is not None:
            return _taken(Path(os.fsdecode(wrote[1])))
    raise EOFError


def _taken(file: Path) -> bytes:
    """A finished file's bytes; the file goes (it is small, and on this machine's own disk)."""
    sound = file.read_bytes()
    file.unlink()
    return sound


def _keep_to_cores(pid: int, threads: int) -> None:
    """ONNX Runtime takes no thread count from outside, but a process can be kept to some of the cores."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.sched_setaffinity(pid, sorted(os.sched_getaffinity(0))[-threads:])
