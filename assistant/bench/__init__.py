"""Speed and accuracy against named references, as ratios: what another machine can compare with this one."""

from __future__ import annotations

import math
from dataclasses import dataclass

from assistant.adapters.wakecurve import most_an_hour


@dataclass(frozen=True, slots=True)
class Figure:
    """One measurement of ours beside the same of a reference, taken in the same process."""

    name: str
    """What was measured, `durable append, 1 event`."""
    ours: float
    """Median of ours, in `unit`."""
    reference: float
    """Median of the reference, in `unit`."""
    ratio: float
    """Ours over the reference, below 1 where ours is less; of pairs taken back to back, the median of their ratios."""
    n: int
    """How often each was measured."""
    unit: str
    """`ms`, `s`, `MiB`, …"""
    note: str
    """What the reference is, and what else a reader must know to repeat this."""


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many, with the 95 % interval that so few allow (Wilson)."""

    name: str
    right: int
    n: int

    @property
    def interval(self) -> tuple[float, float]:
        """Lower and upper bound, 0 to 1."""
        if not self.n:
            return 0.0, 1.0
        z, share = 1.96, self.right / self.n
        middle = share + z * z / (2 * self.n)
        spread = z * math.sqrt(share * (1 - share) / self.n + z * z / (4 * self.n * self.n))
        return (middle - spread) / (1 + z * z / self.n), (middle + spread) / (1 + z * z / self.n)


@dataclass(frozen=True, slots=True)
class Mean:
    """A share right, averaged over several levels that the same recordings were heard at."""

    name: str
    right: int
    """Of all levels together."""
    n: int
    recordings: int
    """How many there were; they were drawn, and the levels were not."""
    low: float
    """Lower bound of 95 %, recordings drawn again and again, 0 to 1."""
    high: float


@dataclass(frozen=True, slots=True)
class Value:
    """A measurement beside which there is nothing to put."""

    name: str
    """What was measured."""
    value: float
    """How much, in `unit`."""
    unit: str
    """`ms`, `s`, `MiB`, `events/s`, …"""


@dataclass(frozen=True, slots=True)
class Rate:
    """How often something happened in how many hours, with the 95 % interval (Poisson)."""

    name: str
    count: int
    hours: float

    @property
    def interval(self) -> tuple[float, float]:
        """Lower and upper bound, an hour."""
        return most_an_hour(self.count, self.hours)
