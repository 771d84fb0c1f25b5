"""OPC UA when things go wrong: nothing is claimed that was not read, nothing is sent twice or late."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import msgspec
import pytest

from assistant.adapters.opcua import CHUNK, OpcUaMachines
from assistant.adapters.tasks import ended
from assistant.domain import events as e
from assistant.domain.values import Order, Reading
from assistant.errors import NotObserved, NotSent, Uncertain
from assistant.plant.weeks import Programme
from assistant.ports import Happening
from assistant.settings.paths import shipped_site
from tests.fakes.opcua_proxy import Fate, Proxy
from tests.fakes.running_plant import free_endpoint, running_plant, until
from tests.fakes.tiny_server import TinyServer
from tests.site import the_hardware, the_plant

T = TypeVar("T")
UNCERTAIN_QUALITY, BAD_QUALITY = 0x40000000, 0x80000000


class Followed:
    """What `happenings` has told so far."""

    def __init__(self, machines: OpcUaMachines) -> None:
        self.machines = machines
        self.seen: dict[str, int] = {}
        self.all: list[Happening] = []

    async def run(self) -> None:
        async for batch in self.machines.happenings(self.seen):
            for happening in batch:
                self.all.append(happening)
                if happening.journal:
                    self.seen[happening.journal] = happening.sequence

    def count(self, kind: type[e.Payload]) -> int:
        return sum(isinstance(happening.event.data, kind) for happening in self.all)

    def restored(self, times: int) -> bool:
        return self.count(e.ConnectionRestored) >= times

    @property
    def connected(self) -> bool:
        """What was told last: on a busy machine a connection may be lost and found in between."""
        told = [h.event.data for h in self.all if isinstance(h.event.data, e.ConnectionLost | e.ConnectionRestored)]
        return bool(told) and isinstance(told[-1], e.ConnectionRestored)


@asynccontextmanager
async def following(endpoint: str, machines: list[str] | None = None) -> AsyncIterator[Followed]:
    wired = msgspec.structs.replace(the_hardware(), endpoint=endpoint)
    opcua = OpcUaMachines(wired, machines or [machine.id for machine in the_plant().machines])
    followed = Followed(opcua)
    task = asyncio.create_task(followed.run())
    try:
        yield followed
    finally:
        await ended(task)
        await opcua.close()


@asynccontextmanager
async def tiny() -> AsyncIterator[tuple[TinyServer, Followed]]:
    wired = msgspec.structs.replace(the_hardware(), endpoint=free_endpoint())
    async with TinyServer(wired) as server, following(wired.endpoint, ["PRN-1", "PRN-2"]) as followed:
        await until(lambda: followed.restored(1))
        yield server, followed


async def in_reach(ask: Callable[[], Awaitable[T]]) -> T:
    """What it answers; asked again, for a while, when it was not even asked: a busy machine may lose a connection."""
    for _ in range(100):
        try:
            return await ask()
        except (NotObserved, NotSent):
            await asyncio.sleep(0.1)
    return await ask()


def an_order(machine: str, method: str, **args: str) -> Order:
    expect = the_hardware().methods[method].expectation(args)
    return Order(uuid.uuid4().hex, machine, method, args, expect, time.time() + 3.0)


def ledger_of(file: Path, order: Order) -> list[str]:
    entries = [json.loads(line) for line in file.read_text().splitlines()]
    return [entry["result"] for entry in entries if entry["order"] == order.id]


# ---- out of reach --------------------------------------------------------------------------------------------


async def test_absent_server_is_not_sent_not_observed_and_told_once() -> None:
    async with following(free_endpoint()) as followed:
        await until(lambda: followed.count(e.ConnectionLost) == 1)
        with pytest.raises(NotSent):
            await followed.machines.send(an_order("PRN-1", "stop"))
        with pytest.raises(NotObserved):
            await followed.machines.observe("PRN-1")
        assert list(await followed.machines.journal({})) == []
        assert followed.machines.age() == float("inf")
        assert len(followed.all) == 1


async def test_restarted_plant_is_found_again_and_its_new_journal_read_from_the_start() -> None:
    endpoint = free_endpoint()
    async with following(endpoint) as followed:
        async with running_plant(endpoint) as first:
            await until(lambda: bool(followed.seen.get(first.run_id)) and followed.connected)
        await until(lambda: not followed.connected)
        with pytest.raises(NotSent):
            await followed.machines.send(an_order("PRN-1", "stop"))
        async with running_plant(endpoint) as second:
            await until(lambda: bool(followed.seen.get(second.run_id)) and followed.connected)
            assert (await in_reach(lambda: followed.machines.observe("PRN-1"))).values["state"]
            assert (await in_reach(lambda: followed.machines.send(an_order("PRN-1", "stop")))).accepted
    for plant in (first, second):
        sequences = [happening.sequence for happening in followed.all if happening.journal == plant.run_id]
        assert sequences == list(range(1, len(sequences) + 1))
        assert sequences


async def test_broken_connection_loses_no_entry_of_the_journal() -> None:
    endpoint = free_endpoint()
    async with (
        running_plant(endpoint, speed=20.0) as plant,
        Proxy(endpoint) as proxy,
        following(proxy.endpoint) as followed,
    ):
        for breaks in range(1, 4):
            await until(lambda: followed.restored(breaks))  # noqa: B023 (awaited in this round)
            before = followed.seen[plant.run_id]
            proxy.reset()
            await until(lambda: followed.seen[plant.run_id] > before + 5)  # noqa: B023
        sequences = [happening.sequence for happening in followed.all if happening.journal]
        assert sequences == list(range(1, len(sequences) + 1))


async def test_what_was_missed_for_hours_comes_in_pieces_and_the_connection_counts_when_all_of_it_is_there() -> None:
    endpoint = free_endpoint()
    # All of it is made before anybody looks: more than can be read in one go within a connection's patience.
    async with running_plant(endpoint, speed=20_000.0, programme=Programme(6 * 3600.0, unread_s=60.0)) as plant:
        await until(lambda: plant.ended)
        async with following(endpoint) as followed:
            await until(lambda: followed.restored(1))
            told = [one for one in followed.all if one.journal or isinstance(one.event.data, e.ConnectionRestored)]
            assert isinstance(told[-1].event.data, e.ConnectionRestored)
            sequences = [happening.sequence for happening in followed.all if happening.journal]
            assert sequences == list(range(1, plant.entries + 1))
            assert len(sequences) > 30_000
            assert followed.count(e.ConnectionRestored) == 1


# ---- an order in between -------------------------------------------------------------------------------------


@pytest.mark.parametrize("fate", [Fate.ANSWER_LOST, Fate.CUT])
async def test_lost_answer_is_uncertain_and_the_order_was_sent_once(tmp_path: Path, fate: Fate) -> None:
    endpoint, ledger = free_endpoint(), tmp_path / "ledger.jsonl"
    async with (
        running_plant(endpoint, ledger=ledger),
        Proxy(endpoint) as proxy,
        following(proxy.endpoint) as followed,
    ):
        await until(lambda: followed.restored(1))
        order = an_order("PRN-1", "stop")
        proxy.on(order.id, fate)
        with pytest.raises(Uncertain):
            await followed.machines.send(order)
        await until(lambda: ledger_of(ledger, order) == ["accepted", "done"])
        assert proxy.requests == 1


async def test_request_that_arrives_after_its_deadline_does_nothing(tmp_path: Path) -> None:
    endpoint, ledger = free_endpoint(), tmp_path / "ledger.jsonl"
    async with (
        running_plant(endpoint, ledger=ledger),
        Proxy(endpoint) as proxy,
        following(proxy.endpoint) as followed,
    ):
        await until(lambda: followed.restored(1))
        order = replace(an_order("PRN-1", "stop"), deadline=time.time() + 0.5)
        proxy.on(order.id, Fate.LATE)
        with pytest.raises(Uncertain):
            await followed.machines.send(order)
        assert ledger_of(ledger, order) == []
        await until(lambda: time.time() > order.deadline)
        proxy.let_go()
        await until(lambda: ledger_of(ledger, order) != [])
        assert ledger_of(ledger, order) == ["rejected"]


async def test_server_that_dies_in_mid_call_is_uncertain() -> None:
    async with tiny() as (server, followed):
        asked = asyncio.Event()

        async def never(order: str) -> tuple[bool, str]:
            asked.set()
            await asyncio.Event().wait()
            return True, ""

        server.answer = never
        call = asyncio.create_task(followed.machines.send(an_order("PRN-1", "stop")))
        await asked.wait()
        await server.stop()
        with pytest.raises(Uncertain):
            await call
        assert len(server.calls) == 1


async def test_fault_inside_the_machine_is_uncertain() -> None:
    """The server answers BadUnexpectedError for a method that raised: it may have done half of it before."""
    async with tiny() as (server, followed):

        async def breaks(order: str) -> tuple[bool, str]:
            await server.write("state", "stopped")
            raise RuntimeError("after it had stopped")

        server.answer = breaks
        with pytest.raises(Uncertain):
            await followed.machines.send(an_order("PRN-1", "stop"))
        assert (await followed.machines.observe("PRN-1")).values["state"] == "stopped"


async def test_answers_that_nobody_waits_for_any_more_do_not_matter() -> None:
    async with tiny() as (server, followed):
        gate = asyncio.Event()

        async def slow(order: str) -> tuple[bool, str]:
            await gate.wait()
            return True, ""

        server.answer = slow
        first = an_order("PRN-1", "stop")
        with pytest.raises(Uncertain):
            await followed.machines.send(first)

        async def refuses(order: str) -> tuple[bool, str]:
            return False, "no"

        server.answer = refuses
        gate.set()
        second = an_order("PRN-1", "start")
        receipt = await followed.machines.send(second)
        assert (receipt.accepted, receipt.reason) == (False, "no")
        assert server.calls == [first.id, second.id]


# ---- quality and freshness -----------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [UNCERTAIN_QUALITY, BAD_QUALITY])
async def test_value_of_less_than_good_quality_is_not_observed(status: int) -> None:
    async with tiny() as (server, followed):
        await server.write("held", ("L4712",))
        assert (await followed.machines.observe("PRN-1")).values["held"] == ("L4712",)
        await server.write("held", ("L4712",), status=status)
        with pytest.raises(NotObserved, match="held"):
            await followed.machines.observe("PRN-1")
        await server.write("held", ())
        assert (await followed.machines.observe("PRN-1")).values["held"] == ()


async def test_heart_that_stands_still_is_stale_and_told_once() -> None:
    async with tiny() as (server, followed):
        server.heart_stops()
        await until(lambda: followed.count(e.ConnectionLost) == 1)
        with pytest.raises(NotSent):
            await followed.machines.send(an_order("PRN-1", "stop"))
        with pytest.raises(NotObserved):
            await followed.machines.observe("PRN-1")
        assert server.calls == []
        looks = server.looks
        await until(lambda: server.looks > looks + 20)
        assert [type(happening.event.data) for happening in followed.all] == [e.ConnectionRestored, e.ConnectionLost]


async def test_one_machine_whose_heart_stands_still_is_not_trusted_and_the_other_is() -> None:
    async with tiny() as (server, followed):
        assert (await followed.machines.observe("PRN-2")).machine == "PRN-2"
        server.heart_stops("PRN-2")

        async def noticed() -> bool:
            try:
                await followed.machines.observe("PRN-2")
            except NotObserved:
                return True
            return False

        await until(noticed)
        with pytest.raises(NotSent):
            await followed.machines.send(an_order("PRN-2", "stop"))
        assert (await followed.machines.observe("PRN-1")).machine == "PRN-1"
        assert (await followed.machines.send(an_order("PRN-1", "stop"))).accepted
        assert followed.count(e.ConnectionLost) == 0


@pytest.mark.parametrize("off", [-3600.0, 2.9, 3600.0])
async def test_value_of_another_time_is_not_observed(off: float) -> None:
    async with tiny() as (server, followed):
        await server.write("held", ("L4712",), at=time.time() + off)
        with pytest.raises(NotObserved):
            await followed.machines.observe("PRN-1")


async def test_server_that_answers_for_dead_machines_is_not_connected() -> None:
    """At the first look nothing has moved yet: the heartbeat's own time must tell."""
    wired = msgspec.structs.replace(the_hardware(), endpoint=free_endpoint())
    async with TinyServer(wired) as server:
        server.heart_stops()
        await server.hearts_stood_still_since(time.time() - 60.0)
        async with following(wired.endpoint, ["PRN-1", "PRN-2"]) as followed:
            await until(lambda: followed.count(e.ConnectionLost) == 1)
            with pytest.raises(NotSent):
                await followed.machines.send(an_order("PRN-1", "stop"))
            assert followed.count(e.ConnectionRestored) == 0


async def test_reading_is_newer_than_the_order_whose_effect_it_shows() -> None:
    endpoint = free_endpoint()
    async with running_plant(endpoint), following(endpoint) as followed:
        await until(lambda: followed.restored(1))
        order = an_order("PRN-1", "stop")
        sent = time.time()
        assert (await followed.machines.send(order)).accepted
        readings = []

        async def stopped() -> bool:
            readings.append(await followed.machines.observe("PRN-1"))
            return readings[-1].values["state"] == "stopped"

        await until(stopped)
        assert readings[-1].time >= sent
        events = [
            h.event for h in await followed.machines.journal({}) if getattr(h.event.data, "order", "") == order.id
        ]
        assert [sent <= event.time <= time.time() for event in events] == [True]


async def test_paused_plant_is_stale_then_heard_again() -> None:
    """SIGSTOP: connections stay up, nobody answers."""
    endpoint = free_endpoint()
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "assistant", "line", "--endpoint", endpoint,
        cwd=shipped_site(), stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert child.stdout is not None
    try:
        assert b"ready" in await child.stdout.readline()
        async with following(endpoint) as followed:
            await until(lambda: followed.connected)
            os.kill(child.pid, signal.SIGSTOP)
            await until(lambda: not followed.connected)
            with pytest.raises(NotObserved):
                await followed.machines.observe("PRN-1")
            with pytest.raises(NotSent):
                await followed.machines.send(an_order("PRN-1", "stop"))
            os.kill(child.pid, signal.SIGCONT)
            await until(lambda: followed.connected)
            assert (await in_reach(lambda: followed.machines.observe("PRN-1"))).values["state"] != "stopped"
    finally:
        child.kill()
        await child.wait()


# ---- what the journal says -----------------------------------------------------------------------------------


def an_entry(number: int, type: str = "alarm.cleared", source: str = "/machines/PRN-1", **data: object) -> str:
    return json.dumps(
        {
            "id": f"tiny-{number}",
            "source": source,
            "subject": "PRN-1",
            "time": 1.0,
            "type": type,
            "data": data or {"code": f"A{number}"},
        }
    )


async def test_entry_that_makes_no_sense_is_skipped_and_the_rest_is_read() -> None:
    async with tiny() as (server, followed):
        wrong = ["{", "null", an_entry(4, "no.such"), an_entry(5, code=7)]
        await server.note(an_entry(1), *wrong, an_entry(6))
        await until(lambda: followed.seen.get("tiny") == 6)
        assert [happening.sequence for happening in followed.all if happening.journal] == [1, 6]


async def test_machine_reports_only_what_is_a_machine_s_to_report() -> None:
    async with tiny() as (server, followed):
        await server.note(
            an_entry(1, "operator.registered", role="supervisor"),
            an_entry(2, "order.done", machine="PRN-1", observed="state=stopped", observed_at=1.0),
            an_entry(3, source="/assistant"),
            an_entry(4).replace("tiny-4", "tiny-1"),
        )
        await until(lambda: followed.seen.get("tiny") == 4)
        told = [happening.event for happening in followed.all if happening.journal]
        assert [(event.id, event.source, event.data) for event in told] == [
            ("tiny-4", "/machines/PRN-1", e.AlarmCleared("A4"))
        ], "and its id is its place in the journal, whatever the entry says"


async def test_first_look_reads_a_long_journal_to_its_end() -> None:
    async with tiny() as (server, followed):
        many = 30_000
        await server.note(*[an_entry(number) for number in range(1, many + 1)])
        await until(lambda: followed.seen.get("tiny") == many)
        assert followed.count(e.ConnectionLost) == 0


async def test_a_history_too_long_for_one_answer_comes_in_pieces_and_nothing_is_told_as_now_before() -> None:
    wired = msgspec.structs.replace(the_hardware(), endpoint=free_endpoint())
    async with TinyServer(wired) as server:
        many = 12 * CHUNK  # at 0.3 s a piece: more than any one answer is waited for
        await server.note(*[an_entry(number) for number in range(1, many + 1)])
        server.slow_s = 0.3
        async with following(wired.endpoint, ["PRN-1", "PRN-2"]) as followed:
            await until(lambda: followed.seen.get("tiny", 0) >= CHUNK)
            assert followed.machines.age() == float("inf"), "its hearts beat, and what is known is old"
            with pytest.raises(NotObserved):
                await followed.machines.observe("PRN-1")
            await until(lambda: followed.restored(1))
            assert followed.seen["tiny"] == many
            assert followed.machines.age() <= wired.stale_after_s
        assert followed.count(e.ConnectionLost) == 0
        sequences = [happening.sequence for happening in followed.all if happening.journal]
        assert sequences == list(range(1, many + 1)), "each once"


async def test_a_journal_that_ends_in_nonsense_is_not_read_over_and_over() -> None:
    async with tiny() as (server, followed):
        await server.note(an_entry(1), "{", "null")
        await until(lambda: followed.seen.get("tiny") == 1)
        asked = server.read
        await asyncio.sleep(0.5)
        assert server.read <= asked + 1
        await server.note(an_entry(4))
        await until(lambda: followed.seen.get("tiny") == 4)


async def test_a_journal_of_bad_quality_is_said_so() -> None:
    async with tiny() as (server, followed):
        await server.head_spoils()
        await until(lambda: followed.count(e.ConnectionLost) >= 1)
        reasons = [h.event.data.reason for h in followed.all if isinstance(h.event.data, e.ConnectionLost)]
        assert reasons[0].startswith("the journal")


# ---- many who look at once -----------------------------------------------------------------------------------


class Counted(OpcUaMachines):
    """Counts its looks, and holds them up while a test wants to."""

    looks = 0
    go_on: asyncio.Event

    async def _look(self, machines: Sequence[str]) -> dict[str, Reading | NotObserved]:
        self.looks += 1
        shown = await super()._look(machines)
        await self.go_on.wait()
        return shown


async def test_who_asks_while_machines_are_read_shares_the_next_reading_which_began_after_that() -> None:
    wired = msgspec.structs.replace(the_hardware(), endpoint=free_endpoint())
    async with TinyServer(wired) as server:
        machines = Counted(wired, ["PRN-1", "PRN-2"])
        machines.go_on = asyncio.Event()
        followed = Followed(machines)
        task = asyncio.create_task(followed.run())
        try:
            await until(lambda: followed.restored(1))
            await server.write("state", "running")
            first = asyncio.create_task(machines.observe("PRN-1"))
            await until(lambda: machines.looks == 1)
            await asyncio.sleep(0.2)  # it has been read, and is not answered
            await server.write("state", "stopped")
            others = [asyncio.create_task(machines.observe(name)) for name in ("PRN-1", "PRN-2") * 10]
            await asyncio.sleep(0)
            machines.go_on.set()
            assert (await first).values["state"] == "running"
            assert {(await other).values["state"] for other in others} == {"stopped"}
            assert machines.looks == 2
        finally:
            await ended(task)
            await machines.close()


async def test_who_is_cancelled_while_reading_for_others_leaves_it_to_the_next() -> None:
    wired = msgspec.structs.replace(the_hardware(), endpoint=free_endpoint())
    async with TinyServer(wired):
        machines = Counted(wired, ["PRN-1", "PRN-2"])
        machines.go_on = asyncio.Event()
        followed = Followed(machines)
        task = asyncio.create_task(followed.run())
        try:
            await until(lambda: followed.restored(1))
            first = asyncio.create_task(machines.observe("PRN-1"))
            second = asyncio.create_task(machines.observe("PRN-2"))
            await until(lambda: machines.looks == 1)
            first.cancel()
            machines.go_on.set()
            assert (await second).machine == "PRN-2"
        finally:
            await ended(task)
            await machines.close()
