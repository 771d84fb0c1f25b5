"""The reference plant's stories, asked about: what is said is what was done, number by number.

What is true of a story the plant writes down itself (plant.stories), from what it did and not from what it reported.
Each question is typed in five ways.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import pytest

from assistant.bootstrap.site import declarations
from assistant.domain import events as e
from assistant.domain.speech import clock, digits
from assistant.domain.values import Decision
from assistant.plant.stories import Fact
from assistant.plant.weeks import alone, played
from assistant.ports import Happening
from assistant.settings import stories
from assistant.settings.paths import shipped_site
from tests.a_core import QUALITY, Bench, a_core
from tests.fakes.memory_log import MemoryLog
from tests.fakes.memory_machines import MemoryMachines
from tests.fakes.stepped_clock import SteppedClock
from tests.site import the_plant

ORIGIN = datetime(2026, 11, 25, 1, 0, tzinfo=UTC).timestamp()


class Quiet(MemoryMachines):
    """Machines that are there and report nothing: the log has all that they did."""

    async def journal(self, after: Mapping[str, int]) -> Sequence[Happening]:
        """See ports.Machines."""
        return ()


@cache
def told(name: str) -> tuple[tuple[e.Event, ...], tuple[Fact, ...]]:
    """All events of a story told alone, and what is true of it."""
    facts: list[Fact] = []
    story = stories.load(shipped_site() / "hardware", the_plant())[name]
    programme = alone(story, lambda fact: facts.append(fact.moved(ORIGIN)))
    events = [*declarations(the_plant(), ORIGIN - 3600), *played(the_plant(), 7, programme, ORIGIN, "story")]
    return tuple(replace(event, position=at) for at, event in enumerate(events, 1)), tuple(facts)


def fact(story: str, what: str, where: str = "", name: str = "") -> Fact:
    """The one fact of that kind."""
    (found,) = (
        one
        for one in told(story)[1]
        if one.what == what and where in ("", one.where) and (not name or one.name == name)
    )
    return found


@asynccontextmanager
async def after(story: str, at: float = 0.0) -> AsyncIterator[Bench]:
    """A core that knows the story up to a time, else to its end."""
    events, _ = told(story)
    at = at or fact(story, "told").until
    log, watch = MemoryLog(), SteppedClock()
    log.events = [event for event in events if event.time <= at]
    log.events = [replace(event, position=place) for place, event in enumerate(log.events, 1)]
    watch.wall = at + 1
    async with a_core(log, Quiet(the_plant(), wall=watch.now), watch) as bench:
        yield bench


async def ask(bench: Bench, said: str) -> str:
    """An answer: at most three sentences."""
    answer = await bench.say(said, QUALITY)
    assert answer.decision is Decision.ANSWERED, (said, answer.say)
    sentences = re.findall(r"[.?!](?: |$)", answer.say)
    assert 1 <= len(sentences) <= 3, answer.say
    return answer.say


async def more(bench: Bench) -> str:
    """All that is left of an answer."""
    heard: list[str] = []
    while (say := (await bench.say("tell me more", QUALITY)).say) != "There is nothing more to tell.":
        heard.append(say)
        assert len(heard) < 30
    return " ".join(heard)


def oclock(seconds: float) -> str:
    """A time of day as it is spoken."""
    wall = datetime.fromtimestamp(seconds, UTC)
    return clock(wall.hour, wall.minute)


def minutes(say: str, before: str = "for") -> int:
    found = re.search(rf"{before} (\d+) minutes?\b", say)
    assert found, say
    return int(found[1])


def spelled(badge: str) -> str:
    """`OP-17` -> `O P one seven`."""
    letters, _, number = badge.partition("-")
    return f"{' '.join(letters)} {digits(number)}"


WHY = ["why did {} stop", "why was {} down", "what stopped {}", "what caused {} to stop", "why has {} stopped"]


@pytest.mark.parametrize("said", WHY)
async def test_why_the_printer_stopped_is_told_with_time_alarm_count_and_who_saw_to_it(said: str) -> None:
    down, alarm = fact("clog", "down", "PRN-1"), fact("clog", "alarm", "PRN-1")
    async with after("clog") as bench:
        say = await ask(bench, said.format("printer one"))
    assert say.startswith(f"Printer one stopped at {oclock(down.since)} for ")
    assert minutes(say) == round(down.value / 60)
    assert f"the alarm stencil pressure low came {alarm.count} times" in say
    assert f"{spelled(fact('clog', 'acknowledged').by)} acknowledged it" in say


@pytest.mark.parametrize(
    "said", ["why is {} down", "why is {} stopped", "why did {} stop", "why isn't {} running", "what stopped {}"]
)
async def test_while_it_stands_and_nobody_came_that_is_told(said: str) -> None:
    down = fact("clog", "down", "PRN-1")
    async with after("clog", down.since + 60) as bench:
        say = await ask(bench, said.format("printer one"))
    assert say == (
        f"Printer one stopped at {oclock(down.since)} because the alarm stencil pressure low came 3 times; "
        "nobody has acknowledged it."
    )


@pytest.mark.parametrize(
    "said",
    [
        "what is the paste height at printer one",
        "paste height on paste inspection one",
        "tell me the print height at printer one",
        "give me the solder paste height of S P I one",
        "printer one paste thickness",
    ],
)
async def test_a_drift_is_told_while_it_lasts(said: str) -> None:
    drift = fact("clog", "drift")
    async with after("clog", drift.until) as bench:
        say = await ask(bench, said)
    found = re.search(r"It falls by (\d+) micrometres an hour", say)
    assert found and abs(int(found[1]) + drift.value * 3600 / (drift.until - drift.since)) <= 4, say
    latest = re.match(r"Paste height at paste inspection one is (\d+) micrometres", say)
    assert latest and abs(int(latest[1]) - (120 + drift.value)) < 12, say


@pytest.mark.parametrize(
    "said",
    [
        "top defects on line two between 01:10 and 02:40",
        "what are the worst defects on line two between ten past one and twenty to three",
        "main defects on line two from 01:10 to 02:40",
        "which defects did we have on line two between 01:10 and 02:40",
        "most common defects on line two from ten past one to twenty to three",
    ],
)
async def test_a_bad_reel_is_the_worst_defect_and_where(said: str) -> None:
    tombstones, story = fact("reel", "defects", "AOI-2", "tombstone"), fact("reel", "told")
    assert (oclock(story.since), oclock(story.until)) == ("one ten", "two forty")
    async with after("reel") as bench:
        say = await ask(bench, said)
    found = re.search(r"between one ten and two forty: tombstone (\d+) times, mostly at U seven", say)
    assert found and int(found[1]) == tombstones.count, say


def of_reel(reel: str, defect: str, place: str, until: float) -> int:
    """How often a defect was found at a part of a reel, counted anew in the raw events."""
    events = [event for event in told("reel")[0] if event.time <= until]
    had = {
        event.subject
        for event in events
        if isinstance(event.data, e.PartsPlaced) and event.data.reels.get(place) == reel
    }
    return sum(
        (name, where) == (defect, place)
        for event in events
        if isinstance(event.data, e.BoardInspected) and event.subject in had
        for name, where in zip(event.data.defects, event.data.places, strict=True)
    )


def of_that_reel(until: float) -> str:
    """The sentence about the bad reel that is true at a time."""
    bad, stood = next(one for one in told("reel")[1] if one.what == "reel" and one.value), fact("reel", "stood")
    count = of_reel(bad.name, "tombstone", bad.part, until)
    # The plant knows which parts stood up; the inspection sees some that did not.
    assert 0 <= count - stood.count <= 2
    ident = f"R L {digits(bad.name.removeprefix('RL-'))}"
    return (
        rf"{count} of (\d+) findings of tombstone are at U seven on parts of reel {ident}, on placer three "
        rf"from {oclock(bad.since)} to {oclock(bad.until)}: that reel may be the cause of these\."
    )


@pytest.mark.parametrize(
    "said",
    [
        "top defects on line two since 01:10",
        "what happened in the last two hours",
        "why did line two stop",
        "why is A O I two down",
        "why is placer three down",
    ],
)
async def test_a_bad_reel_is_named_with_its_share_of_the_defects_and_its_time(said: str) -> None:
    until = fact("reel", "told").until
    async with after("reel") as bench:
        say = await ask(bench, said)
    found = re.search(of_that_reel(until), say)
    assert found, say
    if said.startswith("top"):
        assert int(found[1]) == fact("reel", "defects", "AOI-2", "tombstone").count


async def test_why_a_board_failed_names_the_reel_that_its_part_came_from() -> None:
    bad, until = next(one for one in told("reel")[1] if one.what == "reel" and one.value), fact("reel", "told").until
    had = {
        event.subject
        for event in told("reel")[0]
        if isinstance(event.data, e.PartsPlaced) and event.data.reels.get("U7") == bad.name
    }
    failed = [
        (event.subject, event.data.places[0])
        for event in told("reel")[0]
        if isinstance(event.data, e.BoardInspected) and event.data.defects == ("tombstone",) and event.time <= until
    ]
    of_it = next(subject for subject, place in failed if subject in had and place == "U7")
    elsewhere = next(subject for subject, place in failed if place != "U7")
    async with after("reel") as bench:
        assert re.search(of_that_reel(until), await ask(bench, f"why did board {of_it.removeprefix('B')} fail"))
        assert "reel" not in await ask(bench, f"why did board {elsewhere.removeprefix('B')} fail")


@pytest.mark.parametrize("story", ["clog", "nozzle", "jam", "handover"])
async def test_no_reel_is_named_where_none_was_bad(story: str) -> None:
    async with after(story) as bench:
        for said in ("what happened in the last two hours", "top defects today", "why did line one stop"):
            assert "reel" not in await ask(bench, said) + await more(bench)


@pytest.mark.parametrize(
    "said",
    [
        "how many boards failed at A O I two between 01:10 and 02:40",
        "how many bad boards at A O I two between ten past one and twenty to three",
        "number of failed boards at A O I two from 01:10 to 02:40",
        "how many units were rejected at A O I two from 01:10 to 02:40",
        "how many boards have failed at A O I two between 01:10 and 02:40",
    ],
)
async def test_how_many_it_cost_is_counted_and_they_can_be_named(said: str) -> None:
    failed = fact("reel", "failed", "AOI-2")
    async with after("reel") as bench:
        say = await ask(bench, said)
        named = await more(bench)
    assert say.startswith(f"{failed.count} boards failed at A O I two between one ten and two forty"), say
    assert len(re.findall(r"[Bb]oard (?:double )?one", named)) == failed.count


@pytest.mark.parametrize(
    "said",
    [
        "what is the placement offset at placer two",
        "placer two placement offset",
        "placement accuracy of placer two",
        "tell me the offset at placer two",
        "give me the placement error on placer two",
    ],
)
async def test_a_nozzle_that_wears_is_a_rising_offset(said: str) -> None:
    drift = fact("nozzle", "drift")
    async with after("nozzle", drift.until) as bench:
        say = await ask(bench, said)
    found = re.search(r"It rises by (\d+) micrometres an hour", say)
    measured = rate("nozzle", "PNP-2", drift.until)
    assert found and int(found[1]) == round(measured), say
    # The largest of a board's offsets is not always that of the worn nozzle.
    assert abs(measured - drift.value * 3600 / (drift.until - drift.since)) < measured / 3


def put_down(part: str, since: float, until: float) -> float:
    """The mean offset of a part at placer two over a time, from the raw events."""
    found = [
        event.data.offsets[part]
        for event in told("nozzle")[0]
        if isinstance(event.data, e.PartsPlaced) and event.data.machine == "PNP-2" and since <= event.time < until
    ]
    return sum(found) / len(found)


async def test_the_place_where_the_nozzle_wears_is_named_and_how_far_it_has_come() -> None:
    drift = fact("nozzle", "drift")
    async with after("nozzle", drift.until) as bench:
        say = await ask(bench, "placement offset at placer two")
        report = await ask(bench, "what happened today") + await more(bench)
    found = re.search(r"That is R one zero one: from (\d+) to (\d+) micrometres since zero fifty-five, while", say)
    assert found, say
    assert abs(int(found[1]) - put_down("R101", drift.since - 600, drift.since)) <= 2
    assert abs(int(found[2]) - put_down("R101", drift.until - 900, drift.until)) <= 2
    assert re.search(r"At placer two the placement offset of R one zero one alone rose from \d+ to \d+ ", report), (
        report
    )


async def test_what_had_moved_before_a_stop_is_told_with_it_and_in_the_hand_over() -> None:
    async with after("nozzle") as bench:
        say = await ask(bench, "why did placer two stop")
        report = await ask(bench, "what happened today") + await more(bench)
    assert re.search(
        r"Before that the placement offset of R one zero one alone had risen from \d+ to \d+ micro", say
    ), say
    assert re.search(rf"R one zero one alone rose .* between .* and {oclock(fact('nozzle', 'down').since)}", report), (
        report
    )


def rate(story: str, machine: str, until: float) -> float:
    """The slope of a placer's largest offsets over the hour before, computed anew from the raw events."""
    rows = [
        (event.time, max(event.data.offsets.values()))
        for event in told(story)[0]
        if isinstance(event.data, e.PartsPlaced)
        and event.data.machine == machine
        and until - 3600 <= event.time <= until
    ]
    middle = sum(time for time, _ in rows) / len(rows)
    mean = sum(value for _, value in rows) / len(rows)
    slope = sum((t - middle) * (v - mean) for t, v in rows) / sum((t - middle) ** 2 for t, _ in rows)
    return slope * 3600


@pytest.mark.parametrize("said", WHY)
async def test_why_the_placer_with_the_nozzle_stopped(said: str) -> None:
    down = fact("nozzle", "down", "PNP-2")
    async with after("nozzle") as bench:
        say = await ask(bench, said.format("placer two"))
    assert say.startswith(f"Placer two stopped at {oclock(down.since)} for ") and "mechanical failure" in say
    assert minutes(say) == round(down.value / 60)


@pytest.mark.parametrize(
    "said",
    [
        "downtime of placer four in the last hour",
        "how long was placer four down in the last hour",
        "how long has placer four been stopped in the last hour",
        "what was the downtime on placer four in the last hour",
        "how much downtime on placer four in the last hour",
    ],
)
async def test_a_jam_costs_what_it_cost(said: str) -> None:
    down = fact("jam", "down", "PNP-4")
    async with after("jam") as bench:
        say = await ask(bench, said)
    assert minutes(say) == round(down.value / 60) and "board jammed at the conveyor" in say
    assert say.startswith("Placer four stood once, for ") and "in the last hour" in say


STANDS = ["why is {} standing", "why is {} down", "why isn't {} running", "what stopped {}", "why did {} stop"]


@pytest.mark.parametrize("said", STANDS)
async def test_what_waits_says_for_whom(said: str) -> None:
    down = fact("jam", "down", "PNP-4")
    async with after("jam", down.since + 600) as bench:
        say = await ask(bench, said.format("oven two"))
    assert say.startswith("Oven two is starved since ") and "nothing comes from placer four" in say, say
    assert (
        f"Placer four stopped at {oclock(down.since)} because the alarm board jammed at the conveyor came once" in say
    )
    assert f"{spelled(fact('jam', 'acknowledged').by)} acknowledged it" in say


@pytest.mark.parametrize("said", STANDS)
async def test_what_cannot_pass_on_says_to_whom(said: str) -> None:
    async with after("jam", fact("jam", "down", "PNP-4").since + 600) as bench:
        say = await ask(bench, said.format("placer three"))
    assert say.startswith("Placer three is blocked since ") and "placer four takes nothing" in say, say


@pytest.mark.parametrize(
    "said",
    [
        "history of printer one",
        "what happened to printer one",
        "printer one history",
        "tell me what happened to printer one",
        "show me the history of printer one",
    ],
)
async def test_a_changeover_is_in_the_history(said: str) -> None:
    over = fact("changeover", "changeover")
    async with after("changeover") as bench:
        say = await ask(bench, said) + await more(bench)
    ready = next(
        event.time
        for event in told("changeover")[0]
        if isinstance(event.data, e.MachineSetUp) and event.subject == "PRN-1" and event.time > over.since
    )
    assert f"set up for the gateway at {oclock(ready)}" in say, say


@pytest.mark.parametrize(
    "said",
    [
        "how long was printer one down in the last two hours",
        "downtime of printer one in the last two hours",
        "what was the downtime on printer one in the last two hours",
        "how much downtime on printer one over the past two hours",
        "tell me the downtime of printer one in the past couple of hours",
    ],
)
async def test_a_changeover_takes_its_time(said: str) -> None:
    over = fact("changeover", "changeover")
    async with after("changeover", fact("changeover", "told").until) as bench:
        say = await ask(bench, said)
    assert "set up" in say and minutes(say) >= round(over.value / 60), say


@pytest.mark.parametrize(
    "said",
    [
        "what happened overnight",
        "give me the hand-over",
        "report for the last two hours",
        "what went on in the last two hours",
        "sum up the night",
    ],
)
async def test_the_hand_over_has_the_boards_and_both_notes(said: str) -> None:
    notes = [one for one in told("handover")[1] if one.what == "note"]
    made = sum(
        isinstance(event.data, e.BoardDeparted)
        and event.data.machine in ("AOI-1", "AOI-2")
        and event.time <= fact("handover", "told").until
        for event in told("handover")[0]
    )
    async with after("handover") as bench:
        say = await ask(bench, said)
        rest = await more(bench)
    assert f" {made} boards were made" in say, say
    whole = f"{say} {rest}".replace("U seven", "U7")
    for note in notes:
        assert note.name in whole and spelled(note.by) in whole, whole


@pytest.mark.parametrize("said", WHY)
async def test_why_the_oven_stopped_before_the_hand_over(said: str) -> None:
    down = fact("handover", "down", "OVN-2")
    async with after("handover") as bench:
        say = await ask(bench, said.format("oven two"))
    assert say.startswith(f"Oven two stopped at {oclock(down.since)} for {round(down.value / 60)} minutes")
    assert "the alarm chain drive overloaded came once" in say and spelled("OP-23") in say
