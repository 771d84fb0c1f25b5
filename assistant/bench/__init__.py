"""Speed and accuracy against named references, as ratios: what another machine can compare with this one."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
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
class Spread:
    """A measurement that was taken many times, and the 95 % interval of what it says."""

    name: str
    """What was measured, and which mean or percentile of it this is."""
    value: float
    """How much, in `unit`."""
    low: float
    """Lower bound, in `unit`."""
    high: float
    """Upper bound, in `unit`."""
    n: int
    """How often it was measured."""
    unit: str
    """`ms`, `s`, `events/s`, …"""


def percentile(name: str, times: Sequence[float], share: float, unit: str) -> Spread:
    """Of some measurements, with the interval that their own order gives (binomial, by the normal approximation)."""
    ordered, n = sorted(times), len(times)
    spread = 1.96 * math.sqrt(n * share * (1 - share))
    at, low, high = (min(max(math.ceil(n * share + by), 1), n) - 1 for by in (0.0, -spread, spread))
    return Spread(name, ordered[at], ordered[low], ordered[high], n, unit)


def mean(name: str, values: Sequence[float], unit: str) -> Spread:
    """Of some measurements, with the interval that their spread gives."""
    middle = statistics.fmean(values)
    off = 1.96 * statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else math.inf
    return Spread(name, middle, middle - off, middle + off, len(values), unit)


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
