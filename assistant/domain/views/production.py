"""How much: boards made, passed, failed, held, sent to rework, scrapped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assistant.domain import events as e
from assistant.domain.views.crowd import Crowds, Gathered, all_of, mask_of
from assistant.domain.views.quality import Quality
from assistant.domain.views.register import Register
from assistant.domain.views.series import Series, State, Tables
from assistant.domain.views.span import Scope, Span
from assistant.domain.views.view import Fold

HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Counts:
    """Different things in a span, whatever happened to one of them more than once."""

    made: int
    """Boards that left the last machine of their line; asked of a machine, boards that left it."""
    passed: int
    """Boards whose last inspection in the span passed; asked of a machine, the last one there."""
    failed: int
    """Boards whose last inspection in the span failed."""
    held: int
    """Lots, boards and machines put on hold, each as one."""
    reworked: int
    """Boards sent to rework, also those that were withdrawn from it again."""
    scrapped: int
    """Boards scrapped, also those scrapped with their lot."""


class Production:
    """Departures, rework and scrap by machine; holds."""

    def __init__(self, register: Register, quality: Quality) -> None:
        self._register, self._quality = register, quality
        self.departed = Tables("I")
        """Machine -> (board)."""
        self._leaving = Crowds()
        self._reworked = Tables("I")
        self._scrapped = Tables("I")
        self._held = Series("II")
        """(Machine that took the order, what is held as a text)."""

    def folds(self) -> Mapping[type[e.Payload], Fold]:
        """See View."""
        return {
            e.BoardDeparted: self._board_departed,
            e.BoardSentToRework: self._sent_to_rework,
            e.BoardScrapped: self._board_scrapped,
            e.LotHeld: self._thing_held,
            e.BoardHeld: self._thing_held,
            e.MachineHeld: self._machine_held,
        }

    def _board_departed(self, event: e.Event, data: e.BoardDeparted) -> None:
        machine, board = self._register.machines(data.machine), self._register.boards(event.subject)
        self.departed[machine].add(event.time, board)
        self._leaving[machine].add(event.time, board)

    def _sent_to_rework(self, event: e.Event, data: e.BoardSentToRework) -> None:
        register = self._register
        self._reworked[register.machines(data.machine)].add(event.time, register.boards(event.subject))

    def _board_scrapped(self, event: e.Event, data: e.BoardScrapped) -> None:
        register = self._register
        self._scrapped[register.machines(data.machine)].add(event.time, register.boards(event.subject))

    def _thing_held(self, event: e.Event, data: e.LotHeld | e.BoardHeld) -> None:
        register = self._register
        self._held.add(event.time, register.machines(data.machine), register.texts(event.subject))

    def _machine_held(self, event: e.Event, data: Any) -> None:
        register = self._register
        self._held.add(event.time, register.machines(event.subject), register.texts(event.subject))

    # ---- questions ------------------------------------------------------------------------------------------

    def counts(self, span: Span, scope: Scope) -> Counts:
        """How much in a span."""
        inspected, failed = self._quality.inspected(span, scope).bit_count(), len(self._quality.failed(span, scope))
        return Counts(
            made=self._made(span, scope).bit_count(),
            passed=inspected - failed,
            failed=failed,
            held=self._holds(span, scope),
            reworked=len(self._rare(self._reworked, span, scope)),
            scrapped=len(self._rare(self._scrapped, span, scope)),
        )

    def per_hour(self, span: Span, scope: Scope) -> list[tuple[float, int]]:
        """(Start, boards made) of each hour of the span, from its start; the last one may be shorter."""
        hours = []
        start = span.start
        while start < span.end:
            hours.append((start, self.made(Span(start, min(start + HOUR, span.end)), scope)))
            start += HOUR
        return hours

    def made(self, span: Span, scope: Scope) -> int:
        """Boards made, as in `counts`."""
        return self._made(span, scope).bit_count()

    def good(self, span: Span, scope: Scope) -> tuple[int, int]:
        """(Boards made, those of them that are good): not scrapped, not failed at their last inspection in the span."""
        made = self._made(span, scope)
        bad = mask_of((*self._quality.failed(span, scope), *self._rare(self._scrapped, span, scope)))
        return made.bit_count(), (made & ~bad).bit_count()

    def boards_made(self, span: Span, scope: Scope) -> int:
        """Which, as bits."""
        return self._made(span, scope)

    def boards_reworked(self, span: Span, scope: Scope) -> set[int]:
        """Which."""
        return self._rare(self._reworked, span, scope)

    def boards_scrapped(self, span: Span, scope: Scope) -> set[int]:
        """Which."""
        return self._rare(self._scrapped, span, scope)

    def _made(self, span: Span, scope: Scope) -> int:
        """As bits."""
        register = self._register
        by_mask: dict[int, Gathered] = {}
        for name in [scope.machine] if scope.machine else register.ends():
            machine = register.machines.find(name) or 0
            rows, mask = self.departed.get(machine), register.mask(scope, machine)
            if rows is not None and mask:
                found = by_mask.setdefault(mask, Gathered(len(register.boards)))
                self._leaving[machine].gather(found, span, rows, all_of(rows))
        made = 0
        for mask, found in by_mask.items():
            made |= found.mask & mask
        return made

    def _rare(self, tables: Tables, span: Span, scope: Scope) -> set[int]:
        found: set[int] = set()
        for machine, rows in tables.items():
            low, high = rows.between(span)
            found.update(self._register.select(rows.columns[0][low:high], self._register.picked(scope, machine)))
        return found

    def _holds(self, span: Span, scope: Scope) -> int:
        low, high = self._held.between(span)
        machines, units = (column[low:high] for column in self._held.columns)
        register = self._register
        picks = {machine: register.picked(scope, machine) for machine in set(machines)}
        found: set[int] = set()
        for machine, unit in zip(machines, units, strict=True):
            pick = picks[machine]
            if pick if isinstance(pick, bool) else pick[register.lot_of_thing(register.texts.names[unit])]:
                found.add(unit)
        return len(found)

    # ---- keeping --------------------------------------------------------------------------------------------

    def state(self) -> State:
        """See View."""
        return [
            self.departed.state(),
            self._leaving.state(),
            self._reworked.state(),
            self._scrapped.state(),
            self._held.state(),
        ]

    def restore(self, state: State) -> None:
        """See View."""
        departed, leaving, reworked, scrapped, held = state
        self.departed.restore(departed)
        self._leaving.restore(leaving)
        self._reworked.restore(reworked)
        self._scrapped.restore(scrapped)
        self._held.restore(held)
