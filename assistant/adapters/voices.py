"""The first voice that speaks: Piper as long as it lives, else the plain one."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from assistant.errors import EngineError
from assistant.ports import Voice

_log = structlog.get_logger(__name__)


class FirstVoice:
    """ports.Voice over several, best first."""

    def __init__(self, voices: Sequence[Voice]) -> None:
        self._voices = tuple(voices)
        self._failing: set[Voice] = set()

    async def speak(self, text: str) -> bytes:
        """By the first that can. Raises EngineError, with the reason of each, when none can."""
        problems: list[str] = []
        for voice in self._voices:
            try:
                sound = await voice.speak(text)
            except EngineError as exc:
                problems.append(str(exc))
                self._failed(voice, exc)
            else:
                self._failing.discard(voice)
                return sound
        raise EngineError("; ".join(problems) or "no voice")

    async def close(self) -> None:
        """Close all."""
        for voice in self._voices:
            await voice.close()

    def _failed(self, voice: Voice, exc: EngineError) -> None:
        """Say so once, not at every sentence until it is well again."""
        if voice not in self._failing:
            self._failing.add(voice)
            _log.warning("voice failed", voice=type(voice).__name__, why=str(exc))
