"""Holds: what is on hold, since when, by whom, and how each ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from assistant.domain import events as e
from assistant.domain.views.decisions import Decisions
from assistant.domain.views.register import Register
from assistant.domain.views.series import Series, State
from assistant.domain.views.span import Scope, Span
from assistant.domain.views.view import Fold

_HELD, _RELEASED, _SCRAPPED = range(3)
_ENDS = {_RELEASED: "released", _SCRAPPED: "scrapped"}


@dataclass(frozen=True, slots=True)
class Hold:
    """A lot, board or machine on hold."""

    subject: str
    """What."""
    reason: str
    """Why, in the site's words."""
    since: float
    """Unix seconds UTC."""
    by: str
    """Whose order it was; empty where a machine did it by itself."""
    machine: str = ""
    """Which machine took the order."""
    until: float | None = None
    """When it ended, Unix seconds UTC; None while it has not."""
    ended: str = ""
    """How: `released` or `scrapped`; empty while it has not."""
    ended_by: str = ""
    """Whose order that was, or empty."""


class Holds:
    """What happened to each thing that was ever on hold."""

    def __init__(self, register: Register, decisions: Decisions) -> None:
        self._register, self._decisions = register, decisions
        self._told: dict[str, Series] = {}
        """Subject -> (what happened, machine, reason as a text, order as a text)."""
        self._open: set[str] = set()
        """Subjects on hold by now."""

    def folds(self) -> Mapping[type[e.Payload], Fold]:
        """See View."""
        return {
            e.LotHeld: self._held,
            e.BoardHeld: self._held,
            e.MachineHeld: self._machine_held,
            e.LotReleased: self._released,
            e.BoardReleased: self._released,
            e.MachineReleased: self._machine_released,
            e.LotScrapped: self._scrapped,
            e.BoardScrapped: self._scrapped,
        }

    def _held(self, event: e.Event, data: e.LotHeld | e.BoardHeld) -> None:
        self._add(event, _HELD, data.machine, data.reason, data.order)

    def _machine_held(self, event: e.Event, data: e.MachineHeld) -> None:
        self._add(event, _HELD, event.subject, data.reason, data.order)

    def _released(self, event: e.Event, data: e.LotReleased | e.BoardReleased) -> None:
        self._add(event, _RELEASED, data.machine, "", data.order)

    def _machine_released(self, event: e.Event, data: e.MachineReleased) -> None:
        self._add(event, _RELEASED, event.subject, "", data.order)

    def _scrapped(self, event: e.Event, data: e.LotScrapped | e.BoardScrapped) -> None:
        self._add(event, _SCRAPPED, data.machine, data.reason, data.order)

    def _add(self, event: e.Event, kind: int, machine: str, reason: str, order: str) -> None:
        register = self._register
        rows = self._told.get(event.subject)
        if rows is None:
            rows = self._told[event.subject] = Series("BIII")
        rows.add(event.time, kind, register.machines(machine), register.texts(reason), register.texts(order))
        self._note(event.subject, rows)

    def _note(self, subject: str, rows: Series) -> None:
        if rows.columns[0][-1] == _HELD:
            self._open.add(subject)
        else:
            self._open.discard(subject)

    # ---- questions ------------------------------------------------------------------------------------------

    def open(self) -> list[Hold]:
        """What is on hold by now, oldest first; a thing held twice stands once, with the newest reason."""
        return _sorted(list(self._holds(subject, self._told[subject]))[-1] for subject in self._open)

    def history(self, span: Span, scope: Scope) -> list[Hold]:
        """The holds that stood at some time of the span, oldest first."""
        return _sorted(
            hold
            for hold in self._all(span, scope)
            if hold.since < span.end and (hold.until is None or hold.until >= span.start)
        )

    def of(self, subject: str) -> list[Hold]:
        """All holds of a lot, board or machine, oldest first."""
        rows = self._told.get(subject)
        return list(self._holds(subject, rows)) if rows is not None else []

    def _all(self, span: Span, scope: Scope) -> Iterator[Hold]:
        """Those of whatever may have been on hold in the span."""
        register = self._register
        for subject, rows in self._told.items():
            if rows.times[0] >= span.end or (rows.times[-1] < span.start and subject not in self._open):
                continue
            lot = register.lot_of_thing(subject)
            for hold in self._holds(subject, rows):
                if register.matches(scope, hold.machine, lot):
                    yield hold

    def _holds(self, subject: str, rows: Series) -> Iterator[Hold]:
        register, badge_of = self._register, self._decisions.badge_of
        kinds, machines, reasons, orders = rows.columns
        texts, end = register.texts.names, None
        found = []
        for at in range(len(rows) - 1, -1, -1):
            if kinds[at] != _HELD:
                end = at
                continue
            hold = (
                subject,
                texts[reasons[at]],
                rows.times[at],
                badge_of(texts[orders[at]]),
                register.machines.names[machines[at]],
            )
            if end is None:
                found.append(Hold(*hold))
            else:
                found.append(Hold(*hold, rows.times[end], _ENDS[kinds[end]], badge_of(texts[orders[end]])))
        return reversed(found)

    # ---- keeping --------------------------------------------------------------------------------------------

    def state(self) -> State:
        """See View."""
        return [[subject, rows.state()] for subject, rows in self._told.items()]

    def restore(self, state: State) -> None:
        """See View."""
        self._told, self._open = {}, set()
        for subject, columns in state:
            rows = self._told[subject] = Series("BIII")
            rows.restore(columns)
            self._note(subject, rows)


def _sorted(holds: Iterator[Hold]) -> list[Hold]:
    return sorted(holds, key=lambda hold: (hold.since, hold.subject))
