"""A site's folders, read and checked: what everything else is built from."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import structlog

from assistant.adapters.llama import ANSWER_S, Plan
from assistant.adapters.templates import Templates
from assistant.adapters.weights import Weights
from assistant.domain import declare
from assistant.domain import events as e
from assistant.domain.calendar import Calendar
from assistant.domain.declare import declared
from assistant.domain.spoken.language import Language
from assistant.domain.spoken.mentions import Entities
from assistant.domain.views.materials import Rule
from assistant.domain.world import World
from assistant.errors import ModelError
from assistant.settings import (
    announce,
    calendar,
    causes,
    evidence,
    hardware,
    intents,
    language,
    manifest,
    meaning,
    mes,
    plant,
    stations,
)
from assistant.settings.announce import Announce
from assistant.settings.evidence import Evidence
from assistant.settings.hardware import Hardware
from assistant.settings.intents import Intents
from assistant.settings.mes import Mes
from assistant.settings.paths import cache_dir, site_folder
from assistant.settings.plant import Plant
from assistant.settings.stations import Stations
from assistant.turn import fewshot
from assistant.turn.read import Reader
from assistant.turn.shape import grammar
from assistant.turn.understand import Calibration

_OPTIONAL = re.compile(r"\[[^\]]*\]")
_CHOICE = re.compile(r"\(([^()|]*)[^()]*\)")
ENDPOINT = "LINE_ASSISTANT_ENDPOINT"
"""Environment: another endpoint than the site's hardware file says, for a plant on another port."""


@dataclass(frozen=True, slots=True)
class Site:
    """A site's files, read and checked."""

    plant: Plant
    hardware: Hardware
    intents: Intents
    reader: Reader
    meaning: Meaning | None = None
    """The language model behind the templates; None where there is none."""
    evidence: Evidence = Evidence()  # noqa: RUF009 (frozen)
    """What is kept of a turn beside the log."""
    mes: Mes | None = None
    """The factory's own system; None where the site has none."""
    calendar: Calendar = Calendar()  # noqa: RUF009 (frozen)
    """When it works, by its own clock."""
    announce: Announce = Announce()  # noqa: RUF009 (frozen)
    """What is said by itself."""
    stations: Stations | None = None
    """What may be asked for where; None: every action everywhere."""
    causes: Rule = Rule()  # noqa: RUF009 (frozen)
    """How much must speak against a reel or a place before it is named."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """How a site's language model is loaded, and what its probabilities are worth."""

    plan: Plan
    calibration: Calibration
    answer_s: float = ANSWER_S
    """How long it may take over a sentence, in seconds."""


def load_site(folder: Path | None) -> Site:
    """Read all of a site. Raises SiteError."""
    wired = hardware.load(site_folder(folder, "hardware"))
    if ENDPOINT in os.environ:
        wired = msgspec.structs.replace(wired, endpoint=os.environ[ENDPOINT])
    words = language.load(site_folder(folder, "grammars"))
    meant = intents.load(site_folder(folder, "intents"))
    templates = Templates(meant, words.skip, site_folder(folder, "intents"))
    reader = Reader.of(templates, words, meant)
    stands = plant.load(site_folder(folder, "hardware"))
    understands = _meaning(folder, meant, reader, stands)
    factory = mes.load(site_folder(folder, "hardware"))
    works = calendar.load(site_folder(folder, "hardware"))
    actions = [name for name, spec in meant.by_name.items() if spec.kind == "action"]
    places = {named.id for named in (*stands.machines, *stands.lines)}
    where = stations.load(site_folder(folder, "hardware"), actions, places, meant.shared.answers)
    speaks_up = announce.load(site_folder(folder, "hardware"))
    rule = causes.load(site_folder(folder, "hardware"))
    kept = evidence_of(folder)
    return Site(stands, wired, meant, reader, understands, kept, factory, works, speaks_up, where, rule)


def evidence_of(folder: Path | None) -> Evidence:
    """What a site keeps of a turn beside its log. Raises SiteError."""
    return evidence.load(site_folder(folder, "hardware"))


def _meaning(folder: Path | None, intents: Intents, reader: Reader, plant: Plant) -> Meaning | None:
    """The language model as far as its files are in place; without them the templates serve alone."""
    models, grammars = site_folder(folder, "models"), site_folder(folder, "grammars")
    loaded = meaning.load(models)
    if loaded is None or not (grammars / "command.gbnf").is_file():
        return None
    card, adapter = loaded
    try:
        weights = Weights(manifest.load(models), cache_dir()).ensure(card.base)
    except ModelError as exc:
        structlog.get_logger(__name__).warning("no language model", why=str(exc))
        return None
    base = str(next(weights.glob("*.gguf")))
    shape = grammar((grammars / "command.gbnf").read_text(encoding="utf-8"), intents)
    if adapter.is_file() and _trained(card.intents, intents):
        plan = Plan(base, str(adapter), card.before, card.after, card.end, shape)
        return Meaning(plan, Calibration(card.calibration))
    return Meaning(plain(base, shape, intents, reader, plant), Calibration())


def plain(base: str, shape: str, intents: Intents, reader: Reader, plant: Plant) -> Plan:
    """The base model without an adapter, shown the site's own examples instead."""
    shown = fewshot.before(reader, intents, first_entities(first_world(plant), reader.language))
    return Plan(base, "", shown, fewshot.AFTER, fewshot.END, shape, context=2048)


def _trained(known: Sequence[str], intents: Intents) -> bool:
    """Whether an adapter that knows these intents is of use here: most of what can be done here is among them."""
    wanted = [name for name, spec in intents.by_name.items() if spec.kind != "dialogue"]
    return 2 * sum(name in known for name in wanted) > len(wanted)


def vocabulary(site: Site) -> list[str]:
    """Names that may be spoken here, for the recogniser's prompt; never a verb, and no id that exists.

    A verb in the prompt is a command that nobody gave (pitfalls W3); a live id would be heard where another was
    said. One name of each kind of machine is enough to teach its spelling.
    """
    first: dict[str, str] = {}
    for machine in site.plant.machines:
        first.setdefault(machine.kind, machine.name)
    lines = [line.name for line in site.plant.lines]
    lists = site.intents.lists
    chosen = [lists["reason"]] if "reason" in lists else lists.values()
    values = _new_words(forms[0] if forms else value for spoken in chosen for value, forms in spoken.items())
    known = {lot.id for lot in site.plant.lots} | {board for lot in site.plant.lots for board in lot.board_ids()}
    ids = [
        next(f"{kind.nouns[-1][0]} {n}" for n in _numbers(kind.digits) if kind.canonical(n) not in known)
        for kind in site.reader.language.kinds
    ]
    return [*first.values(), *lines, *values, *ids]


def _new_words(forms: Iterable[str]) -> Iterator[str]:
    """Spoken forms without the signs of their templates, of which each brings a word that those before it lack."""
    known: set[str] = set()
    for form in forms:
        plain = " ".join(_CHOICE.sub(r"\1", _OPTIONAL.sub(" ", form)).split())
        if not known.issuperset(plain.split()):
            known |= set(plain.split())
            yield plain


def _numbers(digits: int) -> Iterator[str]:
    """Numbers of so many digits, all different, to spell an id without naming one."""
    return ("".join(str((start + 3 * i) % 10) for i in range(digits)) for start in (5, 6, 8, 9, 2))


def first_world(plant: Plant) -> World:
    """A site's plant as its files declare it, before anything has happened."""
    world = World()
    for event in declarations(plant, 0.0):
        world.apply(event)
    return world


def first_entities(world: World, language: Language) -> Entities:
    """What words can name there."""
    return declare.entities(world, declare.names(world, language.numbers))


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
