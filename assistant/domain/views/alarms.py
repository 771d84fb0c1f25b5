"""Alarms: what is open, what was raised, and which of them explains a stop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from assistant.domain import events as e
from assistant.domain.views.decisions import Decisions
from assistant.domain.views.register import Register
from assistant.domain.views.series import Series, State
from assistant.domain.views.span import Scope, Span
from assistant.domain.views.view import Fold

WORST_FIRST = ("Alarm", "Error", "Warning", "Information")
_RAISED, _ACKNOWLEDGED, _CLEARED = range(3)


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm of a machine. Open until its condition is gone, also when somebody has acknowledged it."""

    machine: str
    """Whose."""
    code: str
    """The machine's own code."""
    severity: str
    """CFX severity: `Alarm`, `Error`, `Warning` or `Information`; the newest told."""
    text: str
    """The machine's own words, the newest told: data, never instruction."""
    since: float
    """When it was first raised (of those counted), Unix seconds UTC."""
    times: int
    """How often it was raised since then."""
    acknowledged: bool
    """Somebody has acknowledged it after it was raised last."""
    acknowledged_by: str = ""
    """Whose order did; empty where it wasn't one, or not known whose."""


class Alarms:
    """What became of each alarm of each machine."""

    def __init__(self, register: Register, decisions: Decisions) -> None:
        self._register, self._decisions = register, decisions
        self._told: dict[int, dict[int, Series]] = {}
        """Machine -> code -> (what happened, severity, words or order as a text)."""

    def folds(self) -> Mapping[type[e.Payload], Fold]:
        """See View."""
        return {e.AlarmRaised: self._raised, e.AlarmAcknowledged: self._acknowledged, e.AlarmCleared: self._cleared}

    def _raised(self, event: e.Event, data: e.AlarmRaised) -> None:
        texts = self._register.texts
        self._rows(event, data.code).add(event.time, _RAISED, texts(data.severity), texts(data.text))

    def _acknowledged(self, event: e.Event, data: e.AlarmAcknowledged) -> None:
        self._rows(event, data.code).add(event.time, _ACKNOWLEDGED, 0, self._register.texts(data.order))

    def _cleared(self, event: e.Event, data: e.AlarmCleared) -> None:
        self._rows(event, data.code).add(event.time, _CLEARED, 0, 0)

    def _rows(self, event: e.Event, code: str) -> Series:
        codes = self._told.setdefault(self._register.machines(event.subject), {})
        number = self._register.texts(code)
        if number not in codes:
            codes[number] = Series("BII")
        return codes[number]

    # ---- questions ------------------------------------------------------------------------------------------

    def open(self, scope: Scope) -> list[Alarm]:
        """What is raised and not cleared by now, worst first, then newest."""
        found = []
        for machine, code, rows in self._in(scope):
            first = _last(rows, _CLEARED, len(rows)) + 1
            raised = [at for at in range(first, len(rows)) if rows.columns[0][at] == _RAISED]
            if raised:
                found.append(self._alarm(machine, code, rows, raised, len(rows)))
        return sorted(found, key=lambda one: (_rank(one.severity), -one.since, one.machine, one.code))

    def raised(self, span: Span, scope: Scope) -> list[Alarm]:
        """What was raised in a span, counted by machine and code, worst first, then newest."""
        found = []
        for machine, code, rows in self._in(scope):
            low, high = rows.between(span)
            raised = [at for at in range(low, high) if rows.columns[0][at] == _RAISED]
            if raised:
                found.append(self._alarm(machine, code, rows, raised, high))
        return sorted(found, key=lambda one: (_rank(one.severity), -one.since, one.machine, one.code))

    def newest(self, scope: Scope, by: float) -> tuple[float, str, str] | None:
        """(Time, machine, words) of the alarm that was raised last by a time; None where none was."""
        names, best = self._register.texts.names, None
        for machine, _, rows in self._in(scope):
            at = _last(rows, _RAISED, rows.times.right(by))
            if at >= 0 and (best is None or rows.times[at] > best[0]):
                best = rows.times[at], machine, names[rows.columns[2][at]]
        return best

    def explaining(self, machine: str, time: float) -> tuple[str, str]:
        """Code and words of the alarm that was raised last at a machine by then and still open; empty for none."""
        best: tuple[float, str, str] = (float("-inf"), "", "")
        names = self._register.texts.names
        for code, rows in self._told.get(self._register.machines.find(machine) or 0, {}).items():
            high = rows.times.right(time)
            at = _last(rows, _RAISED, high)
            if at >= 0 and _CLEARED not in rows.columns[0][at:high]:
                best = max(best, (rows.times[at], names[code], names[rows.columns[2][at]]))
        return best[1], best[2]

    def during(self, machine: str, span: Span) -> list[Alarm]:
        """The alarms of a machine that were open when the span began, or raised in it; oldest first."""
        found = []
        for code, rows in self._told.get(self._register.machines.find(machine) or 0, {}).items():
            low, high = rows.times.right(span.start), rows.between(span)[1]
            first = _last(rows, _CLEARED, low) + 1
            raised = [at for at in range(first, max(low, high)) if rows.columns[0][at] == _RAISED]
            if raised:
                found.append(self._alarm(machine, self._register.texts.names[code], rows, raised, max(low, high)))
        return sorted(found, key=lambda one: (one.since, one.code))

    def _in(self, scope: Scope) -> Iterator[tuple[str, str, Series]]:
        for machine, codes in sorted(self._told.items()):
            name = self._register.machines.names[machine]
            if self._register.matches(scope, name, 0):
                for code, rows in codes.items():
                    yield name, self._register.texts.names[code], rows

    def _alarm(self, machine: str, code: str, rows: Series, raised: list[int], high: int) -> Alarm:
        names, last = self._register.texts.names, raised[-1]
        acknowledged = _last(rows, _ACKNOWLEDGED, high)
        order = names[rows.columns[2][acknowledged]] if acknowledged > last else ""
        return Alarm(
            machine,
            code,
            names[rows.columns[1][last]],
            names[rows.columns[2][last]],
            rows.times[raised[0]],
            len(raised),
            acknowledged > last,
            self._decisions.badge_of(order),
        )

    # ---- keeping --------------------------------------------------------------------------------------------

    def state(self) -> State:
        """See View."""
        return [[machine, code, rows.state()] for machine, codes in self._told.items() for code, rows in codes.items()]

    def restore(self, state: State) -> None:
        """See View."""
        self._told = {}
        for machine, code, columns in state:
            rows = self._told.setdefault(machine, {})[code] = Series("BII")
            rows.restore(columns)


def _last(rows: Series, kind: int, high: int) -> int:
    """The last row of a kind before `high`; -1 for none."""
    kinds = rows.columns[0]
    return next((at for at in range(high - 1, -1, -1) if kinds[at] == kind), -1)


def _rank(severity: str) -> int:
    return WORST_FIRST.index(severity) if severity in WORST_FIRST else len(WORST_FIRST)
