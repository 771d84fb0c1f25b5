"""espeak-ng, the voice of last resort: plain, small, and there when Piper is not. A process a sentence (GPL-3.0)."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from assistant.domain.speech import plain
from assistant.errors import EngineError

ANSWER_S = 5.0
WORDS_A_MINUTE = 160
HEADER = 44
"""Bytes of a WAV header as espeak-ng writes it."""


class Espeak:
    """ports.Voice by espeak-ng."""

    def __init__(self, *, command: str = "espeak-ng", answer_s: float = ANSWER_S) -> None:
        """`command`: the program. `answer_s`: how long it may take."""
        self._command, self._answer_s = command, answer_s

    async def speak(self, text: str) -> bytes:
        """A WAV file that says `text`. Raises EngineError."""
        words = plain(text)
        if not any(char.isalnum() for char in words):
            raise EngineError("nothing to say")
        try:
            child = await asyncio.create_subprocess_exec(
                *(self._command, "-v", "en-us", "-s", str(WORDS_A_MINUTE), "--stdin", "--stdout"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
        except OSError as exc:
            raise EngineError(f"{self._command} cannot be started: {exc.strerror or exc}") from exc
        try:
            async with asyncio.timeout(self._answer_s):
                sound, _ = await child.communicate(words.encode())
        except TimeoutError as exc:
            raise EngineError(f"{self._command} said nothing within {self._answer_s:g} s") from exc
        finally:
            with suppress(ProcessLookupError):
                child.kill()  # only where it has not ended by itself
            await child.wait()
        if child.returncode or len(sound) <= HEADER:
            raise EngineError(f"{self._command} failed with exit status {child.returncode}")
        return _sized(sound)

    async def close(self) -> None:
        """Nothing stays open."""


def _sized(sound: bytes) -> bytes:
    """A WAV streamed to a pipe has no lengths in its header; put them in."""
    size = len(sound)
    file, data = (size - 8).to_bytes(4, "little"), (size - HEADER).to_bytes(4, "little")
    return sound[:4] + file + sound[8:40] + data + sound[HEADER:]
