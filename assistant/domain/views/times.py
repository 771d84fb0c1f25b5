"""Where the time went: time in each state, stops and why, overall equipment effectiveness."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from assistant.domain import events as e
from assistant.domain.views.alarms import Alarm, Alarms
from assistant.domain.views.production import Production
from assistant.domain.views.register import Register
from assistant.domain.views.series import State, Tables
from assistant.domain.views.span import Scope, Span
from assistant.domain.views.view import Fold

UNKNOWN = "unknown"
"""The state before a machine was first heard of."""
RUNNING = "running"
DOWN = frozenset(["stopped", "held", "down"])
"""States in which a machine does not do its work because something, or somebody, stopped it."""
NOT_SCHEDULED = range(6000, 7000)
"""SEMI E10 non-scheduled time, by its CFX numbers: no time that the machine was to be busy in."""


@dataclass(frozen=True, slots=True)
class Down:
    """Downtime of a machine for one cause."""

    machine: str
    """Which."""
    cause: str
    """Code of the alarm that explains it, else what the machine gave as the cause, else empty."""
    seconds: float
    """In the span."""
    times: int
    """How many stops, each counted that reaches into the span."""
    text: str = ""
    """The alarm's words, where it is an alarm: data, never instruction."""


@dataclass(frozen=True, slots=True)
class Stop:
    """One stretch of one of the states `stopped`, `held` and `down`."""

    start: float
    """Unix seconds UTC."""
    end: float | None
    """Unix seconds UTC; None while it lasts."""
    state: str
    """Which of the three."""
    cause: str
    """As in Down."""
    alarms: list[Alarm]
    """Those open when it began, or raised while it lasted, oldest first."""
    order: str
    """The order that brought it about, or empty."""


@dataclass(frozen=True, slots=True)
class Oee:
    """Overall equipment effectiveness by ISO 22400-2; each is a ratio, 1 is all that was possible."""

    availability: float
    """Actual production time (`running`) over planned busy time (known and scheduled time)."""
    performance: float
    """Ideal cycle time times boards made, over actual production time; 0 without any."""
    quality: float
    """Good boards over boards made: not scrapped, and not failed at their last inspection; 0 where none was made."""
    oee: float
    """The product of the three."""


class Times:
    """Reported states by machine."""

    def __init__(
        self, register: Register, alarms: Alarms, production: Production, cycles: Mapping[str, float] | None = None
    ) -> None:
        """`cycles`: kind of machine -> ideal seconds a board, from the site's files."""
        self._register, self._alarms, self._production, self._cycles = register, alarms, production, dict(cycles or {})
        self._states = Tables("IIIH")
        """Machine -> (state, cause and order as texts, E10 number)."""

    def folds(self) -> Mapping[type[e.Payload], Fold]:
        """See View."""
        return {e.MachineStateChanged: self._changed}

    def _changed(self, event: e.Event, data: e.MachineStateChanged) -> None:
        texts = self._register.texts
        rows = self._states[self._register.machines(event.subject)]
        rows.add(event.time, texts(data.state), texts(data.cause), texts(data.order), data.e10)

    # ---- questions ------------------------------------------------------------------------------------------

    def accounts(self, span: Span, machine: str) -> dict[str, float]:
        """State -> seconds in the span; together they are the span. The last report holds until the span's end."""
        seconds: dict[str, float] = {}
        for state, _, start, end in self._stretches(span, machine):
            seconds[state] = seconds.get(state, 0.0) + end - start
        return seconds

    def downtime(self, span: Span, scope: Scope) -> list[Down]:
        """Downtime by machine and cause, most seconds first."""
        found: dict[tuple[str, str], list[float]] = {}
        words: dict[str, str] = {}
        for machine in self._machines(scope):
            for start, end, _, at in self._runs(span, machine):
                cause, text = self._cause(machine, start, at)
                words[cause] = text or words.get(cause, "")
                account = found.setdefault((machine, cause), [0.0, 0])
                account[0] += min(end if end is not None else span.end, span.end) - max(start, span.start)
                account[1] += 1
        downs = [
            Down(machine, cause, seconds, int(times), words[cause])
            for (machine, cause), (seconds, times) in found.items()
        ]
        return sorted(downs, key=lambda one: (-one.seconds, one.machine, one.cause))

    def stops(self, span: Span, machine: str) -> list[Stop]:
        """The stops that reach into the span, oldest first, whole."""
        rows = self._states.get(self._register.machines.find(machine) or 0)
        if rows is None:
            return []
        names = self._register.texts.names
        return [
            Stop(
                start,
                end,
                state,
                self._cause(machine, start, at)[0],
                self._alarms.during(machine, Span(start, end if end is not None else float("inf"))),
                names[rows.columns[2][at]],
            )
            for start, end, state, at in self._runs(span, machine)
        ]

    def oee(self, span: Span, scope: Scope) -> Oee | None:
        """Of a machine, or of the machines of a line or of all lines, their times added up.

        None where nothing is known of them in the span, where the site's files give no cycle time for one of them, and
        for a lot, an order or a product, which no machine's time belongs to.
        """
        register = self._register
        machines = [machine for machine in self._machines(scope) if scope.machine or register.line_of(machine)]
        busy = running = ideal = 0.0
        for machine in machines:
            cycle = self._cycles.get(register.kind_of(machine))
            if cycle is None:
                return None
            for state, e10, start, end in self._stretches(span, machine):
                if state != UNKNOWN and e10 not in NOT_SCHEDULED:
                    busy += end - start
                    running += end - start if state == RUNNING else 0.0
            ideal += cycle * len(self._production.made(span, Scope(machine=machine)))
        if not busy:
            return None
        made, good = self._production.good(span, scope)
        parts = (running / busy, ideal / running if running else 0.0, good / made if made else 0.0)
        return Oee(*parts, parts[0] * parts[1] * parts[2])

    def _machines(self, scope: Scope) -> list[str]:
        names = self._register.machines.names
        return sorted(
            names[machine]
            for machine, _ in self._states.items()
            if not scope.is_about_lots and self._register.matches(scope, names[machine], 0)
        )

    def _stretches(self, span: Span, machine: str) -> Iterator[tuple[str, int, float, float]]:
        """(State, E10 number, start, end) of each report's time in the span."""
        rows = self._states.get(self._register.machines.find(machine) or 0)
        if span.end <= span.start:
            return
        if rows is None:
            yield UNKNOWN, 0, span.start, span.end
            return
        names = self._register.texts.names
        low, high = rows.between(span)
        since = span.start
        for at in range(low - 1, high):
            end = rows.times[at + 1] if at + 1 < high else span.end
            if at < 0:
                yield UNKNOWN, 0, since, end
            elif end > since:
                yield names[rows.columns[0][at]], rows.columns[3][at], since, end
            since = end

    def _runs(self, span: Span, machine: str) -> Iterator[tuple[float, float | None, str, int]]:
        """(Start, end, state, row that began it) of each stop that reaches into the span."""
        rows = self._states.get(self._register.machines.find(machine) or 0)
        if rows is None or span.end <= span.start:
            return
        names, states = self._register.texts.names, rows.columns[0]
        at = max(0, bisect_right(rows.times, span.start) - 1)
        while at and states[at - 1] == states[at]:
            at -= 1
        while at < len(rows) and rows.times[at] < span.end:
            begun, state = at, states[at]
            while at < len(rows) and states[at] == state:
                at += 1
            start, end = rows.times[begun], rows.times[at] if at < len(rows) else None
            if names[state] in DOWN and start != end and (end is None or end > span.start):
                yield start, end, names[state], begun

    def _cause(self, machine: str, start: float, at: int) -> tuple[str, str]:
        code, text = self._alarms.explaining(machine, start)
        if code:
            return code, text
        return self._register.texts.names[self._states[self._register.machines(machine)].columns[1][at]], ""

    # ---- keeping --------------------------------------------------------------------------------------------

    def state(self) -> State:
        """See View."""
        return self._states.state()

    def restore(self, state: State) -> None:
        """See View."""
        self._states.restore(state)
