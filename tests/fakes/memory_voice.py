"""A voice that hums: one soft tone, as long as the words would take, and remembers what it was to say."""

from __future__ import annotations

import io
import math
import struct
import wave

from assistant.domain.speech import plain
from assistant.errors import EngineError

RATE = 16_000
SECONDS_A_CHARACTER = 0.06


class MemoryVoice:
    """ports.Voice without an engine.

    `fails`: how many of the next calls raise EngineError. `empty`: what it gives is no sound at all.
    """

    def __init__(self, fails: int = 0) -> None:
        self.said: list[str] = []
        self.fails = fails
        self.empty = False
        self.closed = False

    async def speak(self, text: str) -> bytes:
        """See ports.Voice."""
        if self.fails > 0:
            self.fails -= 1
            raise EngineError("this voice was told to fail")
        words = plain(text)
        if not any(char.isalnum() for char in words):
            raise EngineError("nothing to say")
        self.said.append(words)
        if self.empty:
            return b""
        count = int(len(words) * SECONDS_A_CHARACTER * RATE)
        tone = (int(8000 * math.sin(2 * math.pi * 220 * at / RATE)) for at in range(count))
        file = io.BytesIO()
        with wave.open(file, "wb") as wav:
            wav.setparams((1, 2, RATE, count, "NONE", ""))
            wav.writeframes(struct.pack(f"<{count}h", *tone))
        return file.getvalue()

    async def close(self) -> None:
        """See ports.Voice."""
        self.closed = True
