"""Look-ups over small logs made by hand, whose truth is plain; and the sentence where nothing can be said."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from assistant.bootstrap.answers import answers_from
from assistant.bootstrap.site import declarations
from assistant.domain import events as e
from assistant.domain.calendar import Calendar
from assistant.domain.values import Command, Decision, Hypothesis, Session, Transcript
from assistant.domain.views import Views
from assistant.turn.lookups import answer
from assistant.turn.lookups.alarms import FLOOD
from tests.a_core import NOBODY, OPERATOR, QUALITY, SUPERVISOR, Bench, a_core, the_site
from tests.fakes.memory_log import MemoryLog
from tests.fakes.stepped_clock import SteppedClock
from tests.site import a_world, the_calendar, the_intents, the_plant
from tests.turn.test_stories_told import Quiet

NOW = datetime.fromisoformat("2026-11-25T10:00+00:00").timestamp()
"""A Wednesday; the early shift began at 06:00."""
MINUTE, HOUR = 60.0, 3600.0


class Tale:
    """Events, in the order in which they are told."""

    def __init__(self) -> None:
        self.events: list[e.Event] = list(declarations(the_plant(), NOW - 72 * HOUR))

    def at(self, ago: float, subject: str, data: e.Payload, machine: str = "") -> Tale:
        """A machine reports something that was so many seconds ago."""
        source = f"/machines/{machine or subject}"
        self.events.append(e.Event(f"tale-{len(self.events)}", source, subject, NOW - ago, data))
        return self

    def order(self, ago: float, badge: str, machine: str, method: str, unit: str = "") -> str:
        """Somebody asks for something; the order's id."""
        ident = f"order-{len(self.events)}"
        asked = e.OrderRequested(machine, method, {"unit": unit or machine}, badge, machine, NOW)
        self.events.append(e.Event(ident, "/assistant", ident, NOW - ago, asked, correlationid=f"turn-{ident}"))
        return ident

    def state(self, ago: float, machine: str, state: str, cause: str = "", order: str = "") -> Tale:
        """A machine is in another state."""
        numbers = {"running": 1100, "starved": 2202, "blocked": 2203, "stopped": 2000, "down": 5300, "held": 2000}
        return self.at(ago, machine, e.MachineStateChanged(state, numbers.get(state, 2000), "", cause, order))

    def board(self, ago: float, board: str, lot: str, machine: str, verdict: str = "", *found: tuple[str, str]) -> Tale:
        """A board goes through a machine, with a verdict where it inspects."""
        self.at(ago + 20, board, e.BoardArrived(machine, lot), machine)
        if verdict:
            names, places = tuple(one[0] for one in found), tuple(one[1] for one in found)
            self.at(ago, board, e.BoardInspected(machine, lot, verdict, names, places), machine)
        return self.at(ago, board, e.BoardDeparted(machine, lot), machine)


@asynccontextmanager
async def knowing(tale: Tale, calendar: Calendar | None = None, now: float = NOW) -> AsyncIterator[Bench]:
    """A core that knows this and nothing else."""
    log, clock = MemoryLog(), SteppedClock()
    log.events = [replace(event, position=at) for at, event in enumerate(tale.events, 1)]
    clock.wall = now
    site = replace(the_site(), calendar=calendar or the_calendar())
    async with a_core(log, Quiet(the_plant(), wall=clock.now), clock, site) as bench:
        yield bench


async def say(bench: Bench, said: str, session: Session = QUALITY) -> str:
    reply = await bench.say(said, session)
    assert reply.decision is Decision.ANSWERED, (said, reply.decision, reply.say)
    return reply.say


def three_lots() -> Tale:
    """Line one: ten boards made in two hours, three failed, one of them twice; line two: one made."""
    tale = Tale().state(4 * HOUR, "PRN-1", "running").state(4 * HOUR, "AOI-1", "running")
    for at in range(8):
        found = [("bridging", "U7"), ("void", "U3")] if at == 3 else [("bridging", "U7")] if at in (1, 5) else []
        tale.board(
            (120 - 10 * at) * MINUTE, f"B{10201 + at}", "L4711", "AOI-1", "failed" if found else "passed", *found
        )
    tale.board(30 * MINUTE, "B10225", "L4712", "AOI-1", "passed").board(
        20 * MINUTE, "B10226", "L4712", "AOI-1", "passed"
    )
    tale.board(15 * MINUTE, "B10204", "L4711", "AOI-1", "passed")
    return tale.board(10 * MINUTE, "B10301", "L4721", "AOI-2", "passed")


SINCE_SIX = "this shift, since six o'clock"
COUNTS = [
    ("how many boards were made", f"11 boards were made {SINCE_SIX}."),
    ("how many boards were made on line one", f"10 boards were made on line one {SINCE_SIX}."),
    ("how many boards were made on line two", f"1 board was made on line two {SINCE_SIX}."),
    ("how many boards were made in lot 4711", "8 boards were made in lot four seven double one so far."),
    ("how many boards passed at A O I one", f"8 boards passed at A O I one {SINCE_SIX}."),
    ("how many boards were made of the gateway", f"1 board was made for the gateway {SINCE_SIX}."),
    (
        "how many boards were made of work order 1007",
        "10 boards were made for work order one double zero seven so far.",
    ),
    (
        "how many boards were made on line one in the last 35 minutes",
        "3 boards were made on line one in the last 35 minutes.",
    ),
    ("how many boards were made on line one in the last hour", "5 boards were made on line one in the last hour."),
    (
        "how many boards were made on line one between eight and nine",
        "6 boards were made on line one between eight o'clock and nine o'clock.",
    ),
    ("how many boards were made today", "11 boards were made today, but recorded only since six o'clock."),
    ("how many boards were scrapped", f"No board was scrapped {SINCE_SIX}."),
    (
        "how many boards were made overnight",
        "Nothing is recorded in the night shift, twenty-two o'clock to six o'clock: the log begins at six o'clock.",
    ),
]


@pytest.mark.parametrize(("said", "answer"), COUNTS)
async def test_a_number_is_told_with_its_place_and_its_time(said: str, answer: str) -> None:
    async with knowing(three_lots()) as bench:
        assert await say(bench, said) == answer


async def test_failed_boards_are_named_when_asked_which_ones() -> None:
    async with knowing(three_lots()) as bench:
        first = await say(bench, "how many boards failed on line one")
        # Board 10204 failed and passed when it came again: by its last verdict it is good.
        assert first == (
            f"2 boards failed on line one {SINCE_SIX}. Most often: bridging 3 times, at U seven. "
            "The board one zero two zero two and board one zero two zero six."
        )


async def test_many_are_named_only_for_who_asks() -> None:
    async with knowing(three_lots()) as bench:
        assert await say(bench, "how many boards passed on line one") == f"8 boards passed on line one {SINCE_SIX}."
        assert (await say(bench, "which ones")).count("oard one") == 8
        assert await say(bench, "more") == "There is nothing more to tell."
        assert await say(bench, "repeat") == "There is nothing more to tell."


async def test_yield_counts_the_first_inspection() -> None:
    async with knowing(three_lots()) as bench:
        assert (await say(bench, "yield on line one")).startswith(
            f"70 percent first-pass yield on line one {SINCE_SIX}: 7 of 10 boards."
        )
        whole = await say(bench, "yield")
        assert whole.startswith(f"73 percent first-pass yield {SINCE_SIX}: 8 of 11 boards. Line one is lowest with 70")


async def test_defects_are_told_worst_first_with_their_place() -> None:
    async with knowing(three_lots()) as bench:
        said = await say(bench, "top defects on line one")
        assert said == f"Worst on line one {SINCE_SIX}: bridging 3 times, at U seven; void once, at U three."
        assert await say(bench, "top defects on line two") == (
            f"No defect was found on line two {SINCE_SIX}, with 1 board inspected."
        )


# ---- why ------------------------------------------------------------------------------------------------------------


async def test_why_a_machine_stands_because_somebody_stopped_it() -> None:
    tale = Tale().state(3 * HOUR, "PRN-1", "running")
    order = tale.order(1800, "OP-17", "PRN-1", "stop")
    tale.state(1799, "PRN-1", "stopped", "RemoteStop", order)
    async with knowing(tale) as bench:
        assert await say(bench, "why did printer one stop") == (
            "Printer one stopped at nine thirty because O P one seven stopped it."
        )


async def test_what_is_not_recorded_is_said_to_be_not() -> None:
    tale = Tale().state(3 * HOUR, "PRN-1", "running").state(1800, "PRN-1", "down")
    async with knowing(tale) as bench:
        assert await say(bench, "why did printer one stop") == (
            "Printer one stopped at nine thirty for a reason that is not recorded."
        )
        assert await say(bench, "why did printer two stop") == "I haven't heard of printer two yet, so I can't say."


async def test_why_a_lot_is_on_hold_is_told_with_what_its_boards_failed_for() -> None:
    tale = three_lots()
    order = tale.order(1200, "QA-5", "PRN-1", "hold", "L4711")
    tale.at(1199, "L4711", e.LotHeld("PRN-1", "bridging", order), "PRN-1")
    async with knowing(tale) as bench:
        assert await say(bench, "why is lot 4711 on hold") == (
            "Lot four seven double one is on hold since nine forty for bridging; Q A five put it there. "
            "2 of its 8 inspected boards failed, most often bridging 3 times, at U seven."
        )
        assert await say(bench, "why is lot 4712 on hold") == (
            "Nothing is the matter with lot four seven one two, as far as is recorded."
        )
        assert (await say(bench, "how many lots are on hold")).startswith(
            "1 is on hold now: lot four seven double one."
        )


async def test_why_a_board_failed_is_told_with_what_was_out_of_limits() -> None:
    tale = Tale().state(3 * HOUR, "SPI-1", "running")
    tale.at(1300, "B10201", e.PasteMeasured("SPI-1", "L4711", {"U7.1": 80.0, "U7.2": 90.0}), "SPI-1")
    tale.board(1200, "B10201", "L4711", "AOI-1", "failed", ("insufficient_solder", "U7"))
    async with knowing(tale) as bench:
        assert await say(bench, "why did board 10201 fail") == (
            "The board one zero two zero one failed at A O I one at nine forty: insufficient solder at U seven. "
            "Its paste height at paste inspection one was 85 micrometres, beyond its limit of 96 micrometres."
        )


# ---- alarms ---------------------------------------------------------------------------------------------------------


async def test_alarms_are_told_worst_first() -> None:
    tale = Tale().state(3 * HOUR, "PRN-1", "running")
    tale.at(900, "PRN-1", e.AlarmRaised("A", "Warning", "stencil pressure low"))
    tale.at(600, "OVN-1", e.AlarmRaised("B", "Alarm", "chain drive overloaded"))
    async with knowing(tale) as bench:
        assert await say(bench, "any alarms on line one") == (
            "2 alarms are open on line one, worst first. Oven one: chain drive overloaded, since nine fifty. "
            "Printer one: stencil pressure low, since nine forty-five."
        )
        assert await say(bench, "alarms on line two") == "No alarm is open on line two."


async def test_where_no_alarm_is_open_the_last_one_is_told() -> None:
    tale = Tale().state(3 * HOUR, "PRN-1", "running")
    for ago in (7200, 5400, 1800):
        tale.at(ago, "PRN-1", e.AlarmRaised("A", "Warning", "stencil pressure low"))
        tale.at(ago - 60, "PRN-1", e.AlarmCleared("A"))
    tale.at(3600, "OVN-1", e.AlarmRaised("B", "Alarm", "chain drive overloaded"))
    tale.at(3500, "OVN-1", e.AlarmCleared("B"))
    async with knowing(tale) as bench:
        assert await say(bench, "any alarms on line one") == (
            "No alarm is open on line one. The last was stencil pressure low at printer one, at nine thirty."
        )


@pytest.mark.parametrize("said", ["alarms", "any alarms on line one", "list the open alarms"])
async def test_in_a_flood_only_the_worst_and_how_many(said: str) -> None:
    tale = Tale().state(3 * HOUR, "PRN-1", "running")
    for at in range(FLOOD + 1):
        tale.at(500 - at, "PNP-1", e.AlarmRaised(f"W{at}", "Warning", f"pick errors at feeder {at}"))
    tale.at(400, "OVN-1", e.AlarmRaised("B", "Alarm", "chain drive overloaded"))
    async with knowing(tale) as bench:
        reply = await say(bench, said)
        assert reply.startswith(f"{FLOOD + 2} alarms came") and reply.endswith(
            "The worst: oven one, chain drive overloaded."
        )


async def test_ten_alarms_in_ten_minutes_are_no_flood() -> None:
    tale = Tale().state(3 * HOUR, "PRN-1", "running")
    for at in range(FLOOD):
        tale.at(500 - at, "PNP-1", e.AlarmRaised(f"W{at}", "Warning", f"pick errors at feeder {at}"))
    async with knowing(tale) as bench:
        assert (await say(bench, "alarms")).startswith(f"{FLOOD} alarms are open, worst first.")


# ---- measures, next, downtime ---------------------------------------------------------------------------------------


async def test_a_measured_value_is_told_with_its_age_and_its_limit() -> None:
    tale = Tale().at(7200, "B10201", e.BoardHeated("OVN-1", "L4711", 258.4, ((0.0, 25.0),)), "OVN-1")
    async with knowing(tale) as bench:
        assert await say(bench, "what is the peak temperature of oven one") == (
            "Peak temperature at oven one is 258 degrees, measured at eight o'clock, 2 hours ago. "
            "That is above its limit of 252 degrees."
        )
        assert await say(bench, "placement offset at placer one") == (
            "No placement offset has been measured at placer one yet."
        )


async def test_what_is_next_on_a_line_is_the_order_that_waits() -> None:
    async with knowing(three_lots()) as bench:
        reply = await say(bench, "what's next on line one")
        assert reply.startswith("Next on line one is work order one double zero nine, the sensor hub. ")
        assert "Before that comes lot four seven one three." in reply
        assert "62 of 72 boards to go" in reply
        assert (await say(bench, "what's next at printer two")).startswith(
            "Next on line two is work order one zero one zero"
        )


async def test_downtime_is_told_longest_first_with_its_cause() -> None:
    tale = Tale().state(3 * HOUR, "PRN-1", "running").state(3 * HOUR, "OVN-1", "running")
    tale.at(3601, "OVN-1", e.AlarmRaised("B", "Alarm", "chain drive overloaded"))
    tale.state(3600, "OVN-1", "down", "MechanicalFailure").state(2400, "OVN-1", "running")
    tale.state(1800, "PRN-1", "down").state(1500, "PRN-1", "running")
    async with knowing(tale) as bench:
        reply = await say(bench, "downtime on line one")
        assert reply == (
            f"Machines on line one stood for 25 minutes in all {SINCE_SIX}, but recorded only since seven o'clock. "
            "Longest oven one: 20 minutes, chain drive overloaded. Printer one: 5 minutes, for no recorded reason."
        )
        assert (await say(bench, "downtime of printer two")).startswith("Nothing is known of printer two this shift")
        assert await say(bench, "how long was placer one down") == (
            f"Nothing is known of placer one {SINCE_SIX}, but recorded only since seven o'clock."
        )


# ---- where nothing can be said --------------------------------------------------------------------------------------

QUESTIONS = [
    "how many boards failed",
    "yield on line one",
    "downtime of printer one",
    "oee of line one",
    "top defects",
    "what happened overnight",
]


@pytest.mark.parametrize("said", QUESTIONS)
async def test_an_empty_log_says_nothing_of_anything(said: str) -> None:
    async with knowing(Tale()) as bench:
        assert await say(bench, said) == "No machine has reported anything yet, so I can't say."


@pytest.mark.parametrize(
    "said", ["why did printer one stop", "alarms", "what's next on line one", "paste height at printer one"]
)
async def test_an_empty_log_is_no_reason_to_break(said: str) -> None:
    async with knowing(Tale()) as bench:
        assert "{" not in await say(bench, said)


@pytest.mark.parametrize(
    "said", ["what happened tomorrow", "yield on line one tonight", "how many boards failed this evening"]
)
async def test_what_is_still_to_come_cannot_be_known(said: str) -> None:
    async with knowing(three_lots()) as bench:
        assert await say(bench, said) == "That is still to come, so I can't know it."


@pytest.mark.parametrize("said", ["yield on line one last Tuesday", "what happened yesterday", "top defects last week"])
async def test_before_the_log_began_nothing_is_recorded(said: str) -> None:
    async with knowing(three_lots()) as bench:
        reply = await bench.say(said, QUALITY)
        assert reply.say.startswith("Nothing is recorded ") and reply.say.endswith("the log begins at six o'clock.")
        assert reply.slots["period"] != "?"


@pytest.mark.parametrize(
    "said", ["how many boards were made of the sensor hub", "yield of the sensor hub", "top defects of the sensor hub"]
)
async def test_a_product_that_was_never_made_is_said_to_be_so(said: str) -> None:
    async with knowing(three_lots()) as bench:
        assert await say(bench, said) == "The sensor hub has never been made here, as far as is recorded."


@pytest.mark.parametrize("intent", ["downtime", "oee"])
def test_time_belongs_to_machines_and_not_to_lots(intent: str) -> None:
    views, world = Views(), a_world()
    for at, event in enumerate(three_lots().events, 1):
        views.apply(replace(event, position=at))
    known = answers_from(the_site(), world, views)
    say, rest = answer(known, Command(intent, {"lot": "L4711"}), NOW).cut()
    assert (say, rest) == ("That belongs to machines and lines, not to lots, orders or products.", ())


async def test_machine_data_that_make_no_sense_break_nothing() -> None:
    tale = Tale().state(3 * HOUR, "PRN-1", "purple", "\x1b[31m[[boo]]").state(-3 * HOUR, "PRN-1", "")
    tale.at(100, "GHOST", e.BoardInspected("NO-1", "", "perhaps", ("x",), ()), "NO-1")
    tale.at(90, "B10201", e.PasteMeasured("SPI-1", "L9999", {}), "SPI-1")
    tale.at(80, "PRN-1", e.AlarmRaised("", "Catastrophe", ""))
    async with knowing(tale) as bench:
        for said in (
            *QUESTIONS,
            "why did printer one stop",
            "alarms",
            "paste height at printer one",
            "history of printer one",
        ):
            reply = await say(bench, said)
            assert reply and "\x1b" not in reply and "boo" not in reply and "{" not in reply


async def test_on_a_day_without_shifts_the_day_is_meant() -> None:
    calendar = replace(the_calendar(), shifts=())
    async with knowing(three_lots(), calendar) as bench:
        assert await say(bench, "how many boards were made on line two") == (
            "1 board was made on line two today, but recorded only since six o'clock."
        )
        assert await say(bench, "how many boards were made this shift") == (
            "There is no such shift to tell of: none is at work, or the calendar has none."
        )


async def test_times_are_those_of_the_sites_own_clock() -> None:
    calendar = replace(the_calendar(), zone=ZoneInfo("America/New_York"))
    async with knowing(three_lots(), calendar) as bench:
        # 10:00 UTC is 05:00 there: the night shift began at 22:00.
        assert await say(bench, "how many boards were made on line two") == (
            "1 board was made on line two this shift, since twenty-two o'clock, but recorded only since one o'clock."
        )


async def test_a_report_in_the_first_hour_of_a_shift_is_that_of_the_last() -> None:
    tale = Tale()
    for at in range(4):
        tale.board((5 * HOUR) + at * 60, f"B{10201 + at}", "L4711", "AOI-1", "passed")
    async with knowing(tale, now=NOW - 3.5 * HOUR) as bench:
        reply = await say(bench, "hand-over report")
        assert (
            reply.startswith("In the last shift, twenty-two o'clock to six o'clock") and "4 boards were made" in reply
        )


# ---- the conversation -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("session", [NOBODY, OPERATOR, QUALITY, SUPERVISOR])
async def test_whoever_asks_is_told_the_same(session: Session) -> None:
    async with knowing(three_lots()) as bench:
        assert (await say(bench, "yield on line one", session)).startswith("70 percent")


async def test_more_goes_on_after_other_words_and_each_listener_has_their_own() -> None:
    async with knowing(three_lots()) as bench:
        await say(bench, "how many boards passed on line one")
        assert await say(bench, "more", OPERATOR) == "There is nothing more to tell."
        assert (await say(bench, "which ones")).startswith("The board one zero two zero one")


async def test_more_keeps_what_was_asked() -> None:
    async with a_core() as bench:
        await bench.say("hold lot 4712, bridging")
        assert (await bench.say("release lot 4712", QUALITY)).decision is Decision.CONFIRM
        assert await say(bench, "go on") == "There is nothing more to tell."
        assert (await bench.say("yes", QUALITY)).decision is Decision.DONE


async def test_two_questions_in_one_breath_are_both_answered_and_both_go_on() -> None:
    async with knowing(three_lots()) as bench:
        reply = await bench.say(
            "how many boards passed on line one and then how many boards failed on line one", QUALITY
        )
        assert [one.decision for one in (reply, *reply.also)] == [Decision.ANSWERED, Decision.ANSWERED]
        assert (await say(bench, "which ones")).startswith("The board one zero two zero one")


async def test_an_intent_that_is_not_connected_is_still_told() -> None:
    assert all(spec.connected for spec in the_intents().by_name.values() if spec.kind == "lookup")


async def test_of_very_many_the_last_are_named_and_the_others_counted() -> None:
    tale = Tale()
    for at in range(70):
        tale.board(7000 - at * 60, f"B{20000 + at}", "L4711", "AOI-1", "failed", ("void", "U3"))
    async with knowing(tale) as bench:
        first = await say(bench, "how many boards failed on line one")
        assert first.startswith("70 boards failed on line one") and "oard" not in first.partition(".")[2]
        heard = [first]
        while (more := await say(bench, "which ones")) != "There is nothing more to tell.":
            heard.append(more)
        assert heard[-1].endswith("And 10 more.")
        assert " ".join(heard[1:]).lower().count("board two double zero") == 60


async def test_without_machines_the_words_keep_their_letters() -> None:
    tale = Tale().state(3 * HOUR, "PRN-1", "running")
    for ident in ("SPI-1", "PNP-1", "PNP-2", "OVN-1", "AOI-1"):
        tale.state(3 * HOUR, ident, "running")
    tale.board(600, "B10201", "L4711", "AOI-1", "passed")
    async with knowing(tale) as bench:
        bench.machines.connect(False)
        assert (await say(bench, "oee of line one")).startswith(
            "As of nine fifty, O E E on line one this shift, since six o'clock, but "
        )
        assert (await say(bench, "how many boards failed")).startswith("As of nine fifty, no board failed ")


@pytest.mark.parametrize(
    ("said", "period"),
    [
        ("yield on line one last Tuesday", "day:2026-11-24"),
        ("yield on line one last week", "from:2026-11-16T00:00+00:00/2026-11-23T00:00+00:00"),
        ("yield on line one since Monday", "from:2026-11-23T00:00+00:00/2026-11-25T10:00+00:00"),
        ("yield on line one overnight", "last_shift"),
        ("yield on line one since six", "since:06:00"),
    ],
)
async def test_a_turn_knows_the_day_that_words_alone_do_not(said: str, period: str) -> None:
    async with knowing(three_lots()) as bench:
        parsed = await bench.core.parse(Transcript("t", QUALITY, (Hypothesis(said),)))
        assert parsed.slots["period"] in ("?", period)
        answer = await bench.say(said, QUALITY)
        assert (answer.slots["period"], answer.decision) == (period, Decision.ANSWERED)
        heard = [event.data for event in bench.log.events if isinstance(event.data, e.TurnHeard)]
        assert heard[-1].slots["period"] == period


async def test_a_time_that_nobody_understands_is_asked_about() -> None:
    async with knowing(three_lots()) as bench:
        answer = await bench.say("yield on line one until six", QUALITY)
        assert (answer.decision, answer.slots["period"]) == (Decision.ASK, "?")
