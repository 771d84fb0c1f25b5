"""The Nth write or sync of the event log and the Nth send or receive over OPC UA fails, for every N of a full turn.

`failing.c` is preloaded into a core of its own process, so SQLite and asyncua meet the error where the system would
give it to them. N goes up until a turn passes untouched. First sweep: each call fails once; second: it and all
after it.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Protocol

import msgspec

from assistant import bootstrap
from assistant.adapters import eventlog
from assistant.domain.values import Answer, Decision
from assistant.domain.world import World
from assistant.errors import UsageError
from tests.a_core import the_site
from tests.faults import checker
from tests.faults.crew import OPERATOR_1, QUALITY, SUPERVISOR, Crew
from tests.faults.forks import a_nursery
from tests.faults.tally import Tally
from tests.faults.wire import Wire
from tests.processes import free_endpoint

FULL, SHORT = 2, 1
"""Sweeps."""
CALLS = ("write", "sync", "send", "receive")
"""As in failing.c, in its order."""
TURNS = ("hold", "release")
"""What is asked for while a call fails: one order at once, and one after a yes."""
MOST = 500
"""A turn with more calls than this is no turn."""
PATIENCE_S = 60.0
SPEED = 5.0
BOARD = "10231"


class Report(msgspec.Struct):
    """What the child saw."""

    failed: dict[str, int] = {}
    """How many calls failed, by what they were."""
    told: dict[str, Answer] = {}
    """Turn -> its answer."""
    problems: list[str] = []


async def run(times: int, seed: int, folder: Path) -> Tally:
    """So many sweeps; each fails every call of a turn."""
    tally, began, counts = Tally("nth", 0), time.monotonic(), Counter[str]()
    library = await _built(folder)
    async with a_nursery(folder) as nursery, asyncio.TaskGroup() as group:
        # A process for each kind of call: most of the time is spent waiting.
        async def one(call: str) -> None:
            place = folder / f"nth-{call}"
            (data := place / "data").mkdir(parents=True)
            endpoint, ledger = free_endpoint(), place / "ledger.jsonl"
            plant = await nursery.plant(endpoint, ledger, seed=seed, speed=SPEED)
            await asyncio.wait_for(plant.ready, PATIENCE_S)
            async with Wire(endpoint) as wire:
                report = await _child(library, data, wire.endpoint, call, times)
                # Another core takes up what this one could not write down.
                core = await nursery.core(data, wire.endpoint)
                await asyncio.wait_for(core.ready, PATIENCE_S)
                await core.kill()
            await plant.kill()
            found = [*report.problems, *checker.problems(data, ledger, told=report.told, sent=wire.sent)]
            tally.problems += [f"{call}: {problem}" for problem in found]
            counts.update(report.failed)
            if not report.failed:
                tally.problems.append(f"{call}: none failed: this shows nothing")

        for call in CALLS:
            group.create_task(one(call))
    tally.n, tally.seconds = counts.total(), time.monotonic() - began
    tally.note = ", ".join(f"{count} {what}" for what, count in counts.items())
    return tally


async def _built(folder: Path) -> Path:
    """The library that makes calls fail."""
    compiler = shutil.which("cc") or shutil.which("c++")
    if compiler is None:
        raise RuntimeError("no C compiler (make setup brings one)")
    library, source = folder / "failing.so", Path(__file__).with_name("failing.c")
    flags = ("-x", "c", "-O1", "-shared", "-fPIC", "-o", str(library), str(source), "-ldl")
    process = await asyncio.create_subprocess_exec(compiler, *flags)
    if await process.wait() != 0:
        raise RuntimeError(f"{source} does not compile")
    return library


async def _child(library: Path, data: Path, endpoint: str, call: str, sweeps: int) -> Report:
    """A core in which calls fail, in a process of its own."""
    out = data.parent / "report.json"
    with (data.parent / "child.txt").open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.faults.nth", str(data), endpoint, call, str(sweeps), str(out)),
            env={**os.environ, "LD_PRELOAD": str(library)},
            stdout=errors,
            stderr=errors,
        )
        try:
            await process.wait()
        finally:
            with suppress(ProcessLookupError):
                process.kill()
    if process.returncode != 0:
        return Report(problems=[f"the core ended with {process.returncode}: {data.parent / 'child.txt'}"])
    return msgspec.json.decode(out.read_bytes(), type=Report)


# ---- in the child --------------------------------------------------------------------------------------------


class Failing(Protocol):
    """What failing.c brings."""

    def fail_at(self, what: int, nth: int, for_good: int) -> None:
        """Arm it; -1: disarm."""

    def failures(self) -> int:
        """Calls that failed since."""


@dataclass
class Sweeps:
    """Every N of a turn, for one kind of call."""

    library: Failing
    call: str
    crew: Crew
    settle: Callable[[], Awaitable[None]]
    """Somebody looks, and ends what is uncertain: it would be asked about in the next turn."""
    report: Report = field(default_factory=Report)

    async def go(self, sweeps: int) -> None:
        """So many sweeps over each turn."""
        await self._well()
        for sweep in range(sweeps):
            for turn in TURNS:
                for nth in range(1, MOST):
                    if not await self._one(turn, nth, for_good=sweep % 2 == 1):
                        break
                else:
                    self.report.problems.append(f"{turn} has no end: {MOST} calls and more")

    async def _one(self, turn: str, nth: int, *, for_good: bool) -> bool:
        """One turn with one failure; False when it passed untouched."""
        await self._on_hold(turn == "release")
        where = f"{turn}, {self.call} {nth}{' and all after it' if for_good else ''}"
        self.library.fail_at(CALLS.index(self.call), nth, int(for_good))
        try:
            if turn == "hold":
                answer = await self.crew.say(f"hold board {BOARD}, void", OPERATOR_1)
            else:
                answer = await self.crew.confirmed(f"release board {BOARD}", QUALITY)
        except Exception as exc:  # whatever it is, nobody was given an answer
            self.report.problems.append(f"{where}: no answer but {type(exc).__name__}: {exc}")
            answer = None
        failed = self.library.failures()
        self.library.fail_at(-1, 0, 0)
        if failed:
            decision = answer.decision if answer is not None else None
            what = f"{self.call} failed {'for good' if for_good else 'once'}: {decision}"
            self.report.failed[what] = self.report.failed.get(what, 0) + 1
            await self._well()
        elif answer is None or answer.decision is not Decision.DONE:
            self.report.problems.append(f"{where}: nothing failed, and it ended in {answer}")
        return failed > 0

    async def _well(self) -> None:
        """All goes on when nothing fails any more."""
        await self.settle()
        if not await self.crew.settled(PATIENCE_S):
            self.report.problems.append(f"{self.call}: no order goes through although nothing fails any more")

    async def _on_hold(self, wanted: bool) -> None:
        """Bring the board to where the turn begins."""
        if wanted:
            answer = await self.crew.say(f"hold board {BOARD}, void", OPERATOR_1)
            right = answer.decision is Decision.DONE or "on hold already" in answer.say
        else:
            answer = await self.crew.confirmed(f"release board {BOARD}", QUALITY)
            right = answer.decision is Decision.DONE or "is not on hold" in answer.say
        if not right:
            self.report.problems.append(f"{self.call}: {answer.text!r} ended in {answer.decision}: {answer.say!r}")


async def main(data: Path, endpoint: str, call: str, sweeps: int) -> Report:
    """Be the core in which calls fail."""
    site = the_site()
    here = replace(site, hardware=msgspec.structs.replace(site.hardware, endpoint=endpoint))
    library: Failing = ctypes.CDLL(None)
    async with bootstrap.host_core(here, data) as door:
        report = Report()
        crew = Crew(door.turn, Random(0), report.told)

        async def settle() -> None:
            world = World()
            for event in eventlog.read(data):
                world.apply(event)
            for order in world.uncertain:
                with suppress(UsageError):  # the journal was quicker
                    await door.settle(order, "not_done", SUPERVISOR)

        await Sweeps(library, call, crew, settle, report).go(sweeps)
    return report


if __name__ == "__main__":
    _, data, endpoint, call, sweeps, out = sys.argv
    seen = asyncio.run(main(Path(data), endpoint, call, int(sweeps)))
    Path(out).write_bytes(msgspec.json.encode(seen))
