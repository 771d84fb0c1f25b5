"""What a session remembers between turns: what was spoken of, what was said, what was done last."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Done:
    """An action of this session that was observed to be done, for undo."""

    intent: str
    unit: str
    """The id acted on."""
    reason: str
    """Of the hold that it made or ended, or empty."""
    at: float
    """Unix seconds UTC."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Of one session."""

    unit: str = ""
    """Lot, board, machine or line last spoken of."""
    said: str = ""
    """The last words spoken to it."""
    done: tuple[Done, ...] = ()
    """What its last action did, one entry a unit; empty when that was undone."""
