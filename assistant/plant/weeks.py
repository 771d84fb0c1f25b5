"""Days of the reference plant: with an OPC UA server in front of it, or straight as events for a log.

    >>> log.append(list(declarations(plant, start)) + list(week(plant, seed=7, days=7, start=start)))

A week of the shipped plant with its two lines is about 1.7 million events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from assistant.domain import events as e
from assistant.plant.people import Crew, Panel
from assistant.plant.production import Production
from assistant.plant.simulation import WARM_UP_S, Report, Simulation
from assistant.plant.stories import Fact, People, Storyteller
from assistant.settings.plant import Plant
from assistant.settings.stories import Story

DAY_S = 86_400.0
START = datetime(2026, 3, 2, 6, 0, tzinfo=UTC).timestamp()
"""A Monday, 06:00 UTC: where `week` begins unless it is told otherwise."""
ALONE_S = 600.0
"""A story that is told alone begins so long after its plant."""
PIECE_S = 60.0
"""Simulated seconds gone through at once."""


@dataclass(frozen=True, slots=True)
class Programme:
    """What a plant goes through before it ends."""

    seconds: float
    """Simulated seconds from the end of its warm-up."""
    stories: tuple[tuple[Story, float], ...] = ()
    """Stories, each with the simulated second at which it begins."""
    tell: Callable[[Fact], None] = lambda fact: None
    """Is given what is true of the stories, in simulated seconds."""
    unread_s: float = 10.0
    """When it is over, its journal is still served until it has been read, or nobody has for so many real seconds."""


def alone(story: Story, tell: Callable[[Fact], None]) -> Programme:
    """One story and nothing else."""
    return Programme(ALONE_S + story.lasts * 60 + ALONE_S, ((story, ALONE_S),), tell)


def several(
    days: float, stories: Iterable[Story], origin: float, zone: tzinfo, tell: Callable[[Fact], None]
) -> Programme:
    """Some days, and the stories that are told on them by the clock of `zone`. `origin`: Unix time of second 0."""
    seconds = days * DAY_S
    planned = [(story, begins(story, origin, zone)) for story in stories]
    fit = [(story, at) for story, at in planned if at >= 0 and at + story.lasts * 60 < seconds]
    return Programme(seconds, tuple(fit), tell)


def begins(story: Story, origin: float, zone: tzinfo) -> float:
    """The simulated second at which a story begins: day 1 is the first whole one by the clock of `zone`."""
    first = datetime.fromtimestamp(origin, zone)
    midnight = first.replace(hour=0, minute=0, second=0, microsecond=0)
    if midnight < first:
        midnight += timedelta(days=1)
    at = midnight + timedelta(days=story.day - 1, minutes=story.minutes_of_day)
    return at.timestamp() - origin


def staged(
    plant: Plant,
    seed: int,
    report: Report,
    programme: Programme,
    people: Callable[[Simulation, Production], People] = lambda simulation, production: Panel(simulation),
) -> Simulation:
    """A simulation that keeps going, with the programme's stories ahead of it."""
    made: list[Production] = []

    def planner(simulation: Simulation) -> Production:
        made.append(Production(simulation, seed))
        return made[0]

    simulation = Simulation(plant, seed, report, planner)
    teller = Storyteller(simulation, made[0], people(simulation, made[0]), programme.tell)
    for story, at in programme.stories:
        teller.plan(story, at)
    return simulation


def week(
    plant: Plant,
    seed: int = 7,
    days: float = 7.0,
    *,
    stories: Iterable[Story] = (),
    start: float = START,
    zone: tzinfo = UTC,
    tell: Callable[[Fact], None] = lambda fact: None,
) -> Iterator[e.Event]:
    """Some days of the plant as events for a log (position 0), in order, the first of them at `start`.

    Machines report as through their journal; what people do, an assistant would have written (`/assistant`). `tell` is
    given what is true of the stories, in Unix seconds. What the site's files declare is not among the events.
    """
    origin = start + WARM_UP_S
    programme = several(days, stories, origin, zone, lambda fact: tell(fact.moved(origin)))
    yield from played(plant, seed, programme, origin, f"week{seed}")


def played(plant: Plant, seed: int, programme: Programme, origin: float, run: str) -> Iterator[e.Event]:
    """A programme as events. `run` names the plant's journal; second 0 is at `origin`, Unix seconds UTC."""
    writer = _Writer(run, origin)
    simulation = staged(plant, seed, writer.report, programme, lambda sim, made: writer.crew(sim, made, seed))
    end = simulation.now + programme.seconds
    while simulation.now < end:
        simulation.advance(min(PIECE_S, end - simulation.now) + 1e-9)
        yield from writer.taken()
    yield from writer.taken()


class _Writer:
    """Makes events of what a simulation reports."""

    def __init__(self, run: str, origin: float) -> None:
        self._run, self._origin = run, origin
        self._count = 0
        self._events: list[e.Event] = []
        self._turns: dict[str, str] = {}
        """Order -> the turn that asked for it."""
        self._sources: dict[str, str] = {}
        self._simulation: Simulation | None = None

    def crew(self, simulation: Simulation, production: Production, seed: int) -> Crew:
        """The people of this log."""
        self._simulation = simulation
        return Crew(simulation, production, seed, self._run, self._origin, self.write)

    def report(self, now: float, machine: str, subject: str, payload: e.Payload) -> None:
        """What a machine says."""
        self._count += 1
        source = self._sources.get(machine) or self._sources.setdefault(machine, f"/machines/{machine}")
        order = getattr(payload, "order", "") if self._turns else ""
        turn = self._turns.get(order, "")
        cause = order if turn else ""
        ident = f"{self._run}-{self._count}"
        self._events.append(e.Event(ident, source, subject, round(self._origin + now, 3), payload, turn, cause))

    def write(self, ident: str, subject: str, payload: e.Payload, turn: str, cause: str) -> None:
        """What an assistant writes down."""
        assert self._simulation is not None
        if isinstance(payload, e.OrderRequested):
            self._turns[subject] = turn
        now = round(self._origin + self._simulation.now, 3)
        self._events.append(e.Event(ident, "/assistant", subject, now, payload, turn, cause))

    def taken(self) -> list[e.Event]:
        """Events since the last call."""
        events, self._events = self._events, []
        return events
