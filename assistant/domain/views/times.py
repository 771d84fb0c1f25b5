"""Where the time went: time in each state, stops and why, overall equipment effectiveness."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from assistant.domain import events as e
from assistant.domain.views.alarms import Alarm, Alarms
from assistant.domain.views.marks import Known, Marks, Stopped
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
        self._marks: dict[int, Marks] = {}
        self._stopped: dict[int, Stopped] = {}

    def know(self, cycles: Mapping[str, float]) -> None:
        """Ideal seconds a board by kind of machine, where they were not known from the start."""
        self._cycles = dict(cycles)

    def folds(self) -> Mapping[type[e.Payload], Fold]:
        """See View."""
        return {e.MachineStateChanged: self._changed, e.AlarmRaised: self._alarm, e.AlarmCleared: self._alarm}

    def _changed(self, event: e.Event, data: e.MachineStateChanged) -> None:
        texts, machine = self._register.texts, self._register.machines(event.subject)
        rows = self._states[machine]
        at = rows.add(event.time, texts(data.state), texts(data.cause), texts(data.order), data.e10)
        self._marks.setdefault(machine, Marks()).changed(rows, at)
        self._stops_of(machine).changed(event.time)

    def _alarm(self, event: e.Event, data: e.AlarmRaised | e.AlarmCleared) -> None:
        # It may be what explains a stop that was reported before it.
        self._stops_of(self._register.machines(event.subject)).changed(event.time)

    def _stops_of(self, machine: int) -> Stopped:
        stopped = self._stopped.get(machine)
        if stopped is None:
            stopped = self._stopped[machine] = Stopped(self._register.texts)
        return stopped

    # ---- questions ------------------------------------------------------------------------------------------

    def accounts(self, span: Span, machine: str) -> dict[str, float]:
        """State -> seconds in the span; together they are the span. The last report holds until the span's end."""
        names, seconds = self._register.texts.names, {UNKNOWN: 0.0}
        for (state, _), time in self._accounts(span, machine).items():
            seconds[names[state] if state else UNKNOWN] = seconds.get(names[state], 0.0) + time
        return {state: time for state, time in seconds.items() if time > 0}

    def downtime(self, span: Span, scope: Scope) -> list[Down]:
        """Downtime by machine and cause, most seconds first."""
        found: dict[tuple[str, str], list[float]] = {}
        words: dict[str, str] = {}
        for machine in self._machines(scope):
            for start, end, _, cause, text, _ in self._stops(span, machine):
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
        found = []
        for start, end, state, cause, _, order in self._stops(span, machine):
            alarms = self._alarms.during(machine, Span(start, end if end is not None else float("inf")))
            found.append(Stop(start, end, state, cause, alarms, order))
        return found

    def oee(self, span: Span, scope: Scope) -> Oee | None:
        """Of a machine, or of the machines of a line or of all lines, their times added up.

        None where nothing is known of them in the span, where the site's files give no cycle time for one of them, and
        for a lot, an order or a product, which no machine's time belongs to.
        """
        register, names = self._register, self._register.texts.names
        machines = [machine for machine in self._machines(scope) if scope.machine or register.line_of(machine)]
        busy = running = ideal = 0.0
        for machine in machines:
            cycle = self._cycles.get(register.kind_of(machine))
            if cycle is None:
                return None
            for (state, is_scheduled), seconds in self._accounts(span, machine).items():
                if state and is_scheduled:
                    busy += seconds
                    running += seconds if names[state] == RUNNING else 0.0
            ideal += cycle * self._production.made(span, Scope(machine=machine))
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

    def _accounts(self, span: Span, machine: str) -> dict[tuple[int, bool], float]:
        """(State as a text, 0 before the first report; whether that is scheduled time) -> seconds in the span."""
        number = self._register.machines.find(machine) or 0
        rows = self._states.get(number)
        if span.end <= span.start:
            return {}
        if rows is None:
            return {(0, False): span.seconds}
        found = self._marks[number].between(rows, span)
        before = min(span.end, rows.times[0]) - span.start
        return {(0, False): before, **found} if before > 0 else found

    def _stops(self, span: Span, machine: str) -> list[Known]:
        """Those that reach into the span, oldest first."""
        number = self._register.machines.find(machine) or 0
        if span.end <= span.start or number not in self._stopped:
            return []
        return self._stopped[number].between(span, lambda since: self._found(machine, number, since))

    def _found(self, machine: str, number: int, since: float) -> Iterator[Known]:
        """The stops of a machine that begin at a time or later."""
        rows = self._states.get(number)
        names = self._register.texts.names
        if rows is None:
            return
        states, causes, orders, _ = rows.columns
        at = rows.times.left(since)
        while at and at < len(rows) and states[at - 1] == states[at]:
            at += 1  # still the stop that ended the search before
        while at < len(rows):
            begun, state = at, states[at]
            while at < len(rows) and states[at] == state:
                at += 1
            start, end = rows.times[begun], rows.times[at] if at < len(rows) else None
            if names[state] in DOWN and start != end:
                cause, text = self._alarms.explaining(machine, start)
                yield start, end, names[state], cause or names[causes[begun]], text, names[orders[begun]]

    # ---- keeping --------------------------------------------------------------------------------------------

    def state(self) -> State:
        """See View."""
        marks = {machine: marks.state() for machine, marks in self._marks.items()}
        for machine in self._stopped:
            self._stops(Span(0.0, 1.0), self._register.machines.names[machine])  # the next start need not look for all
        return [self._states.state(), marks, {machine: stopped.state() for machine, stopped in self._stopped.items()}]

    def restore(self, state: State) -> None:
        """See View."""
        states, marks, stopped = state
        self._states.restore(states)
        self._marks = {machine: Marks(kept) for machine, kept in marks.items()}
        self._stopped = {}
        for machine, kept in stopped.items():
            self._stops_of(machine).restore(kept)
