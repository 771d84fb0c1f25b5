"""A core over fakes, and a few words to talk to it with."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from assistant.bootstrap import Site, start
from assistant.domain.values import Answer, Hypothesis, Session, Transcript
from assistant.turn.core import Core
from assistant.turn.escalate import Escalation
from assistant.turn.ingest import Ingest
from assistant.turn.inlet import Inlet
from assistant.turn.presence import Presence
from tests.fakes.memory_log import MemoryLog
from tests.fakes.memory_machines import MemoryMachines
from tests.fakes.stepped_clock import SteppedClock
from tests.site import the_calendar, the_hardware, the_intents, the_plant, the_reader

OPERATOR = Session("OP-17", "PRN-1")
QUALITY = Session("QA-5", "AOI-1")
SUPERVISOR = Session("SV-3", "SMT-2")
NOBODY = Session()


def the_site() -> Site:
    return Site(the_plant(), the_hardware(), the_intents(), the_reader(), calendar=the_calendar())


@dataclass
class Bench:
    """A core and everything around it."""

    core: Core
    log: MemoryLog
    machines: MemoryMachines
    clock: SteppedClock
    ingest: Ingest
    escalation: Escalation
    inlet: Inlet
    presence: Presence

    async def say(self, text: str, session: Session = OPERATOR, turn: str = "") -> Answer:
        """Type something."""
        transcript = Transcript(turn or uuid.uuid4().hex, session, (Hypothesis(text),))
        return await self.core.turn(transcript)

    async def hear(self, *heard: tuple[str, float], session: Session = OPERATOR) -> Answer:
        """Speak something: n-best with log-probabilities."""
        hypotheses = tuple(Hypothesis(text, logprob) for text, logprob in heard)
        return await self.core.turn(Transcript(uuid.uuid4().hex, session, hypotheses, "voice"))

    def types(self) -> list[str]:
        """Types of all events, in order."""
        return [event.type for event in self.log.events]


@asynccontextmanager
async def a_core(
    log: MemoryLog | None = None,
    machines: MemoryMachines | None = None,
    clock: SteppedClock | None = None,
    site: Site | None = None,
) -> AsyncIterator[Bench]:
    """A core that has heard all that its plant has to say."""
    log, clock = log or MemoryLog(), clock or SteppedClock()
    machines = machines or MemoryMachines(the_plant(), wall=clock.now)
    async with AsyncExitStack() as stack:
        parts = await start(site or the_site(), log, machines, stack, clock)
        await parts.ingest.catch_up()
        yield Bench(parts.core, log, machines, clock, parts.ingest, parts.escalation, parts.inlet, parts.presence)
