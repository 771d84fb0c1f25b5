"""A core for one recorded turn: today's files over the world of then, and nothing that it could touch."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from assistant.adapters import eventlog
from assistant.adapters.opcua import OpcUaMachines
from assistant.bootstrap.answers import answers_from
from assistant.bootstrap.engines import understander
from assistant.bootstrap.known import kept_of
from assistant.bootstrap.site import Site
from assistant.domain.evidence import Evidence, evidence
from assistant.turn.core import Core
from assistant.turn.interpret import Interpreter
from assistant.turn.perform import Performer
from assistant.turn.policy import Policy
from assistant.turn.record import Recorder
from assistant.turn.replay import Dropped, Rehearsal, Replay, Then


@asynccontextmanager
async def open_replay(site: Site, data: Path, first: int = 1) -> AsyncIterator[Replay]:
    """What reads a turn of this log again. The log is read, never written; the machines are left alone.

    `first`: the position of the oldest turn that will be reached; what was before it is taken from a snapshot where
    one of no later position fits. Raises LogError.
    """
    known, clock, dropped = kept_of(data, until=first - 1), Then(), Dropped()
    world, views = known.world, known.views
    # Sessions to machines are opened when something is asked of them: nothing is.
    machines = OpcUaMachines(site.hardware, ())

    def fold(until: int) -> None:
        for event in eventlog.read(data, world.position, until=until):
            world.apply(event)
            views.apply(event)

    async def caught_up() -> None:
        """The world stands still."""

    async with AsyncExitStack() as stack:
        recorder = Recorder(dropped.append, world)
        policy = Policy(site.intents, site.hardware, site.reader.language, world, site.calendar, site.stations)
        actor = Rehearsal(machines, recorder, clock, caught_up, lambda order: False, lambda: None)
        interpreter = Interpreter(site.reader, understander(site, stack))
        answers = answers_from(site, world, views)
        core = Core(world, recorder, interpreter, policy, Performer(policy, actor), clock, answers)
        yield Replay(core, clock, actor, dropped, fold)


def turn_of(data: Path, turn: str) -> Evidence | None:
    """A turn, whole, by its id; None when the log has none. Raises LogError."""
    return evidence(eventlog.of_turn(data, turn))


def led_to(data: Path, turn: Evidence) -> list[Evidence]:
    """The turns that led to the question which a turn may have answered, oldest first. Raises LogError."""
    found: list[Evidence] = []
    while (asked := turn.heard.asked or turn.heard.ran_out) and (before := turn_of(data, asked)):
        if before.position >= turn.position:
            break  # no question is asked after its answer, whatever a log says
        found.insert(0, before)
        turn = before
    return found
