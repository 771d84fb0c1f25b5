"""The plant's server goes away in five ways, a fifth of them in the midst of a call, while people go on giving orders.

Nothing may be done late or twice, nothing old may be spoken as if it were now, nothing may be called done that the
machine did not do; and once the server is back, an order must go through again.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

import msgspec

from assistant import bootstrap
from assistant.domain.values import Session
from assistant.settings.hardware import Hardware
from tests.a_core import the_site
from tests.faults import checker
from tests.faults.crew import OPERATOR_1, QUALITY, SUPERVISOR, Crew
from tests.faults.forks import Fork, Nursery, a_nursery
from tests.faults.tally import Tally
from tests.faults.wire import Link, When, Wire
from tests.processes import free_endpoint

FULL, SHORT = 250, 10
KINDS = ("restart", "pause", "silent", "reset", "half_open")
MID_CALL = 5
"""One in so many of each kind strikes when an order is on the wire."""
LANES = 3
ROUND = 25
"""Faults on one plant and one data folder."""
PAUSE_S, BRIEF_S = (0.5, 30.0), (0.5, 6.0)
"""Half a minute only where there are many."""
SILENT_S = (0.5, 8.0)
DOWN_S = (0.0, 3.0)
STALE_S = 3.0
SLACK_S = 0.5
"""The last heartbeat was seen at most so long before the fault was put in place, seen from here."""
PATIENCE_S = 60.0
"""Waiting longer for something that must come is a failure, not a measurement."""
ASKER = Session("SV-3", "OVN-2")
SPEED = 5.0


async def run(times: int, seed: int, folder: Path) -> Tally:
    """So many faults, of all kinds in turn."""
    tally, began, counts = Tally("server", 0), time.monotonic(), Counter[str]()
    plan = [(KINDS[n % len(KINDS)], (n // len(KINDS)) % MID_CALL == MID_CALL - 1) for n in range(times)]
    if times < len(KINDS) * MID_CALL:
        plan = [(kind, n % MID_CALL == n // len(KINDS) % MID_CALL) for n, (kind, _) in enumerate(plan)]
    size = min(ROUND, -(-times // LANES)) or 1
    rounds = list(enumerate(plan[first : first + size] for first in range(0, times, size)))
    longest = [0.0]
    async with a_nursery(folder) as nursery:

        async def lane() -> None:
            while rounds:
                number, faults = rounds.pop(0)
                place = folder / f"server-{number}"
                place.mkdir()
                one = Lane(nursery, place, Random(f"{seed} {number}"), counts, PAUSE_S if times > 50 else BRIEF_S)
                tally.problems += [f"round {number}: {problem}" for problem in await one.go(faults)]
                tally.n += len(faults)
                longest[0] = max(longest[0], one.longest)

        async with asyncio.TaskGroup() as group:
            for _ in range(LANES):
                group.create_task(lane())
    tally.seconds = time.monotonic() - began
    counted = ", ".join(f"{count} {what}" for what, count in sorted(counts.items()))
    tally.note = f"{counted}, longest until an order went through again {longest[0]:.1f} s"
    return tally


@dataclass
class Lane:
    """One plant in a process of its own, the wire to it, and a core in this process."""

    nursery: Nursery
    place: Path
    random: Random
    counts: Counter[str]
    pause_s: tuple[float, float]
    problems: list[str] = field(default_factory=list)
    longest: float = 0.0
    """Seconds from the end of a fault until an order went through."""

    async def go(self, faults: list[tuple[str, bool]]) -> list[str]:
        """One fault after the other."""
        self._endpoint, self._ledger, data = free_endpoint(), self.place / "ledger.jsonl", self.place / "data"
        data.mkdir()
        self._plant = await self._new_plant()
        async with Wire(self._endpoint) as self._wire:
            site = replace(the_site(), hardware=_at(the_site().hardware, self._wire.endpoint))
            done = asyncio.Event()
            async with bootstrap.host_core(site, data) as door, asyncio.TaskGroup() as group:
                self._crew = Crew(door.turn, self.random)
                await self._works()
                for session in (OPERATOR_1, QUALITY, SUPERVISOR):
                    group.create_task(self._crew.work(session, until=done, rest_s=0.5))
                for kind, mid_call in faults:
                    await self._fault(kind, mid_call=mid_call)
                done.set()
        await self._plant.kill()
        wrong = checker.problems(data, self._ledger, told=self._crew.told, sent=self._wire.sent)
        self.counts["turns answered"] += len(self._crew.told)
        self.counts["orders sent"] += len(self._wire.sent)
        return [*self.problems, *wrong]

    async def _fault(self, kind: str, *, mid_call: bool) -> None:
        """Begin it, look at what is said meanwhile, end it, and see that all is well again."""
        begin, end, lasts = {
            "restart": (self._kill, self._start, self.random.uniform(*DOWN_S)),
            "pause": (self._stop, self._go_on, self.random.uniform(*self.pause_s)),
            "silent": (self._silence, self._speak, self.random.uniform(*SILENT_S)),
            "reset": (self._reset, self._nothing, 0.0),
            "half_open": (self._half_open, self._nothing, 0.0),
        }[kind]
        if mid_call:
            await self._on_the_wire(self.random.choice(["before", "after"]), begin)
            self.counts["in mid-call"] += 1
        else:
            begin()
        began = time.monotonic()
        await self._dated(began, lasts)
        await asyncio.sleep(max(0.0, began + lasts - time.monotonic()))
        await end()
        ended = time.monotonic()
        await self._works()
        self.longest = max(self.longest, time.monotonic() - ended)

    async def _on_the_wire(self, when: When, begin: Callable[[], None]) -> None:
        """Let it begin with the next order that comes by."""
        struck = asyncio.Event()

        def strike(link: Link, order: str) -> None:
            begin()
            struck.set()

        self._wire.hooks[when] = strike
        await asyncio.wait_for(struck.wait(), PATIENCE_S)

    async def _dated(self, began: float, lasts: float) -> None:
        """What is looked up while nothing is heard of the machines bears its age."""
        silent_from = began + STALE_S + SLACK_S
        if lasts < STALE_S + 2 * SLACK_S:
            return
        await asyncio.sleep(silent_from - time.monotonic())
        while time.monotonic() < began + lasts:
            answer = await self._crew.say("status of lot 4712", ASKER)
            self.counts["look-ups of a silent plant"] += 1
            if not answer.say.startswith(("As of ", "I have no connection")):
                self.problems.append(f"spoken as if it were now, {time.monotonic() - began:.1f} s on: {answer.say!r}")
            await asyncio.sleep(min(2.0, max(0.05, began + lasts - time.monotonic())))

    async def _works(self) -> None:
        """An order goes through again, sooner or later."""
        if not await self._crew.settled(PATIENCE_S):
            self.problems.append(f"no order went through within {PATIENCE_S:.0f} s after the server came back")

    # ---- faults ------------------------------------------------------------------------------------------

    async def _new_plant(self) -> Fork:
        plant = await self.nursery.plant(self._endpoint, self._ledger, seed=self.random.randrange(1000), speed=SPEED)
        await asyncio.wait_for(plant.ready, PATIENCE_S)
        return plant

    def _kill(self) -> None:
        self._plant.signal(signal.SIGKILL)

    async def _start(self) -> None:
        await self._plant.gone()
        self._plant = await self._new_plant()

    def _stop(self) -> None:
        self._plant.signal(signal.SIGSTOP)

    async def _go_on(self) -> None:
        self._plant.signal(signal.SIGCONT)

    def _silence(self) -> None:
        self._wire.silence()

    async def _speak(self) -> None:
        self._wire.speak()

    def _reset(self) -> None:
        self._wire.reset()

    def _half_open(self) -> None:
        self._wire.half_open()

    async def _nothing(self) -> None:
        """It needs no end: new connections are taken."""


def _at(hardware: Hardware, endpoint: str) -> Hardware:
    return msgspec.structs.replace(hardware, endpoint=endpoint)
