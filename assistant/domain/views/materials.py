"""What parts came from and how far off they were put down: where defects of one place may begin.

Of a reel only its first and last part and of a place only sums a quarter of an hour are kept; which board had which
reel follows from when it was at the placer.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import exp, lgamma, log
from typing import Any

from assistant.domain import events as e
from assistant.domain.views.measures import PLACEMENT_OFFSET, Measures
from assistant.domain.views.quality import Flaw, Quality
from assistant.domain.views.register import Register
from assistant.domain.views.series import Series, State, Tables
from assistant.domain.views.span import PLANT, Scope, Span
from assistant.domain.views.view import Fold

BETWEEN = "\x1f"
"""Between a placer and the place on the board in the texts of the register."""
SLOT_S = 900.0
BACK_S = 24 * 3600.0
"""A reel is held against what the same place had so long before it and after it."""
TRANSIT_S = 1800.0
"""A board is inspected at the latest so long after its parts were placed, where a reel is only looked for roughly."""
_SMALL, _PRECISE = 1e-6, 1e-9
ENOUGH = 30
"""Boards of which a mean is taken."""
HALVES = 0.2
"""Each half of a reel's boards has at least this share of its defects; what sets in later is not the reel's."""


@dataclass(frozen=True, slots=True)
class Rule:
    """When a reel is named as what may be the cause."""

    least: int = 6
    """Fewer defects than this say nothing."""
    chance: float = 1e-5
    """By chance alone so many of them would be the reel's less often than this, 0 to 1."""
    times: float = 3.0
    """Its boards have the defect at least so many times as often as as many boards just before it and just after it."""
    rise: float = 0.25
    """A place is named whose parts are put down farther off by at least this share of what it was."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """A reel that may be the cause of a defect."""

    reel: str
    """Its id."""
    machine: str
    """The placer."""
    feeder: str
    """Where it is in it, or empty."""
    place: str
    """Where its parts go (`U7`)."""
    defect: str
    """In the site's words."""
    count: int
    """How often that was found in the span at its parts."""
    all: int
    """How often in the span, wherever and from whatever reel."""
    since: float | None
    """When it was put on, Unix seconds UTC; None where that is not recorded."""
    until: float | None
    """When the next one took its place; None while it is on."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A place whose parts are put down farther off than they were."""

    place: str
    """Reference designator."""
    first: float
    """Mean at the beginning of the span, µm."""
    last: float
    """Mean at its end, µm."""
    since: float
    """When the first of these was measured, to a quarter of an hour, Unix seconds UTC."""


@dataclass(slots=True)
class _Use:
    """A reel at one place of one placer."""

    reel: str
    first: float
    last: float


class Materials:
    """Reels by placer and place, and how far off the parts there were put down."""

    def __init__(self, register: Register, quality: Quality, measures: Measures) -> None:
        self._register, self._quality, self._measures = register, quality, measures
        self._uses: dict[int, dict[str, list[float]]] = {}
        """Placer and place as a text -> reel -> when its first and its last part was placed."""
        self._put_on: dict[str, list[Any]] = {}
        """Reel -> when it was put on, placer, feeder: as last told."""
        self._offsets = Tables("Id")
        """Placer and place as a text -> beginning of a quarter of an hour -> (boards, sum of their offsets in µm)."""

    def folds(self) -> Mapping[type[e.Payload], Fold]:
        """See View."""
        return {e.PartsPlaced: self._placed, e.ReelChanged: self._changed}

    def _placed(self, event: e.Event, data: e.PartsPlaced) -> None:
        texts, time = self._register.texts, event.time
        slot = time // SLOT_S * SLOT_S
        for place, offset in data.offsets.items():
            rows = self._offsets[texts(f"{data.machine}{BETWEEN}{place}")]
            at = rows.between(Span(slot, slot + SLOT_S))[0]
            if at == len(rows) or rows.times[at] != slot:
                at = rows.add(slot, 0, 0.0)
            rows.columns[0][at] += 1
            rows.columns[1][at] += offset
        for place, reel in data.reels.items():
            uses = self._uses.setdefault(texts(f"{data.machine}{BETWEEN}{place}"), {})
            use = uses.get(reel)
            if use is None:
                uses[reel] = [time, time]
            else:
                use[0], use[1] = min(use[0], time), max(use[1], time)

    def _changed(self, event: e.Event, data: e.ReelChanged) -> None:
        known = self._put_on.get(data.reel)
        if known is None or (event.time, event.subject) >= (known[0], known[1]):
            self._put_on[data.reel] = [event.time, event.subject, data.feeder]

    # ---- reels ------------------------------------------------------------------------------------------------

    def suspects(self, span: Span, scope: Scope, rule: Rule) -> list[Suspect]:
        """The reels that the evidence up to the end of the span speaks against, with most defects in it first.

        For each defect and place, the boards that were given a reel's parts are held against those that had other
        reels there: of all these defects, how likely so many fall on this reel's share of the boards (Fisher). They
        are held against the boards just before and after, too, and the reel's first half against its second. A placer
        that wears or a stencil that clogs goes on with the next reel, or did not begin with this one.
        """
        told = list(self._quality.flaws(span, scope))
        totals = Counter(flaw.defect for flaw in told)
        here = {key: flaws for key, flaws in _grouped(self._register, told).items() if len(flaws) >= rule.least}
        reels = {key: [at for at in self._at(key[0], key[2]) if len(at[1]) > 1] for key in here}
        begins = [
            use.first for at in reels.values() for _, uses in at for use in uses if use.last + TRANSIT_S >= span.start
        ]
        if not begins:
            return []
        ever = _grouped(self._register, self._quality.flaws(Span(min(begins) - BACK_S, span.end), PLANT))
        found = []
        for key, flaws in here.items():
            times, all_times = ([flaw.time for flaw in some] for some in (flaws, ever[key]))
            for machine, uses in reels[key]:
                for at, use in enumerate(uses):
                    # Boards that were inspected while it was on or soon after: no fewer than those that had its parts.
                    low, high = bisect_left(times, use.first), bisect_right(times, use.last + TRANSIT_S)
                    if high - low < rule.least or not self._may_be(machine, use, all_times, span.end, rule):
                        continue
                    count = sum(use.first <= time <= use.last for time in self._times(machine, flaws[low:high]))
                    if count >= rule.least and self._speaks_against(machine, use, ever[key], span.end, rule):
                        nxt = uses[at + 1] if at + 1 < len(uses) and uses[at + 1].first < span.end else None
                        found.append(self._named(machine, key, use, nxt, count, totals[key[1]]))
        return sorted(found, key=lambda one: (-one.count, one.reel, one.place, one.defect))

    def _put(self, use: _Use) -> float:
        """When a reel was put on; where nobody told, when its first part was placed."""
        told = self._put_on.get(use.reel)
        return use.first if told is None else min(use.first, float(told[0]))

    def _named(
        self, machine: str, key: tuple[str, str, str], use: _Use, then: _Use | None, count: int, total: int
    ) -> Suspect:
        put = self._put_on.get(use.reel)
        since, feeder = (put[0], put[2]) if put is not None and put[1] == machine else (None, "")
        until = self._put(then) if then is not None else None
        return Suspect(use.reel, machine, feeder, key[2], key[1], count, total, since, until)

    def _at(self, line: str, place: str) -> Iterator[tuple[str, list[_Use]]]:
        """The placers of a line that put parts there, with their reels in order."""
        for machine in self._register.line(line):
            key = self._register.texts.find(f"{machine}{BETWEEN}{place}")
            reels = self._uses.get(key) if key else None
            if reels:
                uses = [_Use(reel, first, last) for reel, (first, last) in reels.items()]
                yield machine, sorted(uses, key=lambda use: (use.first, use.last, use.reel))

    def _boards(self, machine: str, span: Span) -> tuple[Series, int, int]:
        """What a placer placed, and which rows of that are in a span."""
        rows = self._measures.values[PLACEMENT_OFFSET][self._register.machines.find(machine) or 0]
        return rows, *rows.between(span)

    def _may_be(self, machine: str, use: _Use, times: list[float], end: float, rule: Rule) -> bool:
        """Whether it is worth looking up which board had which reel: most often there are clearly too few defects.

        `times`: of all such defects there, when they were found.
        """
        most = bisect_right(times, use.last + TRANSIT_S) - bisect_left(times, use.first)
        whole = Span(use.first - BACK_S, min(end, use.last + BACK_S))
        _, low, high = self._boards(machine, Span(use.first, min(use.last + _SMALL, end)))
        _, first, last = self._boards(machine, whole)
        least = bisect_left(times, whole.end) - bisect_right(times, whole.start + TRANSIT_S)
        share = (high - low) / (last - first) if last > first else 1.0
        return most > least * share and tail(most, max(most, least), share) <= rule.chance

    def _times(self, machine: str, flaws: Iterable[Flaw]) -> Iterator[float]:
        """When the parts of these boards were placed there: one for each flaw that was found after that."""
        rows = self._measures.values[PLACEMENT_OFFSET].get(self._register.machines.find(machine) or 0)
        if rows is None:
            return
        for flaw in flaws:
            times = [rows.times[at] for at in self._register.lives.rows(rows, 1, flaw.board)]
            before = [time for time in times if time <= flaw.time]
            if before:
                yield before[-1]

    def _speaks_against(self, machine: str, use: _Use, flaws: list[Flaw], end: float, rule: Rule) -> bool:
        """Whether a reel has far more of a defect than what was there before and after it, from its beginning."""
        whole = Span(use.first - BACK_S, min(end, use.last + BACK_S))
        near = [flaw for flaw in flaws if whole.start <= flaw.time < whole.end + TRANSIT_S]
        placed = [time for time in self._times(machine, near) if whole.start <= time < whole.end]
        rows, first, last = self._boards(machine, whole)
        _, low, high = self._boards(machine, Span(use.first, min(use.last + _SMALL, end)))
        boards = high - low
        mine = [time for time in placed if use.first <= time <= use.last]
        if len(mine) < rule.least or not boards or last - first == boards:
            return False
        if tail(len(mine), len(placed), boards / (last - first)) > rule.chance:
            return False
        middle = rows.times[(low + high) // 2]
        early = sum(time < middle for time in mine)
        if min(early, len(mine) - early) < HALVES * len(mine):
            return False
        beside = (range(max(first, low - boards), low), range(high, min(last, high + boards)))
        return all(_fewer(rows, those, placed, len(mine) / boards / rule.times) for those in beside if those)

    # ---- places -----------------------------------------------------------------------------------------------

    def moved(self, span: Span, machine: str, rise: float) -> Moved | None:
        """The place of a placer whose offset rose over a span, where it is the only one; None else.

        `rise`: by at least so much of what it was. Nothing is said of less than three quarters of an hour.
        """
        found = []
        for place, rows in self._places(machine):
            low, high = rows.between(Span(span.start // SLOT_S * SLOT_S, span.end))
            first, last = _enough(rows, range(low, high)), _enough(rows, range(high - 1, low - 1, -1))
            if not first or not last or rows.times[last[-1]] - rows.times[first[-1]] < 2 * SLOT_S:
                return None
            found.append(Moved(place, _mean(rows, first), _mean(rows, last), rows.times[low]))
        found.sort(key=lambda one: (one.first - one.last, one.place))
        if not found or found[0].last - found[0].first < rise * found[0].first:
            return None
        rose = found[0].last - found[0].first
        return found[0] if all(abs(one.last - one.first) < rise * rose for one in found[1:]) else None

    def _places(self, machine: str) -> Iterator[tuple[str, Series]]:
        names = self._register.texts.names
        for key, rows in self._offsets.items():
            where, _, place = names[key].partition(BETWEEN)
            if where == machine:
                yield place, rows

    # ---- keeping ----------------------------------------------------------------------------------------------

    def state(self) -> State:
        """See View."""
        return [self._uses, self._put_on, self._offsets.state()]

    def restore(self, state: State) -> None:
        """See View."""
        self._uses, self._put_on, offsets = state
        self._offsets.restore(offsets)


def tail(least: int, of: int, share: float) -> float:
    """How likely so many or more of some fall on a share of 0 to 1 by chance (binomial)."""
    if share >= 1.0 or least <= 0:
        return 1.0
    if share <= 0.0:
        return 0.0
    total = 0.0
    for k in range(least, of + 1):
        term = exp(lgamma(of + 1) - lgamma(k + 1) - lgamma(of - k + 1) + k * log(share) + (of - k) * log(1.0 - share))
        total += term
        if k > of * share and term < total * _PRECISE:
            break
    return min(1.0, total)


def _enough(rows: Series, those: Iterable[int]) -> list[int]:
    """The first of these quarters of an hour that have enough boards together; none where they have not."""
    found, boards = [], 0
    for at in those:
        found.append(at)
        boards += rows.columns[0][at]
        if boards >= ENOUGH:
            return found
    return []


def _mean(rows: Series, those: list[int]) -> float:
    return float(sum(rows.columns[1][at] for at in those) / sum(rows.columns[0][at] for at in those))


def _fewer(rows: Series, those: range, placed: list[float], share: float) -> bool:
    """Whether at most that share of some boards have the defect. `placed`: when each that has it was placed."""
    since, until = rows.times[those[0]], rows.times[those[-1]]
    return sum(since <= time <= until for time in placed) <= share * len(those)


def _grouped(register: Register, flaws: Iterable[Flaw]) -> dict[tuple[str, str, str], list[Flaw]]:
    """By the line of the inspector, the defect and its place; without those of no place."""
    found: dict[tuple[str, str, str], list[Flaw]] = {}
    for flaw in flaws:
        if flaw.place:
            found.setdefault((register.line_of(flaw.machine), flaw.defect, flaw.place), []).append(flaw)
    return found
