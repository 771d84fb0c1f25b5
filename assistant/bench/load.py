"""Load: fifty stations that speak at once, beside one that speaks alone.

Plant and core are what a box runs: the reference plant in a process of its own, the core with its log on disk, each
station on its own connection to the core's socket. Every station holds a board of its own, and takes that back; the
plant's ledger, not the core, says whether each order was carried out, and once. The machines take a while for what they
do (0.05 s for a hold, seen at the next look), so the acting part is mostly theirs; the ratio says what the crowd adds.
"""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import quantiles

import msgspec

from assistant import bootstrap
from assistant.adapters.corelink import RemoteCore
from assistant.adapters.eventlog import read
from assistant.adapters.garbage import settled
from assistant.bench import Figure, Share
from assistant.bootstrap import Site
from assistant.domain import events as e
from assistant.domain.values import Hypothesis, Session, Transcript
from assistant.errors import CoreError, UsageError

STATIONS = 50
ROUNDS = 4
"""Each is a hold and its undo by every station at once, and the same by one alone."""
HEARD_S = 60.0
NOTE = "the same orders one after the other by one station, in the same run, in turns with the crowd"
HOLD, UNDO = "hold board {}, void", "undo"


async def measure(site: Site, folder: Path, stations: int = STATIONS, rounds: int = ROUNDS) -> tuple[Figure, Share]:
    """How long acting takes in a crowd beside alone, and how many orders were carried out once; `folder` is empty.

    Raises UsageError where the site has too few badges, stations or boards.
    """
    sessions = list(_sessions(site, stations))
    boards = _boards(site, stations)
    ledger, data = folder / "ledger.jsonl", folder / "data"
    data.mkdir(mode=0o700)
    together: list[float] = []
    alone: list[float] = []
    with the_plant(ledger) as endpoint:
        wired = msgspec.structs.replace(site.hardware, endpoint=endpoint)
        async with AsyncExitStack() as stack:
            # Templates alone: what is asked about is the log and the plant, not how long a sentence takes to read.
            await stack.enter_async_context(bootstrap.host_core(replace(site, hardware=wired, meaning=None), data))
            doors = [await stack.enter_async_context(_door(data)) for _ in sessions]
            await _heard_of_machines(data)
            for text in (HOLD, UNDO):  # warm, and each machine met once
                await _say(doors[0], sessions[0], text.format(boards[0]))
            settled()  # as `assistant run` does when it has built its core
            for _ in range(rounds):
                for text in (HOLD, UNDO):
                    said = [
                        _say(door, session, text.format(board))
                        for door, session, board in zip(doors, sessions, boards, strict=True)
                    ]
                    together += await asyncio.gather(*said)
                for board in boards:
                    for text in (HOLD, UNDO):
                        alone.append(await _say(doors[0], sessions[0], text.format(board)))
    right, asked = carried_out(ledger, data)
    p95, reference = _p95(together), _p95(alone)
    name = f"acting, 95th percentile, {stations} stations at once"
    figure = Figure(name, p95, reference, p95 / reference, len(together), "ms", NOTE)
    expected = len(together) + len(alone) + 2
    return figure, Share("orders carried out exactly once", right, max(expected, asked))


def carried_out(ledger: Path, data: Path) -> tuple[int, int]:
    """Of the orders that the log asked for: how many the plant carried out exactly once, and how many there are.

    An order that only the plant knows counts among those asked for, as one that was not right.
    """
    done: Counter[str] = Counter()
    for line in ledger.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        done[entry["order"]] += entry["result"] == "done"
    asked = {event.subject for event in read(data, types=[e.OrderRequested.type])}
    told = {event.subject for event in read(data, types=[e.OrderDone.type])}
    return sum(done[order] == 1 and order in told for order in asked), len(asked | done.keys())


def _sessions(site: Site, count: int) -> Iterator[Session]:
    """So many stations with somebody at each, all different; where there are too few, with several badges each."""
    places = [*(machine.id for machine in site.plant.machines), *(line.id for line in site.plant.lines)]
    found = [Session(person.id, place) for person in site.plant.operators for place in places]
    if len(found) < count:
        raise UsageError(f"bench load: {count} stations asked for, this site has badges and places for {len(found)}")
    return iter(found[:count])


def _boards(site: Site, count: int) -> list[str]:
    """Digits of so many boards."""
    found = [board for lot in site.plant.lots for board in lot.board_ids()][:count]
    if len(found) < count:
        raise UsageError(f"bench load: {count} stations asked for, this site has {len(found)} boards")
    return found


async def _say(door: RemoteCore, session: Session, text: str) -> float:
    """Say it; milliseconds that acting took. Whether it was done is asked of the ledger, in the end."""
    answer = await door.turn(Transcript(uuid.uuid4().hex, session, (Hypothesis(text),)))
    return answer.ms["act"]


async def _heard_of_machines(data: Path) -> None:
    """A core answers after three seconds though it has heard of no machine yet; on a busy box that takes longer."""
    until = time.monotonic() + HEARD_S
    while not any(True for _ in read(data, types=[e.ConnectionRestored.type])):
        if time.monotonic() > until:
            raise CoreError("bench load: nothing was heard of the reference plant")
        await asyncio.sleep(0.1)


@asynccontextmanager
async def _door(data: Path) -> AsyncIterator[RemoteCore]:
    """A station's own connection to the core."""
    door = await RemoteCore.connect(data)
    if door is None:
        raise CoreError("bench load: the core cannot be reached")
    async with aclosing(door):
        yield door


def _p95(times: Sequence[float]) -> float:
    return quantiles(times, n=20)[-1]


@contextmanager
def the_plant(ledger: Path) -> Iterator[str]:
    """The reference plant in a process of its own; where it listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        endpoint = f"opc.tcp://127.0.0.1:{probe.getsockname()[1]}/bench"
    command = (sys.executable, "-m", "assistant", "line", "--endpoint", endpoint, "--ledger", str(ledger))
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        try:
            if child.stdout is None or not child.stdout.readline():
                raise CoreError("bench load: the reference plant did not start")
            yield endpoint
        finally:
            child.terminate()
