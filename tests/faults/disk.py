"""A disk that is full, a log that cannot be written, a clock that jumps: in the midst of orders and of questions.

The log is the real one, on a small file system of its own where this user may mount one (else the system lets its files
grow no further). The fault comes before a chosen append of a turn, so that every step of an order meets it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from assistant.adapters import eventlog
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

NAME = "disk"
FULL, SHORT = 50, 2
"""Of each kind."""
STEPS = (3600.0, -3600.0, 86_400.0, -86_400.0)
"""Seconds by which the wall clock jumps."""
KINDS = ("full", "read only", *STEPS)
OPERATOR, QUALITY = Session("OP-17", "PRN-1"), Session("QA-5", "AOI-1")
LOTS = ("L4711", "L4712", "L4713", "L4721", "L4722")
SIZE_MIB = 8
"""Of the small file system."""
A_ROUND = 6
"""Appends of a turn with one order, at most: heard, requested, accepted, what machines did, done, answered."""
SAID_NOTHING_WAS_DONE = (Decision.REFUSED, Decision.FAILED, Decision.IGNORED, Decision.ASK)
WITHIN_S = 10.0
"""A question is good for so long."""
CLEAR_S = 2.0
"""No question is answered closer to its end than this."""


async def run(times: int, seed: int, folder: Path) -> Tally:
    """So many of each kind; those that need a disk of their own in a process that has one."""
    began = time.perf_counter()
    problems: list[str] = []
    mount, ledgers = folder / "small", folder / "ledgers"
    mount.mkdir()
    ledgers.mkdir()
    command = (sys.executable, "-m", "tests.faults.disk", str(times), str(seed), str(mount), str(ledgers))
    child = await asyncio.create_subprocess_exec(
        *_with_a_disk(mount), *command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(Path.cwd())}
    )
    out, _ = await child.communicate()
    lines = out.decode().splitlines()
    if child.returncode != 0 or not lines:
        problems.append(f"the process with a small disk ended with {child.returncode}")
    else:
        problems += json.loads(lines[-1])
    for step in STEPS:
        rng = random.Random(f"{seed} {step}")
        place = folder / f"clock {step:+.0f}"
        place.mkdir()
        problems += [f"clock {step:+.0f} s: {problem}" for problem in await clocks(times, rng, place, step)]
    return Tally(NAME, times * len(KINDS), problems, time.perf_counter() - began, _note(mount))


def _with_a_disk(mount: Path) -> Sequence[str]:
    """What a command line begins with to have a small file system of its own; nothing where that is not allowed."""
    script = f'mount -t tmpfs -o size={SIZE_MIB}m none "$0" && exec "$@"'
    prefix = ("unshare", "--map-root-user", "--mount", "sh", "-c", script, str(mount))
    if (
        shutil.which("unshare") is None
        or subprocess.run((*prefix, "true"), check=False, capture_output=True).returncode
    ):
        return ()
    return prefix


def _note(mount: Path) -> str:
    return "on a disk of its own" if _with_a_disk(mount) else "no mount allowed here: files that may not grow instead"


# ---- a core whose log and clock can be spoilt ---------------------------------------------------------------


class SpoiltLog:
    """ports.EventLog over the real one, which is spoilt before a chosen append, and mended when a test says so."""

    def __init__(self, log: SqliteLog, spoil: Callable[[], None]) -> None:
        self._log, self._spoil = log, spoil
        self.left: int | None = None
        """Appends until the fault comes; None: no fault is due."""

    def append(self, events: Sequence[e.Event]) -> Sequence[e.Event]:
        """See ports.EventLog."""
        if self.left is not None:
            if self.left == 0:
                self._spoil()
            self.left -= 1
        return self._log.append(events)

    def read(self, after: int = 0, limit: int | None = None) -> Iterator[e.Event]:
        """See ports.EventLog."""
        return self._log.read(after, limit)

    def close(self) -> None:
        """See ports.EventLog."""
        self._log.close()


@dataclass
class Stand:
    """A core over the real log, and the plant's ledger beside it."""

    core: Core
    log: SpoiltLog
    machines: MemoryMachines
    clock: SteppedClock
    ledger: Path
    told: dict[str, Answer] = field(default_factory=dict)
    _turns: int = 0

    async def say(self, text: str, session: Session) -> Answer:
        """Type something, and remember what was answered."""
        self._turns += 1
        turn = f"turn-{id(self)}-{self._turns}"
        answer = await self.core.turn(Transcript(turn, session, (Hypothesis(text),)))
        self.told[turn] = answer
        return answer

    def accepted(self) -> int:
        """How many orders machines have taken."""
        if not self.ledger.exists():
            return 0
        return sum(json.loads(line)["result"] == "accepted" for line in self.ledger.read_text().splitlines())


@asynccontextmanager
async def standing(data: Path, ledger: Path, spoil: Callable[[], None], clock: SteppedClock) -> AsyncIterator[Stand]:
    """A core on a data folder; its machines are those of a plant in this process."""
    async with AsyncExitStack() as stack:
        log = SqliteLog(data, floor_bytes=0)
        stack.callback(log.close)
        book = stack.enter_context(Ledger(ledger))
        machines = MemoryMachines(the_plant(), wall=clock.now, ledger=book)
        spoilt = SpoiltLog(log, spoil)
        parts = await start(the_site(), spoilt, machines, stack, clock)
        await parts.ingest.catch_up()
        yield Stand(parts.core, spoilt, machines, clock, ledger)


def checked(data: Path, stand: Stand) -> list[str]:
    """What the checker has to say of it, once a new core has ended what was left open."""
    from tests.faults.checker import problems

    return problems(data, stand.ledger, told=stand.told)


# ---- disks ---------------------------------------------------------------------------------------------------


async def disks(times: int, seed: int, mount: Path, ledgers: Path) -> list[str]:
    """Rounds with a full disk and with a log that refuses to be written."""
    found: list[str] = []
    for kind, fault in (("full", Filled), ("read only", ReadOnly)):
        rng = random.Random(f"{seed} {kind}")
        for count in range(times):
            data = mount / "data"
            shutil.rmtree(data, ignore_errors=True)
            data.mkdir()
            problems = await spoilt_order(rng, data, ledgers / f"{kind}-{count}.jsonl", fault(data))
            found += [f"{kind}, round {count}: {problem}" for problem in problems]
    return found


class Filled:
    """A file system without a byte to spare."""

    def __init__(self, data: Path) -> None:
        self._data, self._ballast = data, data / "ballast"
        self._small = shutil.disk_usage(data).total <= 2 * SIZE_MIB * 2**20
        self._limit = resource.getrlimit(resource.RLIMIT_FSIZE)

    def begin(self) -> None:
        """From now on nothing more can be written."""
        if not self._small:
            size = max(file.stat().st_size for file in self._data.glob("events.db*"))
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, self._limit[1]))
            return
        with contextlib.suppress(OSError), self._ballast.open("ab", buffering=0) as file:
            while file.write(b"x" * 4096):
                pass

    def end(self) -> None:
        """There is room again."""
        resource.setrlimit(resource.RLIMIT_FSIZE, self._limit)
        self._ballast.unlink(missing_ok=True)


class ReadOnly:
    """A log that SQLite refuses to write ("attempt to write a readonly database"), as on a disk gone read-only."""

    def __init__(self, data: Path) -> None:
        self.log: SqliteLog | None = None

    def begin(self) -> None:
        """From now on it can only be read."""
        self._switch("on")

    def end(self) -> None:
        """It can be written again."""
        self._switch("off")

    def _switch(self, state: str) -> None:
        assert self.log is not None
        self.log._db.execute(f"pragma query_only = {state}")


async def spoilt_order(rng: random.Random, data: Path, ledger: Path, fault: Filled | ReadOnly) -> list[str]:
    """An order, or the yes to one, into whose turn the fault falls; then a look-up, and another order."""
    problems: list[str] = []
    clock = SteppedClock()
    async with standing(data, ledger, fault.begin, clock) as stand:
        if isinstance(fault, ReadOnly):
            fault.log = stand.log._log
        lot, other = rng.sample(LOTS, 2)
        confirmed = rng.random() < 0.5
        if confirmed:
            await stand.say(f"hold lot {lot}, bridging", OPERATOR)
            await stand.say(f"release lot {lot}", QUALITY)
        before, turns = stand.accepted(), len(stand.told)
        stand.log.left = rng.randrange(A_ROUND + 1)
        answer = await stand.say("yes" if confirmed else f"hold lot {lot}, bridging", QUALITY)
        took = stand.accepted() - before
        if took and answer.decision in SAID_NOTHING_WAS_DONE:
            problems.append(f"told {answer.decision} ({answer.say!r}), and a machine took the order")
        if answer.decision is Decision.DONE and not took:
            problems.append(f"told done ({answer.say!r}), and no machine took an order")
        fault.begin()
        asked = await stand.say(f"status of lot {other}", OPERATOR)
        if asked.decision is not Decision.ANSWERED:
            problems.append(f"a question was not answered: {asked.decision} {asked.say!r}")
        refused = await stand.say(f"hold lot {other}, void", OPERATOR)
        if refused.decision is not Decision.REFUSED or not refused.say or stand.accepted() != before + took:
            problems.append(f"an order without a log: {refused.decision} {refused.say!r}, {stand.accepted()} taken")
        fault.end()
        stand.log.left = None
        done = await stand.say(f"hold lot {other}, void", OPERATOR)
        if done.decision is not Decision.DONE:
            problems.append(f"when the log could be written again: {done.decision} {done.say!r}")
        assert len(stand.told) == turns + 4
    async with standing(data, ledger.with_suffix(".none"), fault.begin, clock):
        pass  # a new core ends what the old one could not
    return problems + checked(data, stand)


# ---- clocks --------------------------------------------------------------------------------------------------


async def clocks(
    times: int, rng: random.Random, folder: Path, step: float, clock: SteppedClock | None = None
) -> list[str]:
    """Questions during which the wall clock jumps by `step`: they are as old as they are."""
    found: list[str] = []
    clock = clock or SteppedClock()
    async with standing(folder, folder / "ledger.jsonl", lambda: None, clock) as stand:
        for count in range(times):
            lot = rng.choice(LOTS)
            found += [f"round {count}: {problem}" for problem in await _asked(stand, rng, lot, step)]
            clock.wall -= step
    eventlog.verify(folder)
    return found


async def _asked(stand: Stand, rng: random.Random, lot: str, step: float) -> list[str]:
    """A question, a jump of the clock somewhere in the time that passes, and then a yes."""
    problems: list[str] = []
    held = await stand.say(f"hold lot {lot}, bridging", OPERATOR)
    asked = await stand.say(f"release lot {lot}", QUALITY)
    if (held.decision, asked.decision) != (Decision.DONE, Decision.CONFIRM):
        return [f"before the jump: {held.decision} {held.say!r}, {asked.decision} {asked.say!r}"]
    late = rng.random() < 0.5
    waits = rng.uniform(WITHIN_S + CLEAR_S, 3 * WITHIN_S) if late else rng.uniform(0.0, WITHIN_S - CLEAR_S)
    before, early = stand.accepted(), rng.uniform(0.0, waits)
    stand.clock.step(early)
    stand.clock.wall += step
    stand.clock.step(waits - early)
    yes, again = await stand.say("yes", QUALITY), await stand.say("yes", QUALITY)
    took = stand.accepted() - before
    wanted = (Decision.IGNORED, 0) if late else (Decision.DONE, 1)
    if (yes.decision, took) != wanted or again.decision is not Decision.IGNORED:
        problems.append(f"yes after {waits:.1f} s: {yes.decision} {yes.say!r}, {took} taken; again: {again.decision}")
    if late:
        anew = [(await stand.say(text, QUALITY)).decision for text in (f"release lot {lot}", "yes")]
        if anew != [Decision.CONFIRM, Decision.DONE]:
            problems.append(f"asked anew after the jump: {anew}")
    return problems


if __name__ == "__main__":
    _, *numbers = sys.argv
    print(json.dumps(asyncio.run(disks(int(numbers[0]), int(numbers[1]), Path(numbers[2]), Path(numbers[3])))))  # noqa: T201
