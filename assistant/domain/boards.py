"""All the boards there ever were: those on their way as objects, those that are through as a few bytes each."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from assistant.domain import events as e
from assistant.domain.things import Board
from assistant.domain.views.series import Ids

AWAKE = 1000
"""So many boards that left their line last stay objects, with what happened to them."""
_PASSING = (e.BoardArrived, e.BoardDeparted, e.BoardInspected)
_BETWEEN = "\x1f"


class Boards(Mapping[str, Board]):
    """Board id -> board. One that is through, and with which nothing is the matter, is packed away.

    Packed, it keeps its lot, place, verdict and defects; what happened to it stands in the view `genealogy`. What is
    on hold, was on hold, waits for rework or is scrapped is never packed.
    """

    def __init__(self) -> None:
        self.awake: dict[str, Board] = {}
        """Those that are not packed: whoever looks for what is the matter looks here."""
        self._leaving: deque[str] = deque()
        """Those that are to be packed, the first to leave first."""
        self._rows: dict[str, int] = {}
        """Packed board -> its row."""
        self._texts = Ids()
        self._lots, self._machines, self._verdicts, self._counts = array("I"), array("I"), array("I"), array("I")

    def __getitem__(self, board: str) -> Board:
        """The board; of a packed one a copy. Raises KeyError."""
        found = self.awake.get(board)
        return found if found is not None else self._unpacked(board, self._rows[board])

    def __contains__(self, board: object) -> bool:
        return board in self.awake or board in self._rows

    def __iter__(self) -> Iterator[str]:
        yield from self._rows
        yield from self.awake

    def __len__(self) -> int:
        return len(self._rows) + len(self.awake)

    def wake(self, board: str) -> Board | None:
        """The board itself, to be changed; None where there is none. A packed one is packed again in its turn."""
        found = self.awake.get(board)
        if found is None and board in self._rows:
            found = self.awake[board] = self._unpacked(board, self._rows.pop(board))
            self._leaving.append(board)
        return found

    def add(self, board: str) -> Board:
        """The board itself, made where there is none."""
        return self.wake(board) or self.awake.setdefault(board, Board(board))

    def leaves(self, board: str) -> None:
        """It is through, or back from the bench: it is packed when enough others are through after it."""
        self._leaving.append(board)
        if len(self._leaving) > AWAKE:
            self._pack(self._leaving.popleft())

    def _pack(self, name: str) -> None:
        board = self.awake.get(name)
        if board is None or board.inside:
            return
        if board.hold or board.last_hold or board.rework or board.scrapped is not None:
            board.past = [event for event in board.past if not isinstance(event.data, _PASSING)]
            return
        del self.awake[name]
        self._rows[name] = len(self._lots)
        self._lots.append(self._texts(board.lot))
        self._machines.append(self._texts(board.machine))
        self._verdicts.append(self._texts(_BETWEEN.join((board.verdict, *board.defects))))
        self._counts.append(board.count)

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
        """All but those that are awake, as plain values, not copied."""
        columns = [self._lots, self._machines, self._verdicts, self._counts]
        return [list(self._rows), array("I", self._rows.values()), self._texts.state(), list(self._leaving), *columns]

    def restore(self, awake: dict[str, Board], packed: list[Any]) -> None:
        """Know these, and no others. Raises ValueError for what does not fit together."""
        names, rows, texts, leaving, self._lots, self._machines, self._verdicts, self._counts = packed
        self.awake, self._leaving = awake, deque(leaving)
        self._rows = dict(zip(names, rows, strict=True))
        self._texts.restore(texts)
