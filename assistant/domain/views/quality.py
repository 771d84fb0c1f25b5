"""How good it is: verdicts at the inspectors, first-pass and rolled yield, defects and where they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import compress

from assistant.domain import events as e
from assistant.domain.views.register import Register
from assistant.domain.views.series import Series, State, Tables
from assistant.domain.views.span import Scope, Span
from assistant.domain.views.view import Fold

BETWEEN = "\x1f"
"""Between the defects, and the places, of one verdict in the texts of the register."""


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many."""

    good: int
    """Boards."""
    all: int
    """Boards."""

    @property
    def share(self) -> float | None:
        """0 to 1; None of nothing."""
        return self.good / self.all if self.all else None


@dataclass(frozen=True, slots=True)
class Defect:
    """A defect and where it was found."""

    name: str
    """In the site's words (`bridging`)."""
    count: int
    """How often it was found; two on one board count twice."""
    places: list[tuple[str, int]]
    """(Reference designator, how often there), most first, then by name; empty place: none was told."""


class Quality:
    """Verdicts by inspector, and of each board the first one there."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self.verdicts = Tables("IBI")
        """Inspector -> (board, 1 for passed, text of defects and places)."""

    def folds(self) -> Mapping[type[e.Payload], Fold]:
        """See View."""
        return {e.BoardInspected: self._inspected}

    def _inspected(self, event: e.Event, data: e.BoardInspected) -> None:
        register = self._register
        found = 0
        if data.defects:
            places = (*data.places, *("",) * len(data.defects))[: len(data.defects)]
            found = register.texts(BETWEEN.join((*data.defects, *places)))
        board = register.board(event.subject, data.lot)
        self.verdicts[register.machines(data.machine)].add(event.time, board, data.verdict == "passed", found)

    # ---- questions ------------------------------------------------------------------------------------------

    def last_verdicts(self, span: Span, scope: Scope) -> dict[int, bool]:
        """Board -> whether it passed the last inspection that it had in the span."""
        last: dict[int, tuple[float, bool]] = {}
        for machine, rows in self.verdicts.items():
            wanted = set(self._boards(machine, rows, span, scope))
            low, high = rows.between(span)
            boards, passed, _ = rows.columns
            for at in range(low, high):
                if boards[at] in wanted and rows.times[at] >= last.get(boards[at], (0.0, True))[0]:
                    last[boards[at]] = rows.times[at], bool(passed[at])
        return {board: passed for board, (_, passed) in last.items()}

    def first_pass(self, span: Span, scope: Scope) -> Share:
        """Of the boards that some inspector saw for the first time in the span, those that passed there each time."""
        shares = self._firsts(span, scope)
        boards = {board for firsts in shares for board in firsts}
        bad = {board for firsts in shares for board, passed in firsts.items() if not passed}
        return Share(len(boards) - len(bad), len(boards))

    def rolled(self, span: Span, scope: Scope) -> float | None:
        """Rolled throughput yield: the product of the inspectors' first-pass shares, 0 to 1; None without any."""
        product: float | None = None
        for firsts in self._firsts(span, scope):
            if firsts:
                product = (1.0 if product is None else product) * sum(firsts.values()) / len(firsts)
        return product

    def top_defects(self, span: Span, scope: Scope, most: int = 5) -> list[Defect]:
        """The defects found most often in the span, most first, then by name."""
        counts: Counter[int] = Counter()
        for machine, rows in self.verdicts.items():
            low, high = rows.between(span)
            picked = self._register.picked(scope, machine)
            found = rows.columns[2][low:high]
            if isinstance(picked, bytes):
                counts.update(compress(found, self._register.flags(rows.columns[0][low:high], picked)))
            elif picked:
                counts.update(found)
        counts.pop(0, None)
        return self._named(counts)[:most]

    def found(self, text: int) -> tuple[tuple[str, str], ...]:
        """(Defect, place) of each that a verdict's text tells of."""
        if not text:
            return ()
        parts = self._register.texts.names[text].split(BETWEEN)
        half = len(parts) // 2
        return tuple(zip(parts[:half], parts[half:], strict=True))

    def _named(self, counts: Counter[int]) -> list[Defect]:
        places: dict[str, Counter[str]] = {}
        for text, count in counts.items():
            for name, place in self.found(text):
                places.setdefault(name, Counter())[place] += count
        defects = [
            Defect(name, where.total(), sorted(where.items(), key=lambda one: (-one[1], one[0])))
            for name, where in places.items()
        ]
        return sorted(defects, key=lambda defect: (-defect.count, defect.name))

    def _firsts(self, span: Span, scope: Scope) -> list[dict[int, bool]]:
        """For each inspector: board -> whether it passed, of those seen there for the first time in the span."""
        found = []
        for machine, rows in self.verdicts.items():
            low, high = rows.between(span)
            wanted = set(self._boards(machine, rows, span, scope)) - set(rows.columns[0][:low])
            firsts: dict[int, bool] = {}
            for at in range(low, high):
                if rows.columns[0][at] in wanted:
                    firsts.setdefault(rows.columns[0][at], bool(rows.columns[1][at]))
            found.append(firsts)
        return found

    def _boards(self, machine: int, rows: Series, span: Span, scope: Scope) -> set[int]:
        low, high = rows.between(span)
        picked = self._register.picked(scope, machine)
        return set(self._register.select(rows.columns[0][low:high], picked))

    # ---- keeping --------------------------------------------------------------------------------------------

    def state(self) -> State:
        """See View."""
        return {"verdicts": self.verdicts.state()}

    def restore(self, state: State) -> None:
        """See View."""
        self.verdicts.restore(state["verdicts"])
