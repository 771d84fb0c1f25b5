"""Sorted times in four bytes each."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from math import inf
from typing import Any, overload

MS = 1000
_MASK = 0xFFFF_FFFF
_FAR = 1e12
"""Seconds: nothing that is asked about is so far from 1970."""


class Moments(Sequence[float]):
    """Unix seconds, the oldest first, to the millisecond: four bytes each.

    Kept are milliseconds modulo 2**32, and the rows from which on they have begun anew: every 49.7 days.
    """

    __slots__ = ("_low", "_newest", "_turns")

    def __init__(self) -> None:
        self._low: array[int] = array("I")
        self._turns: list[tuple[int, int]] = []
        """(Row, what stands above the lower 32 bits from it on)."""
        self._newest = -inf

    def __len__(self) -> int:
        return len(self._low)

    @overload
    def __getitem__(self, at: int) -> float: ...

    @overload
    def __getitem__(self, at: slice) -> list[float]: ...

    def __getitem__(self, at: int | slice) -> float | list[float]:
        if isinstance(at, slice):
            return self._some(*at.indices(len(self._low)))
        low = self._low[at]
        row = at if at >= 0 else at + len(self._low)
        for start, high in reversed(self._turns):
            if start <= row:
                return (high + low) / MS
        raise IndexError(at)

    def __iter__(self) -> Iterator[float]:
        return iter(self[:])

    def place(self, time: float) -> int:
        """Put one where it belongs, after others of the same time; returns its row."""
        ms = round(time * MS)
        high = ms & ~_MASK
        if ms >= self._newest:
            at = len(self._low)
            if not self._turns or self._turns[-1][1] != high:
                self._turns.append((at, high))
            self._low.append(ms & _MASK)
            self._newest = ms
            return at
        at = self._first(ms + 1)
        self._low.insert(at, ms & _MASK)
        before = [turn for turn in self._turns if turn[0] < at or (turn[0] == at and turn[1] <= high)]
        if not before or before[-1][1] != high:
            before.append((at, high))
        self._turns = before + [(start + 1, other) for start, other in self._turns if start >= at and other > high]
        return at

    def left(self, time: float, low: int = 0, high: int | None = None) -> int:
        """The first row of this time or a later one, as bisect.bisect_left has it."""
        return self._within(time, low, high, at_it=True)

    def right(self, time: float, low: int = 0, high: int | None = None) -> int:
        """The first row of a later time, as bisect.bisect_right has it."""
        return self._within(time, low, high, at_it=False)

    def _within(self, time: float, low: int, high: int | None, *, at_it: bool) -> int:
        if high is None:
            high = len(self._low)
        if not -_FAR < time < _FAR:
            return high if time > 0 else low
        # The first millisecond that is not before (or is after) a time between two of them.
        ms = round(time * MS)
        exact = ms / MS
        if exact < time or (exact == time and not at_it):
            ms += 1
        return min(max(self._first(ms), low), high)

    def _first(self, ms: int) -> int:
        """The first row of so many milliseconds or more."""
        if ms > self._newest:
            return len(self._low)
        above, end = ms & ~_MASK, len(self._low)
        for start, high in reversed(self._turns):
            if high < above:
                return end
            if high == above:
                return bisect_left(self._low, ms & _MASK, start, end)
            end = start
        return 0

    def _some(self, start: int, stop: int, step: int) -> list[float]:
        rows, found = self._low[start:stop:step], []
        if step == 1 and start < stop and (len(self._turns) == 1 or self._turns[-1][0] <= start):
            high = self._turns[-1][1]
            found = [(high + low) / MS for low in rows]
        else:
            found = [self[at] for at in range(start, stop, step)]
        return found

    def state(self) -> Any:
        """See View.state."""
        return [self._low, [list(turn) for turn in self._turns]]

    def restore(self, state: Any) -> None:
        """See View.restore."""
        self._low, turns = state
        self._turns = [(start, high) for start, high in turns]
        self._newest = round(self[-1] * MS) if self._low else -inf
