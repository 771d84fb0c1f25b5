"""Answers that a week of questions found untrue, empty or clumsy."""

from __future__ import annotations

import pytest

from assistant.domain import events as e
from assistant.turn import naming
from tests.turn.test_lookups import HOUR, MINUTE, Tale, knowing, say, three_lots


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("how many boards were made in lot 4711", "8 boards were made in lot four seven double one so far."),
        (
            "how many boards of work order 1007 passed",
            "8 boards passed for work order one double zero seven so far.",
        ),
        ("yield of lot 4712", "100 percent first-pass yield in lot four seven one two so far: 2 of 2 boards."),
        ("top defects in lot 4712", "No defect was found in lot four seven one two so far, with 2 boards inspected."),
    ],
)
async def test_of_a_lot_or_an_order_without_a_time_all_of_it_is_meant(said: str, answer: str) -> None:
    async with knowing(three_lots(), now=three_lots().events[-1].time + 20 * HOUR) as bench:
        assert (await say(bench, said)).startswith(answer)


async def test_a_board_that_is_back_from_the_rework_bench_is_not_in_the_line() -> None:
    tale = Tale().state(3 * HOUR, "AOI-1", "running")
    tale.board(50 * MINUTE, "B10201", "L4711", "AOI-1", "failed", ("bridging", "U7"))
    tale.at(50 * MINUTE, "B10201", e.BoardSentToRework("RWK-1", "L4711", "bridging"), "RWK-1")
    tale.board(40 * MINUTE, "B10201", "L4711", "RWK-1")
    tale.board(40 * MINUTE, "B10202", "L4711", "AOI-1", "passed")
    tale.board(30 * MINUTE, "B10203", "L4711", "PNP-1")
    tale.board(20 * MINUTE, "B10204", "L4711", "AOI-1", "failed", ("void", "U3"))
    tale.at(19 * MINUTE, "B10204", e.BoardSentToRework("RWK-1", "L4711", "void"), "RWK-1")
    async with knowing(tale) as bench:
        assert await say(bench, "status of lot 4711") == (
            "Lot four seven double one is not on hold. "
            "2 of 24 boards are through, 1 in the line, 1 at rework, 2 failed inspection."
        )


async def test_why_a_lot_that_is_not_on_hold_is_says_that_it_is_not() -> None:
    tale = Tale().state(3 * HOUR, "AOI-1", "running")
    tale.board(50 * MINUTE, "B10201", "L4711", "AOI-1", "failed", ("bridging", "U7"))
    tale.board(40 * MINUTE, "B10202", "L4711", "AOI-1", "failed", ("void", "U3"))
    async with knowing(tale) as bench:
        assert await say(bench, "why is lot 4711 on hold") == (
            "2 of its 2 inspected boards failed: bridging at U seven and void at U three, once each. It is not on hold."
        )


async def test_a_lot_with_which_nothing_was_done_still_has_a_history() -> None:
    async with knowing(three_lots()) as bench:
        assert await say(bench, "history of lot 4711") == (
            "The boards of lot four seven double one passed from seven fifty-nine to nine forty-five. "
            "Nobody has held, released or reworked it, as far as is recorded."
        )


async def test_who_saw_to_an_alarm_long_ago_is_known_from_the_log() -> None:
    tale = Tale().state(60 * HOUR, "PRN-1", "running")
    tale.at(50 * HOUR, "PRN-1", e.AlarmRaised("A", "Warning", "stencil pressure low"))
    order = tale.order(50 * HOUR - 60, "OP-17", "PRN-1", "acknowledge")
    tale.at(50 * HOUR - 61, "PRN-1", e.AlarmAcknowledged("A", order))
    tale.events.append(e.Event("done", "/assistant", order, tale.events[-1].time, e.OrderDone("PRN-1", "alarms=", 0.0)))
    for at in range(400):  # so much is not remembered of a machine
        tale.state(40 * HOUR - at * MINUTE, "PRN-1", "starved" if at % 2 else "running")
        tale.at(40 * HOUR - at * MINUTE, "PRN-1", e.MachineSetUp("PCA-200"))
    async with knowing(tale) as bench:
        assert await say(bench, "who acknowledged the alarm at printer one") == (
            "O P one seven acknowledged an alarm of printer one at eight oh one Monday."
        )


async def test_the_day_that_is_today_is_called_so() -> None:
    async with knowing(three_lots()) as bench:
        assert await say(bench, "how many boards were made on Wednesday") == (
            "11 boards were made today, but recorded only since six o'clock."
        )
        assert (await say(bench, "what happened on Wednesday")).startswith(
            "Today, but recorded only since six o'clock, "
        )


async def test_one_stop_of_one_cause_is_told_in_one_sentence() -> None:
    tale = Tale().state(3 * HOUR, "OVN-1", "running")
    tale.state(50 * MINUTE, "OVN-1", "down", "MechanicalFailure").state(30 * MINUTE, "OVN-1", "running")
    async with knowing(tale) as bench:
        assert await say(bench, "downtime of oven one in the last hour") == (
            "Oven one stood once, for 20 minutes, in the last hour: mechanical failure."
        )


async def test_many_set_ups_are_told_in_one_sentence() -> None:
    tale = three_lots()
    for at, product in enumerate(("PCA-310", "PCA-200", "PCA-425")):
        tale.at((90 - 20 * at) * MINUTE, "PRN-1", e.MachineSetUp(product))
    async with knowing(tale) as bench:
        await say(bench, "what happened this shift")
        rest = " ".join([await say(bench, "more"), await say(bench, "more")])
    assert "Line one was set up for another product 3 times, last for the sensor hub at nine ten." in rest


async def test_a_drift_that_is_small_beside_its_limits_is_not_told() -> None:
    tale = three_lots()
    for at in range(100):
        value = 18.0 + at / 90  # 6 percent of itself, 2 percent of what is allowed
        tale.at((150 - at) * MINUTE, f"B2{at:04}", e.PartsPlaced("PNP-1", "L4711", {"U7": value}, {}), "PNP-1")
    async with knowing(tale) as bench:
        said = [await say(bench, "what happened this shift")]
        said += [await say(bench, "more") for _ in range(3)]
    assert "lacement offset" not in " ".join(said)


def test_large_numbers_are_rounded_as_a_person_would() -> None:
    assert [naming.count(number) for number in (9_999, 12_704, 42_812, 187_400)] == [
        "9999",
        "about 13 thousand",
        "about 43 thousand",
        "about 187 thousand",
    ]
