"""The MES as a receiver that fails in every way it can, and an outbox and an inlet that are killed on the way.

The outbox runs in a process of its own (`python -m tests.faults.receiver`), ended with SIGKILL now and then. Checked:
every chosen event of the log reaches the receiver's store exactly once by key, in the log's order and as it stands in
the log; and whatever the MES says is taken or refused once, each hold of it at most one order at a machine.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import time
from collections import Counter
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

from assistant.adapters import eventlog
from assistant.adapters.clock import SystemClock
from assistant.adapters.eventlog import SqliteLog
from assistant.adapters.mes import HttpFactory, MesClient, Outbox, Store, waiting
from assistant.adapters.mes.client import key_of
from assistant.adapters.tasks import ended
from assistant.domain import events as e
from assistant.errors import MesError
from assistant.settings.mes import Mes
from tests.a_core import Bench, a_core
from tests.fakes.memory_log import MemoryLog
from tests.fakes.memory_machines import MemoryMachines
from tests.fakes.reference_mes import FAULTS, ReferenceMes, reference_mes
from tests.fakes.stepped_clock import SteppedClock
from tests.faults.tally import Tally
from tests.site import the_plant

FULL, SHORT = 200, 10
PATIENCE_S = 120.0
"""An event that has not come by then will not come."""
KILL = "outbox killed"
POLL_FAULTS = (
    "500",
    "timeout",
    "slow",
    "broken JSON",
    "reset",
    "half an answer",
    "endless",
    "302",
    "not HTTP",
    "inlet killed",
    "said again",
)


def settings(endpoint: str) -> Mes:
    """Short time-outs, so that many fit."""
    return Mes(endpoint=endpoint, connect_s=0.2, answer_s=0.4)


async def run(times: int, seed: int, folder: Path) -> Tally:
    """`times` faults against the outbox, half as many against the inlet."""
    started = time.monotonic()
    chance = random.Random(seed)
    tally = Tally("receiver", times + times // 2)
    told = await _outbox(times, chance, folder, tally)
    heard = await _inlet(times // 2, chance, folder, tally)
    tally.note = f"{told}; {heard}"
    tally.seconds = time.monotonic() - started
    return tally


# ---- the outbox ------------------------------------------------------------------------------------------------


async def _outbox(times: int, chance: random.Random, folder: Path, tally: Tally) -> str:
    data = folder / "outbox"
    data.mkdir()
    log = SqliteLog(data, floor_bytes=0)
    numbers = iter(range(1, 10_000))
    async with reference_mes() as mes:
        child = await _child(data, mes.endpoint)
        try:
            for _ in range(times):
                fault = chance.choice((*FAULTS, KILL, KILL, KILL))
                mes.faults.extend([fault] * chance.choice((1, 1, 2)) if fault != KILL else [])
                log.append(
                    [*(_event(next(numbers), chance) for _ in range(chance.randint(0, 3))), _called(next(numbers))]
                )
                if fault == KILL:
                    await asyncio.sleep(chance.random() * 0.06)
                    child.send_signal(signal.SIGKILL)
                    await child.wait()
                    child = await _child(data, mes.endpoint)
                if not await _until(lambda: len(mes.stored) >= len(_wanted(data))):
                    tally.problems.append(f"after {fault}: {len(_wanted(data)) - len(mes.stored)} events never came")
                    break
            # The receiver has an event a moment before the outbox knows it.
            await _until(lambda: not waiting(data, settings(mes.endpoint).chosen()).count)
        finally:
            child.send_signal(signal.SIGTERM)
            await child.wait()
        tally.problems += _told_right(data, mes)
        log.close()
        return f"{len(mes.stored)} events told in {len(mes.tries)} deliveries"


def _event(number: int, chance: random.Random) -> e.Event:
    """One that is told, or one that is not."""
    kinds: tuple[tuple[str, e.Payload], ...] = (
        ("/machines/PRN-1", e.LotHeld("PRN-1", "bridging")),
        ("/machines/AOI-1", e.BoardScrapped("AOI-1", "L4712", "damaged")),
        ("/assistant", e.CallRaised("maintenance", "OP-17")),
        ("/assistant", e.CallEscalated("c1", "supervisor")),
        ("/assistant", e.TurnAnswered("done", "Lot L4712 is on hold.")),
        (e.FACTORY, e.LotShipped("dock 4")),
    )
    source, data = chance.choice(kinds)
    return e.Event(f"e{number}", source, f"L{number}", time.time(), data)


def _called(number: int) -> e.Event:
    """One that is told, without a subject: each round has something for its fault to hit."""
    return e.Event(f"e{number}", "/assistant", "", time.time(), e.CallRaised("maintenance", "OP-17"))


def _wanted(data: Path) -> list[str]:
    """Keys of what the receiver must have, in the log's order."""
    chosen = settings("http://127.0.0.1/").chosen()
    found = [event for event in eventlog.read(data, types=chosen) if event.source != e.FACTORY]
    return [key_of(event.source, event.id) for event in found]


def _told_right(data: Path, mes: ReferenceMes) -> list[str]:
    problems = list(mes.problems)
    wanted = _wanted(data)
    if list(mes.stored) != wanted:
        lost, extra = set(wanted) - set(mes.stored), set(mes.stored) - set(wanted)
        problems.append(
            f"the receiver's store is not the log: {len(lost)} lost, {len(extra)} too many, or out of order"
        )
    records = {key_of(event.source, event.id): event for event in eventlog.read(data)}
    for key, event in mes.stored.items():
        stored = records.get(key)
        if stored is None or (event["type"], event.get("subject", ""), event["position"], event["hash"]) != (
            stored.type,
            stored.subject,
            stored.position,
            stored.hash,
        ):
            problems.append(f"{key} is not as it stands in the log")
    firsts = list(dict.fromkeys(one.key for one in mes.tries))
    if firsts != [key for key in wanted if key in set(firsts)]:
        problems.append("an event was tried before one that stands before it")
    left = waiting(data, settings(mes.endpoint).chosen())
    if left.count or left.parked:
        problems.append(f"the outbox says that {left.count} wait and {len(left.parked)} are parked")
    return problems


async def _child(data: Path, endpoint: str) -> asyncio.subprocess.Process:
    command = (sys.executable, "-m", "tests.faults.receiver", str(data), endpoint)
    child = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL, env=dict(os.environ))
    return child


async def _until(met: Any) -> bool:
    end = time.monotonic() + PATIENCE_S
    while not met():
        if time.monotonic() > end:
            return False
        await asyncio.sleep(0.02)
    return True


async def serve(data: Path, endpoint: str) -> None:
    """The outbox of a data folder, until the process ends."""
    mes, clock = settings(endpoint), SystemClock()
    client = MesClient(mes, "", clock)
    await Outbox(data, mes.chosen(), client.deliver, Store(data), clock, poll_s=0.02, first_wait_s=0.01).follow()


# ---- the inlet -------------------------------------------------------------------------------------------------


async def _inlet(times: int, chance: random.Random, folder: Path, tally: Tally) -> str:
    data = folder / "inlet"
    data.mkdir()
    log, clock = MemoryLog(), SteppedClock()
    machines = MemoryMachines(the_plant(), wall=clock.now)
    boards = iter([board for lot in the_plant().lots for board in lot.board_ids()])
    async with reference_mes() as mes:
        done = 0
        while done < times:
            async with a_core(log, machines, clock) as bench, AsyncExitStack() as stack:
                client = MesClient(settings(mes.endpoint), "", SystemClock())
                stack.push_async_callback(client.aclose)
                store = Store(data)
                stack.push_async_callback(store.close)
                factory = HttpFactory(client, store, clock)
                while done < times:
                    fault = chance.choice(POLL_FAULTS)
                    done += 1
                    mes.says += [_said(len(mes.says) + place, chance, boards) for place in range(chance.randint(1, 3))]
                    if fault == "said again":
                        mes.says += chance.choices(mes.says, k=2)
                    elif fault == "inlet killed":
                        if await _killed(bench, factory, chance):
                            break  # the next process
                    else:
                        mes.poll_faults.append(fault)
                    await _read_all(bench, factory)
        async with a_core(log, machines, clock) as bench:
            await bench.inlet.settle()
        tally.problems += _heard_right(log, machines, mes)
        orders = sum(event.type == "order.requested" for event in log.events)
        return f"{len(mes.says)} things heard, {orders} holds ordered"


async def _killed(bench: Bench, factory: HttpFactory, chance: random.Random) -> bool:
    """End the inlet somewhere in its work, as a process ends: nothing of it goes on."""
    task = asyncio.ensure_future(_read_all(bench, factory))
    await asyncio.sleep(chance.random() * 0.03)
    early = not task.done()
    await ended(task)
    return early


async def _read_all(bench: Bench, factory: HttpFactory) -> None:
    more = True
    while more:
        with suppress(MesError):
            await bench.inlet.settle()
            page = await factory.fetch()
            await bench.inlet.take(page)
            await factory.taken(page)
            more = page.more


def _said(number: int, chance: random.Random, boards: Any) -> dict[str, Any] | str:
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": f"m{number}",
        "source": "/mes",
        "type": "lot.created",
        "subject": f"L{5000 + number}",
        "time": "2026-11-25T10:00:00Z",
        "data": {"order": "WO-1007", "product": "PCA-200", "line": "SMT-1"},
    }
    match chance.choice(("lot", "hold", "hold", "nonsense", "unknown lot")):
        case "hold":
            board = next(boards, "B10201")
            return event | {"type": "hold.requested", "subject": board, "data": {"reason": "bridging"}}
        case "nonsense":
            return event | {"data": {"order": "WO-1007", "product": 7}}
        case "unknown lot":
            return event | {"type": "lot.shipped", "subject": "L0000", "data": {}}
    return event


def _heard_right(log: MemoryLog, machines: MemoryMachines, mes: ReferenceMes) -> list[str]:
    problems = list(mes.problems)
    said: dict[str, dict[str, Any]] = {}
    for one in mes.says:
        assert isinstance(one, dict)
        said.setdefault(one["id"], one)
    taken = Counter(event.id for event in log.events if event.source == e.FACTORY)
    answers = [event.data for event in log.events if isinstance(event.data, e.RequestAnswered)]
    answered = Counter(answer.request for answer in answers)
    ordered = Counter(event.causationid for event in log.events if event.type == "order.requested")
    sent = Counter(order.id for order in machines.sent)
    for ident, one in said.items():
        good_lot = one["type"] == "lot.created" and "line" in one["data"]
        hold = one["type"] == "hold.requested"
        expected = (1, 0) if good_lot else (1, 1) if hold else (0, 1)
        if (taken[ident], answered[ident]) != expected:
            problems.append(f"{ident} ({one['type']}): taken {taken[ident]}, answered {answered[ident]} times")
        if ordered[ident] > hold:
            problems.append(f"{ident}: ordered {ordered[ident]} times")
    problems += [f"order {ident} reached its machine {count} times" for ident, count in sent.items() if count > 1]
    durable = {event.id for event in log.events if event.type == "order.requested"}
    problems += [f"order {ident} was sent and is not in the log" for ident in sent if ident not in durable]
    done = {answer.request for answer in answers if answer.outcome == "done"}
    for ident in done:
        if said[ident]["subject"] not in machines.simulation.holds:
            problems.append(f"{ident} is answered as done and its unit is not on hold")
    order = [event.id for event in log.events if event.source == e.FACTORY]
    if order != [ident for ident in said if taken[ident]]:
        problems.append("what the MES says stands in another order in the log")
    return problems


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), sys.argv[2]))
