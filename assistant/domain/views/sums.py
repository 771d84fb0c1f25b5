"""Values over time, added up: what a mean and a straight line through them need, and what can be added up further."""

from __future__ import annotations

from array import array
from typing import TypeAlias

Sums: TypeAlias = "array[float]"
N, V, LOW, HIGH, T, TT, TV = range(7)
"""How many; sum of values; smallest; largest; sums of times, of their squares, of each time multiplied by its value."""


def empty() -> Sums:
    """Of no value."""
    return array("d", (0.0, 0.0, float("inf"), float("-inf"), 0.0, 0.0, 0.0))


def add_up(sums: Sums, time: float, value: float) -> None:
    """One more value. `time`: seconds since a moment that is the same for all of these sums."""
    sums[N] += 1.0
    sums[V] += value
    sums[LOW] = min(sums[LOW], value)
    sums[HIGH] = max(sums[HIGH], value)
    sums[T] += time
    sums[TT] += time * time
    sums[TV] += time * value


def join(sums: Sums, more: Sums, later: float) -> None:
    """Many more, whose moment is `later` seconds after that of these."""
    n, total = more[N], more[V]
    sums[N] += n
    sums[V] += total
    sums[LOW] = min(sums[LOW], more[LOW])
    sums[HIGH] = max(sums[HIGH], more[HIGH])
    sums[T] += more[T] + n * later
    sums[TT] += more[TT] + 2.0 * later * more[T] + n * later * later
    sums[TV] += more[TV] + later * total
