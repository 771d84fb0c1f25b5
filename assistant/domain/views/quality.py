"""How good it is: verdicts at the inspectors, first-pass and rolled yield, defects and where they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import compress, repeat

from assistant.domain import events as e
from assistant.domain.views.crowd import Crowds, Gathered, Rows
from assistant.domain.views.register import Picked, Register
from assistant.domain.views.series import Series, State, Tables
from assistant.domain.views.span import Scope, Span
from assistant.domain.views.view import Fold

_PASSED, _FIRST, _FLAWED = 1, 2, 4
"""Bits of a verdict: it passed; it was the board's first there; it failed or tells of a defect."""
_IS_FIRST = bytes(bool(said & _FIRST) for said in range(8))
_IS_BAD = bytes(bool(said & _FIRST and not said & _PASSED) for said in range(8))
_NEVER = float("inf")
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


@dataclass(frozen=True, slots=True)
class Flaw:
    """One defect that was found on a board."""

    time: float
    """Of the verdict, Unix seconds UTC."""
    machine: str
    """The inspector."""
    board: int
    """The number of the board in the register."""
    defect: str
    """In the site's words."""
    place: str
    """Reference designator; empty: none was told."""


class Quality:
    """Verdicts by inspector; which was the first of its board there; what came after one that was not good."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._verdicts = Tables("IB")
        """Inspector -> (board, bits of what was said)."""
        self._seen, self._firsts, self._bad = Crowds(), Crowds(), Crowds()
        """Inspector -> boards; those of their first verdict there; of these, those that failed."""
        self._flawed = Tables("IBIdId")
        """Inspector -> of verdicts that failed or tell of a defect: (board, passed, defects as a text, when the board
        was inspected next, where, and when it was inspected next by this inspector)."""
        self._with_flaws = bytearray()
        """Board -> 1 where it has such a verdict."""

    def folds(self) -> Mapping[type[e.Payload], Fold]:
        """See View."""
        return {e.BoardInspected: self._inspected}

    def _inspected(self, event: e.Event, data: e.BoardInspected) -> None:
        register, time = self._register, event.time
        machine, board, passed = (
            register.machines(data.machine),
            register.boards(event.subject),
            data.verdict == "passed",
        )
        rows = self._verdicts[machine]
        before = register.lives.rows(rows, 0, board)
        is_first = not before or time < rows.times[before[0]]
        if before and is_first:
            self._no_longer_first(machine, rows, before[0])
        is_flawed = not passed or bool(data.defects)
        rows.add(time, board, _PASSED * passed + _FIRST * is_first + _FLAWED * is_flawed)
        self._seen[machine].add(time, board)
        if is_first:
            self._firsts[machine].add(time, board)
            if not passed:
                self._bad[machine].add(time, board)
        if is_flawed:
            self._flawed[machine].add(time, board, passed, self._text(data), _NEVER, 0, _NEVER)
            self._flaw(board)
        if self._has_flaw(board):
            self._link(board)

    def _flaw(self, board: int) -> None:
        if board >= len(self._with_flaws):
            self._with_flaws.extend(bytes(board + 1 - len(self._with_flaws)))
        self._with_flaws[board] = 1

    def _has_flaw(self, board: int) -> bool:
        return board < len(self._with_flaws) and bool(self._with_flaws[board])

    def _text(self, data: e.BoardInspected) -> int:
        if not data.defects:
            return 0
        places = (*data.places, *("",) * len(data.defects))[: len(data.defects)]
        return self._register.texts(BETWEEN.join((*data.defects, *places)))

    def _no_longer_first(self, machine: int, rows: Series, at: int) -> None:
        boards, said = rows.columns
        said[at] &= ~_FIRST
        self._firsts[machine].remove(rows.times[at], boards[at])
        if not said[at] & _PASSED:
            self._bad[machine].remove(rows.times[at], boards[at])

    def _link(self, board: int) -> None:
        """Tell each flawed verdict of a board what came after it."""
        told = self._all_of(board)
        for place, (_, machine, flaw, _) in enumerate(told):
            if flaw is None:
                continue
            after, where = told[place + 1][:2] if place + 1 < len(told) else (_NEVER, 0)
            here = next((time for time, other, _, _ in told[place + 1 :] if other == machine), _NEVER)
            columns = self._flawed[machine].columns
            columns[3][flaw], columns[4][flaw], columns[5][flaw] = after, where, here

    def _all_of(self, board: int) -> list[tuple[float, int, int | None, bool]]:
        """(Time, inspector, row in its flawed verdicts or None, passed) of all verdicts on a board, oldest first."""
        lives, found = self._register.lives, []
        for machine, rows in self._verdicts.items():
            flaws = iter(lives.rows(self._flawed[machine], 0, board) if self._has_flaw(board) else ())
            for at in lives.rows(rows, 0, board):
                said = rows.columns[1][at]
                found.append((rows.times[at], machine, next(flaws) if said & _FLAWED else None, bool(said & _PASSED)))
        return sorted(found, key=_moment)

    # ---- questions ------------------------------------------------------------------------------------------

    def inspected(self, span: Span, scope: Scope) -> int:
        """The boards inspected in the span, as bits."""
        return self._gathered(self._seen, span, scope, b"\1\1\1\1\1\1\1\1")

    def failed(self, span: Span, scope: Scope) -> list[int]:
        """The boards that failed the last inspection that they had in the span."""
        found, end = list[int](), span.end
        picks = {machine: self._register.picked(scope, machine) for machine, _ in self._verdicts.items()}
        for machine, rows in self._flawed.items():
            low, high = rows.between(span)
            if picks[machine] is False or low == high:
                continue
            boards, passed, _, after, where, here = (column[low:high] for column in rows.columns)
            flags: Iterable[int] = repeat(1)
            if isinstance(pick := picks[machine], bytes):
                flags = self._register.flags(boards, pick)
            rest = zip(range(low, high), boards, passed, flags, here if scope.machine else after, where, strict=False)
            if scope.machine or all(one is True for one in picks.values()):
                found += [board for _, board, good, wanted, then, _ in rest if then >= end and wanted and not good]
                continue
            for at, board, good, wanted, then, there in rest:
                if good or not wanted:
                    continue
                if then >= end or (
                    # What came next in the span was elsewhere, where nobody asked about.
                    not self._wants(picks[there], board)
                    and not self._again(board, (rows.times[at], machine), end, picks)
                ):
                    found.append(board)
        return found

    def first_pass(self, span: Span, scope: Scope) -> Share:
        """Of the boards that some inspector saw for the first time in the span, those that passed there each time."""
        boards = self._gathered(self._firsts, span, scope, _IS_FIRST)
        bad = self._gathered(self._bad, span, scope, _IS_BAD)
        return Share((boards & ~bad).bit_count(), boards.bit_count())

    def rolled(self, span: Span, scope: Scope) -> float | None:
        """Rolled throughput yield: the product of the inspectors' first-pass shares, 0 to 1; None without any."""
        product: float | None = None
        for machine, _ in self._verdicts.items():
            firsts = self._gathered(self._firsts, span, scope, _IS_FIRST, machine).bit_count()
            if firsts:
                bad = self._gathered(self._bad, span, scope, _IS_BAD, machine).bit_count()
                product = (1.0 if product is None else product) * (firsts - bad) / firsts
        return product

    def top_defects(self, span: Span, scope: Scope, most: int = 5) -> list[Defect]:
        """The defects found most often in the span, most first, then by name."""
        counts: Counter[int] = Counter()
        for machine, rows in self._flawed.items():
            low, high = rows.between(span)
            picked = self._register.picked(scope, machine)
            found = rows.columns[2][low:high]
            if isinstance(picked, bytes):
                counts.update(compress(found, self._register.flags(rows.columns[0][low:high], picked)))
            elif picked:
                counts.update(found)
        counts.pop(0, None)
        return self._named(counts)[:most]

    def flaws(self, span: Span, scope: Scope) -> Iterator[Flaw]:
        """Every defect that was found in the span, inspector by inspector, oldest first."""
        for machine, rows in self._flawed.items():
            low, high = rows.between(span)
            picked, name = self._register.picked(scope, machine), self._register.machines.names[machine]
            flags = self._register.flags(rows.columns[0][low:high], picked) if isinstance(picked, bytes) else None
            texts: dict[int, tuple[tuple[str, str], ...]] = {}
            for at in compress(range(low, high), flags if flags is not None else repeat(picked)):
                text = rows.columns[2][at]
                told = texts.get(text)
                if told is None:
                    told = texts[text] = self.found(text)
                for defect, place in told:
                    yield Flaw(rows.times[at], name, rows.columns[0][at], defect, place)

    def of_board(self, board: int) -> list[tuple[float, str, bool, tuple[tuple[str, str], ...]]]:
        """(Time, inspector, passed, defects with their places) of each verdict on a board, oldest first."""
        names = self._register.machines.names
        return [
            (time, names[machine], passed, self.found(self._flawed[machine].columns[2][at] if at is not None else 0))
            for time, machine, at, passed in self._all_of(board)
        ]

    def _wants(self, pick: Picked, board: int) -> bool:
        return bool(pick[self._register.lot_of[board]]) if isinstance(pick, bytes) else pick

    def _again(self, board: int, row: tuple[float, int], end: float, picks: Mapping[int, Picked]) -> bool:
        """Whether a board was inspected once more after that verdict, before `end`, where somebody asked about."""
        return any(
            row < (time, machine) and time < end and self._wants(picks[machine], board)
            for time, machine, _, _ in self._all_of(board)
        )

    def _gathered(self, crowds: Crowds, span: Span, scope: Scope, which: bytes, only: int = 0) -> int:
        """The boards, as bits, of verdicts for whose bits `which` says yes; of one inspector, or of all."""
        by_mask: dict[int, Gathered] = {}
        for machine, rows in self._verdicts.items():
            mask = self._register.mask(scope, machine) if only in (0, machine) else 0
            if mask:
                found = by_mask.setdefault(mask, Gathered(len(self._register.boards)))
                crowds[machine].gather(found, span, rows, _those(rows, which))
        total = 0
        for mask, found in by_mask.items():
            total |= found.mask & mask
        return total

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

    # ---- keeping --------------------------------------------------------------------------------------------

    def state(self) -> State:
        """See View."""
        crowds = [crowd.state() for crowd in (self._seen, self._firsts, self._bad)]
        return [self._verdicts.state(), self._flawed.state(), *crowds]

    def restore(self, state: State) -> None:
        """See View."""
        verdicts, flawed, *crowds = state
        self._verdicts.restore(verdicts)
        self._flawed.restore(flawed)
        for crowd, kept in zip((self._seen, self._firsts, self._bad), crowds, strict=True):
            crowd.restore(kept)
        self._with_flaws = bytearray()
        for _, rows in self._flawed.items():
            for board in rows.columns[0]:
                self._flaw(board)


def _moment(told: tuple[float, int, int | None, bool]) -> tuple[float, int]:
    return told[:2]


def _those(rows: Series, which: bytes) -> Rows:
    boards, said = rows.columns
    return lambda low, high: compress(boards[low:high], map(which.__getitem__, said[low:high]))
