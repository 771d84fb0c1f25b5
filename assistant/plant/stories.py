"""Tells the site's stories on the plant, and writes down what is true of each: what was done, not what was reported.

The facts come from the declared steps, from the machines' own counters and time accounts, and from the reels; never
from the events, which tests hold against them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from assistant.plant.machines import REPAIR, Machine
from assistant.plant.physics import Drift
from assistant.plant.production import Production, change_reel
from assistant.plant.simulation import Simulation
from assistant.settings.plant import Alarm, Fault
from assistant.settings.stories import (
    Acknowledges,
    Alarms,
    ChangesOver,
    ChangesReel,
    Drifts,
    GoesDown,
    Step,
    Story,
    TakesNote,
    measured_at,
)

LEAD_S = 45 * 60.0
"""So long before a story nothing begins by chance on its line any more."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is true of a story. Times are simulated seconds until `moved`, then Unix seconds UTC."""

    story: str
    """Its name."""
    what: str
    """`told` (the story as a whole), `drift`, `alarm`, `acknowledged`, `down`, `starved`, `blocked`, `reel`,
    `stood` (parts of a reel that stood up in the oven), `changeover`, `note`, `defects`, `failed` or `made`."""
    where: str
    """A machine, line or lot: where it was measured, found or done."""
    since: float
    until: float
    """The half-open stretch of time that it is about; both the same for a moment."""
    name: str = ""
    """Which: a quantity, alarm, cause, reel, product or defect; of a note its text."""
    value: float = 0.0
    """How much, in `unit`."""
    unit: str = ""
    """`µm`, `°C`, `s` or empty."""
    count: int = 0
    """How many: alarms, parts, machines, defects, boards."""
    part: str = ""
    """The place on the board that it is about, or empty."""
    by: str = ""
    """The badge of who did it, or the work order, or empty."""

    def moved(self, origin: float) -> Fact:
        """The same with times on the clock where `origin` is simulated second 0."""
        return replace(self, since=round(self.since + origin, 3), until=round(self.until + origin, 3))


class People(Protocol):
    """Who does what people do in a story."""

    def acknowledge(self, badge: str, machine: Machine, code: str) -> None:
        """See to an alarm."""

    def note(self, badge: str, station: str, about: str, text: str) -> None:
        """Leave a note."""


class Storyteller:
    """Tells stories on one plant."""

    def __init__(
        self, simulation: Simulation, production: Production, people: People, tell: Callable[[Fact], None]
    ) -> None:
        """`tell` is given each fact when it is known, at the latest when the story ends."""
        self._sim, self._production, self._people, self._tell = simulation, production, people, tell

    def plan(self, story: Story, begins: float) -> None:
        """Have a story begin at a simulated time that has not come yet."""
        ends = begins + story.lasts * 60
        self._production.quiet.append((story.line, begins - LEAD_S, ends))
        self._sim.later(begins - self._sim.now, lambda: _Telling(story, self._sim, self._production, self).begin())

    def does(self, step: Acknowledges | TakesNote, machine: Machine | None, about: str) -> None:
        """What a person does."""
        match step:
            case Acknowledges() if machine is not None:
                self._people.acknowledge(step.badge, machine, step.code)
            case TakesNote():
                self._people.note(step.badge, step.station, about, step.text)

    def tell(self, fact: Fact) -> None:
        """Pass a fact on."""
        self._tell(fact)


@dataclass(slots=True)
class _Count:
    """What machines have counted up to a moment."""

    found: dict[str, Counter[str]]
    failed: dict[str, int]
    made: int


class _Telling:
    """One story, while it is told."""

    def __init__(self, story: Story, sim: Simulation, production: Production, teller: Storyteller) -> None:
        self._story, self._sim, self._production, self._teller = story, sim, production, teller
        self._line = sim.lines[story.line]
        self._alarms: dict[tuple[str, str], list[float]] = {}
        self._reels: dict[tuple[str, str], Fact] = {}
        self._began = 0.0
        self._at_first = _Count({}, {}, 0)

    def begin(self) -> None:
        """Now: everything else follows by itself."""
        for machine in self._line:
            for code in list(machine.alarms):
                self._production.clear(machine, code)
        self._began, self._at_first = self._sim.now, self._counted()
        for step in self._story.steps:
            self._sim.later(step.at * 60, _Do(self, step)) if step.at else self.do(step)
        self._sim.later(self._story.lasts * 60, self._end)

    def do(self, step: Step) -> None:
        """One step, now."""
        now = self._sim.now
        match step:
            case Drifts():
                self._drift(step)
            case Alarms():
                machine = self._sim.machines[step.machine]
                self._alarms.setdefault((step.machine, step.code), []).append(now)
                self._production.alarm(machine, _alarm(machine, step.code), step.clears * 60 or None)
            case GoesDown():
                self._down(step, self._sim.machines[step.machine])
            case ChangesReel():
                self._reel(step)
            case ChangesOver():
                order = self._production.break_off(step.line, step.product)
                seconds = self._production.set_up_takes(step.line)
                self._fact("changeover", step.line, now, now, step.product, seconds, "s", len(self._line), by=order)
            case Acknowledges():
                self._teller.does(step, self._sim.machines[step.machine], step.machine)
                self._fact("acknowledged", step.machine, now, now, step.code, by=step.badge)
            case TakesNote():
                about = self._lot() if step.about == "@lot" else step.about
                self._teller.does(step, None, about)
                self._fact("note", about, now, now, step.text, by=step.badge)

    # ---- steps -------------------------------------------------------------------------------------------

    def _drift(self, step: Drifts) -> None:
        now, plant = self._sim.now, self._sim.plant
        where = measured_at(plant, self._story.line, step.machine, step.quantity)
        drift = Drift(now, step.over * 60, step.by, now + step.lasts * 60, step.part)
        drifts = self._sim.physics.drifts.setdefault((where, step.quantity), [])
        drifts[:] = [*(one for one in drifts if one.until > now), drift]
        unit = self._sim.machines[where].like.measures[step.quantity].unit
        until = now + step.over * 60
        self._fact("drift", where, now, until, step.quantity, step.by, unit, part=step.part)

    def _down(self, step: GoesDown, machine: Machine) -> None:
        began, seconds = self._sim.now, step.lasts * 60
        before = self._spent()
        if step.fault:
            self._alarms.setdefault((machine.id, step.fault), []).append(began)
            self._production.alarm(machine, _alarm(machine, step.fault))

        def over() -> None:
            now = self._sim.now
            for code in list(machine.alarms):
                self._production.clear(machine, code)
            self._fact("down", machine.id, began, now, step.cause, now - began, "s")
            for (other, state), spent in self._spent().items():
                extra = spent - before.get((other, state), 0.0)
                if other != machine.id and extra > 0:
                    self._fact(state, other, began, now, "", round(extra, 3), "s")

        self._production.bring_down(machine, REPAIR, step.cause, seconds, over)

    def _spent(self) -> dict[tuple[str, str], float]:
        """The line's time accounts so far, of waiting."""
        for machine in self._line:
            self._sim.account(machine)
        return {(m.id, state): m.spent[state] for m in self._line for state in ("starved", "blocked")}

    def _reel(self, step: ChangesReel) -> None:
        machine, now = self._sim.machines[step.machine], self._sim.now
        self._reel_off(step.machine, step.feeder)
        ident = change_reel(self._sim, machine, step.feeder)
        reel = self._sim.physics.reels[machine.id][step.feeder]
        reel.offset, reel.tombstones = step.offset, step.tombstones
        part = machine.feeders[step.feeder]
        self._reels[step.machine, step.feeder] = Fact(
            self._story.name, "reel", machine.id, now, now, ident, step.offset, "µm", part=part
        )

    def _reel_off(self, machine: str, feeder: str) -> None:
        """A reel that this story put on is taken off, or the story is over."""
        fact = self._reels.pop((machine, feeder), None)
        if fact is not None:
            reel = self._sim.physics.reels[machine][feeder]
            fact = replace(fact, until=self._sim.now, count=reel.used)
            self._teller.tell(fact)
            if reel.tombstones:
                self._teller.tell(replace(fact, what="stood", value=reel.tombstones, unit="", count=reel.stood))

    def _lot(self) -> str:
        """The lot that goes into the line now."""
        board = next((machine.board for machine in self._line if machine.board is not None), None)
        return board.lot if board is not None else self._story.line

    # ---- the end -----------------------------------------------------------------------------------------

    def _end(self) -> None:
        began, now, counted = self._began, self._sim.now, self._counted()
        for (machine, code), times in self._alarms.items():
            self._fact("alarm", machine, times[0], times[-1], code, count=len(times))
        for machine, feeder in list(self._reels):
            self._reel_off(machine, feeder)
        for inspector, found in counted.found.items():
            more = found - self._at_first.found[inspector]
            for defect, count in sorted(more.items()):
                self._fact("defects", inspector, began, now, defect, count=count)
            self._fact(
                "failed", inspector, began, now, count=counted.failed[inspector] - self._at_first.failed[inspector]
            )
        self._fact("made", self._story.line, began, now, count=counted.made - self._at_first.made)
        self._fact("told", self._story.line, began, now, self._story.name)

    def _counted(self) -> _Count:
        inspectors = [machine for machine in self._line if machine.like.defects]
        return _Count(
            {machine.id: Counter(machine.found) for machine in inspectors},
            {machine.id: machine.failed for machine in inspectors},
            self._line[-1].passed_on,
        )

    def _fact(
        self,
        what: str,
        where: str,
        since: float,
        until: float,
        name: str = "",
        value: float = 0.0,
        unit: str = "",
        count: int = 0,
        part: str = "",
        by: str = "",
    ) -> None:
        self._teller.tell(Fact(self._story.name, what, where, since, until, name, value, unit, count, part, by))


@dataclass(frozen=True, slots=True)
class _Do:
    """A step that is still to come."""

    telling: _Telling
    step: Step

    def __call__(self) -> None:
        self.telling.do(self.step)


def _alarm(machine: Machine, code: str) -> Alarm | Fault:
    return next(alarm for alarm in (*machine.like.alarms, *machine.like.faults) if alarm.code == code)
