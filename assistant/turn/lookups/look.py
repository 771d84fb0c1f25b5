"""What a look-up is made from, and what comes of it: words that the site's files hold, filled with what is recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from assistant.domain.calendar import Calendar
from assistant.domain.spoken.dates import said
from assistant.domain.spoken.language import Language
from assistant.domain.stretches import Stretch, certain, stretch
from assistant.domain.values import MISSING, Command
from assistant.domain.views import Scope, Span, Views
from assistant.domain.views.materials import Rule
from assistant.domain.world import World
from assistant.settings.intents import Intents
from assistant.turn import naming
from assistant.turn.read import UNKNOWN
from assistant.turn.sayings import subject

MOST_SENTENCES = 3
"""Said at once; the rest is for who says "more"."""
MOST_SPOKEN = 4
"""Items read out in one sentence; more are counted."""
REPORT = "report"
HAND_OVER_S = 3600.0
"""So long after a shift began, a report without a time is that of the one before."""
EVER = "ever"
"""All that is recorded."""
SCOPES = ("line", "machine", "lot", "order", "product")


@dataclass(frozen=True, slots=True)
class Known:
    """What answers are made from."""

    world: World
    views: Views
    intents: Intents
    language: Language
    calendar: Calendar
    limits: Mapping[str, Mapping[str, tuple[float, float]]] = field(default_factory=dict)
    """Kind of machine -> quantity -> least and most that is in order."""
    causes: Rule = Rule()  # noqa: RUF009 (frozen)
    """How much must speak against a reel or a place before it is named."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, whole."""

    sentences: tuple[str, ...]
    """What is most worth knowing first; empty ones do not count."""

    def cut(self, most: int = MOST_SENTENCES) -> tuple[str, tuple[str, ...]]:
        """What is said now, and what is left for "more"."""
        return join(self.sentences[:most]), tuple(one for one in self.sentences[most:] if one)


class Look:
    """One look-up in the making."""

    def __init__(self, known: Known, command: Command, now: float) -> None:
        """`now`: Unix seconds UTC."""
        self.known, self.command, self.now = known, command, now
        self.world, self.views = known.world, known.views

    # ---- what is asked about ------------------------------------------------------------------------------------

    @property
    def unit(self) -> str:
        """The id asked about, or empty."""
        return subject(self.command)

    @cached_property
    def scope(self) -> Scope:
        """Which part of the plant is asked about."""
        return Scope(**{slot: self.command.slots[slot] for slot in SCOPES if slot in self.command.slots})

    @cached_property
    def stretch(self) -> Stretch:
        """Which time is asked about: as it was said, else the shift at work, else today."""
        calendar, value = self.known.calendar, self.command.slots.get("period", "")
        if value:
            how = said(self.command.text, value, self.known.language)
            if value.startswith(("day:", "from:")):  # what was said as a day has a better name than its date
                finer = said(self.command.text, MISSING, self.known.language).finer
                found = stretch(finer, calendar, self.now) if finer else None
                if found is not None and certain(found, calendar) == value:
                    return found
            for period in (how.finer, value):
                found = stretch(period, calendar, self.now, how.exact) if period else None
                if found is not None:
                    return found
        if self.scope.lot or self.scope.order:
            # A lot is over in an hour, an order in a day: who names one and no time means all of it.
            return Stretch(EVER, Span(0.0, self.now))
        found = stretch("shift", calendar, self.now)
        if self.known.intents.by_name[self.command.intent].lookup == REPORT and found is not None:
            # Who has just come in and asks what happened does not mean the minutes since then.
            last = stretch("last_shift", calendar, self.now)
            found = last if found.trouble or found.span.seconds < HAND_OVER_S else found
        if found is None or found.trouble:
            found = stretch("today", calendar, self.now)
        assert found is not None
        return found

    @property
    def span(self) -> Span:
        """The same as a span."""
        return self.stretch.span

    # ---- words --------------------------------------------------------------------------------------------------

    def text(self, key: str, **holes: str) -> str:
        """An answer of this intent, or a shared one."""
        named = {"unit": self.name(self.unit)} if self.unit else {}
        return self.known.intents.text(self.command.intent, key, {**named, **holes})

    def counted(self, key: str, count: int, **holes: str) -> str:
        """The answer for none, one or many of something: `boards_none`, `boards_one`, `boards_many`."""
        which = "none" if count == 0 else "one" if count == 1 else "many"
        return self.text(f"{key}_{which}", count=naming.count(count), **holes)

    def name(self, ident: str) -> str:
        """How a thing is called."""
        return naming.unit(self.world, ident)

    def times(self, start: float, end: float) -> tuple[str, str]:
        """Two times of day, the first without its day where both are of one."""
        wall, until = self.known.calendar.wall(start), self.clock(end)
        same = wall.date() == self.known.calendar.wall(end).date()
        return (f"{wall:%H:%M}" if same else self.clock(start)), until

    def clock(self, seconds: float) -> str:
        """A time of day at this site, with its day where it is not today."""
        wall, today = self.known.calendar.wall(seconds), self.known.calendar.today(self.now)
        if wall.date() == today:
            return f"{wall:%H:%M}"
        return self.text("time_of_day", time=f"{wall:%H:%M}", day=self.day(seconds))

    def day(self, seconds: float) -> str:
        """The day of a time: `yesterday`, `Tuesday`, `March 3`; empty for today."""
        day, today = self.known.calendar.today(seconds), self.known.calendar.today(self.now)
        rules, back = self.known.language.periods, (today - day).days
        if back in (0, 1):
            return self.text("day_yesterday") if back else ""
        if 1 < back < 7 and rules.days:
            return rules.days[day.weekday()].capitalize()
        month = rules.months[day.month - 1].capitalize() if rules.months else f"{day.month}"
        return self.text("day_of_month", month=month, day=str(day.day))

    def where(self) -> str:
        """The part of the plant that is asked about, as the end of a sentence: ` on line one`; empty for all of it."""
        slots = self.command.slots
        return "".join(self.text(f"where_{slot}", what=self.name(slots[slot])) for slot in SCOPES if slot in slots)

    def some(self, items: Sequence[str]) -> str:
        """A few items and how many more."""
        if len(items) <= MOST_SPOKEN:
            return naming.listing(items)
        return self.text("and_more", items=", ".join(items[:MOST_SPOKEN]), count=naming.count(len(items) - MOST_SPOKEN))

    def rest(self, items: Sequence[str], key: str = "further") -> list[str]:
        """The items that `some` only counts, a few a sentence: for who asks which ones."""
        left = items[MOST_SPOKEN:] if len(items) > MOST_SPOKEN else ()
        return self.listed(left, key)

    def listed(self, items: Sequence[str], key: str = "further") -> list[str]:
        """Items, a few a sentence."""
        groups = [items[at : at + MOST_SPOKEN] for at in range(0, len(items), MOST_SPOKEN)]
        return [self.text(key, items=naming.listing(group)) for group in groups]

    # ---- the time that is asked about ---------------------------------------------------------------------------

    def when(self) -> str:
        """The stretch of time as the end of a sentence: `this shift, since 22:00`."""
        found = self.stretch
        start, end = found.span.start, found.span.end
        key = f"period_{found.kind}"
        if found.kind == "named_shift" and end >= self.now:
            key = "period_running_shift"
        if found.kind == "day" and not self.day(start):
            key = "period_today"
        if found.kind == "last" and found.amount[:-1] == "1":
            key = "period_last_one"
        wall = self.known.calendar.wall
        holes = {
            "start": f"{wall(start):%H:%M}",
            "end": f"{wall(end):%H:%M}",
            "from": self.clock(start),
            "to": self.clock(end),
            "day": self.day(start) or self.text("day_today"),
            "on": self._on(start),
            "shift": found.shift,
            "amount": naming.amount(found.amount),
        }
        words = self.text(key, **holes)
        if found.twice:
            words = self.text("period_twice", period=words)
        began = self.views.began.at
        if found.kind != EVER and began is not None and start < began - 60 and began < end:
            words = self.text("period_recorded", period=words, since=self.clock(began))
        return words.strip()

    def _on(self, start: float) -> str:
        """` yesterday`, ` on Tuesday`; empty where the last day is meant anyhow."""
        if self.now - start < 24 * 3600 and self.stretch.kind != "day":
            return f" {self.text('day_yesterday')}" if self._spans_midnight(start) else ""
        day = self.day(start)
        return f" {day if day == self.text('day_yesterday') else self.text('on_day', day=day)}" if day else ""

    def _spans_midnight(self, start: float) -> bool:
        today = self.known.calendar.today
        return self.stretch.kind in ("since", "between") and today(start) != today(self.now)

    def trouble(self) -> str:
        """Why nothing can be said of the time that is asked about; empty where something can."""
        found, began = self.stretch, self.views.began.at
        if found.trouble:
            return self.text(f"period_{found.trouble}", what=found.shift)
        if began is None:
            return self.text("nothing_recorded")
        if found.span.end <= began:
            return self.text("before_the_log", since=self.clock(began), period=self.when())
        return ""


View = Callable[[Look], Reply]


def join(sentences: Sequence[str]) -> str:
    """Sentences as one text, each with a capital."""
    return " ".join(naming.cap(one) for one in sentences if one)


def reply(*sentences: str) -> Reply:
    """A reply of these sentences, but for empty ones."""
    return Reply(tuple(one for one in sentences if one))


def words(known: Known, key: str, **holes: str) -> str:
    """A shared answer."""
    return known.intents.text(UNKNOWN, key, holes)
