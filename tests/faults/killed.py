"""kill -9 of the assistant's core at any moment while orders flow; the plant is another process and keeps its books.

After each kill a core is started again on the same data folder. Then: orders whose end the dead core did not see are
uncertain, nothing goes over the wire a second time, no question of the dead core can be said yes to, and what was
answered before is in the log.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable
from contextlib import aclosing, suppress
from pathlib import Path
from random import Random

from assistant.adapters import eventlog
from assistant.adapters.corelink import RemoteCore
from assistant.domain import events as e
from assistant.domain.values import Answer, Decision, Transcript
from assistant.errors import CoreError
from tests.faults import checker
from tests.faults.crew import EVERYBODY, Crew
from tests.faults.forks import Fork, Nursery, a_nursery
from tests.faults.tally import Tally
from tests.faults.wire import When, Wire
from tests.processes import free_endpoint

FULL, SHORT = 500, 20
ROUND = 25
"""Kills on one plant and one data folder; then both are new, for a log that grows makes every start slower."""
LANES = 2
"""Rounds at a time."""
STARTING, WITH_ORDER = 0.1, 0.6
"""Share of the kills that hit a core which is still starting, or one that has just sent an order; the rest hit any."""
LIVES_S = (0.0, 1.5)
"""How long any core lives once it is spoken to."""
SOON_S = (0.0, 0.6)
"""How long one lives after an order has gone over the wire: until well after its end."""
PATIENCE_S = 60.0
"""A start that takes longer has failed; not a measurement."""
SPEED = 20.0
ENDS = (e.OrderRejected, e.OrderDone, e.OrderFailed, e.OrderUncertain)


async def run(times: int, seed: int, folder: Path) -> Tally:
    """So many kills."""
    tally, began, counts = Tally("killed", 0), time.monotonic(), Counter[str]()
    sizes = [min(ROUND, times - first) for first in range(0, times, ROUND)]
    rounds = list(enumerate(sizes))
    async with a_nursery(folder) as nursery:

        async def lane() -> None:
            while rounds:
                number, kills = rounds.pop(0)
                place = folder / f"killed-{number}"
                place.mkdir()
                problems = await _round(nursery, place, kills, Random(f"{seed} {number}"), counts)
                tally.problems += [f"round {number}: {problem}" for problem in problems]
                tally.n += kills

        async with asyncio.TaskGroup() as group:
            for _ in range(LANES):
                group.create_task(lane())
    tally.seconds = time.monotonic() - began
    tally.note = ", ".join(f"{count} {what}" for what, count in sorted(counts.items()))
    return tally


async def _round(nursery: Nursery, place: Path, kills: int, random: Random, counts: Counter[str]) -> list[str]:
    """So many kills on one plant."""
    endpoint, ledger, data = free_endpoint(), place / "ledger.jsonl", place / "data"
    data.mkdir()
    plant = await nursery.plant(endpoint, ledger, seed=random.randrange(1000), speed=SPEED)
    await asyncio.wait_for(plant.ready, PATIENCE_S)
    told: dict[str, Answer] = {}
    problems: list[str] = []
    async with Wire(endpoint) as wire:
        for _ in range(kills):
            left, core = _open_orders(data), await nursery.core(data, wire.endpoint)
            kind = random.random()
            if kind < STARTING:
                await asyncio.sleep(random.uniform(0.0, 0.3))
                await core.kill()
            else:
                await asyncio.wait_for(core.ready, PATIENCE_S)
                problems += _taken_up(data, left)
                link = _Link(data)
                kill = _with_order(wire, random) if kind < STARTING + WITH_ORDER else _any(random)
                problems += await _life(core, link, Crew(link.turn, random, told), kill)
            counts["orders were under way"] += len(_open_orders(data))
        # The last core only starts: whatever the killed ones left open has its end then.
        left, core = _open_orders(data), await nursery.core(data, wire.endpoint)
        await asyncio.wait_for(core.ready, PATIENCE_S)
        problems += _taken_up(data, left)
        await core.kill()
        problems += checker.problems(data, ledger, told=told, sent=wire.sent)
    if kills >= ROUND and not sum(isinstance(event.data, e.OrderUncertain) for event in eventlog.read(data)):
        problems.append("no kill met an order: this shows nothing")
    await plant.kill()
    counts["turns answered"] += len(told)
    counts["orders asked for"] += sum(isinstance(event.data, e.OrderRequested) for event in eventlog.read(data))
    return problems


class _Link:
    """Each session's own connection to a core that may die at any moment."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._links: dict[object, RemoteCore] = {}

    async def turn(self, transcript: Transcript) -> Answer:
        """One turn. Raises CoreError when the core is gone."""
        link = self._links.get(transcript.session)
        if link is None:
            link = await RemoteCore.connect(self._data)
            if link is None:
                raise CoreError("no core is up")
            self._links[transcript.session] = link
        return await link.turn(transcript)

    async def aclose(self) -> None:
        """Hang up all."""
        for link in self._links.values():
            with suppress(ConnectionError):
                await link.aclose()


async def _with_order(wire: Wire, random: Random) -> None:
    """Wait until an order has gone over the wire, and a moment more."""
    gone = asyncio.Event()
    when: When = random.choice(["before", "after"])
    wire.hooks[when] = lambda link, order: gone.set()
    try:
        await asyncio.wait_for(gone.wait(), PATIENCE_S)
    finally:
        wire.hooks.clear()
    await asyncio.sleep(random.choice([0.0, random.uniform(*SOON_S)]))


async def _any(random: Random) -> None:
    """Wait for any time at all."""
    await asyncio.sleep(random.uniform(*LIVES_S))


async def _life(core: Fork, link: _Link, crew: Crew, kill: Awaitable[None]) -> list[str]:
    """Everybody works until it is time to kill the core in the midst of it."""
    problems: list[str] = []

    async def works(number: int) -> None:
        session = EVERYBODY[number]
        with suppress(CoreError):
            # A question dies with its core: nobody's yes may mean one that was asked before.
            answer = await crew.say("yes", session)
            if answer.decision is not Decision.IGNORED:
                problems.append(f"a new core took a yes of {session.badge} for {answer.decision}: {answer.say!r}")
            await crew.work(session)

    async with aclosing(link), asyncio.TaskGroup() as group:
        for number in range(len(EVERYBODY)):
            group.create_task(works(number))
        await kill
        await core.kill()
    return problems


def _open_orders(data: Path) -> set[str]:
    """Orders in the log that have no end there."""
    requested: set[str] = set()
    for event in eventlog.read(data):
        if isinstance(event.data, e.OrderRequested):
            requested.add(event.subject)
        elif isinstance(event.data, ENDS):
            requested.discard(event.subject)
    return requested


def _taken_up(data: Path, left: set[str]) -> list[str]:
    """What the dead core left open is uncertain as soon as a new one is up."""
    uncertain = {event.subject for event in eventlog.read(data) if isinstance(event.data, e.OrderUncertain)}
    return [f"order {order} was left open and is not uncertain after the start" for order in sorted(left - uncertain)]
