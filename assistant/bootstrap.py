"""The one place that constructs anything: files become settings, settings become engines, engines a core."""

from __future__ import annotations

import asyncio
import os
import time
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec
import structlog

from assistant.adapters import corelink, eventlog
from assistant.adapters.clock import SystemClock
from assistant.adapters.ear import Ear
from assistant.adapters.espeak import Espeak
from assistant.adapters.groupcommit import GroupCommit
from assistant.adapters.llama import Llama, Plan
from assistant.adapters.opcua import OpcUaMachines
from assistant.adapters.piper import Piper
from assistant.adapters.tasks import ended
from assistant.adapters.templates import Templates
from assistant.adapters.voices import FirstVoice
from assistant.adapters.weights import Weights
from assistant.adapters.whisper import Whisper
from assistant.domain import events as e
from assistant.domain.declare import declared
from assistant.domain.spoken.mentions import Entities
from assistant.domain.values import Answer, Session, Transcript
from assistant.domain.world import World
from assistant.errors import CoreError, LogLocked, ModelError, UsageError
from assistant.ports import Clock, EventLog, Machines, Voice
from assistant.settings import hardware, intents, language, manifest, meaning, plant
from assistant.settings.hardware import Hardware
from assistant.settings.intents import Intents
from assistant.settings.paths import cache_dir, site_folder
from assistant.settings.plant import Plant
from assistant.turn import fewshot
from assistant.turn.act import SOURCE, Actor
from assistant.turn.core import Core
from assistant.turn.ingest import Ingest
from assistant.turn.interpret import Interpreter
from assistant.turn.perform import Performer
from assistant.turn.policy import Policy
from assistant.turn.read import Reader
from assistant.turn.record import Recorder
from assistant.turn.shape import grammar as shape_of
from assistant.turn.understand import Calibration, Understander

ENDPOINT = "LINE_ASSISTANT_ENDPOINT"
"""Environment: another endpoint than the site's hardware file says, for a plant on another port."""
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


@dataclass(frozen=True, slots=True)
class Site:
    """A site's files, read and checked."""

    plant: Plant
    hardware: Hardware
    intents: Intents
    reader: Reader
    meaning: Meaning | None = None
    """The language model behind the templates; None where there is none."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """How a site's language model is loaded, and what its probabilities are worth."""

    model: str
    """Id in the manifest."""
    plan: Plan
    calibration: Calibration


def vocabulary(site: Site) -> list[str]:
    """Names that may be spoken here, for the recogniser's prompt; never a verb, and no id that exists.

    A verb in the prompt is a command that nobody gave (pitfalls W3); a live id would be heard where another was
    said. One name of each kind of machine is enough to teach its spelling.
    """
    first: dict[str, str] = {}
    for machine in site.plant.machines:
        first.setdefault(machine.kind, machine.name)
    lines = [line.name for line in site.plant.lines]
    values = [forms[0] for name, forms in site.intents.lists.get("reason", {}).items()]
    known = {lot.id for lot in site.plant.lots} | {board for lot in site.plant.lots for board in lot.board_ids()}
    ids = [
        next(f"{kind.nouns[-1][0]} {n}" for n in _numbers(kind.digits) if kind.canonical(n) not in known)
        for kind in site.reader.language.kinds
    ]
    return [*first.values(), *lines, *values, *ids]


def _numbers(digits: int) -> Iterator[str]:
    """Numbers of so many digits, all different, to spell an id without naming one."""
    return ("".join(str((start + 3 * i) % 10) for i in range(digits)) for start in (5, 6, 8, 9, 2))


def load_site(folder: Path | None) -> Site:
    """Read all of a site. Raises SiteError."""
    wired = hardware.load(site_folder(folder, "hardware"))
    if ENDPOINT in os.environ:
        wired = msgspec.structs.replace(wired, endpoint=os.environ[ENDPOINT])
    words = language.load(site_folder(folder, "grammars"))
    meant = intents.load(site_folder(folder, "intents"))
    templates = Templates(meant, words.skip, site_folder(folder, "intents"))
    reader = Reader.of(templates, words, meant)
    return Site(plant.load(site_folder(folder, "hardware")), wired, meant, reader, _meaning(folder, meant, reader))


def _meaning(folder: Path | None, intents: Intents, reader: Reader) -> Meaning | None:
    """The language model as far as its files are in place; without them the templates serve alone."""
    models = site_folder(folder, "models")
    shape = site_folder(folder, "grammars") / "command.gbnf"
    loaded = meaning.load(models)
    if loaded is None or not shape.is_file():
        return None
    card, adapter = loaded
    try:
        weights = Weights(manifest.load(models), cache_dir()).ensure(card.base)
    except ModelError as exc:
        structlog.get_logger(__name__).warning("no language model", why=str(exc))
        return None
    base = str(next(weights.glob("*.gguf")))
    grammar = shape_of(shape.read_text(encoding="utf-8"), intents)
    if adapter.is_file() and _trained(card.intents, intents):
        plan = Plan(base, str(adapter), card.before, card.after, card.end, grammar)
        return Meaning(card.base, plan, Calibration(card.calibration))
    before = fewshot.before(reader, intents, Entities({}, {}))
    return Meaning(card.base, Plan(base, "", before, fewshot.AFTER, fewshot.END, grammar, context=2048), Calibration())


def _trained(known: Sequence[str], intents: Intents) -> bool:
    """Whether an adapter that knows these intents is of use here: most of what can be done here is among them."""
    wanted = [name for name, spec in intents.by_name.items() if spec.kind != "dialogue"]
    return 2 * sum(name in known for name in wanted) > len(wanted)


def understander(site: Site, stack: AsyncExitStack) -> Understander | None:
    """What reads sentences that no template fits; its process starts with the first one and ends with `stack`."""
    if site.meaning is None:
        return None
    model = Llama(site.meaning.plan)
    stack.push_async_callback(model.close)
    return Understander(model, site.reader.language, site.intents, site.meaning.calibration)


def declarations(plant: Plant, now: float) -> Iterator[e.Event]:
    """What the site's file says of the plant, as events; the log keeps the ones that it does not have."""
    for line in plant.lines:
        yield declared(line.id, e.LineInstalled(line.name, line.machines, line.spoken), now)
    for machine in plant.machines:
        installed = e.MachineInstalled(machine.name, machine.kind, plant.line_of(machine.id), machine.spoken)
        yield declared(machine.id, installed, now)
    for product in plant.products:
        yield declared(product.id, e.ProductIntroduced(product.name, product.spoken), now)
    orders = {order.id: order for order in plant.workorders}
    for order in plant.workorders:
        yield declared(order.id, e.WorkOrderCreated(order.product, order.line, order.status), now)
    for lot in plant.lots:
        order = orders[lot.order]
        yield declared(lot.id, e.LotCreated(lot.order, order.product, order.line, lot.board_ids()), now)
    for operator in plant.operators:
        yield declared(operator.id, e.OperatorRegistered(operator.role, operator.line), now)


class LocalCore:
    """The core in this process, as a Door."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def check(self, session: Session) -> None:
        """See Door."""
        self._core.check(session)

    async def parse(self, transcript: Transcript) -> Answer:
        """See Door."""
        return await self._core.parse(transcript)

    async def turn(self, transcript: Transcript) -> Answer:
        """See Door."""
        return await self._core.turn(transcript)

    async def handle(self, request: corelink.Request) -> Answer | None:
        """What a client of the socket asks."""
        await self.check(request.session)
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
async def host_core(site: Site, data: Path) -> AsyncIterator[Door]:
    """The core of a data folder in this process and no other. Raises LogLocked when one is up already."""
    async with _hosted(site, data, eventlog.SqliteLog(data)) as local:
        yield local


@asynccontextmanager
async def _hosted(site: Site, data: Path, log: eventlog.SqliteLog) -> AsyncIterator[LocalCore]:
    async with AsyncExitStack() as stack:
        stack.callback(log.close)
        machines = OpcUaMachines(site.hardware, [machine.id for machine in site.plant.machines])
        stack.push_async_callback(machines.close)
        core, ingest = await start(site, log, machines, stack, SystemClock())
        follow = asyncio.create_task(ingest.follow())
        stack.push_async_callback(ended, follow)
        with suppress(TimeoutError):
            await asyncio.wait_for(ingest.first.wait(), START_S)
        local = LocalCore(core)
        await stack.enter_async_context(corelink.serve(data, local.handle))
        yield local


async def start(
    site: Site, log: EventLog, machines: Machines, stack: AsyncExitStack, clock: Clock
) -> tuple[Core, Ingest]:
    """A core over a log and machines: folds what is known, writes down what is new in the site's files."""
    world = World()
    seen: dict[str, int] = {}
    for event in log.read():
        world.apply(event)
        _remember(seen, event)
    commit = GroupCommit(log)
    stack.push_async_callback(commit.close)
    recorder = Recorder(commit.append, world)
    new = [event for event in declarations(site.plant, clock.now()) if event.id not in world.declared]
    await recorder.record(*new, *_left_open(world, clock.now()))
    ingest = Ingest(machines, recorder, world, clock, seen)
    actor = Actor(machines, recorder, clock, ingest.catch_up)
    policy = Policy(site.intents, site.hardware, site.reader.language, world)
    interpreter = Interpreter(site.reader, understander(site, stack))
    core = Core(log, world, recorder, interpreter, policy, Performer(policy, actor), clock)
    return core, ingest


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
    world = World()
    for event in eventlog.read(data):
        world.apply(event)
    for event in declarations(site.plant, 0.0):
        if event.id not in world.declared:
            world.apply(event)

    async def refuse(events: object) -> list[e.Event]:
        raise CoreError("this core only parses")

    clock, recorder = SystemClock(), Recorder(refuse, world)
    policy = Policy(site.intents, site.hardware, site.reader.language, world)
    machines = OpcUaMachines(site.hardware, ())
    ingest = Ingest(machines, recorder, world, clock, {})
    performer = Performer(policy, Actor(machines, recorder, clock, ingest.catch_up))
    interpreter = Interpreter(site.reader, understander(site, stack))
    return Core(_NoLog(), world, recorder, interpreter, policy, performer, clock)


def _remember(seen: dict[str, int], event: e.Event) -> None:
    """The place in each plant's journal that the log has come to; event ids there are `<run>-<sequence>`."""
    if event.source.startswith("/machines/"):
        run, _, sequence = event.id.rpartition("-")
        seen[run] = max(seen.get(run, 0), int(sequence))


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


class _NoLog:
    """The log of a core that only parses."""

    def append(self, events: object) -> list[e.Event]:
        """Nothing is written."""
        raise CoreError("this core only parses")

    def read(self, after: int = 0, limit: int | None = None) -> list[e.Event]:
        """Nothing is read."""
        return []

    def close(self) -> None:
        """Nothing to close."""


def speech_model(site: Path | None) -> Path:
    """The folder of the default ear. Raises ModelError."""
    loaded = manifest.load(site_folder(site, "models"))
    return Weights(loaded, cache_dir()).ensure(loaded.default("speech"))


def ear(site: Path | None, chosen: str | None) -> Ear:
    """An ear with the model of a role's default, of another id's last part (`tiny.en`), or of a folder."""
    loaded = manifest.load(site_folder(site, "models"))
    weights = Weights(loaded, cache_dir())
    ids = {name.partition("/")[2]: name for name, model in loaded.models.items() if model.role == "speech"}

    def load() -> Whisper:
        if chosen is None:
            return Whisper(weights.ensure(loaded.default("speech")))
        if chosen in ids:
            return Whisper(weights.ensure(ids[chosen]))
        if Path(chosen).is_dir():
            return Whisper(Path(chosen))
        raise UsageError(f"--model {chosen}: neither a folder nor one of {', '.join(ids)}")

    return Ear(load)


def voice(site: Path | None) -> FirstVoice:
    """Piper where its voice is in place, and espeak-ng behind it."""
    loaded = manifest.load(site_folder(site, "models"))
    voices: list[Voice] = [Espeak()]
    try:
        folder = Weights(loaded, cache_dir()).ensure(loaded.default("voice"))
        voices.insert(0, Piper(next(folder.glob("*.onnx"))))
    except (ModelError, KeyError, StopIteration) as exc:
        structlog.get_logger(__name__).warning("no Piper voice", why=str(exc))
    return FirstVoice(voices)
