"""What a session remembers between turns: what was spoken of, and what was said."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Memory:
    """Of one session."""

    unit: str = ""
    """Lot, board, machine or line last spoken of."""
    said: str = ""
    """The last words spoken to it."""
