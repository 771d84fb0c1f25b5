"""What ends an uncertain order: the journal or a person, and nothing by itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.domain import events as e
from assistant.domain.values import Decision, Reading, Session
from assistant.errors import UsageError
from assistant.turn.settle import LATE_S
from tests.a_core import NOBODY, QUALITY, Bench, a_core
from tests.fakes.memory_machines import MemoryMachines
from tests.fakes.stepped_clock import SteppedClock
from tests.site import the_plant


async def an_uncertain_hold(bench: Bench, lost: str) -> str:
    """An order whose answer and effect nobody saw; its id."""
    bench.machines.answer_lost = lost  # type: ignore[assignment]
    bench.machines.bad_quality |= set(bench.machines.simulation.machines)
    assert (await bench.say("hold lot 4713, bridging")).decision is Decision.UNCERTAIN
    bench.machines.answer_lost = ""
    bench.machines.bad_quality.clear()
    (order,) = bench.core._world.uncertain
    return order


def settled(bench: Bench) -> list[tuple[str, str, str]]:
    """(order, outcome, by whom) of every settlement."""
    found = [event for event in bench.log.events if isinstance(event.data, e.OrderSettled)]
    return [
        (event.subject, event.data.outcome, event.data.by) for event in found if isinstance(event.data, e.OrderSettled)
    ]


async def later(bench: Bench, seconds: float) -> None:
    """The plant goes on, and what it reports is read."""
    await bench.clock.sleep(seconds)
    bench.machines.advance(seconds)
    await bench.ingest.catch_up()


async def test_an_entry_that_names_the_order_says_that_it_was_done() -> None:
    async with a_core() as bench:
        order = await an_uncertain_hold(bench, "done")
        await later(bench, 1.0)
        assert settled(bench) == [(order, "done", "")]
        assert bench.core._world.uncertain == {}


async def test_a_journal_that_goes_on_without_it_says_that_it_was_not() -> None:
    async with a_core() as bench:
        order = await an_uncertain_hold(bench, "not done")
        await later(bench, 1.0)
        assert settled(bench) == [], "it is early to tell"
        await later(bench, 60.0 + LATE_S)
        assert settled(bench) == [(order, "not_done", "")]


async def test_another_command_about_the_same_is_asked_about_and_says_why() -> None:
    async with a_core() as bench:
        await an_uncertain_hold(bench, "not done")
        answer = await bench.say("hold lot 4713, bridging")
        assert answer.decision is Decision.CONFIRM
        assert answer.say.startswith(
            "I don't know whether the last order about lot four seven one three was carried out."
        )
        assert (await bench.say("hold lot 4712, bridging")).decision is Decision.DONE


async def test_a_person_who_may_do_it_may_say_what_became_of_it() -> None:
    async with a_core() as bench:
        order = await an_uncertain_hold(bench, "not done")
        for nobody in (NOBODY, Session("OP-99")):
            with pytest.raises(UsageError, match="may not"):
                await bench.core.settle(order, "done", nobody)
        with pytest.raises(UsageError, match="no uncertain order"):
            await bench.core.settle("zzz", "done", QUALITY)
        answer = await bench.core.settle(order[:6], "not_done", QUALITY)
        assert answer.say == "Settled: that order was not done."
        assert settled(bench) == [(order, "not_done", "QA-5")]
        with pytest.raises(UsageError, match="no uncertain order"):
            await bench.core.settle(order, "done", QUALITY)


async def test_what_a_machine_showed_before_it_was_asked_is_no_proof() -> None:
    class Slow(MemoryMachines):
        """Shows values that are half a minute old, all of good quality."""

        async def observe(self, machine: str) -> Reading:
            reading = await super().observe(machine)
            return replace(reading, time=reading.time - 30.0)

    clock = SteppedClock()
    async with a_core(machines=Slow(the_plant(), wall=clock.now), clock=clock) as bench:
        answer = await bench.say("stop oven one")
        assert answer.decision is Decision.UNCERTAIN
        assert "order.done" not in bench.types()
