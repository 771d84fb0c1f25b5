"""A stretch of time on one sheet: the same numbers that are spoken, for whoever would rather look.

Everything comes from the views; nothing here counts for itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from assistant.domain.values import Command
from assistant.domain.views import PLANT, Scope, Span
from assistant.domain.views.alarms import Alarm
from assistant.domain.views.decisions import Decision
from assistant.domain.views.holds import Hold
from assistant.domain.views.notes import Note
from assistant.domain.views.production import Counts
from assistant.domain.views.quality import Defect, Share
from assistant.domain.views.times import Down, Oee
from assistant.turn.lookups import Known, Look, answer
from assistant.turn.lookups.look import REPORT

HOUR_S, DAY_S = 3600.0, 86400.0
MOST_HOURS = 48
"""Longer than that is told day by day."""
MOST_BARS = 400
"""A sheet has no room for more."""


@dataclass(frozen=True, slots=True)
class LineSheet:
    """One line's numbers."""

    line: str
    name: str
    counts: Counts
    first_pass: Share
    rolled: float | None
    """Product of its inspectors' first-pass shares."""
    oee: Oee | None
    """ISO 22400; None where no board was due or none was inspected."""


@dataclass(frozen=True, slots=True)
class Bar:
    """What was made in an hour, or on a day."""

    start: float
    """Unix seconds UTC."""
    made: Mapping[str, int]
    """By line."""


@dataclass(frozen=True, slots=True)
class Course:
    """A measured quantity over the time, beside what is allowed."""

    machine: str
    name: str
    quantity: str
    limits: tuple[float, float] | None
    """Least and most that is in order; None where the site does not say."""
    n: int
    """Boards measured."""
    means: tuple[tuple[float, float], ...]
    """(Unix seconds UTC at which an hour or day began, its mean), in order; those without a value are left out."""

    @property
    def moved(self) -> float:
        """How far apart its means are at most, as a share of the width that is allowed (of its size where none is).

        Not from the first to the last: what sank and was put right moved too.
        """
        means = [mean for _, mean in self.means]
        if not means:
            return 0.0
        width = self.limits[1] - self.limits[0] if self.limits else abs(means[0])
        return (max(means) - min(means)) / width if width else 0.0


@dataclass(frozen=True, slots=True)
class Handover:
    """All of it."""

    period: str
    """The time as it is said: `this shift, since 22:00`."""
    span: Span
    sentences: tuple[str, ...]
    """What is spoken of it, all of it, the most important first."""
    lines: tuple[LineSheet, ...]
    bars: tuple[Bar, ...]
    downtime: tuple[Down, ...]
    """Longest first."""
    defects: tuple[Defect, ...]
    """Most frequent first, each with its places."""
    courses: tuple[Course, ...]
    """What moved furthest first."""
    alarms: tuple[Alarm, ...]
    """Open now, worst first."""
    holds: tuple[Hold, ...]
    """Open in that time, with who held and who ended it."""
    notes: tuple[Note, ...]
    decisions: tuple[Decision, ...]
    """Who had what done, in order."""


def handover(known: Known, command: Command, now: float) -> Handover:
    """The sheet of the time that `command` (a report) asks about; `now`: Unix seconds UTC."""
    look = Look(known, command, now)
    views, span = known.views, look.span
    said = answer(known, command, now).sentences
    if look.trouble():
        return Handover(look.when() if not look.stretch.trouble else "", span, said, *[()] * 9)
    slices = tuple(_slices(look))
    lines = tuple(_line(look, line) for line in known.world.lines)
    return Handover(
        look.when(),
        span,
        said,
        lines,
        tuple(_bar(look, one) for one in slices),
        tuple(sorted(views.times.downtime(span, PLANT), key=lambda down: -down.seconds)),
        tuple(views.quality.top_defects(span, PLANT, 20)),
        tuple(sorted(_courses(look, slices), key=lambda course: -course.moved)),
        tuple(views.alarms.open(PLANT)),
        tuple(views.holds.history(span, PLANT)),
        tuple(views.notes.taken(span, PLANT)),
        tuple(views.orders.by_person(span)),
    )


def asked(period: str, text: str = "") -> Command:
    """The report of a period; of the shift at work, or the one before, where it is empty. `text`: as it was said."""
    return Command(REPORT, {"period": period} if period else {}, text=text or period)


def _slices(look: Look) -> Iterator[Span]:
    """Whole hours by the clock on the wall, the first and the last as far as they go; days where it is long."""
    span, calendar = look.span, look.known.calendar
    step = HOUR_S if span.seconds <= MOST_HOURS * HOUR_S else DAY_S
    wall = calendar.wall(span.start)
    into = wall.minute * 60 + wall.second + wall.microsecond / 1e6 + (wall.hour * HOUR_S if step == DAY_S else 0.0)
    start = span.start
    end = start - into + step
    for _ in range(MOST_BARS):
        if start >= span.end:
            return
        yield Span(start, min(end, span.end))
        start, end = end, end + step


def _line(look: Look, line: str) -> LineSheet:
    scope, views, span = Scope(line=line), look.views, look.span
    return LineSheet(
        line,
        look.world.lines[line].name,
        views.production.counts(span, scope),
        views.quality.first_pass(span, scope),
        views.quality.rolled(span, scope),
        views.times.oee(span, scope),
    )


def _bar(look: Look, span: Span) -> Bar:
    made = {line: look.views.production.made(span, Scope(line=line)) for line in look.world.lines}
    return Bar(span.start, made)


def _courses(look: Look, slices: tuple[Span, ...]) -> Iterator[Course]:
    for machine in look.world.machines.values():
        for quantity, limits in _quantities(look, machine.kind).items():
            whole = look.views.measures.summary(look.span, machine.id, quantity)
            if whole is None:
                continue
            found = ((one.start, look.views.measures.summary(one, machine.id, quantity)) for one in slices)
            means = tuple((start, summary.mean) for start, summary in found if summary is not None)
            yield Course(machine.id, machine.name, quantity, limits, whole.n, means)


def _quantities(look: Look, kind: str) -> Mapping[str, tuple[float, float]]:
    return look.known.limits.get(kind, {})
