"""Scrap and changeover: the right person, the id said again, the state that was asked about, and no way around it."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from assistant.bootstrap import Site
from assistant.domain import events as e
from assistant.domain.values import Decision, Session
from assistant.turn.dialogue import CONFIRM_WITHIN_S
from tests.a_core import OPERATOR, QUALITY, SUPERVISOR, Bench, a_core, the_site

ASKED = "Scrap board one zero two zero seven, damaged? There is no way back. Say its last two digits."


def done(bench: Bench) -> list[str]:
    return [order.method for order in bench.machines.sent]


def run_empty(bench: Bench, line: str) -> None:
    """Let a line's boards go, as at the end of an order."""
    simulation = bench.machines.simulation
    simulation.feeds[line].clear()
    while any(machine.board for machine in simulation.lines[line]):
        bench.machines.advance(10.0)


@pytest.mark.parametrize(
    "digits", ["zero seven", "oh seven", "07", "yes, zero seven", "board one oh two oh seven", "10207"]
)
async def test_scrap_wants_its_last_two_digits_or_all_of_them(digits: str) -> None:
    async with a_core() as bench:
        asked = await bench.say("scrap board 10207, damaged", QUALITY)
        assert (asked.decision, asked.say) == (Decision.CONFIRM, ASKED) and done(bench) == []
        answer = await bench.say(digits, QUALITY)
        assert (answer.decision, answer.intent) == (Decision.DONE, "yes")
        assert answer.say == "The board one zero two zero seven is scrapped, damaged."
        assert done(bench) == ["scrap"] and bench.machines.simulation.scrapped == {"B10207": "damaged"}
        assert (await bench.say(digits, QUALITY)).decision is not Decision.DONE, "it works once"
        assert done(bench) == ["scrap"]


async def test_a_yes_alone_asks_for_them_again_and_other_digits_end_it() -> None:
    async with a_core() as bench:
        await bench.say("scrap board 10207", QUALITY)
        assert (await bench.say("yes", QUALITY)).say == "A yes is not enough for that. Say the last two digits."
        assert (await bench.say("zero eight", QUALITY)).say == "Those aren't its digits, so nothing was done."
        assert (await bench.say("zero seven", QUALITY)).decision is not Decision.DONE
        assert done(bench) == []


@pytest.mark.parametrize("said", ["zero seven", "yes", "no"])
async def test_the_question_ends_by_itself(said: str) -> None:
    async with a_core() as bench:
        await bench.say("scrap board 10207", QUALITY)
        await bench.clock.sleep(CONFIRM_WITHIN_S + 1)
        assert (await bench.say(said, QUALITY)).decision is not Decision.DONE
        assert done(bench) == []


async def test_the_digits_of_another_person_count_for_nothing() -> None:
    async with a_core() as bench:
        await bench.say("scrap board 10207", QUALITY)
        assert (await bench.say("zero seven", SUPERVISOR)).decision is not Decision.DONE
        assert done(bench) == []


async def test_operators_may_not_and_are_told_who_may() -> None:
    async with a_core() as bench:
        answer = await bench.say("scrap board 10207", OPERATOR)
        assert (answer.decision, answer.say) == (
            Decision.REFUSED,
            "That needs quality or a supervisor; you are checked in as operator.",
        )


async def test_two_at_once_are_refused_since_digits_would_mean_either() -> None:
    async with a_core() as bench:
        answer = await bench.say("scrap boards 10207 and 10208", QUALITY)
        assert [one.decision for one in (answer, *answer.also)] == [Decision.REFUSED, Decision.REFUSED]
        assert "only one at a time" in answer.say
        assert (await bench.say("zero seven", QUALITY)).decision is not Decision.DONE and done(bench) == []


async def test_what_is_scrapped_is_refused_by_that_and_not_by_what_it_was_before() -> None:
    async with a_core() as bench:
        await bench.say("send board 10231 to rework")
        await bench.say("yes")
        await bench.say("scrap board 10231, damaged", QUALITY)
        await bench.say("three one", QUALITY)
        refused = await bench.say("send board 10231 to rework")
        assert refused.say == "The board one zero two three one is scrapped, damaged; it can't be reworked."
        assert "nothing to hold" in (await bench.say("hold board 10231, void")).say
        assert "scrapped already" in (await bench.say("scrap board 10231", QUALITY)).say
        assert "scrapped, damaged" in (await bench.say("where is board 10231")).say
        assert "Q A five scrapped" in (await bench.say("who scrapped board 10231")).say
        assert (await bench.say("undo", QUALITY)).say == "That cannot be undone."


async def test_a_lot_is_scrapped_with_all_its_boards() -> None:
    async with a_core() as bench:
        await bench.say("scrap lot 4712, wrong part", QUALITY)
        assert (await bench.say("one two", QUALITY)).decision is Decision.DONE
        assert "scrapped already" in (await bench.say("scrap board 10231", QUALITY)).say
        assert "Lot four seven one two is scrapped, wrong part." in (await bench.say("status of lot 4712")).say
        for machine in bench.machines.simulation.machines.values():
            assert machine.board is None or machine.board.lot != "L4712"


async def test_what_was_shipped_is_out_of_reach() -> None:
    async with a_core() as bench:
        shipped = e.Event("ship-1", "/mes", "L4711", bench.clock.now(), e.LotShipped("the customer"))
        await bench.core._minutes.recorder.record(shipped)
        for said in ("scrap lot 4711", "scrap board 10201", "hold lot 4711, void", "send board 10201 to rework"):
            answer = await bench.say(said, QUALITY)
            assert answer.decision is Decision.REFUSED and "has been shipped" in answer.say, said


async def test_what_changed_meanwhile_voids_the_yes() -> None:
    async with a_core() as bench:
        await bench.say("hold lot 4712, bridging")
        await bench.say("release lot 4712", QUALITY)
        await bench.say("undo")  # the operator takes the hold back, and somebody holds it again for another reason
        await bench.say("hold lot 4712, contamination", SUPERVISOR)
        answer = await bench.say("yes", QUALITY)
        assert answer.decision is Decision.REFUSED
        assert answer.say == "Lot four seven one two has changed since I asked, so nothing was done."
        assert bench.machines.simulation.holds == {"L4712": "contamination"}


async def test_some_holds_are_lifted_by_their_owner_only() -> None:
    async with a_core() as bench:
        await bench.say("hold lot 4712, quality check")
        refused = await bench.say("release lot 4712", SUPERVISOR)
        assert refused.say == "Lot four seven one two is on hold for quality check; only quality can release it."
        assert (await bench.say("release lot 4712", QUALITY)).decision is Decision.CONFIRM


async def test_an_operator_starts_machines_of_the_own_line_only() -> None:
    async with a_core() as bench:
        await bench.say("stop oven two")
        refused = await bench.say("start oven two")
        assert (refused.decision, refused.say) == (
            Decision.REFUSED,
            "Oven two is on line two, and you work on line one: somebody there, or a supervisor, can start it.",
        )
        assert (await bench.say("start oven two", SUPERVISOR)).decision is Decision.CONFIRM


async def test_a_changeover_waits_for_an_empty_line_and_sets_up_every_machine() -> None:
    async with a_core() as bench:
        refused = await bench.say("change line one over to the gateway", SUPERVISOR)
        assert refused.decision is Decision.REFUSED and "Let it run empty first" in refused.say
        run_empty(bench, "SMT-1")
        await bench.ingest.catch_up()
        asked = await bench.say("change line one over to the gateway", SUPERVISOR)
        assert asked.say == (
            "Change line one over to the gateway, P C A three one zero? Say the last two digits of its number."
        )
        answer = await bench.say("one zero", SUPERVISOR)
        assert (answer.decision, answer.say) == (Decision.DONE, "Line one is set up for the gateway.")
        assert done(bench) == ["changeover"] * 6
        assert {machine.product for machine in bench.machines.simulation.lines["SMT-1"]} == {"PCA-310"}
        again = await bench.say("change line one over to the gateway", SUPERVISOR)
        assert again.say == "Line one is set up for the gateway already."


async def test_a_board_that_came_meanwhile_stops_the_changeover() -> None:
    async with a_core() as bench:
        waiting = list(bench.machines.simulation.feeds["SMT-1"])
        run_empty(bench, "SMT-1")
        await bench.ingest.catch_up()
        await bench.say("change line one over to the gateway", SUPERVISOR)
        bench.machines.simulation.feeds["SMT-1"].extend(waiting)
        bench.machines.advance(5.0)
        await bench.ingest.catch_up()
        answer = await bench.say("one zero", SUPERVISOR)
        assert answer.decision is Decision.REFUSED and "still has 1 board" in answer.say
        assert done(bench) == []


async def test_a_call_is_recorded_answered_and_not_made_twice() -> None:
    async with a_core() as bench:
        called = await bench.say("call maintenance to printer two")
        assert (called.decision, called.say) == (
            Decision.DONE,
            "The call for maintenance at printer two is out. Nobody has answered yet.",
        )
        again = await bench.say("call maintenance to printer two", QUALITY)
        assert again.decision is Decision.REFUSED and "called at printer two already" in again.say
        assert (await bench.say("call quality to printer two")).decision is Decision.DONE
        answered = await bench.say("acknowledge printer two", SUPERVISOR)
        assert (answered.decision, answered.say) == (Decision.DONE, "Your answer to the call at printer two is noted.")
        assert bench.types().count("call.answered") == 2
        assert (await bench.say("acknowledge printer two", SUPERVISOR)).decision is Decision.REFUSED


async def test_a_call_that_nobody_answers_goes_to_the_supervisor_once() -> None:
    async with a_core() as bench:
        await bench.say("call maintenance to printer two")
        await bench.escalation.look()
        assert "call.escalated" not in bench.types()
        await bench.clock.sleep(301.0)
        await bench.escalation.look()
        await bench.escalation.look()
        told = [(event.subject, event.data) for event in bench.log.events]
        escalated = [(subject, data.to) for subject, data in told if isinstance(data, e.CallEscalated)]
        assert escalated == [("PRN-2", "supervisor")]


def failed_boards(bench: Bench, lot: str) -> list[str]:
    return [
        event.subject
        for event in bench.log.events
        if isinstance(event.data, e.BoardInspected) and event.data.verdict == "failed" and event.data.lot == lot
    ]


async def test_the_boards_of_a_lot_that_failed_are_read_back_one_by_one() -> None:
    async with a_core() as bench:
        bench.machines.advance(900.0)
        await bench.ingest.catch_up()
        boards = sorted(set(failed_boards(bench, "L4711")))
        assert boards
        asked = await bench.say("send the boards of lot 4711 that failed to rework")
        assert {one.slots["board"] for one in (asked, *asked.also)} == set(boards)
        assert {one.decision for one in (asked, *asked.also)} == {Decision.CONFIRM}
        assert bench.machines.sent == []
        assert (await bench.say("yes")).decision is Decision.DONE
        assert sorted(order.args["unit"] for order in bench.machines.sent) == boards


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ("rework the failed boards of lot 4741", "No board of lot four seven four one has failed inspection"),
        ("rework the failed boards of lot 4999", "There is no lot four triple nine."),
        ("hold the boards in this lot that failed, void", "only do whole lots or single boards"),
    ],
)
async def test_a_part_that_is_not_there_never_becomes_the_whole(said: str, says: str) -> None:
    async with a_core() as bench:
        answer = await bench.say(said)
        assert says in answer.say and bench.machines.sent == []
        assert (await bench.say("yes")).decision is not Decision.DONE


def two_people() -> Site:
    """A site where scrapping takes a second person."""
    site = the_site()
    scrap = msgspec.structs.replace(site.intents.by_name["scrap"], second=("supervisor",))
    intents = msgspec.structs.replace(site.intents, by_name={**site.intents.by_name, "scrap": scrap})
    return replace(site, intents=intents)


async def test_where_the_site_wants_two_people_one_is_not_enough() -> None:
    async with a_core(site=two_people()) as bench:
        await bench.say("scrap board 10207, damaged", QUALITY)
        asked = await bench.say("zero seven", QUALITY)
        assert asked.decision is Decision.CONFIRM and "a supervisor: say yes here" in asked.say
        there = Session("SV-3", QUALITY.station)
        for nobody in (QUALITY, SUPERVISOR, Session("OP-17", QUALITY.station)):
            assert (await bench.say("yes", nobody)).decision is Decision.IGNORED, nobody
        assert done(bench) == []
        assert (await bench.say("yes", there)).say == "The board one zero two zero seven is scrapped, damaged."
        (request,) = [event.data for event in bench.log.events if isinstance(event.data, e.OrderRequested)]
        assert (request.badge, request.second) == ("QA-5", "SV-3")
        assert (await bench.say("yes", there)).decision is Decision.IGNORED and done(bench) == ["scrap"]


@pytest.mark.parametrize("between", ["no", "31 seconds"])
async def test_the_second_yes_has_its_time_and_can_be_taken_back(between: str) -> None:
    async with a_core(site=two_people()) as bench:
        await bench.say("scrap board 10207, damaged", QUALITY)
        await bench.say("zero seven", QUALITY)
        if between == "no":
            assert (await bench.say("no", QUALITY)).say == "All right, nothing was done."
        else:
            await bench.clock.sleep(31.0)
        assert (await bench.say("yes", Session("SV-3", QUALITY.station))).decision is Decision.IGNORED
        assert done(bench) == []
