"""What the factory's own system says: taken whole or refused with a reason, and a hold of it holds, at most once."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from assistant.domain import events as e
from assistant.domain.values import Decision
from assistant.errors import LogError, MesError
from assistant.ports import Page, Told
from assistant.turn.inlet import PATIENCE_S
from tests.a_core import OPERATOR, Bench, a_core
from tests.fakes.memory_log import MemoryLog
from tests.fakes.memory_machines import MemoryMachines
from tests.fakes.stepped_clock import SteppedClock
from tests.site import the_plant

NOW = 1_795_600_800.0


def told(subject: str, data: e.Payload, ident: str = "m1") -> Told:
    return Told(ident, data.type, subject, e.Event(ident, e.FACTORY, subject, NOW, data))


def page(*items: Told) -> Page:
    return Page(items, "1", more=False)


def hold(subject: str = "L4712", reason: str = "bridging", ident: str = "h1") -> Told:
    return told(subject, e.HoldRequested(reason), ident)


def answers(bench: Bench) -> list[tuple[str, str, str]]:
    """Request, outcome and reason of each answer, in order."""
    found = [event.data for event in bench.log.events if isinstance(event.data, e.RequestAnswered)]
    return [(data.request, data.outcome, data.reason) for data in found]


LOT = e.LotCreated("WO-1007", "PCA-200", "SMT-1", ("B10990", "B10991"))


async def test_a_lot_made_elsewhere_can_be_spoken_of_at_once() -> None:
    async with a_core() as bench:
        await bench.inlet.take(page(told("L4799", LOT)))
        stored = next(event for event in bench.log.events if event.subject == "L4799")
        assert (stored.source, stored.id, stored.data) == ("/mes", "m1", LOT)
        answer = await bench.say("status of lot 4799")
        assert answer.decision is Decision.ANSWERED and "four seven double nine" in answer.say
        assert answers(bench) == [], "what is taken needs no answer"


async def test_a_work_order_and_its_lot_may_come_in_one_page() -> None:
    async with a_core() as bench:
        order = e.WorkOrderCreated("PCA-310", "SMT-2", "next")
        lot = e.LotCreated("WO-2000", "PCA-310", "SMT-2")
        await bench.inlet.take(page(told("WO-2000", order), told("L4800", lot, "m2")))
        assert answers(bench) == []
        answer = await bench.say("status of work order 2000")
        assert answer.decision is Decision.ANSWERED and "two triple zero" in answer.say and "gateway" in answer.say


@pytest.mark.parametrize(
    ("subject", "data", "why"),
    [
        ("L47991", LOT, "no lot id"),
        ("4799", LOT, "no lot id"),
        ("L479٩", LOT, "no lot id"),
        ("PRN-1", LOT, "no lot id"),
        ("L4711", LOT, "says otherwise"),
        ("L4799", e.LotCreated("WO-9999", "PCA-200", "SMT-1"), "no work order WO-9999"),
        ("L4799", e.LotCreated("WO-1007", "PCA-310", "SMT-1"), "WO-1007 is PCA-200 on SMT-1"),
        ("L4799", e.LotCreated("WO-1007", "PCA-200", "SMT-1", ("B10990", "B10990")), "twice"),
        ("L4799", e.LotCreated("WO-1007", "PCA-200", "SMT-1", ("B10201",)), "in L4711 already"),
        ("L4799", e.LotCreated("WO-1007", "PCA-200", "SMT-1", ("L4799",)), "no board id"),
        ("WO-1007", e.WorkOrderCreated("PCA-310", "SMT-1", "running"), "says otherwise"),
        ("WO-77", e.WorkOrderCreated("PCA-200", "SMT-1", "next"), "no order id"),
        ("WO-2000", e.WorkOrderCreated("PCA-999", "SMT-1", "next"), "no product PCA-999"),
        ("WO-2000", e.WorkOrderCreated("PCA-200", "SMT-9", "next"), "no line SMT-9"),
        ("L4799", e.LotShipped(), "no lot L4799"),
        ("L4799", e.HoldRequested("bridging"), "no lot, board or machine"),
        ("SMT-1", e.HoldRequested("bridging"), "no lot, board or machine"),
        ("L4712", e.HoldRequested("scrap_everything"), "no reason"),
        ("PRN-1", e.CallAnswered("c1", ""), "no such call"),
    ],
)
async def test_what_does_not_fit_this_plant_is_refused_whole(subject: str, data: e.Payload, why: str) -> None:
    async with a_core() as bench:
        before = len(bench.log.events)
        await bench.inlet.take(page(told(subject, data)))
        ((request, outcome, reason),) = answers(bench)
        assert (request, outcome) == ("m1", "refused") and why in reason
        assert len(bench.log.events) == before + 1 and bench.machines.sent == []
        assert not any(event.source == e.FACTORY for event in bench.log.events)


async def test_what_cannot_be_read_is_refused_with_its_reason() -> None:
    async with a_core() as bench:
        await bench.inlet.take(
            page(Told("m1", "lot.created", "", None, "Object missing `data`"), told("L4799", LOT, "m2"))
        )
        assert answers(bench) == [("m1", "refused", "Object missing `data`")]
        assert any(event.subject == "L4799" for event in bench.log.events), "the rest of the page is not its fault"


async def test_what_is_said_twice_counts_once_taken_or_refused() -> None:
    log = MemoryLog()
    items = page(told("L4799", LOT), told("L4798", e.LotShipped(), "m2"), hold())
    async with a_core(log) as bench:
        await bench.inlet.take(items)
        await bench.inlet.take(items)
    written = list(log.events)
    async with a_core(log) as bench:
        started = [event for event in log.events if event not in written]
        # What was refused stays refused, though it would fit now: the MES was told so.
        await bench.inlet.take(page(told("L4798", e.LotCreated("WO-1007", "PCA-200", "SMT-1"), "m3")))
        await bench.inlet.take(items)
        assert [event.id for event in log.events if event not in written and event not in started] == ["m3"]
        assert answers(bench) == [("m2", "refused", "no lot L4798 here"), ("h1", "done", "")]


async def test_the_same_lot_told_by_the_site_s_file_and_the_mes_is_one_lot() -> None:
    async with a_core() as bench:
        lot = next(event for event in bench.log.events if event.subject == "L4712" and event.type == "lot.created")
        await bench.inlet.take(page(told("L4712", lot.data)))
        assert answers(bench) == []


async def test_a_shipped_lot_cannot_be_held_any_more() -> None:
    async with a_core() as bench:
        await bench.inlet.take(page(told("L4712", e.LotShipped("dock 4")), hold()))
        ((_, outcome, reason),) = answers(bench)
        assert outcome == "refused" and "shipped" in reason and bench.machines.sent == []


async def test_a_call_answered_in_the_mes_is_answered_here() -> None:
    async with a_core() as bench:
        await bench.say("call maintenance to printer two")
        (call,) = [event for event in bench.log.events if event.type == "call.raised"]
        await bench.inlet.take(page(told("PRN-1", e.CallAnswered(call.id, ""))))
        assert answers(bench)[0][1] == "refused", "it was another machine's"
        await bench.inlet.take(page(told("PRN-2", e.CallAnswered(call.id, ""), "m2")))
        await bench.clock.sleep(301.0)
        await bench.escalation.look()
        assert "call.escalated" not in bench.types()


# ---- holds -------------------------------------------------------------------------------------------------------


async def test_a_hold_made_elsewhere_holds_at_the_machine_and_is_told_back() -> None:
    async with a_core() as bench:
        await bench.inlet.take(page(hold()))
        (order,) = bench.machines.sent
        assert (order.method, dict(order.args)) == ("hold", {"unit": "L4712", "reason": "bridging"})
        assert bench.machines.simulation.holds == {"L4712": "bridging"}
        assert answers(bench) == [("h1", "done", "")]
        chain = [event for event in bench.log.events if event.correlationid == "mes/h1"]
        assert [event.type for event in chain] == [
            "order.requested",
            "order.accepted",
            "lot.held",
            "order.done",
            "mes.request_answered",
        ]
        assert chain[0].causationid == "h1"
        assert (await bench.say("who put lot 4712 on hold")).say.startswith("MES put lot four seven one two on hold")


async def test_a_hold_of_a_board_and_of_a_machine_too() -> None:
    async with a_core() as bench:
        await bench.inlet.take(page(hold("B10207", ident="h1"), hold("OVN-1", ident="h2")))
        assert [outcome for _, outcome, _ in answers(bench)] == ["done", "done"]
        assert set(bench.machines.simulation.holds) == {"B10207", "OVN-1"}


async def test_what_is_on_hold_already_is_not_held_twice() -> None:
    async with a_core() as bench:
        await bench.say("hold lot 4712, bridging")
        await bench.inlet.take(page(hold(reason="void")))
        ((_, outcome, reason),) = answers(bench)
        assert outcome == "refused" and "on hold already" in reason and len(bench.machines.sent) == 1


async def test_a_machine_s_no_is_told_back() -> None:
    async with a_core() as bench:
        bench.machines.refuses = "door open"
        await bench.inlet.take(page(hold()))
        assert answers(bench) == [("h1", "refused", "door open")]


async def test_a_hold_waits_a_while_for_machines_out_of_reach() -> None:
    async with a_core() as bench:
        bench.machines.unreachable = True
        await bench.inlet.take(page(hold(), told("L4799", LOT)))
        assert any(event.subject == "L4799" for event in bench.log.events), "the rest does not wait for it"
        await bench.clock.sleep(PATIENCE_S - 1)
        await bench.inlet.settle()
        assert answers(bench) == [] and "order.requested" not in bench.types()
        bench.machines.unreachable = False
        await bench.inlet.settle()
        await bench.inlet.settle()
        assert answers(bench) == [("h1", "done", "")] and len(bench.machines.sent) == 1


async def test_a_hold_that_waited_in_vain_has_failed_for_good() -> None:
    async with a_core() as bench:
        bench.machines.unreachable = True
        await bench.inlet.take(page(hold()))
        await bench.clock.sleep(PATIENCE_S + 1)
        await bench.inlet.settle()
        ((_, outcome, reason),) = answers(bench)
        assert outcome == "failed" and "reach" in reason
        bench.machines.unreachable = False
        await bench.inlet.settle()
        await bench.inlet.take(page(hold()))
        assert bench.machines.sent == [], "it is the MES's to ask again"


async def test_a_hold_whose_answer_is_lost_is_looked_for_and_never_sent_again() -> None:
    async with a_core() as bench:
        bench.machines.answer_lost = "done"
        await bench.inlet.take(page(hold(ident="h1")))
        assert answers(bench) == [("h1", "done", "")]
        bench.machines.answer_lost = "not done"
        await bench.inlet.take(page(hold("L4713", ident="h2")))
        assert answers(bench)[1][:2] == ("h2", "uncertain")
        bench.machines.answer_lost = ""
        await bench.inlet.settle()
        assert len(bench.machines.sent) == 1


async def test_nobody_can_undo_it_by_saying_undo() -> None:
    async with a_core() as bench:
        await bench.inlet.take(page(hold()))
        assert (await bench.say("undo", OPERATOR)).decision is Decision.REFUSED
        assert bench.machines.simulation.holds == {"L4712": "bridging"}


class Dying(MemoryLog):
    """A log that dies with its process once it holds an event of a type; what was appended before is kept."""

    def __init__(self, dies_at: str, *, before: bool) -> None:
        super().__init__()
        self.dies_at, self.before = dies_at, before

    def append(self, events: Sequence[e.Event]) -> Sequence[e.Event]:
        here = any(event.type == self.dies_at for event in events) and not self.problem
        if here and self.before:
            self.problem = "the process is gone"
        stored = super().append(events)
        if here:
            self.problem = "the process is gone"
        return stored


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize(
    "dies_at", ["hold.requested", "order.requested", "order.accepted", "lot.held", "order.done", "mes.request_answered"]
)
async def test_wherever_the_process_dies_it_is_ordered_at_most_once_and_answered_once(
    dies_at: str, before: bool
) -> None:
    log, clock = Dying(dies_at, before=before), SteppedClock()
    machines = MemoryMachines(the_plant(), wall=clock.now)
    async with a_core(log, machines, clock) as bench:
        try:
            await bench.inlet.take(page(hold()))
        except LogError:
            pass
        else:
            assert not before
    log.problem, log.dies_at = "", ""
    async with a_core(log, machines, clock) as bench:
        await bench.inlet.settle()
        await bench.inlet.take(page(hold()))
        await bench.inlet.settle()
        assert len([order for order in machines.sent if order.args["unit"] == "L4712"]) <= 1
        ((_, outcome, _),) = answers(bench)
        assert outcome in ("done", "uncertain")
        if outcome == "done":
            assert machines.simulation.holds == {"L4712": "bridging"}
        requested = [event.id for event in log.events if event.type == "order.requested"]
        assert len(requested) == 1, "a request that was never ordered is ordered now"


@pytest.mark.parametrize("dies_at", ["order.accepted", "order.done", "mes.request_answered"])
async def test_a_log_that_cannot_be_written_for_a_while_leaves_nothing_open(dies_at: str) -> None:
    """The same process goes on when the disk has room again."""
    log, clock = Dying(dies_at, before=True), SteppedClock()
    async with a_core(log, clock=clock) as bench:
        with pytest.raises(LogError):
            await bench.inlet.take(page(hold()))
        log.problem, log.dies_at = "", ""
        await bench.inlet.settle()
        await bench.inlet.take(page(hold()))
        assert len(answers(bench)) == 1 and len(bench.machines.sent) == 1
        assert bench.core._world.requests == {} and bench.core._world.open_orders == set()


# ---- asking --------------------------------------------------------------------------------------------------


class Scripted:
    """ports.FactorySystem: pages and errors one after the other, then the end of the test."""

    def __init__(self, *script: Page | Exception) -> None:
        self.script = iter(script)
        self.places: list[str] = []

    async def fetch(self) -> Page:
        step = next(self.script, None)
        if step is None:
            raise StopAsyncIteration
        if isinstance(step, Exception):
            raise step
        return step

    async def taken(self, page: Page) -> None:
        self.places.append(page.next)


class Counted(SteppedClock):
    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        await super().sleep(seconds)


async def test_it_asks_at_its_pace_at_once_when_there_is_more_and_seldom_while_the_mes_is_away() -> None:
    empty, more = Page((), "5", more=False), Page((told("L4799", LOT),), "5", more=True)
    clock, system = Counted(), Scripted(empty, more, empty, *[MesError("no connection")] * 6, empty)
    async with a_core(clock=clock) as bench:
        clock.waits.clear()
        with pytest.raises(StopAsyncIteration):
            await bench.inlet.follow(system, 2.0)
    assert clock.waits == [2.0, 0.05, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 2.0]
    assert system.places == ["5", "5", "5", "5"]


async def test_a_page_that_could_not_be_written_is_asked_for_again() -> None:
    log = Dying("lot.created", before=True)
    log.dies_at = ""
    async with a_core(log) as bench:
        log.dies_at = "lot.created"
        with pytest.raises(LogError):
            await bench.inlet.take(page(told("L4799", LOT)))
        log.dies_at = log.problem = ""
        await bench.inlet.take(page(told("L4799", LOT)))
        assert [event.id for event in log.events].count("m1") == 1
