"""A voice that has its common answers ready."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable

from assistant.errors import EngineError
from assistant.ports import Voice

MOST_BYTES = 32 * 1024 * 1024
"""Some ten minutes of speech."""


class ReadyVoice:
    """ports.Voice over another: what was said before is not made again; what was said longest ago goes first."""

    def __init__(self, voice: Voice, most_bytes: int = MOST_BYTES) -> None:
        self._voice, self._most = voice, most_bytes
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0
        self._wanted = 0
        """How many wait for words right now."""
        self._idle = asyncio.Event()
        self._idle.set()
        self.made = 0
        """How often the other voice was asked."""

    async def speak(self, text: str) -> bytes:
        """See ports.Voice."""
        if text in self._kept:
            self._kept.move_to_end(text)
            return self._kept[text]
        self._wanted += 1
        self._idle.clear()
        try:
            return await self._make(text)
        finally:
            self._wanted -= 1
            if not self._wanted:
                self._idle.set()

    async def _make(self, text: str) -> bytes:
        self.made += 1
        sound = await self._voice.speak(text)
        if text not in self._kept:
            self._kept[text] = sound
            self._size += len(sound)
        while self._size > self._most:
            self._size -= len(self._kept.popitem(last=False)[1])
        return sound

    async def prepare(self, texts: Iterable[str]) -> None:
        """Make these beforehand, while nobody waits; what cannot be made now is made when it is wanted."""
        for text in texts:
            await self._idle.wait()
            try:
                if text not in self._kept:
                    await self._make(text)
            except EngineError:
                return

    async def close(self) -> None:
        """See ports.Voice."""
        await self._voice.close()
