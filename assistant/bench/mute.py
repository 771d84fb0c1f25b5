"""The half of a headset's gear that says something, stood in for: it is said at once, and nobody hears it."""

from __future__ import annotations

import numpy as np

from assistant.adapters.audiofile import RATE, as_wav
from assistant.domain.things import Notice, Voicing
from assistant.domain.values import Session
from assistant.ports import Played

SILENCE = as_wav(np.zeros(RATE // 100))
"""A hundredth of a second as a WAV file."""


class Mute:
    """ports.Speaker and ports.Voice, and of gear.Turns what is no turn."""

    async def speak(self, text: str) -> bytes:
        return SILENCE

    async def play(self, sound: bytes, gain: float = 1.0) -> Played:
        return Played(0.01, 1.0)

    async def stop(self) -> None:
        return

    async def close(self) -> None:
        return

    async def voicing(self, session: Session) -> Voicing:
        return Voicing()

    async def announcement(self, session: Session) -> Notice | None:
        return None

    async def told(self, session: Session, ident: str, how: str) -> None:
        return

    async def check_in(self, session: Session, how: str) -> None:
        return
