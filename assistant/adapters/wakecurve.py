"""How a wake word does at every threshold: misses against false wakes an hour."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from assistant.adapters.wakeword import REFRACTORY_S, STEP

REFRACTORY = math.ceil(REFRACTORY_S * 16_000 / STEP)
"""Windows after a wake in which none is counted."""
THRESHOLDS = tuple(1 / (1 + math.exp(-logit / 2)) for logit in range(-4, 17))
"""From 0.12 to 0.9997, even in log odds."""
LEAST_HEARD = 0.98
"""Of the times that voices to check with say the phrase, in all ways of saying it together."""

Scores = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Point:
    """What one threshold comes to."""

    threshold: float
    found: Mapping[str, tuple[int, int]]
    """By how it was said (`clean`, `10 dB`): how often it woke, of how often."""
    false: int
    """Wakes where the phrase was not said."""
    hours: float
    """In so many hours."""

    @property
    def an_hour(self) -> float:
        """False wakes an hour."""
        return self.false / self.hours if self.hours else 0.0

    @property
    def share(self) -> float:
        """Of all times it was said, how often it woke."""
        return sum(hit for hit, _ in self.found.values()) / max(1, sum(count for _, count in self.found.values()))


def curve(said: Mapping[str, Sequence[float]], other: Sequence[Scores]) -> list[Point]:
    """`said`: by how, the best score of each time the phrase was said. `other`: scores of recordings without it."""
    hours = sum(map(len, other)) * STEP / 16_000 / 3600
    return [
        Point(
            threshold,
            {how: (sum(score >= threshold for score in scores), len(scores)) for how, scores in said.items()},
            sum(wakes(scores, threshold) for scores in other),
            hours,
        )
        for threshold in THRESHOLDS
    ]


def wakes(scores: Iterable[float], threshold: float) -> int:
    """How often a recording wakes; one utterance wakes once."""
    return len(places(scores, threshold))


def places(scores: Iterable[float], threshold: float) -> list[int]:
    """At which of its windows a recording wakes."""
    found: list[int] = []
    for place, score in enumerate(scores):
        if score >= threshold and (not found or place - found[-1] >= REFRACTORY):
            found.append(place)
    return found


def chosen(points: Sequence[Point]) -> Point:
    """The highest threshold that still hears LEAST_HEARD of what was said, and no higher than is needed for no false
    wake; where none hears so much, the one that hears most.

    The sound to check with is full of what resembles the phrase, so its wakes an hour are far above those of a shift
    and say only which threshold is better.
    """
    hearing = [point for point in points if point.share >= LEAST_HEARD]
    if not hearing:
        return max(points, key=lambda point: (point.share, point.threshold))
    quiet = [point for point in hearing if not point.false]
    return quiet[0] if quiet else hearing[-1]


def most_an_hour(false: int, hours: float) -> tuple[float, float]:
    """95 % interval of a rate of which `false` were counted in `hours` (exact, Poisson)."""
    if not hours:
        return 0.0, math.inf
    low = _where(lambda rate: 1 - _poisson(false - 1, rate), 0.025) if false else 0.0
    return low / hours, _where(lambda rate: 1 - _poisson(false, rate), 0.975) / hours


def _poisson(most: int, rate: float) -> float:
    """The chance of `most` or fewer."""
    term = total = math.exp(-rate)
    for number in range(1, most + 1):
        term *= rate / number
        total += term
    return total


def _where(rising: Callable[[float], float], value: float) -> float:
    low, high = 0.0, 1000.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < value else (low, middle)
    return low
