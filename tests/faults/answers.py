"""Answers that come too late, and values that nobody may believe, from a server whose connection lives all the while.

Each fault meets an order of somebody: what is told must then be what the plant's ledger says, and "done" may not be
said of what was not seen.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

import msgspec

from assistant import bootstrap
from assistant.domain.values import Answer, Decision, Session
from tests.a_core import the_site
from tests.faults import checker
from tests.faults.crew import EVERYBODY, ORDERED, PROBER, Crew
from tests.faults.spoilt_plant import BAD, UNCERTAIN, Spoilt, SpoiltPlant, a_spoilt_plant
from tests.faults.tally import Tally
from tests.faults.wire import Link, Wire
from tests.processes import free_endpoint
from tests.site import the_hardware

FULL, SHORT = 500, 20
LATE = ("late answer", "late request")
STILL = ("heart", "all")
"""The server answers and shows nothing new: what a dead subscription is to whoever relies on one."""
SPOILT = ("bad", "uncertain", "old", "future")
KINDS = (*LATE, *STILL, *SPOILT)
LANES = 4
ROUND = 12
"""Faults on one plant and one data folder; each meets an order of everybody."""
LATE_S = (2.1, 6.0)
"""Longer than a call is waited for (2 s); an order's deadline (3 s) lies within."""
OFF_S = (4.5, 86_400.0)
"""Seconds by which a value's own time is off: more than may be (3 s, and a second since the last beat) up to a day."""
SILENT_S = 5.0
"""After so long without a heartbeat nothing may be sent: 3 s, and what it takes to see that it beats no more."""
TRIES = 8
"""Errands until one is an order that the policy lets pass."""
PATIENCE_S = 60.0
SPEED = 5.0


async def run(times: int, seed: int, folder: Path) -> Tally:
    """So many orders that meet a fault."""
    tally, began, counts = Tally("answers", 0), time.monotonic(), Counter[str]()
    crew = len(EVERYBODY) if times >= len(EVERYBODY) * len(KINDS) * LANES else 2
    plan = [KINDS[n % len(KINDS)] for n in range(-(-times // crew))]
    size = min(ROUND, -(-len(plan) // LANES)) or 1
    rounds = list(enumerate(plan[first : first + size] for first in range(0, len(plan), size)))

    async def lane() -> None:
        while rounds:
            number, kinds = rounds.pop(0)
            place = folder / f"answers-{number}"
            place.mkdir()
            one = Lane(place, Random(f"{seed} {number}"), EVERYBODY[-crew:])
            tally.problems += [f"round {number}: {problem}" for problem in await one.go(kinds)]
            counts.update(one.counts)

    async with asyncio.TaskGroup() as group:
        for _ in range(LANES):
            group.create_task(lane())
    tally.n, tally.seconds = counts.total(), time.monotonic() - began
    tally.note = ", ".join(f"{count} {what}" for what, count in sorted(counts.items()))
    return tally


@dataclass
class Lane:
    """One plant, the wire to it, and a core, all in this process."""

    place: Path
    random: Random
    people: tuple[Session, ...]
    problems: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    """Orders that met a fault, by its kind and how they ended."""

    async def go(self, kinds: list[str]) -> list[str]:
        """One fault after the other."""
        endpoint, ledger, data = free_endpoint(), self.place / "ledger.jsonl", self.place / "data"
        data.mkdir()
        seed = self.random.randrange(1000)
        async with a_spoilt_plant(endpoint, ledger, seed=seed, speed=SPEED) as plant, Wire(endpoint) as wire:
            here = msgspec.structs.replace(the_hardware(), endpoint=wire.endpoint)
            async with bootstrap.host_core(replace(the_site(), hardware=here), data) as door:
                crew = Crew(door.turn, self.random)
                await self._works(crew)
                for kind in kinds:
                    await self._fault(kind, crew, plant, wire)
                    await self._works(crew)
            # After everything that was kept back has come: nothing was done late.
            await asyncio.sleep(0.2)
        return [*self.problems, *checker.problems(data, ledger, told=crew.told, sent=wire.sent)]

    async def _fault(self, kind: str, crew: Crew, plant: SpoiltPlant, wire: Wire) -> None:
        late = self._late(kind, wire) if kind in LATE else None
        if kind in STILL:
            plant.show(still="all" if kind == "all" else "heart")
            await asyncio.sleep(SILENT_S)
            await self._dated(crew)
        elif kind in SPOILT:
            plant.show(self._spoilt(kind))
            await asyncio.sleep(0.2)  # until it is shown
        answers = await asyncio.gather(*(self._order(crew, session) for session in self.people))
        plant.show()
        if late is not None:
            if wire.hooks.pop("before", None) is not None:
                late.cancel()  # nobody gave an order
            await asyncio.wait([late])
        for answer in answers:
            if answer is None:
                continue
            self.counts[f"{kind}: {answer.decision}"] += 1
            if answer.decision not in _expected(kind):
                self.problems.append(f"{kind}: {answer.text!r} ended in {answer.decision}: {answer.say!r}")

    async def _order(self, crew: Crew, session: Session) -> Answer | None:
        """Errands until one is an order."""
        for _ in range(TRIES):
            answer = await crew.errand(session)
            if answer.decision in ORDERED and answer.intent != "note":
                return answer
        return None

    def _late(self, kind: str, wire: Wire) -> asyncio.Task[None]:
        """The next order's connection stands still for a while, one way."""
        waits, lasts = asyncio.Event(), self.random.uniform(*LATE_S)
        held: list[asyncio.Event] = []

        def hold(link: Link, order: str) -> None:
            held.append(link.down if kind == "late answer" else link.up)
            held[0].clear()
            waits.set()

        async def let_go() -> None:
            await waits.wait()
            await asyncio.sleep(lasts)
            held[0].set()

        wire.hooks["before"] = hold
        return asyncio.create_task(let_go())

    def _spoilt(self, kind: str) -> Spoilt:
        only = self.random.choice(["", *the_hardware().variables])
        off = self.random.choice([OFF_S[0], OFF_S[1], self.random.uniform(*OFF_S)])
        return {
            "bad": Spoilt(status=BAD, only=only),
            "uncertain": Spoilt(status=UNCERTAIN, only=only),
            "old": Spoilt(shift_s=-off, only=only),
            "future": Spoilt(shift_s=off, only=only),
        }[kind]

    async def _dated(self, crew: Crew) -> None:
        answer = await crew.say("status of lot 4712", PROBER)
        if not answer.say.startswith(("As of ", "I have no connection")):
            self.problems.append(f"spoken as if it were now, {SILENT_S} s after the last heartbeat: {answer.say!r}")

    async def _works(self, crew: Crew) -> None:
        if not await crew.settled(PATIENCE_S):
            self.problems.append(f"no order went through within {PATIENCE_S:.0f} s after the fault was over")


def _expected(kind: str) -> tuple[Decision, ...]:
    """What an order may come to that meets this fault."""
    if kind in LATE:
        return ORDERED  # it may have been seen to be done; the ledger must say the same
    return (Decision.FAILED,) if kind in STILL else (Decision.UNCERTAIN, Decision.FAILED)
