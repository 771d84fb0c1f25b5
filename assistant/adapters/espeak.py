"""espeak-ng, the voice of last resort: plain, small, and there when Piper is not. A process a sentence (GPL-3.0)."""

from __future__ import annotations

import asyncio

from assistant.domain.speech import plain
from assistant.errors import EngineError

ANSWER_S = 5.0
WORDS_A_MINUTE = 160


class Espeak:
    """ports.Voice by espeak-ng."""

    async def speak(self, text: str) -> bytes:
        """A WAV file that says `text`. Raises EngineError."""
        words = plain(text)
        if not words:
            raise EngineError("nothing to say")
        try:
            child = await asyncio.create_subprocess_exec(
                "espeak-ng",
                "-v",
                "en-us",
                "-s",
                str(WORDS_A_MINUTE),
                "--stdin",
                "--stdout",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
        except OSError as exc:
            raise EngineError("espeak-ng is not installed") from exc
        try:
            async with asyncio.timeout(ANSWER_S):
                sound, _ = await child.communicate(words.encode())
        except TimeoutError as exc:
            child.kill()
            raise EngineError(f"espeak-ng said nothing within {ANSWER_S:.0f} s") from exc
        if child.returncode or len(sound) < 100:
            raise EngineError("espeak-ng failed")
        return _sized(sound)

    async def close(self) -> None:
        """Nothing stays open."""


def _sized(sound: bytes) -> bytes:
    """A WAV streamed to a pipe has no lengths in its header; put them in."""
    size = len(sound)
    return sound[:4] + (size - 8).to_bytes(4, "little") + sound[8:40] + (size - 44).to_bytes(4, "little") + sound[44:]
