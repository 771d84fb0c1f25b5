"""How much: boards made, passed, failed, held, sent to rework, scrapped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assistant.domain import events as e
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
        register = self._register
        self.departed[register.machines(data.machine)].add(event.time, register.board(event.subject, data.lot))

    def _sent_to_rework(self, event: e.Event, data: e.BoardSentToRework) -> None:
        register = self._register
        self._reworked[register.machines(data.machine)].add(event.time, register.board(event.subject, data.lot))

    def _board_scrapped(self, event: e.Event, data: e.BoardScrapped) -> None:
        register = self._register
        self._scrapped[register.machines(data.machine)].add(event.time, register.board(event.subject, data.lot))

    def _thing_held(self, event: e.Event, data: e.LotHeld | e.BoardHeld) -> None:
        register = self._register
        self._held.add(event.time, register.machines(data.machine), register.texts(event.subject))

    def _machine_held(self, event: e.Event, data: Any) -> None:
        register = self._register
        self._held.add(event.time, register.machines(event.subject), register.texts(event.subject))

    # ---- questions ------------------------------------------------------------------------------------------

    def counts(self, span: Span, scope: Scope) -> Counts:
        """How much in a span."""
        verdicts = self._quality.last_verdicts(span, scope)
        passed = sum(verdicts.values())
        return Counts(
            made=len(self.made(span, scope)),
            passed=passed,
            failed=len(verdicts) - passed,
            held=self._holds(span, scope),
            reworked=len(self._boards(self._reworked, span, scope)),
            scrapped=len(self.scrapped(span, scope)),
        )

    def per_hour(self, span: Span, scope: Scope) -> list[tuple[float, int]]:
        """(Start, boards made) of each hour of the span, from its start; the last one may be shorter."""
        hours = []
        start = span.start
        while start < span.end:
            end = min(start + HOUR, span.end)
            hours.append((start, len(self.made(Span(start, end), scope))))
            start += HOUR
        return hours

    def made(self, span: Span, scope: Scope) -> set[int]:
        """Numbers of the boards made."""
        return self._boards(self.departed, span, scope, {scope.machine} if scope.machine else self._register.ends())

    def good(self, span: Span, scope: Scope) -> tuple[int, int]:
        """(Boards made, those of them that are good): not scrapped, not failed at their last inspection in the span."""
        made = self.made(span, scope)
        failed = {board for board, passed in self._quality.last_verdicts(span, scope).items() if not passed}
        return len(made), len(made - failed - self.scrapped(span, scope))

    def scrapped(self, span: Span, scope: Scope) -> set[int]:
        """Numbers of the boards scrapped."""
        return self._boards(self._scrapped, span, scope)

    def _boards(self, tables: Tables, span: Span, scope: Scope, machines: set[str] | None = None) -> set[int]:
        found: set[int] = set()
        for machine, rows in tables.items():
            if machines is None or self._register.machines.names[machine] in machines:
                low, high = rows.between(span)
                picked = self._register.picked(scope, machine)
                found.update(self._register.select(rows.columns[0][low:high], picked))
        return found

    def _holds(self, span: Span, scope: Scope) -> int:
        low, high = self._held.between(span)
        machines, units = self._held.columns
        register = self._register
        return len(
            {
                units[at]
                for at in range(low, high)
                if register.matches(
                    scope, register.machines.names[machines[at]], register.lot_of_thing(register.texts.names[units[at]])
                )
            }
        )

    # ---- keeping --------------------------------------------------------------------------------------------

    def state(self) -> State:
        """See View."""
        return [self.departed.state(), self._reworked.state(), self._scrapped.state(), self._held.state()]

    def restore(self, state: State) -> None:
        """See View."""
        departed, reworked, scrapped, held = state
        self.departed.restore(departed)
        self._reworked.restore(reworked)
        self._scrapped.restore(scrapped)
        self._held.restore(held)
