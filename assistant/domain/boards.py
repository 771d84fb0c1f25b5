"""All the boards there ever were: those on their way as objects, those that are through as a few bytes each."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import compress
from typing import Any

from assistant.domain import events as e
from assistant.domain.things import Board
from assistant.domain.views.names import ManyIds, Some
from assistant.domain.views.series import Ids

AWAKE = 500
"""So many boards that left their line last stay objects, with what happened to them."""
_PASSING = (e.BoardArrived, e.BoardDeparted, e.BoardInspected)
_BETWEEN = "\x1f"


class Boards(Mapping[str, Board]):
    """Board id -> board. One that is through, and with which nothing is the matter, is packed away.

    Packed, it keeps its lot, place, verdict and defects; what happened to it stands in the view `genealogy`. What is
    in a machine, on hold, waits for rework or is scrapped is never packed, but forgets where it passed.
    """

    def __init__(self, ids: ManyIds | None = None) -> None:
        """`ids`: numbers of boards that somebody else keeps too (the views), so that each id is kept once."""
        self._ids = ManyIds() if ids is None else ids
        self.awake: dict[str, Board] = {}
        """Those that are not packed: whoever looks for what is the matter looks here."""
        self._leaving: deque[str] = deque()
        """Those that are to be packed, the first to leave first."""
        self._texts = Ids()
        self._is_packed, self._packed = bytearray(), 0
        """Number of a board -> 1 where it is packed; how many are."""
        self._lots, self._machines, self._verdicts, self._counts = array("I"), array("I"), array("I"), array("I")
        """Number of a board -> what it keeps."""

    def __getitem__(self, board: str) -> Board:
        """The board; of a packed one a copy. Raises KeyError."""
        found = self.awake.get(board)
        return found if found is not None else self._unpacked(board, self._number(board))

    def __contains__(self, board: object) -> bool:
        return board in self.awake or bool(self._find(board))

    def __iter__(self) -> Iterator[str]:
        yield from compress(self._ids.names, self._is_packed)
        yield from self.awake

    def __len__(self) -> int:
        return self._packed + len(self.awake)

    def wake(self, board: str) -> Board | None:
        """The board itself, to be changed; None where there is none. A packed one is packed again in its turn."""
        found = self.awake.get(board)
        if found is None and (number := self._find(board)):
            found = self.awake[board] = self._unpacked(board, number)
            self._is_packed[number] = 0
            self._packed -= 1
            self._leaving.append(board)
        return found

    def add(self, board: str) -> Board:
        """The board itself, made where there is none."""
        return self.wake(board) or self.awake.setdefault(board, Board(board))

    def leaves(self, board: str) -> None:
        """It is through, or back from the bench: it is packed when enough others are through after it."""
        self._leaving.append(board)
        while len(self._leaving) > AWAKE:
            self._pack(self._leaving.popleft())

    def _pack(self, name: str) -> None:
        board = self.awake.get(name)
        if board is None:
            return
        if board.inside or board.hold or board.rework or board.scrapped is not None:
            board.past = [event for event in board.past if not isinstance(event.data, _PASSING)]
            return
        del self.awake[name]
        number = self._ids(board.id)
        while len(self._is_packed) <= number:
            self._is_packed.append(0)
            for column in (self._lots, self._machines, self._verdicts, self._counts):
                column.append(0)
        self._is_packed[number] = 1
        self._packed += 1
        self._lots[number], self._machines[number] = self._texts(board.lot), self._texts(board.machine)
        self._verdicts[number] = self._texts(_BETWEEN.join((board.verdict, *board.defects)))
        self._counts[number] = board.count

    def _find(self, board: object) -> int:
        """The number of a packed board, 0 for any other."""
        number = (self._ids.find(board) or 0) if isinstance(board, str) else 0
        return number if number < len(self._is_packed) and self._is_packed[number] else 0

    def _number(self, board: str) -> int:
        number = self._find(board)
        if not number:
            raise KeyError(board)
        return number

    def _unpacked(self, name: str, row: int) -> Board:
        texts = self._texts.names
        verdict, *defects = texts[self._verdicts[row]].split(_BETWEEN)
        return Board(
            name,
            count=self._counts[row],
            lot=texts[self._lots[row]],
            machine=texts[self._machines[row]],
            verdict=verdict,
            defects=tuple(defects),
        )

    # ---- keeping --------------------------------------------------------------------------------------------

    def packed(self) -> list[Any]:
        """All but those that are awake and the ids, as plain values, not copied."""
        columns = [self._lots, self._machines, self._verdicts, self._counts]
        return [self._is_packed, self._packed, self._texts.state(), list(self._leaving), *columns]

    def restore(self, awake: dict[str, Board], packed: list[Any]) -> None:
        """Know these, and no others, under the ids that they had. Raises ValueError for what does not fit together."""
        packed_ones, self._packed, texts, leaving, self._lots, self._machines, self._verdicts, self._counts = packed
        self._is_packed = bytearray(packed_ones)
        if sum(self._is_packed) != self._packed or len(self._is_packed) > len(self._ids):
            raise ValueError("packed boards without their ids")
        self.awake, self._leaving = awake, deque(leaving)
        self._texts.restore(texts)

    def some(self, boards: Iterable[str]) -> Some:
        """The same ids, in a few bytes each."""
        return boards if isinstance(boards, Some) else Some(self._ids, map(self._ids, boards))

    def numbered(self, numbers: Iterable[int]) -> Some:
        """The boards of these numbers (Some.numbers)."""
        return Some(self._ids, numbers)
