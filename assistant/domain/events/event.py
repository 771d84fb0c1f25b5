"""An event, and the base of everything that it can carry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

EVENT_TYPES: dict[str, type[Payload]] = {}
"""Every payload class by its type name, filled as the classes are defined."""


@dataclass(frozen=True, slots=True)
class Payload:
    """Base of everything that `Event.data` can be."""

    type: ClassVar[str] = ""
    cfx: ClassVar[str] = ""

    def __init_subclass__(cls, *, type: str = "", cfx: str = "") -> None:
        # A slotted dataclass is built twice; the second class is the one that is used, and lands here last.
        if type:
            cls.type, cls.cfx = type, cfx
        EVENT_TYPES[cls.type] = cls


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened, as it stands in the log."""

    id: str
    """Unique with `source` (CloudEvents `id`); a second event with both the same is the same event."""
    source: str
    """Who says so: `/site`, `/assistant`, `/mes`, or `/machines/PRN-1`."""
    subject: str
    """What it is about: a lot, board, machine, line, order or turn id."""
    time: float
    """When it happened by its source's clock, Unix seconds UTC, to the millisecond."""
    data: Payload
    """What happened; its class gives the event its type."""
    correlationid: str = ""
    """The turn that it belongs to, or empty."""
    causationid: str = ""
    """The id of the event that led to it, or empty."""
    position: int = 0
    """Place in the log, from 1; 0 while not stored."""
    prev: str = ""
    """`hash` of the event before, 64 hex digits; 64 zeros at position 1."""
    hash: str = ""
    """SHA-256 over `prev` and this record's canonical JSON; set by the log."""

    @property
    def type(self) -> str:
        """CloudEvents `type`."""
        return self.data.type
