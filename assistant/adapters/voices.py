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

    async def speak(self, text: str) -> bytes:
        """By the first that can. Raises EngineError, with the reason of each, when none can."""
        problems: list[str] = []
        for voice in self._voices:
            try:
                return await voice.speak(text)
            except EngineError as exc:
                problems.append(str(exc))
                _log.warning("voice failed", voice=type(voice).__name__, why=str(exc))
        raise EngineError("; ".join(problems) or "no voice")

    async def close(self) -> None:
        """Close all."""
        for voice in self._voices:
            await voice.close()
