"""Columns that stay sorted by time: what the views keep, in a few bytes a row."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import Any

from assistant.domain.views.moments import Moments
from assistant.domain.views.span import Span

State = Any
"""What a fold gives to be kept and takes back: dictionaries, lists, texts, numbers and arrays of numbers."""


class Series:
    """Rows of a time and some numbers, oldest first; rows of one time stand as they came."""

    __slots__ = ("columns", "times")

    def __init__(self, codes: str) -> None:
        """`codes`: one array type code for each column beside the time."""
        self.times = Moments()
        self.columns: tuple[array[Any], ...] = tuple(array(code) for code in codes)

    def __len__(self) -> int:
        return len(self.times)

    def add(self, time: float, *values: float) -> int:
        """Put a row where its time belongs; returns its place."""
        at = self.times.place(time)
        if at + 1 == len(self.times):
            for column, value in zip(self.columns, values, strict=True):
                column.append(value)
        else:
            for column, value in zip(self.columns, values, strict=True):
                column.insert(at, value)
        return at

    def between(self, span: Span) -> tuple[int, int]:
        """The rows in a span: from the first to before the second."""
        low = self.times.left(span.start)
        return low, max(low, self.times.left(span.end))

    def state(self) -> State:
        """See View.state."""
        return [self.times.state(), *self.columns]

    def restore(self, state: State) -> None:
        """See View.restore."""
        times, *columns = state
        self.times.restore(times)
        self.columns = tuple(columns)


class Tables:
    """One Series for each key (a machine's number)."""

    __slots__ = ("_codes", "_series")

    def __init__(self, codes: str) -> None:
        self._codes = codes
        self._series: dict[int, Series] = {}

    def __getitem__(self, key: int) -> Series:
        """The series of a key, begun where there is none."""
        series = self._series.get(key)
        if series is None:
            series = self._series[key] = Series(self._codes)
        return series

    def get(self, key: int) -> Series | None:
        """The series of a key, if anything is in it."""
        return self._series.get(key)

    def items(self) -> Iterator[tuple[int, Series]]:
        """Every key that has rows, in a fixed order."""
        return iter(sorted(self._series.items()))

    def state(self) -> State:
        """See View.state."""
        return [[key, series.state()] for key, series in self._series.items()]

    def restore(self, state: State) -> None:
        """See View.restore."""
        self._series = {}
        for key, columns in state:
            self[key].restore(columns)


class Ids:
    """Texts as small numbers, so that a row is a few bytes; 0 is the empty text."""

    __slots__ = ("_numbers", "names")

    def __init__(self) -> None:
        self.names: list[str] = [""]
        self._numbers: dict[str, int] = {"": 0}

    def __len__(self) -> int:
        return len(self.names)

    def __call__(self, name: str) -> int:
        """The number of a text, a new one where it has none."""
        number = self._numbers.get(name)
        if number is None:
            number = self._numbers[name] = len(self.names)
            self.names.append(name)
        return number

    def find(self, name: str) -> int | None:
        """The number of a text, if it has one."""
        return self._numbers.get(name)

    def state(self) -> State:
        """See View.state."""
        return self.names

    def restore(self, state: State) -> None:
        """See View.restore."""
        self.names = list(state)
        self._numbers = dict(zip(self.names, range(len(self.names)), strict=True))
