"""The log against what machines show: a difference ends by itself, and what is only under way is none."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest
import pytest_asyncio

from assistant.domain import events as e
from assistant.domain.values import Decision, Reading
from assistant.errors import LogError
from assistant.turn.reconcile import OBSERVED, UNKNOWN_REASON
from tests.a_core import SUPERVISOR, Bench, a_core


@pytest_asyncio.fixture
async def bench() -> AsyncIterator[Bench]:
    async with a_core() as bench:
        await bench.ingest.agree()
        yield bench


def observed(bench: Bench) -> list[tuple[str, e.Payload]]:
    return [(event.subject, event.data) for event in bench.log.events if event.source == OBSERVED]


def learnt(bench: Bench) -> list[tuple[str, e.Payload]]:
    """What was observed but for machines that never report a state."""
    return [(subject, data) for subject, data in observed(bench) if subject not in ("RWK-1", "ICT-1")]


async def compared(bench: Bench, times: int = 2) -> bool:
    """Several comparisons, over a second apart; whether the last one found nothing to wait for."""
    agreed = False
    for _ in range(times):
        agreed = await bench.ingest.agree()
        bench.clock.step(1.2)
    return agreed


def without(variable: str, unit: str) -> Callable[[Reading], Reading]:
    def see(shown: Reading) -> Reading:
        value = shown.values[variable]
        return replace(shown, values={**shown.values, variable: tuple(one for one in value if one != unit)})

    return see


async def test_a_machine_that_writes_its_journal_before_its_variables_releases_nothing(bench: Bench) -> None:
    """The journal tells of a hold, the variables do not show it yet: comparing in between must not take it back."""
    await bench.say("hold lot 4712, bridging")
    bench.machines.shows = without("held", "L4712")
    await bench.ingest.agree()
    bench.machines.shows = None
    bench.clock.step(1.2)
    assert await bench.ingest.agree()
    assert learnt(bench) == []
    assert (await bench.say("release lot 4712", SUPERVISOR)).decision is Decision.CONFIRM


async def test_values_that_were_not_written_anew_are_no_second_look(bench: Bench) -> None:
    await bench.say("hold lot 4712, bridging")
    stands = bench.clock.now()

    def old(shown: Reading) -> Reading:
        return replace(without("held", "L4712")(shown), time=stands)

    bench.machines.shows = old
    assert not await compared(bench, times=4)
    assert learnt(bench) == []


async def test_a_plant_that_was_restarted_has_forgotten_its_holds_and_the_log_learns_it(bench: Bench) -> None:
    await bench.say("hold lot 4712, bridging")
    bench.machines.simulation.holds.clear()
    assert await compared(bench)
    assert learnt(bench) == [("L4712", e.LotReleased("PRN-1"))]
    assert (await bench.say("hold lot 4712, bridging")).decision is Decision.DONE


async def test_what_the_plant_holds_and_the_log_does_not_know_is_written_down_once(bench: Bench) -> None:
    bench.machines.simulation.holds |= {"L4713": "x", "B10301": "x", "OVN-2": "x"}
    assert await compared(bench, times=5)
    told = learnt(bench)
    assert {subject for subject, _ in told} == {"L4713", "B10301", "OVN-2"}
    assert len(told) == 3
    assert all(getattr(data, "reason", "") == UNKNOWN_REASON for _, data in told)


async def test_a_refusal_that_the_log_did_not_expect_ends_in_agreement(bench: Bench) -> None:
    """The log says that it is not on hold, the machine says that it is: the same words work a moment later."""
    bench.machines.simulation.holds["L4712"] = "x"
    refused = await bench.say("hold lot 4712, bridging")
    assert refused.decision is Decision.REFUSED
    assert "already" in refused.say
    assert await compared(bench)
    assert (await bench.say("release lot 4712", SUPERVISOR)).decision is Decision.CONFIRM
    assert (await bench.say("yes", SUPERVISOR)).decision is Decision.DONE


async def test_state_alarms_product_and_scrap_are_compared_too(bench: Bench) -> None:
    simulation = bench.machines.simulation
    oven, placer, printer = simulation.machines["OVN-1"], simulation.machines["PNP-4"], simulation.machines["PRN-1"]
    assert printer.alarms, "the plant begins with an alarm at printer one"
    shown = {"OVN-1": {"state": "stopped", "e10": "2700"}, "PNP-4": {"product": "PCA-425"}}
    gone = list(printer.alarms)
    alarms = {"OVN-1": ("OVN-FAN",), "PRN-1": ()}

    def see(reading: Reading) -> Reading:
        values = {**reading.values, **shown.get(reading.machine, {}), "alarms": alarms.get(reading.machine, ())}
        if reading.machine == "AOI-2":
            values["scrapped"] = ("B10305",)
        return replace(reading, values=values)

    bench.machines.shows = see
    before = oven.state
    assert await compared(bench)
    assert (placer.product, oven.stopped) == ("PCA-310", False), "only what is shown was changed"
    told = learnt(bench)
    assert ("PNP-4", e.MachineSetUp("PCA-425")) in told
    assert ("OVN-1", e.AlarmRaised("OVN-FAN", "", "OVN-FAN")) in told
    assert ("B10305", e.BoardScrapped("AOI-2", "L4721", UNKNOWN_REASON)) in told
    assert {("PRN-1", e.AlarmCleared(code)) for code in gone} <= set(told)
    states = [data for subject, data in told if subject == "OVN-1" and isinstance(data, e.MachineStateChanged)]
    assert [(data.state, data.e10) for data in states] == [("stopped", 2700)], f"it was {before}"


async def test_what_was_scrapped_stays_so_whatever_a_plant_forgets(bench: Bench) -> None:
    await bench.say("scrap board 10231, damaged", SUPERVISOR)
    assert (await bench.say("three one", SUPERVISOR)).decision is Decision.DONE
    bench.machines.simulation.scrapped.clear()
    assert await compared(bench)
    assert learnt(bench) == []


async def test_one_machine_that_cannot_be_read_keeps_the_holds_of_its_line_alone(bench: Bench) -> None:
    """Of line one half is unseen, so its lot may be held there; line two is seen whole."""
    await bench.say("hold lot 4712, bridging", SUPERVISOR)
    await bench.say("hold lot 4721, bridging", SUPERVISOR)
    bench.machines.simulation.holds.clear()
    bench.machines.bad_quality = {"PNP-1"}
    await compared(bench)
    assert [subject for subject, _ in learnt(bench)] == ["L4721"]
    bench.machines.bad_quality = set()
    await compared(bench)
    assert [subject for subject, _ in learnt(bench)] == ["L4721", "L4712"]


async def test_what_the_log_hears_between_two_looks_starts_the_doubt_anew(bench: Bench) -> None:
    bench.machines.shows = without("held", "L4712")
    await bench.say("hold lot 4712, bridging")  # done is said of what the fake's other machines show
    await bench.ingest.agree()
    bench.clock.step(1.2)
    simulation = bench.machines.simulation
    simulation.holds.pop("L4712", None)
    simulation.report("PRN-1", "L4712", e.LotReleased("PRN-1"))
    simulation.holds["L4712"] = "again"
    simulation.report("PRN-1", "L4712", e.LotHeld("PRN-1", "again"))
    assert not await bench.ingest.agree(), "suspected, as if for the first time"
    assert learnt(bench) == []


async def test_a_log_that_cannot_be_written_is_told_and_the_difference_found_again(bench: Bench) -> None:
    bench.machines.simulation.holds["L4713"] = "x"
    await compared(bench, times=1)
    bench.log.problem = "disk nearly full"
    with pytest.raises(LogError):
        await bench.ingest.agree()
    bench.log.problem = ""
    assert await compared(bench)
    assert [subject for subject, _ in learnt(bench)] == ["L4713"]


async def test_the_state_of_a_machine_that_never_reported_one_is_learnt_at_once() -> None:
    async with a_core() as bench:
        assert await bench.ingest.agree()
        assert ("ICT-1", e.MachineStateChanged("idle", 2200)) in observed(bench)
