"""What ports.Machines promises, asked of the fake and of OPC UA against the real plant alike."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace

import msgspec
import pytest
import pytest_asyncio

from assistant.adapters.opcua import OpcUaMachines
from assistant.adapters.tasks import ended
from assistant.domain import events as e
from assistant.domain.values import Order
from assistant.errors import NotObserved, NotSent, Uncertain
from assistant.ports import Happening, Machines
from tests.fakes.memory_machines import MemoryMachines
from tests.fakes.opcua_proxy import Fate, Proxy
from tests.fakes.running_plant import free_endpoint, running_plant, until
from tests.site import the_hardware, the_plant

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass(slots=True)
class Bench:
    """Machines under test and the levers to disturb them."""

    machines: Machines
    lose_answer: Callable[[Order, bool], None]
    """The answer to this order is lost; whether the machine gets the order."""
    mend: Callable[[], None]
    """Undo `lose_answer`."""
    seen: dict[str, int] = field(default_factory=dict)
    """Journal -> last sequence followed."""
    followed: list[Happening] = field(default_factory=list)

    async def follow(self) -> None:
        async for batch in self.machines.happenings(self.seen):
            for happening in batch:
                self.followed.append(happening)
                if happening.journal:
                    self.seen[happening.journal] = happening.sequence

    async def shows(self, order: Order) -> bool:
        try:
            reading = await self.machines.observe(order.machine)
        except NotObserved:
            return False
        return order.expect.met_by(reading.values[order.expect.variable])

    async def do(self, machine: str, method: str, **args: str) -> Order:
        """An order that is accepted and seen to be carried out."""
        order = an_order(machine, method, **args)
        receipt = await self.machines.send(order)
        assert receipt.accepted, receipt.reason
        await until(lambda: self.shows(order))
        return order

    async def caused_by(self, order: Order) -> list[e.Event]:
        entries = await self.machines.journal({})
        return [h.event for h in entries if getattr(h.event.data, "order", "") == order.id]


def an_order(machine: str, method: str, **args: str) -> Order:
    expect = the_hardware().methods[method].expectation(args)
    return Order(uuid.uuid4().hex, machine, method, args, expect, time.time() + 3.0)


@pytest_asyncio.fixture(params=["memory", "opcua"], scope="module", loop_scope="module")
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    async with AsyncExitStack() as stack:
        if request.param == "memory":
            memory = MemoryMachines(the_plant())

            def lose(order: Order, arrives: bool) -> None:
                memory.answer_lost = "done" if arrives else "not done"

            def mend() -> None:
                memory.answer_lost = ""

            bench = Bench(memory, lose, mend)
        else:
            endpoint = free_endpoint()
            await stack.enter_async_context(running_plant(endpoint))
            proxy = await stack.enter_async_context(Proxy(endpoint))
            wired = msgspec.structs.replace(the_hardware(), endpoint=proxy.endpoint)
            opcua = OpcUaMachines(wired, [machine.id for machine in the_plant().machines])
            stack.push_async_callback(opcua.close)

            def lose_on_the_wire(order: Order, arrives: bool) -> None:
                proxy.on(order.id, Fate.ANSWER_LOST if arrives else Fate.REQUEST_LOST)

            bench = Bench(opcua, lose_on_the_wire, lambda: None)
        task = asyncio.create_task(bench.follow())
        stack.push_async_callback(ended, task)
        await until(lambda: any(isinstance(h.event.data, e.ConnectionRestored) for h in bench.followed))
        yield bench


# ---- looking -------------------------------------------------------------------------------------------------


async def test_reading_has_every_declared_variable(bench: Bench) -> None:
    for machine in the_plant().machines:
        reading = await bench.machines.observe(machine.id)
        assert reading.machine == machine.id
        assert reading.values.keys() == the_hardware().variables.keys()
        assert all(isinstance(reading.values[name], tuple) for name in ("held", "queue", "alarms"))


async def test_machines_in_reach_are_young(bench: Bench) -> None:
    assert 0 <= bench.machines.age() <= the_hardware().stale_after_s


# ---- ordering ------------------------------------------------------------------------------------------------


async def test_hold_and_release_are_seen_and_recorded_once(bench: Bench) -> None:
    hold = await bench.do("PNP-1", "hold", unit="L4713", reason="bridging")
    reading = await bench.machines.observe("AOI-1")
    assert "L4713" in reading.values["held"], "the machines of a line share what they refuse"
    (held,) = [event for event in await bench.caused_by(hold) if isinstance(event.data, e.LotHeld)]
    assert (held.subject, held.source, held.data) == (
        "L4713",
        "/machines/PNP-1",
        e.LotHeld("PNP-1", "bridging", hold.id),
    )
    release = await bench.do("AOI-1", "release", unit="L4713")
    assert [type(event.data) for event in await bench.caused_by(release)] == [e.LotReleased]


async def test_stop_and_start(bench: Bench) -> None:
    stop = await bench.do("OVN-2", "stop")
    changed = [event.data for event in await bench.caused_by(stop) if isinstance(event.data, e.MachineStateChanged)]
    assert [(data.state, data.cause) for data in changed] == [("stopped", "RemoteStop")]
    await bench.do("OVN-2", "start")
    assert (await bench.machines.observe("OVN-2")).values["state"] != "stopped"


async def test_acknowledge(bench: Bench) -> None:
    alarms: list[str] = []

    async def raised() -> bool:
        alarms[:] = (await bench.machines.observe("PRN-1")).values["alarms"]
        return bool(alarms)

    await until(raised)
    code = alarms[0]
    order = await bench.do("PRN-1", "acknowledge", alarm=code)
    assert [event.data for event in await bench.caused_by(order)] == [e.AlarmAcknowledged(code, order.id)]


@pytest.mark.parametrize(("unit", "boards"), [("B10341", 1), ("L4722", 24)])
async def test_rework_and_withdraw(bench: Bench, unit: str, boards: int) -> None:
    rework = await bench.do("RWK-1", "rework", unit=unit, defect="bridging")
    sent = [event for event in await bench.caused_by(rework) if isinstance(event.data, e.BoardSentToRework)]
    assert len({event.subject for event in sent}) == len(sent) == boards
    withdraw = await bench.do("RWK-1", "withdraw", unit=unit)
    back = [
        event.subject for event in await bench.caused_by(withdraw) if isinstance(event.data, e.BoardWithdrawnFromRework)
    ]
    assert sorted(back) == sorted(event.subject for event in sent)


async def test_same_order_again_answers_the_same_and_does_nothing(bench: Bench) -> None:
    order = await bench.do("PNP-2", "hold", unit="B10271", reason="void")
    assert (await bench.machines.send(order)).accepted
    await bench.do("PNP-2", "release", unit="B10271")
    assert (await bench.machines.send(order)).accepted, "the first answer, not a second hold"
    reading = await bench.machines.observe("PNP-2")
    assert "B10271" not in reading.values["held"]
    assert len(await bench.caused_by(order)) == 1


@pytest.mark.parametrize(
    ("machine", "method", "args", "says"),
    [
        ("PRN-1", "hold", {"unit": "L9999", "reason": ""}, "L9999"),
        ("PRN-1", "hold", {"unit": "L4721", "reason": ""}, "L4721"),
        ("PRN-1", "hold", {"unit": "PRN-2", "reason": ""}, "PRN-2"),
        ("PRN-1", "release", {"unit": "L4712"}, "L4712"),
        ("PRN-1", "start", {}, "PRN-1"),
        ("PRN-1", "acknowledge", {"alarm": "NO-SUCH"}, "NO-SUCH"),
        ("PRN-1", "rework", {"unit": "B10231", "defect": ""}, "bench"),
        ("RWK-1", "rework", {"unit": "B99999", "defect": ""}, "B99999"),
        ("RWK-1", "withdraw", {"unit": "B10231"}, "B10231"),
    ],
)
async def test_refusals_say_why_and_leave_no_trace(
    bench: Bench, machine: str, method: str, args: dict[str, str], says: str
) -> None:
    order = an_order(machine, method, **args)
    receipt = await bench.machines.send(order)
    assert not receipt.accepted
    assert says in receipt.reason
    assert await bench.caused_by(order) == []


async def test_held_twice_is_refused(bench: Bench) -> None:
    await bench.do("SPI-1", "hold", unit="B10270", reason="")
    again = await bench.machines.send(an_order("SPI-1", "hold", unit="B10270", reason=""))
    assert (again.accepted, "B10270" in again.reason) == (False, True)
    await bench.do("SPI-1", "release", unit="B10270")


async def test_machine_refuses_what_comes_after_its_deadline(bench: Bench) -> None:
    order = replace(an_order("PRN-2", "stop"), deadline=time.time() - 60.0)
    assert await bench.machines.send(order) == await bench.machines.send(order)
    assert (await bench.machines.send(order)).reason == "too late"
    assert await bench.caused_by(order) == []


async def test_assistant_does_not_send_after_its_own_deadline(bench: Bench) -> None:
    order = replace(an_order("PRN-2", "stop"), within=0.0)
    with pytest.raises(NotSent):
        await bench.machines.send(order)
    assert await bench.caused_by(order) == []


# ---- what is not known ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("arrives", [True, False])
async def test_missing_answer_is_uncertain_and_only_looking_tells(bench: Bench, arrives: bool) -> None:
    order = an_order("PNP-3", "hold", unit="B10340", reason="polarity")
    bench.lose_answer(order, arrives)
    with pytest.raises(Uncertain):
        await bench.machines.send(order)
    bench.mend()
    if arrives:
        await until(lambda: bench.shows(order))
        assert len(await bench.caused_by(order)) == 1
        await bench.do("PNP-3", "release", unit="B10340")
    else:
        later = await bench.do("PNP-3", "hold", unit="B10339", reason="")
        assert await bench.caused_by(order) == [], "neither done nor sent again while another order went through"
        await bench.do("PNP-3", "release", unit="B10339")
        assert len(await bench.caused_by(later)) == 1


# ---- the journal ---------------------------------------------------------------------------------------------


async def test_journal_has_no_gaps_and_can_be_read_from_anywhere(bench: Bench) -> None:
    entries = await bench.machines.journal({})
    (run,) = {happening.journal for happening in entries}
    assert [happening.sequence for happening in entries] == list(range(1, len(entries) + 1))
    assert [happening.event.id for happening in entries] == [f"{run}-{n}" for n in range(1, len(entries) + 1)]
    rest = await bench.machines.journal({run: len(entries) - 3})
    assert list(rest)[:3] == list(entries)[-3:]
    assert list(await bench.machines.journal({run: 10**9})) == []


async def test_following_misses_nothing_and_repeats_nothing(bench: Bench) -> None:
    order = await bench.do("AOI-2", "hold", unit="AOI-2", reason="")
    await bench.do("AOI-2", "release", unit="AOI-2")
    last = list(await bench.machines.journal({}))[-1]
    await until(lambda: bench.seen.get(last.journal, 0) >= last.sequence)
    followed = [happening for happening in bench.followed if happening.journal]
    assert [happening.sequence for happening in followed] == list(range(1, len(followed) + 1))
    assert any(getattr(happening.event.data, "order", "") == order.id for happening in followed)
