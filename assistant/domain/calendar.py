"""A site's calendar: when its shifts begin and end by the clock on the wall, and which instants those are.

The clock on the wall is not even: an hour repeats in autumn and another is left out in spring. Instants are Unix
seconds UTC, wall times are naive datetimes; only here the one becomes the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from assistant.domain.views.span import Span

DAY_MINUTES = 24 * 60
LOOK_BACK_DAYS = 60
"""A plant that has not worked for so long has no last shift."""


@dataclass(frozen=True, slots=True)
class Shift:
    """A shift as it comes round every day."""

    name: str
    """As it is said: `night`."""
    start: int
    """Minutes after midnight by the clock on the wall."""
    end: int
    """Minutes after the same midnight; more than a day's where it ends on the next day."""
    breaks: tuple[tuple[int, int], ...] = ()
    """Start and end of each break, in minutes as `start`."""
    days: frozenset[int] = frozenset(range(7))
    """Days of the week on which it begins, 0 for Monday."""


@dataclass(frozen=True, slots=True)
class Worked:
    """A shift of one certain day."""

    shift: Shift
    day: date
    """On which it began."""
    span: Span


@dataclass(frozen=True, slots=True)
class Calendar:
    """When a site works, by its own clock."""

    zone: tzinfo = UTC
    shifts: tuple[Shift, ...] = ()
    holidays: frozenset[date] = frozenset()
    """Days on which no shift begins."""
    week_starts: int = 0
    """Day of the week, 0 for Monday."""

    # ---- wall and instant ---------------------------------------------------------------------------------------

    def wall(self, instant: float) -> datetime:
        """What the clock on the wall shows."""
        return datetime.fromtimestamp(instant, self.zone).replace(tzinfo=None, fold=0)

    def today(self, instant: float) -> date:
        """The day on the wall."""
        return self.wall(instant).date()

    def instants(self, wall: datetime) -> tuple[float, float]:
        """The first and the last instant at which the wall shows this; the same one but for a repeated hour.

        A time that is left out in spring is the instant at which the clock jumps over it.
        """
        first, last = (wall.replace(tzinfo=self.zone, fold=fold).timestamp() for fold in (0, 1))
        if first <= last:
            return first, last
        low, high = last, first  # the gap: find the jump between the two readings of the offset
        before = self._offset(low)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._offset(middle) == before else (low, middle)
        return high, high

    def shown(self, wall: datetime) -> bool:
        """Whether the wall ever shows this: not in the hour that is left out."""
        return self.wall(wall.replace(tzinfo=self.zone, fold=0).timestamp()) == wall

    def at(self, day: date, minutes: int = 0) -> float:
        """The first instant of so many minutes after a day's midnight, by the clock on the wall."""
        return self.instants(datetime(day.year, day.month, day.day) + timedelta(minutes=minutes))[0]

    def _offset(self, instant: float) -> timedelta | None:
        return datetime.fromtimestamp(instant, self.zone).utcoffset()

    # ---- days and shifts ----------------------------------------------------------------------------------------

    def days(self, first: date, days: int = 1) -> Span:
        """So many whole days: 23, 24 or 25 hours each."""
        return Span(self.at(first), self.at(first + timedelta(days=days)))

    def week(self, day: date) -> date:
        """The day on which the week of `day` began."""
        return day - timedelta(days=(day.weekday() - self.week_starts) % 7)

    def worked(self, day: date) -> list[Worked]:
        """The shifts that begin on a day, in order."""
        if day in self.holidays:
            return []
        return [
            Worked(shift, day, Span(self.at(day, shift.start), self.at(day, shift.end)))
            for shift in sorted(self.shifts, key=lambda shift: shift.start)
            if day.weekday() in shift.days
        ]

    def begun(self, now: float) -> Iterator[Worked]:
        """The shifts that have begun by now, the newest first."""
        today = self.today(now)
        for back in range(LOOK_BACK_DAYS):
            for worked in reversed(self.worked(today - timedelta(days=back))):
                if worked.span.start <= now:
                    yield worked

    def running(self, now: float) -> Worked | None:
        """The shift that is at work now."""
        newest = next(self.begun(now), None)
        return newest if newest is not None and now < newest.span.end else None

    def breaks(self, now: float) -> Iterator[Span]:
        """The breaks that have begun by now, the newest first."""
        for worked in self.begun(now):
            for start, end in sorted(worked.shift.breaks, reverse=True):
                span = Span(self.at(worked.day, start), self.at(worked.day, end))
                if span.start <= now:
                    yield span

    def planned_seconds(self, span: Span) -> float:
        """How long of a span shifts were at work, without their breaks."""
        seconds, day, last = 0.0, self.today(span.start) - timedelta(days=1), self.today(span.end)
        while day <= last:
            for worked in self.worked(day):
                seconds += _common(worked.span, span)
                for start, end in worked.shift.breaks:
                    seconds -= _common(Span(self.at(day, start), self.at(day, end)), span)
            day += timedelta(days=1)
        return seconds


def _common(one: Span, other: Span) -> float:
    return Span(max(one.start, other.start), min(one.end, other.end)).seconds
