"""Days of the plant as events: what holds of them however many there are, and what a core makes of them."""

from __future__ import annotations

import itertools
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.adapters.eventlog import SqliteLog
from assistant.bootstrap import declarations
from assistant.domain import events as e
from assistant.domain.world import World
from assistant.plant.journal import BLOCK, Journal
from assistant.plant.weeks import DAY_S, START, Programme, several, staged, week
from assistant.settings import stories
from assistant.settings.paths import shipped_site
from tests.site import the_plant


@cache
def a_day(seed: int = 7) -> list[e.Event]:
    """A third of a day: two orders a line, a set-up on each, something of everything."""
    return list(week(the_plant(), seed, 0.33))


def folded(events: list[e.Event]) -> World:
    world = World()
    for event in itertools.chain(declarations(the_plant(), START), events):
        world.apply(event)
    return world


def test_events_come_in_order_and_each_has_its_own_place_in_the_journal() -> None:
    events = a_day()
    assert events[0].time == START
    assert all(a.time <= b.time for a, b in itertools.pairwise(events))
    assert events[-1].time <= START + 300 + 0.33 * DAY_S
    assert len({(event.id, event.source) for event in events}) == len(events)
    numbers = [int(event.id.rpartition("-")[2]) for event in events if event.source.startswith("/machines/")]
    assert numbers == list(range(1, len(numbers) + 1))


def test_same_seed_makes_the_same_days_and_another_makes_others() -> None:
    first = list(week(the_plant(), 3, 0.05))
    assert first == list(week(the_plant(), 3, 0.05)) != list(week(the_plant(), 4, 0.05))


def test_each_board_is_of_a_lot_that_was_created_before_and_goes_through_its_line_once() -> None:
    known = {board: lot.id for lot in the_plant().lots for board in lot.board_ids()}
    lines = {line.machines for line in the_plant().lines}
    inside: dict[str, str] = {}
    passed: dict[str, list[str]] = {}
    for event in a_day():
        match event.data:
            case e.LotCreated():
                assert not known.keys() & set(event.data.boards)
                known |= dict.fromkeys(event.data.boards, event.subject)
            case e.BoardArrived():
                assert known[event.subject] == event.data.lot
                assert event.data.machine not in inside, "one board at a time"
                inside[event.data.machine] = event.subject
                passed.setdefault(event.subject, []).append(event.data.machine)
            case e.BoardDeparted():
                assert inside.pop(event.data.machine) == event.subject
    assert len(passed) > 1000
    for machines in passed.values():
        through = tuple(machine for machine in machines if not machine.startswith("RWK"))
        assert any(through == line[: len(through)] for line in lines)


def test_every_board_is_measured_where_it_should_be_and_values_are_within_limits_while_all_is_well() -> None:
    kinds = the_plant().kinds
    measured: dict[type[e.Payload], Counter[str]] = {}
    outside = values = 0
    for event in a_day():
        match event.data:
            case e.PasteMeasured():
                (low, high), found = kinds["spi"].limits["paste_height"], list(event.data.heights.values())
            case e.PartsPlaced():
                (low, high), found = kinds["placer"].limits["placement_offset"], list(event.data.offsets.values())
                assert event.data.reels.keys() == event.data.offsets.keys()
            case e.BoardHeated():
                (low, high), found = kinds["oven"].limits["peak_temperature"], [event.data.peak]
                times = [at for at, _ in event.data.profile]
                assert times == sorted(times) and max(heat for _, heat in event.data.profile) == event.data.peak
            case _:
                continue
        values += len(found)
        outside += sum(not low <= value <= high for value in found)
        measured.setdefault(type(event.data), Counter())[event.subject] += 1
    done = {event.subject for event in a_day() if isinstance(event.data, e.BoardDeparted) and "AOI" in event.source}
    for kind, times_each in ((e.PasteMeasured, 1), (e.PartsPlaced, 2), (e.BoardHeated, 1)):
        assert {measured[kind][board] for board in done if board > "B10230"} == {times_each}
    assert outside < values / 500, "two boards in a hundred are too thin on one pad of twelve"


def test_time_states_bear_their_causes_and_alarms_that_were_raised_are_cleared() -> None:
    causes = {
        (event.data.state, event.data.e10, event.data.cause)
        for event in a_day()
        if isinstance(event.data, e.MachineStateChanged) and event.data.state == "down"
    }
    assert {("down", 4500, "SetUp"), ("down", 4400, "Refill")} < causes
    assert any(e10 == 5300 for _, e10, _ in causes)
    raised = Counter((x.subject, x.data.code) for x in a_day() if isinstance(x.data, e.AlarmRaised))
    cleared = Counter((x.subject, x.data.code) for x in a_day() if isinstance(x.data, e.AlarmCleared))
    assert cleared <= raised and raised.total() - cleared.total() < 15
    severities = {event.data.severity for event in a_day() if isinstance(event.data, e.AlarmRaised)}
    assert {"Information", "Warning", "Error"} <= severities


def test_world_that_is_folded_from_it_knows_what_is_being_made() -> None:
    world = folded(a_day())
    for line in world.lines:
        running = [order for order in world.workorders.values() if (order.line, order.status) == (line, "running")]
        assert 1 <= len(running) <= 2, "an order begins while the one before it runs out"
        assert any(order.status == "next" for order in world.workorders.values() if order.line == line)
        product = world.machines[world.lines[line].machines[0]].product
        assert product in {order.product for order in running}
    made = [board for board in world.boards.values() if board.machine.startswith("AOI") and not board.inside]
    assert all(world.lots[board.lot].boards for board in made)
    assert world.lots["L4731"].boards, "a lot that the site had not numbered is numbered when its turn comes"
    assert not world.uncertain and not world.open_orders


def test_holds_of_people_stand_in_it_as_the_assistant_would_have_written_them() -> None:
    events = list(week(the_plant(), 7, 0.7))
    held = [event for event in events if isinstance(event.data, e.LotHeld)]
    assert held
    orders = {event.subject: event for event in events if isinstance(event.data, e.OrderRequested)}
    done = {event.subject for event in events if isinstance(event.data, e.OrderDone)}
    for event in held:
        assert isinstance(event.data, e.LotHeld)
        asked = orders[event.data.order]
        assert event.causationid == asked.id and event.correlationid == asked.correlationid
        assert isinstance(asked.data, e.OrderRequested) and asked.data.badge == "QA-5"
        assert event.data.order in done


def test_it_goes_into_a_log_and_comes_out_the_same(tmp_path: Path) -> None:
    events = list(itertools.islice(week(the_plant(), 7, 1.0), 4000))
    with closing(SqliteLog(tmp_path)) as log:
        log.append(events)
        back = list(log.read())
    assert [(event.id, event.time, event.data) for event in back] == [(x.id, x.time, x.data) for x in events]


def test_a_plant_that_goes_on_does_not_keep_all_that_it_made() -> None:
    numbered: list[str] = []

    def report(now: float, machine: str, subject: str, payload: e.Payload) -> None:
        if isinstance(payload, e.LotCreated):
            numbered.extend(payload.boards)

    simulation = staged(the_plant(), 5, report, Programme(3 * DAY_S))
    simulation.advance(2.2 * DAY_S)
    assert len(numbered) > 15_000
    assert len(simulation.boards) < 0.7 * len(numbered)
    inside = [machine.board.id for machine in simulation.machines.values() if machine.board is not None]
    assert set(inside) <= simulation.boards.keys()


def test_stories_of_a_week_are_told_by_the_clock_of_the_place() -> None:
    told = stories.load(shipped_site() / "hardware", the_plant()).values()
    for zone in (UTC, timezone(timedelta(hours=-5))):
        planned = several(7, told, START, zone, lambda fact: None).stories
        assert {story.name for story, _ in planned} == {story.name for story in told}
        for story, at in planned:
            begins = datetime.fromtimestamp(START + at, zone)
            assert begins.strftime("%H:%M") == story.clock
            first = (datetime.fromtimestamp(START, zone) + timedelta(days=1)).date()
            assert (begins.date() - first).days == story.day - 1
    half = several(1.5, told, START, UTC, lambda fact: None).stories
    assert [story.name for story, _ in half] == ["clog"], "the others would not end within the time"


# ---- the journal -------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 4 * BLOCK), st.integers(-3, 4 * BLOCK + 3), st.integers(-1, 2 * BLOCK))
def test_journal_gives_what_was_written_whatever_is_asked(written: int, after: int, most: int) -> None:
    journal = Journal()
    entries = [f'{{"n":{number},"text":"µ"}}' for number in range(written)]
    for entry in entries:
        journal.append(entry)
    assert len(journal) == written
    given_ = journal.after(after, most)
    start = max(0, after)
    assert given_ == entries[start : start + len(given_)]
    assert len(given_) <= max(0, most)
    assert given_ or most <= 0 or start >= written
