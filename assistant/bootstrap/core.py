"""The core of a data folder: met where it is up, else built and opened to others."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from assistant.adapters import corelink, eventlog
from assistant.adapters.clock import SystemClock
from assistant.adapters.groupcommit import GroupCommit
from assistant.adapters.metrics import Metrics
from assistant.adapters.opcua import OpcUaMachines
from assistant.adapters.tasks import ended
from assistant.bootstrap.answers import answers_from
from assistant.bootstrap.engines import recordings, understander
from assistant.bootstrap.known import Remembering, read_only, snapshots
from assistant.bootstrap.mes import mes_tasks
from assistant.bootstrap.site import Site, declarations
from assistant.domain import events as e
from assistant.domain.declare import news
from assistant.domain.things import Notice, Voicing
from assistant.domain.values import Answer, Session, Transcript
from assistant.domain.views import Views
from assistant.domain.world import World
from assistant.errors import CoreError, LogLocked, UsageError
from assistant.ports import Clock, EventLog, Machines
from assistant.settings import security
from assistant.turn.act import SOURCE, Actor
from assistant.turn.announce import Announcer, Matters
from assistant.turn.core import Core
from assistant.turn.escalate import Escalation
from assistant.turn.ingest import Ingest
from assistant.turn.inlet import Inlet
from assistant.turn.interpret import Interpreter
from assistant.turn.perform import Performer
from assistant.turn.policy import Policy
from assistant.turn.presence import Presence
from assistant.turn.record import Recorder
from assistant.turn.resend import Resend

START_S = 3.0
"""How long a new core waits for the machines before it answers without them."""
MEET_S = 10.0
"""How long a command tries to meet a core that is coming up or going down."""


class Door(Protocol):
    """A core, in this process or another."""

    async def check(self, session: Session) -> None:
        """Raise UsageError for a badge or station that the plant does not have."""

    async def parse(self, transcript: Transcript) -> Answer:
        """How it would be read."""

    async def turn(self, transcript: Transcript) -> Answer:
        """Take one transcript to its answer."""

    async def settle(self, order: str, outcome: Literal["done", "not_done"], session: Session) -> Answer:
        """End an uncertain order by the word of somebody who looked. Raises UsageError."""

    async def check_in(self, session: Session, how: str) -> None:
        """The station's headset speaks for this badge from now on. Raises UsageError, LogError."""

    async def voicing(self, session: Session) -> Voicing:
        """How whoever speaks there is spoken to."""

    async def announcement(self, session: Session) -> Notice | None:
        """The oldest announcement that is to be said to it now; None where there is none, or it is not at rest."""

    async def told(self, session: Session, ident: str, how: str) -> None:
        """Write down that an announcement was said or shown to it (announcement.told). Raises LogError."""

    async def check_out(self, session: Session, how: str) -> None:
        """It speaks for nobody from now on. Raises UsageError."""

    async def resend(self, position: int, session: Session) -> Answer:
        """Send an event again that the MES refused. Raises UsageError, MesError."""


class LocalCore:
    """The core in this process, as a Door."""

    def __init__(
        self,
        core: Core,
        metrics: Metrics | None = None,
        presence: Presence | None = None,
        resend: Resend | None = None,
    ) -> None:
        """`presence`: None for a core that only parses; `resend`: None where there is no MES to send anything to."""
        self._core, self._metrics, self._presence, self._resend = core, metrics, presence, resend

    async def check(self, session: Session) -> None:
        """See Door."""
        self._core.check(session)

    async def parse(self, transcript: Transcript) -> Answer:
        """See Door."""
        return await self._core.parse(transcript)

    async def turn(self, transcript: Transcript) -> Answer:
        """See Door."""
        answer = await self._core.turn(transcript)
        if self._metrics is not None:
            self._metrics.answered(answer)
        return answer

    async def settle(self, order: str, outcome: Literal["done", "not_done"], session: Session) -> Answer:
        """See Door."""
        return await self._core.settle(order, outcome, session)

    async def check_in(self, session: Session, how: str) -> None:
        """See Door."""
        if self._presence is None:
            raise CoreError("this core only parses")
        await self._presence.check_in(session, how)

    async def check_out(self, session: Session, how: str) -> None:
        """See Door."""
        if self._presence is None:
            raise CoreError("this core only parses")
        await self._presence.check_out(session, how)

    async def resend(self, position: int, session: Session) -> Answer:
        """See Door."""
        if self._resend is None:
            raise UsageError("mes resend: this site has no MES, or tells it nothing")
        return await self._resend.resend(position, session)

    async def voicing(self, session: Session) -> Voicing:
        """See Door."""
        return self._core.people.voicing(session)

    async def announcement(self, session: Session) -> Notice | None:
        """See Door."""
        return self._core.notices.next(session) if self._core.at_rest(session) else None

    async def told(self, session: Session, ident: str, how: str) -> None:
        """See Door."""
        await self._core.notices.told(session, ident, how)

    async def handle(self, request: corelink.Request) -> Answer | Voicing | Notice | None:
        """What a client of the socket asks."""
        await self.check(request.session)
        if request.op == "voicing":
            return await self.voicing(request.session)
        if request.op == "announcement":
            return await self.announcement(request.session)
        if request.op == "told":
            await self.told(request.session, request.announcement, request.how)
            return None
        if request.op == "settle" and request.outcome:
            return await self.settle(request.order, request.outcome, request.session)
        if request.op == "resend":
            return await self.resend(request.position, request.session)
        if request.op in ("check_in", "check_out"):
            await (self.check_in if request.op == "check_in" else self.check_out)(request.session, request.how)
            return None
        if request.transcript is None:
            return None
        return await (self.parse if request.op == "parse" else self.turn)(request.transcript)


@asynccontextmanager
async def open_core(site: Site, data: Path) -> AsyncIterator[Door]:
    """The one core of a data folder: joined where it is up, else started here and opened to others.

    Raises LogLocked when another process holds the log and answers nobody, LogError when it cannot be used.
    """
    until = time.monotonic() + MEET_S
    while True:
        remote = await corelink.RemoteCore.connect(data)
        if remote is not None:
            async with aclosing(remote):
                yield remote
            return
        try:
            log = eventlog.SqliteLog(data)
            break
        except LogLocked:
            # Another core is coming up, or going down: it will answer soon, or let go.
            if time.monotonic() > until:
                raise
            await asyncio.sleep(0.05)
    async with _hosted(site, data, log) as local:
        yield local


@asynccontextmanager
async def host_core(site: Site, data: Path, metrics: Metrics | None = None) -> AsyncIterator[Door]:
    """The core of a data folder in this process and no other. Raises LogLocked when one is up already."""
    async with _hosted(site, data, eventlog.SqliteLog(data), metrics) as local:
        yield local


@asynccontextmanager
async def _hosted(
    site: Site, data: Path, log: eventlog.SqliteLog, metrics: Metrics | None = None
) -> AsyncIterator[LocalCore]:
    async with AsyncExitStack() as stack:
        stack.callback(log.close)
        link = security.link(site.hardware, data, time.time())
        machines = OpcUaMachines(site.hardware, [machine.id for machine in site.plant.machines], link)
        stack.push_async_callback(machines.close)
        clock = SystemClock()
        parts = await start(site, log, machines, stack, clock, Remembering(snapshots(data)))
        factory, again = await mes_tasks(site.mes, data, parts.inlet, stack, clock)
        kept = recordings(site.evidence, data)
        tasks = (
            parts.ingest.follow(),
            parts.ingest.compare(),
            parts.escalation.follow(),
            parts.announcer.follow(),
            kept.follow(clock),
            parts.remembering.follow(clock),
        )
        for task in (*tasks, *factory):
            stack.push_async_callback(ended, asyncio.create_task(task))
        with suppress(TimeoutError):
            await asyncio.wait_for(parts.ingest.first.wait(), START_S)
        if metrics is not None:
            metrics.gauges(_gauges(parts.world, machines, data))
        resend = None
        if site.mes is not None and again is not None:
            resend = Resend(parts.world, parts.presence.recorder, clock, site.mes.resend, again)
        local = LocalCore(parts.core, metrics, parts.presence, resend)
        await stack.enter_async_context(corelink.serve(data, local.handle))
        yield local


def _gauges(world: World, machines: Machines, data: Path) -> dict[str, tuple[str, Callable[[], float]]]:
    """What somebody who watches this box asks for."""

    def alarms() -> int:
        return sum(len(machine.alarms) for machine in list(world.machines.values()))

    return {
        "log_position": ("Events in the log.", lambda: world.position),
        "log_bytes": ("Size of the log's file.", lambda: (data / eventlog.NAME).stat().st_size),
        "orders_open": ("Orders whose end is awaited.", lambda: len(world.open_orders)),
        "orders_uncertain": ("Orders that may or may not have been carried out.", lambda: len(world.uncertain)),
        "alarms_open": ("Alarms that nobody has acknowledged.", alarms),
        "machines_silent_seconds": ("Since the machines were last heard of.", machines.age),
    }


@dataclass(frozen=True, slots=True)
class Parts:
    """A core and what works beside it."""

    core: Core
    world: World
    ingest: Ingest
    escalation: Escalation
    announcer: Announcer
    inlet: Inlet
    views: Views
    remembering: Remembering
    presence: Presence


async def start(
    site: Site,
    log: EventLog,
    machines: Machines,
    stack: AsyncExitStack,
    clock: Clock,
    remembering: Remembering | None = None,
) -> Parts:
    """A core over a log and machines: folds what is known, writes down what is new in the site's files.

    With something that remembers, it begins where an earlier core ended, and is remembered in its turn.
    """
    remembering = remembering or Remembering(None)
    known = remembering.begin(log)
    world, views = known.world, known.views
    stack.callback(remembering.end)
    commit = GroupCommit(log)
    stack.push_async_callback(commit.close)
    recorder = Recorder(commit.append, world, views)
    new = news(world, declarations(site.plant, clock.now()), clock.now())
    await recorder.record(*new, *_left_open(world, clock.now()))
    ingest = Ingest(machines, recorder, world, clock, dict(world.seen))
    actor = Actor(machines, recorder, clock, ingest.catch_up, ingest.reported, ingest.doubt)
    policy = Policy(site.intents, site.hardware, site.reader.language, world, site.calendar, site.stations)
    interpreter = Interpreter(site.reader, understander(site, stack))
    answers = answers_from(site, world, views)
    core = Core(world, recorder, interpreter, policy, Performer(policy, actor), clock, answers)
    escalation = Escalation(site.intents, world, recorder, clock)
    announcer = Announcer(site.announce, Matters(world, views, answers.limits), recorder, clock)
    inlet = Inlet(policy, actor, recorder, clock)
    presence = Presence(core, world, recorder, clock)
    return Parts(core, world, ingest, escalation, announcer, inlet, views, remembering, presence)


@asynccontextmanager
async def open_parser(site: Site, data: Path) -> AsyncIterator[Door]:
    """The running core if there is one, else one that can only parse: it reads the log and touches nothing."""
    remote = await corelink.RemoteCore.connect(data)
    if remote is None:
        async with AsyncExitStack() as stack:
            yield LocalCore(_parser(site, data, stack))
        return
    async with aclosing(remote):
        yield remote


def _parser(site: Site, data: Path, stack: AsyncExitStack) -> Core:
    world = read_only(data)
    for event in declarations(site.plant, 0.0):
        if event.id not in world.declared:
            world.apply(event)

    async def refuse(events: object) -> list[e.Event]:
        raise CoreError("this core only parses")

    clock, recorder = SystemClock(), Recorder(refuse, world)
    policy = Policy(site.intents, site.hardware, site.reader.language, world, site.calendar, site.stations)
    machines = OpcUaMachines(site.hardware, ())
    ingest = Ingest(machines, recorder, world, clock, {})
    performer = Performer(policy, Actor(machines, recorder, clock, ingest.catch_up, ingest.reported, ingest.doubt))
    interpreter = Interpreter(site.reader, understander(site, stack))
    return Core(world, recorder, interpreter, policy, performer, clock)


def _left_open(world: World, now: float) -> list[e.Event]:
    """Orders whose end an earlier core did not live to see are uncertain from now on; nothing is sent again."""
    return [
        e.Event(
            uuid.uuid4().hex,
            SOURCE,
            order,
            now,
            e.OrderUncertain(world.requested[order][0].machine, "the assistant stopped before it saw the end"),
            correlationid=world.requested[order][1],
            causationid=order,
        )
        for order in sorted(world.open_orders)
    ]
