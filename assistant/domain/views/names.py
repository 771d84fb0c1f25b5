"""Hundreds of thousands of ids as small numbers, in some twenty bytes each; a dictionary takes six times as many."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, overload
from zlib import crc32

_BITS = 15
_NUMBERS = 1 << _BITS
"""Names of one table; it is then full, and never looked through as a whole again."""
_SLOTS = 2 * _NUMBERS
_LATELY = 8192
"""Names that were asked for lately and are found at once."""
_LIKE_THAT = "surrogatepass"
"""Whatever Python takes for a text is one, also what no log could hold."""


class Names(Sequence[str]):
    """Texts, one after the other in one block of memory."""

    __slots__ = ("_ends", "_text")

    def __init__(self) -> None:
        self._text, self._ends = bytearray(), array("I")

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, at: int) -> str: ...

    @overload
    def __getitem__(self, at: slice) -> list[str]: ...

    def __getitem__(self, at: int | slice) -> str | list[str]:
        if isinstance(at, slice):
            return [self[one] for one in range(*at.indices(len(self._ends)))]
        end = self._ends[at]
        before = at - 1 if at >= 0 else at - 1 + len(self._ends)
        return self._text[self._ends[before] if before >= 0 else 0 : end].decode(errors=_LIKE_THAT)

    def append(self, name: bytes) -> None:
        """One more."""
        self._text += name
        self._ends.append(len(self._text))

    def stands(self, at: int, name: bytes) -> bool:
        """Whether this one stands there."""
        start = self._ends[at - 1] if at else 0
        return self._text[start : self._ends[at]] == name

    def state(self) -> Any:
        """See View.state."""
        return [self._text, self._ends]

    def restore(self, state: Any) -> None:
        """See View.restore."""
        text, self._ends = state
        self._text = bytearray(text)


class ManyIds:
    """As series.Ids, for names that come by the hundred thousand and are mostly asked for while they are new."""

    __slots__ = ("_lately", "_tables", "names")

    def __init__(self) -> None:
        self.names = Names()
        self._lately: dict[str, int] = {}
        self._tables: list[array[int]] = []
        """Of each 2**15 numbers: slot by CRC-32, or the next free one -> number in this table + 1; 0 is free."""
        self._add(b"")

    def __len__(self) -> int:
        return len(self.names)

    def __call__(self, name: str) -> int:
        """The number of a text, a new one where it has none."""
        number = self.find(name)
        if number is None:
            number = self._add(name.encode(errors=_LIKE_THAT))
            self._remember(name, number)
        return number

    def find(self, name: str) -> int | None:
        """The number of a text, if it has one."""
        number = self._lately.get(name)
        if number is not None:
            return number
        text = name.encode(errors=_LIKE_THAT)
        first = crc32(text) % _SLOTS
        for which in range(len(self._tables) - 1, -1, -1):
            table, slot = self._tables[which], first
            while entry := table[slot]:
                number = which * _NUMBERS + entry - 1
                if self.names.stands(number, text):
                    self._remember(name, number)
                    return number
                slot = (slot + 1) % _SLOTS
        return None

    def _remember(self, name: str, number: int) -> None:
        if len(self._lately) >= _LATELY:
            self._lately.clear()
        self._lately[name] = number

    def _add(self, text: bytes) -> int:
        number = len(self.names)
        self.names.append(text)
        if number >> _BITS >= len(self._tables):
            self._tables.append(array("H", bytes(2 * _SLOTS)))
        table, slot = self._tables[-1], crc32(text) % _SLOTS
        while table[slot]:
            slot = (slot + 1) % _SLOTS
        table[slot] = number % _NUMBERS + 1
        return number

    def state(self) -> Any:
        """See View.state."""
        return [self.names.state(), self._tables]

    def restore(self, state: Any) -> None:
        """See View.restore."""
        names, self._tables = state
        self.names.restore(names)
        self._lately = {}


class Some(Sequence[str]):
    """A few of the names, by their numbers."""

    __slots__ = ("_ids", "numbers")

    def __init__(self, ids: ManyIds, numbers: Iterable[int]) -> None:
        self._ids, self.numbers = ids, array("I", numbers)

    def __len__(self) -> int:
        return len(self.numbers)

    @overload
    def __getitem__(self, at: int) -> str: ...

    @overload
    def __getitem__(self, at: slice) -> list[str]: ...

    def __getitem__(self, at: int | slice) -> str | list[str]:
        names = self._ids.names
        return [names[one] for one in self.numbers[at]] if isinstance(at, slice) else names[self.numbers[at]]

    def __iter__(self) -> Iterator[str]:
        return map(self._ids.names.__getitem__, self.numbers)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._ids.find(name) in self.numbers

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and all(map(str.__eq__, self, other))

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))
