"""The life of a board: where it was, what was put on it, what was measured, found and decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from assistant.domain import events as e
from assistant.domain.views.decisions import Decisions
from assistant.domain.views.measures import BETWEEN, PASTE_HEIGHT, PEAK_TEMPERATURE, PLACEMENT_OFFSET, Measures
from assistant.domain.views.production import Production
from assistant.domain.views.quality import Quality
from assistant.domain.views.register import Register
from assistant.domain.views.series import State, Tables
from assistant.domain.views.view import Fold

_MEASURED = {
    PASTE_HEIGHT: e.PasteMeasured.type,
    PLACEMENT_OFFSET: e.PartsPlaced.type,
    PEAK_TEMPERATURE: e.BoardHeated.type,
}


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened to a board, or to its lot."""

    time: float
    """Unix seconds UTC."""
    kind: str
    """Type of the event (`board.arrived`, `paste.measured`, `lot.held`, …)."""
    machine: str
    """Where."""
    detail: str = ""
    """The verdict, the quantity measured, or the reason or defect given; empty otherwise."""
    value: float | None = None
    """What was measured, in the quantity's unit."""
    found: tuple[tuple[str, str], ...] = ()
    """(Defect, place) of an inspection."""
    reels: tuple[str, ...] = ()
    """The reels that its parts came from, each once, at a placer."""
    by: str = ""
    """Whose order it was, or empty."""


class Genealogy:
    """Arrivals and what was decided; the rest stands in the other views, and is found there by when it was."""

    def __init__(
        self, register: Register, decisions: Decisions, quality: Quality, production: Production, measures: Measures
    ) -> None:
        self._register, self._decisions = register, decisions
        self._quality, self._production, self._measures = quality, production, measures
        self._arrived = Tables("I")
        """Machine -> (board)."""
        self._decided: dict[str, list[list[Any]]] = {}
        """Board or lot -> time, type, machine, detail, order of what was decided about it."""

    def folds(self) -> Mapping[type[e.Payload], Fold]:
        """See View."""
        decided = (e.BoardHeld, e.BoardReleased, e.BoardSentToRework, e.BoardWithdrawnFromRework, e.BoardScrapped)
        of_lot = (e.LotHeld, e.LotReleased, e.LotScrapped)
        return {
            e.BoardArrived: self._board_arrived,
            **dict.fromkeys((*decided, *of_lot), self._decide),
        }

    def _board_arrived(self, event: e.Event, data: e.BoardArrived) -> None:
        register = self._register
        self._arrived[register.machines(data.machine)].add(event.time, register.boards(event.subject))

    def _decide(self, event: e.Event, data: Any) -> None:
        detail = getattr(data, "reason", "") or getattr(data, "defect", "")
        self._decided.setdefault(event.subject, []).append([event.time, data.type, data.machine, detail, data.order])

    # ---- questions ------------------------------------------------------------------------------------------

    def board(self, board: str) -> list[Step]:
        """What happened to a board and its lot, oldest first; nothing for a board that was not heard of."""
        number = self._register.boards.find(board)
        if not number:
            return []
        lot = self._register.lots.names[self._register.lot_of_thing(board)]
        steps = [*self._passed(number), *self._decisions_about(board), *(self._decisions_about(lot) if lot else ())]
        # Of one time, a board is sent somewhere before it comes in there.
        return sorted(steps, key=lambda step: (step.time, step.kind == e.BoardArrived.type))

    def _decisions_about(self, unit: str) -> Iterator[Step]:
        for time, kind, machine, detail, order in self._decided.get(unit, ()):
            yield Step(time, kind, machine, detail, by=self._decisions.badge_of(order))

    def _passed(self, board: int) -> Iterator[Step]:
        texts = self._register.texts.names
        # Of one time, in this order: it is measured, leaves, and comes in at the next machine.
        for quantity, kind in _MEASURED.items():
            for machine, time, (value, _, *reels) in self._found(self._measures.values[quantity], 1, board):
                used = tuple(texts[reels[0]].split(BETWEEN)) if any(reels) else ()
                yield Step(time, kind, machine, quantity, value, reels=used)
        for time, machine, passed, found in self._quality.of_board(board):
            yield Step(time, e.BoardInspected.type, machine, "passed" if passed else "failed", found=found)
        for machine, time, _ in self._found(self._production.departed, 0, board):
            yield Step(time, e.BoardDeparted.type, machine)
        for machine, time, _ in self._found(self._arrived, 0, board):
            yield Step(time, e.BoardArrived.type, machine)

    def _found(self, tables: Tables, column: int, board: int) -> Iterator[tuple[str, float, tuple[Any, ...]]]:
        """(Machine, time, the row's other columns) of a board in some tables, whose `column` is the board."""
        names = self._register.machines.names
        for machine, rows in tables.items():
            for at in self._register.lives.rows(rows, column, board):
                yield names[machine], rows.times[at], tuple(one[at] for one in rows.columns)

    # ---- keeping --------------------------------------------------------------------------------------------

    def state(self) -> State:
        """See View."""
        return [self._arrived.state(), self._decided]

    def restore(self, state: State) -> None:
        """See View."""
        arrived, self._decided = state
        self._arrived.restore(arrived)
