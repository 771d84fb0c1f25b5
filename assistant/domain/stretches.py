"""A period -> the stretch of time that is meant by it, at a site, now.

Beside the contract's periods (`shift`, `last:2h`, `between:06:00-08:00`, …) there are finer ones, for what people say
and the contract cannot: `day-2`, `week-1`, `month`, `shift:night`, `weekday:1`, `date:03-24`, `weekday:0..weekday:2`,
`day-1/06:00-12:00`; and the certain ones that these become: `day:2026-11-24`,
`from:2026-11-23T06:00+01:00/2026-11-23T12:00+01:00`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import islice

from assistant.domain.calendar import DAY_MINUTES, Calendar, Worked
from assistant.domain.views.span import Span

FUTURE, NO_SHIFT, LEFT_OUT = "future", "no_shift", "left_out"
"""What can be amiss: it has not begun; no shift is at work, or none was; the clocks went forward over it."""
RANGE = ".."
"""Between the first day and the last."""
HALF_DAY = DAY_MINUTES // 2
_MINUTES = {"m": 60.0, "h": 3600.0}
_UNIT = re.compile(r"(day|week|month|quarter|year|weekend|shift)([+-]\d+)?(?:/(\d\d):(\d\d)-(\d\d):(\d\d))?")
_DATE = re.compile(r"date:(\d\d|-)-(\d\d)")
_WEEKDAY = re.compile(r"weekday:([0-6])([+-]?)")


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time that somebody means."""

    kind: str
    """What names it: a period's own name (`shift`, `since`, …), `named_shift`, `day` for one whole day, else `from`."""
    span: Span
    """No further than now."""
    shift: str = ""
    """The name of the shift that it is."""
    twice: bool = False
    """The clock showed its beginning or its end twice; all of it is meant."""
    amount: str = ""
    """How much of `last`, as in the period: `90m`."""
    trouble: str = ""
    """FUTURE, NO_SHIFT, LEFT_OUT, or empty."""


def stretch(period: str, calendar: Calendar, now: float, exact: Sequence[bool] = ()) -> Stretch | None:
    """What `period` means; None for what is no period.

    `exact`: of each time of day in it, whether it was said as the clock has it ("06:00", "six in the morning"). Where
    it was not, "six" is the one that the clock showed last.
    """
    found = _stretch(period, calendar, now, exact)
    if found is None or found.trouble:
        return found
    if found.span.start > now:
        return replace(found, trouble=FUTURE)
    return replace(found, span=Span(found.span.start, min(found.span.end, now)))


def certain(meant: Stretch, calendar: Calendar) -> str:
    """The same stretch as a period that means it at any later time."""
    first = calendar.today(meant.span.start)
    if meant.kind == "day":
        return f"day:{first.isoformat()}"
    start, end = (datetime.fromtimestamp(at, calendar.zone) for at in (meant.span.start, meant.span.end))
    return f"from:{start.isoformat(timespec='minutes')}/{end.isoformat(timespec='minutes')}"


def _stretch(period: str, calendar: Calendar, now: float, exact: Sequence[bool]) -> Stretch | None:
    name, _, rest = period.partition(":")
    match name:
        case "shift" if not rest:
            return _of_shift("shift", calendar.running(now), now)
        case "last_shift":
            return _of_shift("last_shift", _before(calendar, now, 1), now)
        case "shift":
            named = (worked for worked in calendar.begun(now) if worked.shift.name == rest)
            return _of_shift("named_shift", next(named, None), now)
        case "today":
            return Stretch("today", calendar.days(calendar.today(now)))
        case "yesterday":
            return Stretch("yesterday", calendar.days(calendar.today(now) - timedelta(days=1)))
        case "week" if not rest:
            return Stretch("week", calendar.days(calendar.week(calendar.today(now)), 7))
        case "hour":
            return Stretch("hour", Span(now - 3600.0, now))
        case "last":
            seconds = int(rest[:-1]) * _MINUTES[rest[-1]]
            return Stretch("last", Span(now - seconds, now), amount=rest)
        case "since":
            return _since(rest, calendar, now, exact)
        case "between":
            return _between(rest, calendar, now, exact)
    return _finer(period, calendar, now)


# ---- shifts ---------------------------------------------------------------------------------------------------------


def _before(calendar: Calendar, now: float, back: int) -> Worked | None:
    """The shift that began so many before the one at work; while none is, the newest counts as one before."""
    skip = back if calendar.running(now) is not None else back - 1
    return next(islice(calendar.begun(now), skip, None), None)


def _of_shift(kind: str, worked: Worked | None, now: float) -> Stretch:
    if worked is None:
        return Stretch(kind, Span(now, now), trouble=NO_SHIFT)
    return Stretch(kind, worked.span, worked.shift.name)


# ---- times of day ---------------------------------------------------------------------------------------------------


def _since(rest: str, calendar: Calendar, now: float, exact: Sequence[bool]) -> Stretch | None:
    if rest == "break":
        newest = next(calendar.breaks(now), None)
        return None if newest is None else Stretch("since", Span(min(newest.end, now), now))
    if day := _day(rest, calendar, now):
        return Stretch("since", Span(calendar.at(day), max(now, calendar.at(day))))
    if not re.fullmatch(r"\d\d:\d\d", rest):
        return None
    best: Stretch | None = None
    for wall in _walls(calendar, now, _readings(rest, bool(exact and exact[0]))):
        first, last = calendar.instants(wall)
        if first <= now and (best is None or first > best.span.start):
            best = Stretch("since", Span(first, now), twice=first < last)
    return best


def _between(rest: str, calendar: Calendar, now: float, exact: Sequence[bool]) -> Stretch | None:
    """The newest one that is over; where the clock shows one of its ends twice, the longest."""
    first, _, last = rest.partition("-")
    sure = (*exact, False, False)
    pairs = [
        (start, (end - start) % DAY_MINUTES or DAY_MINUTES)
        for start in _readings(first, sure[0])
        for end in _readings(last, sure[1])
    ]
    shortest = min(long for _, long in pairs)
    best: Stretch | None = None
    for wall in _walls(calendar, now, (start for start, long in pairs if long == shortest)):
        over = wall + timedelta(minutes=shortest)
        start, end = calendar.instants(wall), calendar.instants(over)
        found = Stretch("between", Span(start[0], end[1]), twice=start[0] < start[1] or end[0] < end[1])
        if end[1] <= now and (best is None or start[0] > best.span.start):
            left_out = found.span.seconds == 0 or not (calendar.shown(wall) or calendar.shown(over))
            best = replace(found, trouble=LEFT_OUT if left_out else "")
    return best


def _readings(time: str, exact: bool) -> tuple[int, ...]:
    """Minutes after midnight that a time of day can mean: on a clock with hands, six is also eighteen hours."""
    minutes = int(time[:2]) * 60 + int(time[3:])
    if exact or not 60 <= minutes < 780:
        return (minutes,)
    return minutes, (minutes + HALF_DAY) % DAY_MINUTES


def _walls(calendar: Calendar, now: float, minutes: Iterable[int]) -> Iterator[datetime]:
    """These minutes after midnight of today and of the two days before."""
    today = calendar.today(now)
    for each in minutes:
        for back in range(3):
            day = today - timedelta(days=back)
            yield datetime(day.year, day.month, day.day) + timedelta(minutes=each)


# ---- days, weeks, months --------------------------------------------------------------------------------------------


def _finer(period: str, calendar: Calendar, now: float) -> Stretch | None:
    if found := re.fullmatch(r"from:([^/]+)/([^/]+)", period):
        start, end = datetime.fromisoformat(found[1]).timestamp(), datetime.fromisoformat(found[2]).timestamp()
        return Stretch("from", Span(start, end))
    if found := re.fullmatch(r"days:(\d+)", period):
        today = calendar.today(now)
        return Stretch("from", calendar.days(today - timedelta(days=int(found[1]) - 1), int(found[1])))
    if RANGE in period:
        first, last = period.split(RANGE, 1)
        return _from_to(first, last, calendar, now)
    if day := _day(period, calendar, now):
        return Stretch("day", calendar.days(day))
    if found := re.fullmatch(r"month:(\d\d)", period):
        today, month = calendar.today(now), int(found[1])
        return _months(calendar, date(today.year - (month > today.month), month, 1), 1)
    found = _UNIT.fullmatch(period)
    return _unit(found, calendar, now) if found else None


def _from_to(first: str, last: str, calendar: Calendar, now: float) -> Stretch | None:
    """Whole days; on a Tuesday "from Monday to Wednesday" was last week."""
    start, end = _day(first, calendar, now), _day(last, calendar, now)
    if start is not None and end is not None and start > end and _WEEKDAY.fullmatch(first):
        start -= timedelta(days=7)
    if start is None or end is None or start > end:
        return None
    return Stretch("from", calendar.days(start, (end - start).days + 1))


def _unit(found: re.Match[str], calendar: Calendar, now: float) -> Stretch | None:
    by, today = int(found[2] or 0), calendar.today(now)
    match found[1]:
        case "day":
            day = today + timedelta(days=by)
            if found[3] is None:
                return Stretch("day", calendar.days(day))
            start, end = (int(found[n]) * 60 + int(found[n + 1]) for n in (3, 5))
            return Stretch("from", Span(calendar.at(day, start), calendar.at(day, end)))
        case "week":
            return Stretch("from", calendar.days(calendar.week(today) + timedelta(weeks=by), 7))
        case "weekend":
            saturday = today - timedelta(days=(today.weekday() - 5) % 7)
            over = saturday + timedelta(days=2) <= today
            return Stretch("from", calendar.days(saturday + timedelta(weeks=by + (over and by < 0)), 2))
        case "month":
            return _months(calendar, _month(today, by), 1)
        case "quarter":
            return _months(calendar, _month(today, 3 * by - (today.month - 1) % 3), 3)
        case "year":
            return _months(calendar, date(today.year + by, 1, 1), 12)
    return _of_shift("named_shift", _before(calendar, now, -by), now)


def _months(calendar: Calendar, first: date, months: int) -> Stretch:
    return Stretch("from", Span(calendar.at(first), calendar.at(_month(first, months))))


def _month(day: date, by: int) -> date:
    """The first of the month so many months from that of `day`."""
    months = day.year * 12 + day.month - 1 + by
    return date(months // 12, months % 12 + 1, 1)


def _day(period: str, calendar: Calendar, now: float) -> date | None:
    """The one day that `day:2026-11-24`, `weekday:1-` or `date:03-24` is; None for anything else."""
    today = calendar.today(now)
    if found := re.fullmatch(r"day:(\d{4}-\d\d-\d\d)", period):
        return date.fromisoformat(found[1])
    if found := _WEEKDAY.fullmatch(period):
        back = (today.weekday() - int(found[1])) % 7
        if found[2] == "+":
            return today + timedelta(days=7 - back)
        return today - timedelta(days=back or (7 if found[2] == "-" else 0))
    if found := _DATE.fullmatch(period):
        # "The third" is the last third there was; the thirtieth of February was never.
        month = today.replace(day=1)
        for back in range(13 if found[1] == "-" else 12 * 9):
            first = _month(month, -back)
            if found[1] in ("-", f"{first.month:02d}"):
                try:
                    day = first.replace(day=int(found[2]))
                except ValueError:
                    continue
                if day <= today:
                    return day
    return None
