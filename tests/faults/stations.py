"""Two stations at once: whatever two people say within a second, each outcome is consistent, and a yes is its own.

A round is one of the scenes below, played by two sessions at the same time, in an order that chance decides. What they
were told is held against what the machines did and against what the plant is like afterwards.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.adapters.eventlog import SqliteLog
from assistant.bootstrap import start
from assistant.domain import events as e
from assistant.domain.values import Answer, Decision, Hypothesis, Session, Transcript
from assistant.plant.ledger import Ledger
from assistant.turn.core import Core
from tests.a_core import the_site
from tests.fakes.memory_machines import MemoryMachines
from tests.fakes.stepped_clock import SteppedClock
from tests.faults.tally import Tally
from tests.site import the_plant

NAME = "stations"
FULL, SHORT = 200, 20
LOTS = ("4711", "4712", "4713", "4721", "4722")
MACHINES = {"OVN-1": "oven one", "PNP-2": "placer two", "AOI-2": "A O I two", "PRN-2": "printer two"}
PEOPLE = (Session("QA-5", "AOI-1"), Session("SV-3", "SMT-2"), Session("SV-3", "RWK-1"), Session("QA-5", "OVN-2"))
"""Who may do all that the scenes ask for; the same badge at two stations is two sessions."""
OTHER = Session("SV-3", "ICT-1")
"""Who sets the scene."""
REFUSALS = (Decision.REFUSED, Decision.IGNORED, Decision.ASK)


@dataclass
class Play:
    """A core, and what two people were told."""

    core: Core
    machines: MemoryMachines
    log: SqliteLog
    ledger: Path
    rng: random.Random
    told: dict[str, Answer] = field(default_factory=dict)
    boards: list[str] = field(default_factory=lambda: [str(number) for number in range(10201, 10273)])
    """Not scrapped yet."""

    async def say(self, who: Session, *texts: str) -> list[Answer]:
        """One after the other, as one person says them."""
        answers = []
        for text in texts:
            for _ in range(self.rng.randrange(4)):
                await asyncio.sleep(0)
            turn = f"turn-{len(self.told)}"
            self.told[turn] = Answer(text, "", {}, 0.0, "", None, "")
            self.told[turn] = await self.core.turn(Transcript(turn, who, (Hypothesis(text),)))
            answers.append(self.told[turn])
        return answers

    async def together(self, *parts: Awaitable[list[Answer]]) -> list[list[Answer]]:
        """Several people at once, whoever is first."""
        order = list(enumerate(parts))
        self.rng.shuffle(order)
        done = await asyncio.gather(*(part for _, part in order))
        return [answers for _, answers in sorted(zip((at for at, _ in order), done, strict=True))]

    def deeds(self) -> list[dict[str, Any]]:
        """What machines took."""
        lines = self.ledger.read_text().splitlines() if self.ledger.exists() else []
        return [entry for entry in map(json.loads, lines) if entry["result"] == "accepted"]

    @property
    def holds(self) -> dict[str, str]:
        """What the plant holds."""
        return self.machines.simulation.holds


async def run(times: int, seed: int, folder: Path) -> Tally:
    """So many scenes, one after the other on the same plant."""
    began, rng = time.perf_counter(), random.Random(seed)
    found: list[str] = []
    counts = {scene.__name__: 0 for scene in SCENES}
    async with playing(folder, rng) as play:
        for count in range(times):
            scene = SCENES[count % len(SCENES)]
            one, two = rng.sample(PEOPLE, 2)
            before = len(play.deeds())
            problems = [problem async for problem in scene(play, one, two)]
            problems += _owned(play, before)
            found += [f"{scene.__name__}, round {count}: {problem}" for problem in problems]
            counts[scene.__name__] += 1
            await _tidy(play)
    from tests.faults.checker import problems as checked

    found += checked(folder, play.ledger, told=play.told)
    note = f"{len(play.deeds())} orders taken"
    return Tally(NAME, times, found, time.perf_counter() - began, note)


@asynccontextmanager
async def playing(folder: Path, rng: random.Random) -> AsyncIterator[Play]:
    """A core over the real log, and a plant in this process."""
    clock, ledger = SteppedClock(), folder / "ledger.jsonl"
    async with AsyncExitStack() as stack:
        log = stack.enter_context(closing(SqliteLog(folder, floor_bytes=0)))
        machines = MemoryMachines(the_plant(), wall=clock.now, ledger=stack.enter_context(Ledger(ledger)))
        parts = await start(the_site(), log, machines, stack, clock)
        await parts.ingest.catch_up()
        yield Play(parts.core, machines, log, ledger, rng)


async def _tidy(play: Play) -> None:
    """Nothing pending, nothing on hold, nothing stopped."""
    for who in PEOPLE:
        await play.say(who, "no")
    for unit in list(play.holds):
        noun = {"L": "lot", "B": "board"}.get(unit[0] if unit[1:].isdigit() else "", "")
        name = f"{noun} {unit[1:]}" if noun else MACHINES[unit]
        await play.say(OTHER, f"release {name}", "yes")
    for ident, name in MACHINES.items():
        if play.machines.simulation.machines[ident].stopped:
            await play.say(OTHER, f"start {name}", "yes")
    assert not play.holds, play.holds


def _owned(play: Play, before: int) -> list[str]:
    """Each order that needs a yes came of a yes of the very session that had been asked about that very thing."""
    problems = []
    events = list(play.log.read())
    turns = {event.subject: event for event in events if isinstance(event.data, e.TurnHeard)}
    requests = {event.subject: event for event in events if isinstance(event.data, e.OrderRequested)}
    for deed in play.deeds()[before:]:
        request = requests[deed["order"]]
        heard = turns[request.correlationid]
        assert isinstance(request.data, e.OrderRequested) and isinstance(heard.data, e.TurnHeard)
        who = (request.data.badge, request.data.station)
        if who != (heard.data.badge, heard.data.station):
            problems.append(f"{deed['method']} for {who} came of the words of {heard.data.badge} {heard.data.station}")
        if deed["method"] not in ("Release", "Start", "Rework", "Scrap") or heard.data.intent == "undo":
            continue
        mine = [
            turn
            for turn in turns.values()
            if isinstance(turn.data, e.TurnHeard)
            and (turn.data.badge, turn.data.station) == who
            and turn.position < heard.position
        ]
        last = max(mine, key=lambda turn: turn.position, default=None)
        unit = deed["args"].get("unit", deed["machine"])
        named = last.data.slots.values() if last is not None and isinstance(last.data, e.TurnHeard) else ()
        if heard.data.intent != "yes" or unit not in named:
            problems.append(f"{deed['method']} {unit} for {who} came of {heard.data.text!r}, not of its own question")
    return problems


def decisions(answers: list[Answer]) -> list[Decision | None]:
    """Of several answers."""
    return [answer.decision for answer in answers]


# ---- scenes: what two people may say at once, and what must then be so ---------------------------------------

Scene = Callable[[Play, Session, Session], AsyncIterator[str]]


async def a_strange_yes(play: Play, one: Session, two: Session) -> AsyncIterator[str]:
    """One is asked; the other says yes, meanwhile, before and after. Only the one who was asked can confirm."""
    lot = play.rng.choice(LOTS)
    await play.say(OTHER, f"hold lot {lot}, bridging")
    before = len(play.deeds())
    (asked,), strange = await play.together(play.say(one, f"release lot {lot}"), play.say(two, "yes", "yes", "yes"))
    strange += await play.say(two, "yes", "go ahead")
    if asked.decision is not Decision.CONFIRM:
        yield f"not asked: {asked.decision} {asked.say!r}"
    if set(decisions(strange)) != {Decision.IGNORED} or len(play.deeds()) != before:
        yield f"a strange yes: {decisions(strange)}, {len(play.deeds()) - before} orders taken"
    own = "yes" if play.rng.random() < 0.7 else "no"
    (answer,), _ = await play.together(play.say(one, own), play.say(two, "yes" if own == "no" else "no"))
    wanted = (Decision.DONE, 1) if own == "yes" else (Decision.ANSWERED, 0)
    if (answer.decision, len(play.deeds()) - before) != wanted or (f"L{lot}" in play.holds) == (own == "yes"):
        yield f"own {own}: {answer.decision} {answer.say!r}, {len(play.deeds()) - before} taken, holds {play.holds}"


async def strange_digits(play: Play, one: Session, two: Session) -> AsyncIterator[str]:
    """One must say the digits of a board to scrap it; the other says them."""
    board = play.boards.pop()
    before = len(play.deeds())
    (asked,), strange = await play.together(
        play.say(one, f"scrap board {board}, damaged"), play.say(two, board[-2:], f"yes, {board[-2:]}", board)
    )
    strange += await play.say(two, board[-2:])
    if asked.decision is not Decision.CONFIRM or len(play.deeds()) != before:
        yield f"asked {asked.decision}, strange digits {decisions(strange)}: {len(play.deeds()) - before} orders taken"
    (answer,) = await play.say(one, board[-2:])
    if answer.decision is not Decision.DONE or f"B{board}" not in play.machines.simulation.scrapped:
        yield f"own digits: {answer.decision} {answer.say!r}"


async def both_release(play: Play, one: Session, two: Session) -> AsyncIterator[str]:
    """Both are asked about the same lot and say yes at once: it is released once, and only one is told so."""
    lot = play.rng.choice(LOTS)
    await play.say(OTHER, f"hold lot {lot}, void")
    before = len(play.deeds())
    first, second = await play.together(
        play.say(one, f"release lot {lot}", "yes"), play.say(two, f"release lot {lot}", "yes")
    )
    done = [answers[-1].decision for answers in (first, second)].count(Decision.DONE)
    if (done, len(play.deeds()) - before) != (1, 1) or f"L{lot}" in play.holds:
        yield f"{decisions(first)} {decisions(second)}: {len(play.deeds()) - before} taken, holds {play.holds}"


async def each_its_own(play: Play, one: Session, two: Session) -> AsyncIterator[str]:
    """Each is asked about another lot; one says yes and the other no: only the one's lot is released."""
    lots = play.rng.sample(LOTS, 2)
    for lot in lots:
        await play.say(OTHER, f"hold lot {lot}, void")
    words = ["yes", play.rng.choice(("no", "yes"))]
    await play.together(*(play.say(who, f"release lot {lot}") for who, lot in zip((one, two), lots, strict=True)))
    answers = await play.together(*(play.say(who, word) for who, word in zip((one, two), words, strict=True)))
    for lot, word, (answer,) in zip(lots, words, answers, strict=True):
        if (f"L{lot}" in play.holds) != (word == "no") or (answer.decision is Decision.DONE) != (word == "yes"):
            yield f"lot {lot}, {word}: {answer.decision} {answer.say!r}, holds {play.holds}"


async def both_hold(play: Play, one: Session, two: Session) -> AsyncIterator[str]:
    """Both hold the same lot, each for another reason: who is told done has given the reason."""
    lot, (this, that) = play.rng.choice(LOTS), play.rng.sample(("bridging", "void", "damaged", "tombstone"), 2)
    before = len(play.deeds())
    (first,), (second,) = await play.together(
        play.say(one, f"hold lot {lot}, {this}"), play.say(two, f"hold lot {lot}, {that}")
    )
    reason = play.holds.get(f"L{lot}", "")
    if len(play.deeds()) - before != 1 or reason not in (this, that):
        yield f"{len(play.deeds()) - before} taken, held for {reason!r}"
    for answer, mine in ((first, this), (second, that)):
        if answer.decision is not (Decision.DONE if mine == reason else Decision.REFUSED):
            yield f"held for {reason!r}, and {mine} was told {answer.decision} {answer.say!r}"


async def stop_and_start(play: Play, one: Session, two: Session) -> AsyncIterator[str]:
    """A stopped machine: one is asked about starting it, the other puts it on hold meanwhile. The yes is void."""
    ident = play.rng.choice(list(MACHINES))
    one, two = _starter(one, two)
    await play.say(OTHER, f"stop {MACHINES[ident]}")
    await play.say(one, f"start {MACHINES[ident]}")
    before = len(play.deeds())
    (held,) = await play.say(two, f"hold {MACHINES[ident]}, damaged")
    (yes,) = await play.say(one, "yes")
    machine = play.machines.simulation.machines[ident]
    if held.decision is not Decision.DONE or yes.decision is not Decision.REFUSED or not machine.stopped:
        yield f"held: {held.decision}; yes: {yes.decision} {yes.say!r}; stopped: {machine.stopped}"
    if len(play.deeds()) - before != 1:
        yield f"{len(play.deeds()) - before} orders taken"


async def stop_against_start(play: Play, one: Session, two: Session) -> AsyncIterator[str]:
    """One confirms a start while the other says stop: each is told what the machine did with its order."""
    ident = play.rng.choice(list(MACHINES))
    one, two = _starter(one, two)
    await play.say(OTHER, f"stop {MACHINES[ident]}")
    await play.say(one, f"start {MACHINES[ident]}")
    before = len(play.deeds())
    (yes,), (stop,) = await play.together(play.say(one, "yes"), play.say(two, f"stop {MACHINES[ident]}"))
    methods = [deed["method"] for deed in play.deeds()[before:]]
    stopped = play.machines.simulation.machines[ident].stopped
    if methods not in ([], ["Start"], ["Start", "Stop"]) or stopped != (methods != ["Start"]):
        yield f"took {methods}, and it is {'stopped' if stopped else 'running'}"
    for answer, method in ((yes, "Start"), (stop, "Stop")):
        if answer.decision is Decision.DONE and method not in methods:
            yield f"{method} was told done, and was not taken"
        if answer.decision in REFUSALS and method in methods:
            yield f"{method} was told {answer.decision} ({answer.say!r}), and was taken"

    types = [(event.type, getattr(event.data, "intent", "")) for event in play.log.read()][::-1]
    asked_first = types.index(("turn.heard", "stop")) < types.index(("order.requested", "")) if methods else False
    if not stopped and asked_first and "already" in stop.say:
        yield f"it was told to start, and who said stop then was told {stop.say!r}"


def _starter(one: Session, two: Session) -> tuple[Session, Session]:
    """The same two, the one who may start machines first."""
    return (one, two) if one.badge == "SV-3" else (two if two.badge == "SV-3" else PEOPLE[1], one)


async def strange_undo(play: Play, one: Session, two: Session) -> AsyncIterator[str]:
    """Undo takes back what the same session did, whatever another did since."""
    mine, other = play.rng.sample(LOTS, 2)
    await play.together(play.say(one, f"hold lot {mine}, void"), play.say(two, f"hold lot {other}, damaged"))
    (answer,) = await play.say(one, "undo")
    if answer.decision is not Decision.DONE or set(play.holds) != {f"L{other}"}:
        yield f"undo of lot {mine}: {answer.decision} {answer.say!r}, holds {play.holds}"


SCENES: tuple[Scene, ...] = (
    a_strange_yes,
    strange_digits,
    both_release,
    each_its_own,
    both_hold,
    stop_and_start,
    stop_against_start,
    strange_undo,
)
