"""What a question is about: a stretch of time, and which part of the plant."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, half-open: an event at `start` is in it, one at `end` is not."""

    start: float
    """Unix seconds UTC."""
    end: float
    """Unix seconds UTC."""

    @property
    def seconds(self) -> float:
        """How long it is; 0 where it ends before it begins."""
        return max(0.0, self.end - self.start)


@dataclass(frozen=True, slots=True)
class Scope:
    """Which part of the plant; empty is any, and all that is given must hold.

    An event is of the line that its machine stands in; a machine that no line has (a rework bench) works for the line
    of the lot.
    """

    line: str = ""
    machine: str = ""
    lot: str = ""
    order: str = ""
    product: str = ""

    @property
    def is_about_lots(self) -> bool:
        """Whether only some lots are meant: what belongs to no lot is then out of it."""
        return bool(self.lot or self.order or self.product)


PLANT = Scope()
"""All of it."""
