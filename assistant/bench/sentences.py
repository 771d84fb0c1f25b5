"""Meaning: hand-written sentences read by templates alone, by the model alone, by both, and by the untrained model.

The sentence files (tests/meaning) hold one sentence a line and what it means at the reference plant, tab between them:
`hold lot=L4712 reason=bridging ; stop machine=PRN-1`, or `unknown` for what is not for the assistant. `unit=@here` is
"it"; `machine=*` a kind of machine of which the words leave open which. Free text (`text=`) stands last.
"""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

from assistant.bench import Share
from assistant.bootstrap import Site, first_entities, first_world, understander, untrained
from assistant.domain.spoken.mentions import Entities
from assistant.domain.values import HERE, MISSING, Command, Hypothesis, Session, Transcript
from assistant.errors import UsageError
from assistant.settings.intents import Intents
from assistant.turn.dialogue import Dialogue
from assistant.turn.interpret import Interpreter
from assistant.turn.policy import Policy
from assistant.turn.read import NAMED, UNKNOWN
from assistant.turn.understand import MODEL, Understander

BINS = 10
_NEXT = re.compile(r" ; (?=[a-z_]+(?: |$))")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One line of a sentence file."""

    text: str
    commands: tuple[tuple[str, Mapping[str, str]], ...]
    """(intent, slots) of each, in order."""


@dataclass(frozen=True, slots=True)
class Read:
    """How one sentence was read."""

    sentence: Sentence
    commands: tuple[Command, ...]
    exact: bool
    wrong_action: bool
    unasked: bool
    """Whether a wrong action would have happened without a question first."""
    ms: float


@dataclass(frozen=True, slots=True)
class Result:
    """How one reader did over all sentences."""

    name: str
    reads: tuple[Read, ...]
    shares: tuple[Share, ...]
    calibration_error: float
    """Points out of 100, ten bins of equal width; NaN where the reader gives no graded confidence."""
    median_ms: float
    p95_ms: float


def sentences(file: Path) -> list[Sentence]:
    """A sentence file. Raises UsageError naming the line that is none."""
    found = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        text, tab, means = line.partition("\t")
        if not tab:
            raise UsageError(f"{file}:{number}: no tab between a sentence and what it means")
        found.append(Sentence(text, tuple(_command(part) for part in _NEXT.split(means.strip()))))
    return found


def _command(text: str) -> tuple[str, Mapping[str, str]]:
    head, _, free = text.partition(" text=")
    intent, *pairs = head.split()
    slots = dict(pair.split("=", 1) for pair in pairs)
    return intent, {**slots, "text": free} if free else slots


async def measure(site: Site, file: Path) -> AsyncIterator[Result]:
    """Each way of reading, one after another, over the same sentences."""
    said = sentences(file)
    entities = plant(site)
    async with AsyncExitStack() as stack:
        model, plain = understander(site, stack), untrained(site, stack)
        yield await _result("templates alone", said, site, entities, Interpreter(site.reader))
        if model is not None:
            yield await _result("model alone", said, site, entities, model)
            yield await _result("templates, then the model", said, site, entities, Interpreter(site.reader, model))
        if plain is not None:
            yield await _result("untrained model alone, shown examples", said, site, entities, plain)


def plant(site: Site) -> Entities:
    """What can be named where nothing has happened yet."""
    return first_entities(first_world(site.plant), site.reader.language)


async def _result(
    name: str, said: Sequence[Sentence], site: Site, entities: Entities, by: Interpreter | Understander
) -> Result:
    reads = []
    policy = Policy(site.intents, site.hardware, site.reader.language, first_world(site.plant))
    for sentence in said:
        started = time.perf_counter()
        commands = await read(by, sentence.text, entities)
        ms = 1000 * (time.perf_counter() - started)
        bad = wrong(commands, sentence, site.intents)
        asked = all(_asked(command, policy) for command in commands)
        reads.append(Read(sentence, commands, exact(commands, sentence), bad, bad and not asked, ms))
    ours = [read for read in reads if read.sentence.commands[0][0] != UNKNOWN]
    others = [read for read in reads if read.sentence.commands[0][0] == UNKNOWN]
    shares = (
        Share(f"{name}: intent and every slot right", sum(read.exact for read in ours), len(ours)),
        Share(f"{name}: not for us, left alone", sum(read.exact for read in others), len(others)),
        Share(f"{name}: all sentences", sum(read.exact for read in reads), len(reads)),
        Share(f"{name}: wrong action", sum(read.wrong_action for read in reads), len(reads)),
        Share(f"{name}: wrong action, and not asked back first", sum(read.unasked for read in reads), len(reads)),
    )
    times = [read.ms for read in reads[1:]]  # the first one also loads the model
    p95 = quantiles(times, n=20)[-1]
    graded = [(read.commands[0].confidence, read.exact) for read in reads if read.commands[0].by == MODEL]
    return Result(name, tuple(reads), shares, calibration_error(graded), median(times), p95)


async def read(by: Interpreter | Understander, text: str, entities: Entities) -> tuple[Command, ...]:
    """What a reader makes of a sentence, typed."""
    if isinstance(by, Understander):
        return await by.understand(text, entities)
    return await by.interpret(Transcript("bench", Session(), (Hypothesis(text),)), Dialogue(), entities)


def exact(commands: Sequence[Command], sentence: Sentence) -> bool:
    """Whether it is these commands, with exactly these slots."""
    if len(commands) != len(sentence.commands):
        return False
    return all(_same(command, *meant) for command, meant in zip(commands, sentence.commands, strict=True))


def _same(command: Command, intent: str, slots: Mapping[str, str]) -> bool:
    if command.intent != intent or intent == UNKNOWN:
        return command.intent == intent
    got, meant = dict(command.slots), dict(slots)
    if _plain(got.pop("text", "")) != _plain(meant.pop("text", "")):
        return False
    if meant.pop("unit", "") and sum(value == HERE for value in got.values()) == 1:
        got = {slot: value for slot, value in got.items() if value != HERE}
    meant = {slot: value for slot, value in meant.items() if value != "*" or slot not in command.options}
    return got == meant


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[\w%]+", text.lower()))


def wrong(commands: Sequence[Command], sentence: Sentence, intents: Intents) -> bool:
    """Whether it comes to an action of another kind than was meant, on something else, or where none was meant."""
    meant = [(intent, _units(slots)) for intent, slots in sentence.commands]
    for command in commands:
        spec = intents.by_name.get(command.intent)
        if spec is None or spec.kind != "action":
            continue
        units = _units(command.slots)
        if not units and spec.one_of and set(spec.one_of) <= set(NAMED):
            continue  # asked which; nothing is done
        said = (command.intent, units)
        here = HERE in units.values() and (command.intent, {"unit": HERE}) in meant
        if said not in meant and not here:
            return True
    return False


def _asked(command: Command, policy: Policy) -> bool:
    """Whether policy asks before it does this, or does nothing."""
    spec = policy.intents.by_name.get(command.intent)
    if spec is None or spec.kind != "action" or MISSING in command.slots.values() or not spec.connected:
        return True
    return policy.unsure(command, spec) or spec.confirm == "always" or bool(command.options)


def _units(slots: Mapping[str, str]) -> dict[str, str]:
    return {slot: value for slot, value in slots.items() if slot in (*NAMED, "unit") and value != "*"}


def calibration_error(graded: Sequence[tuple[float, bool]]) -> float:
    """Expected calibration error in points: over ten bins, |share right - mean confidence|, weighted by size."""
    total = sum(
        abs(sum(right for _, right in found) - sum(confidence for confidence, _ in found)) for found in in_bins(graded)
    )
    return 100 * total / len(graded) if graded else float("nan")


def in_bins(graded: Sequence[tuple[float, bool]]) -> list[list[tuple[float, bool]]]:
    """By confidence, in BINS equal steps; a step without any is left out."""
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for confidence, right in graded:
        bins[min(BINS - 1, int(confidence * BINS))].append((confidence, right))
    return [found for found in bins if found]
