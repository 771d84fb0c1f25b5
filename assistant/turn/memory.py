"""What a session remembers between turns: what was spoken of, what was said, what was asked."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from assistant.turn.dialogue import Dialogue


@dataclass(frozen=True, slots=True)
class Memory:
    """Of one session."""

    unit: str = ""
    """Lot, board, machine or line last spoken of."""
    said: str = ""
    """The last words spoken to it."""
    rest: tuple[str, ...] = ()
    """Sentences of the last answer that were left for "more"."""


@dataclass(slots=True)
class Talk:
    """One session's conversation."""

    dialogue: Dialogue = field(default_factory=Dialogue)
    memory: Memory = field(default_factory=Memory)
    asked: str = ""
    """The turn that asked what is asked now, or empty."""
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """One turn at a time: a session is one person."""
