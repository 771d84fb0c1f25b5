"""Which boards, by the hour: sets of numbers as bits, so that different ones are counted without looking at each."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable
from math import ceil, floor

from assistant.domain.views.series import Series, State
from assistant.domain.views.span import Span

HOUR = 3600.0
HOURS = 24
"""Of a day: a year of hours is too much to go through for each question."""
_Day = tuple[int, bytes, list[int]]
"""The first board, bit n for the board `first + n`, and those whose numbers are far from the others'."""
_WIDE = 8192
"""Boards in the bits of one hour, by their numbers; one that is far from its neighbours stands alone."""
_BEFORE = 256
"""Room for boards with smaller numbers than the first that is heard of in an hour."""

Rows = Callable[[int, int], Iterable[int]]
"""Boards of the rows from the first to before the second."""


class Crowd:
    """Boards by hour. Beside a series that has the same boards by the second, for what is no whole hour."""

    __slots__ = ("_alone", "_bits", "_days", "_first")

    def __init__(self) -> None:
        self._bits: dict[int, bytearray] = {}
        """Hour since 1970 -> bit n for the board `first + n`."""
        self._first: dict[int, int] = {}
        self._alone: dict[int, list[int]] = {}
        """Hour -> boards whose numbers are far from those of the others."""
        self._days: dict[int, _Day] = {}
        """Day since 1970 -> its hours together, until one of them changes."""

    def add(self, time: float, board: int) -> None:
        """A board is in the hour of this time."""
        hour = int(time // HOUR)
        self._days.pop(hour // HOURS, None)
        bits = self._bits.get(hour)
        if bits is None:
            bits = self._bits[hour] = bytearray()
            self._first[hour] = max(0, board - _BEFORE) & ~7
        at = board - self._first[hour]
        if 0 <= at < _WIDE:
            byte = at >> 3
            if byte >= len(bits):
                bits.extend(bytes(byte + 1 - len(bits)))
            bits[byte] |= 1 << (at & 7)
        else:
            self._alone.setdefault(hour, []).append(board)

    def remove(self, time: float, board: int) -> None:
        """It is not, although it was added."""
        hour = int(time // HOUR)
        self._days.pop(hour // HOURS, None)
        at = board - self._first[hour]
        if 0 <= at < _WIDE:
            self._bits[hour][at >> 3] &= ~(1 << (at & 7))
        else:
            self._alone[hour].remove(board)

    def gather(self, found: Gathered, span: Span, rows: Series, boards: Rows) -> None:
        """Add the boards of a span. `rows` is the series beside it, `boards` gives the boards of some of its rows."""
        if not rows.times:
            return
        start, end = max(span.start, rows.times[0]), min(span.end, rows.times[-1] + 1.0)
        first, last = ceil(start / HOUR), floor(end / HOUR)
        if last <= first:
            found.add(boards(*rows.between(Span(start, end))))
            return
        found.add(boards(*rows.between(Span(start, first * HOUR))))
        found.add(boards(*rows.between(Span(last * HOUR, end))))
        day, end_day = -(-first // HOURS), last // HOURS
        if day >= end_day:
            self._join_hours(found, first, last)
            return
        self._join_hours(found, first, day * HOURS)
        days: Iterable[int] = range(day, end_day)
        if end_day - day > len(self._bits):  # a clock that was years off
            days = {hour // HOURS for hour in self._bits if day <= hour // HOURS < end_day}
        for one in days:
            self._join_day(found, one)
        self._join_hours(found, end_day * HOURS, last)

    def _join_hours(self, found: Gathered, first: int, last: int) -> None:
        for hour in range(first, last):
            if hour in self._bits:
                found.join(self._first[hour], self._bits[hour])
                found.add(self._alone.get(hour, ()))

    def _join_day(self, found: Gathered, day: int) -> None:
        known = self._days.get(day)
        if known is None:
            hours = [hour for hour in range(day * HOURS, (day + 1) * HOURS) if hour in self._bits]
            first = min((self._first[hour] for hour in hours), default=0)
            bits = 0
            for hour in hours:
                bits |= int.from_bytes(self._bits[hour], "little") << (self._first[hour] - first)
            alone = [board for hour in hours for board in self._alone.get(hour, ())]
            known = self._days[day] = first, bits.to_bytes((bits.bit_length() + 7) >> 3, "little"), alone
        first, together, alone = known
        if together:
            found.join(first, together)
            found.add(alone)

    def state(self) -> State:
        """See View."""
        return [self._bits, self._first, self._alone]

    def restore(self, state: State) -> None:
        """See View."""
        bits, self._first, self._alone = state
        self._bits = {hour: bytearray(one) for hour, one in bits.items()}
        self._days = {}


class Crowds:
    """One Crowd for each key (a machine's number)."""

    __slots__ = ("_crowds",)

    def __init__(self) -> None:
        self._crowds: dict[int, Crowd] = {}

    def __getitem__(self, key: int) -> Crowd:
        """The crowd of a key, begun where there is none."""
        crowd = self._crowds.get(key)
        if crowd is None:
            crowd = self._crowds[key] = Crowd()
        return crowd

    def state(self) -> State:
        """See View."""
        return [[key, crowd.state()] for key, crowd in self._crowds.items()]

    def restore(self, state: State) -> None:
        """See View."""
        self._crowds = {}
        for key, crowd in state:
            self[key].restore(crowd)


class Gathered:
    """Different boards, gathered from many places."""

    def __init__(self, boards: int) -> None:
        """`boards`: how many there are at all."""
        self._bits = bytearray((boards >> 3) + _WIDE // 8 + 1)

    def add(self, boards: Iterable[int]) -> None:
        """Some boards."""
        bits = self._bits
        for board in boards:
            bits[board >> 3] |= 1 << (board & 7)

    def join(self, first: int, bits: bytearray | bytes) -> None:
        """Those whose bits are set, of `first` (a multiple of 8) and the ones after it."""
        at = first >> 3
        both = int.from_bytes(self._bits[at : at + len(bits)], "little") | int.from_bytes(bits, "little")
        self._bits[at : at + len(bits)] = both.to_bytes(len(bits), "little")

    @property
    def mask(self) -> int:
        """Bit n for board n."""
        return int.from_bytes(self._bits, "little")


def mask_of(boards: Iterable[int]) -> int:
    """Bit n for board n."""
    boards = list(boards)
    gathered = Gathered(max(boards, default=0) + 1)
    gathered.add(boards)
    return gathered.mask


def all_of(rows: Series) -> Rows:
    """The boards of a series' rows, which are its first column."""
    boards: array[int] = rows.columns[0]
    return lambda low, high: boards[low:high]
