"""Reels and places that may be behind defects: named only as far as the evidence goes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from random import Random

import pytest

from assistant.domain import events as e
from assistant.domain.views import PLANT, Scope, Span, Views
from assistant.domain.views.materials import Rule, Suspect, tail
from tests.domain.views.blame import guilty, innocent

RULE = Rule()
START = 1_000_000.0
EACH_S = 20.0
"""Between two boards."""
BOARDS = 600
Flawed = Callable[[int], bool]


def line() -> Iterator[e.Event]:
    yield event("SMT-9", e.LineInstalled("line nine", ("SPI-9", "PNP-9", "AOI-9")), 0.0)
    for machine, kind in (("SPI-9", "spi"), ("PNP-9", "placer"), ("AOI-9", "aoi")):
        yield event(machine, e.MachineInstalled(machine, kind, "SMT-9"), 0.0)


def event(subject: str, data: e.Payload, time: float) -> e.Event:
    return e.Event(f"{data.type} {subject} {time}", "/machines/M", subject, time, data)


def boards(
    flawed: Flawed, reels: tuple[int, ...] = (200, 400), offset: Callable[[int], float] = lambda n: 15.0
) -> Iterator[e.Event]:
    """Boards one after the other; at each of `reels` the feeder of U7 gets the next reel."""
    reel = 0
    for number in range(BOARDS):
        time = START + number * EACH_S
        if number in reels:
            reel += 1
            yield event("PNP-9", e.ReelChanged("F7", "IC", f"RL-{reel}", f"RL-{reel - 1}"), time - 5)
        placed = e.PartsPlaced(
            "PNP-9", "L1", {"U7": offset(number), "U3": 15.0, "J2": 15.0}, {"U7": f"RL-{reel}", "U3": "RL-90"}
        )
        yield event(f"B{number}", placed, time)
        found = (("tombstone",), ("U7",)) if flawed(number) else ((), ())
        verdict = e.BoardInspected("AOI-9", "L1", "failed" if found[0] else "passed", *found)
        yield event(f"B{number}", verdict, time + 100)


def views_of(events: Iterable[e.Event]) -> Views:
    views = Views()
    for one in (*line(), *events):
        views.apply(one)
    return views


def named(views: Views, until: float = START + BOARDS * EACH_S + 200) -> list[Suspect]:
    return views.materials.suspects(Span(START, until), PLANT, RULE)


def test_a_reel_with_far_more_of_a_defect_than_those_before_and_after_it_is_named() -> None:
    views = views_of(boards(lambda n: n % 7 == 0 if 200 <= n < 400 else n % 150 == 0))
    (one,) = named(views)
    mine = sum(n % 7 == 0 for n in range(200, 400))
    others = sum(n % 150 == 0 for n in (*range(200), *range(400, BOARDS)))
    assert (one.reel, one.machine, one.feeder, one.place, one.defect) == ("RL-1", "PNP-9", "F7", "U7", "tombstone")
    assert (one.count, one.all) == (mine, mine + others)
    assert (one.since, one.until) == (START + 200 * EACH_S - 5, START + 400 * EACH_S - 5)


def test_while_the_reel_is_on_it_has_no_end() -> None:
    views = views_of(boards(lambda n: 200 <= n < 400 and n % 7 == 0))
    (one,) = named(views, START + 350 * EACH_S)
    assert (one.reel, one.until) == ("RL-1", None)


@pytest.mark.parametrize(
    "flawed",
    [
        lambda n: n % 7 == 0,  # every reel has it
        lambda n: n >= 200 and n % 7 == 0,  # and goes on with the next
        lambda n: 300 <= n < 400 and n % 7 == 0,  # it sets in when the reel has been on for long
        lambda n: 100 <= n < 400 and n % 7 == 0,  # and was there before it
        lambda n: n in (210, 250, 290, 330, 370),  # too few
        lambda n: n % 40 == 0,
        lambda n: False,
    ],
    ids=["always", "goes on", "sets in late", "was there before", "too few", "seldom", "never"],
)
def test_what_did_not_begin_and_end_with_a_reel_is_not_blamed_on_it(flawed: Flawed) -> None:
    assert named(views_of(boards(flawed))) == []


def test_a_reel_is_not_blamed_where_there_was_no_other() -> None:
    assert named(views_of(boards(lambda n: n % 7 == 0, reels=()))) == []


def test_a_defect_that_was_found_before_the_part_was_placed_is_no_reels() -> None:
    flaws = [
        event(f"B{n}", e.BoardInspected("SPI-9", "L1", "failed", ("insufficient_solder",), ("U7",)), START + n * 20 - 9)
        for n in range(200, 400, 7)
    ]
    assert named(views_of([*boards(lambda n: False), *flaws])) == []


def test_another_line_a_lot_and_a_machine_are_asked_for_by_themselves() -> None:
    views = views_of(boards(lambda n: 200 <= n < 400 and n % 7 == 0))
    span = Span(START, START + BOARDS * EACH_S + 200)
    asked = {
        scope: len(views.materials.suspects(span, scope, RULE))
        for scope in (Scope(line="SMT-9"), Scope(machine="AOI-9"), Scope(lot="L1"), Scope(line="X"), Scope(lot="L2"))
    }
    assert list(asked.values()) == [1, 1, 1, 0, 0]


def test_the_order_of_arrival_and_a_rebuilt_snapshot_change_nothing() -> None:
    events = [*boards(lambda n: 200 <= n < 400 and n % 7 == 0, offset=lambda n: 15.0 + n / 20)]
    whole, shuffled, restored = views_of(events), Views(), Views()
    for one in (*line(), *Random(3).sample(events, len(events))):
        shuffled.apply(one)
    restored.restore(whole.state())
    span = Span(START, START + BOARDS * EACH_S + 200)
    for views in (shuffled, restored):
        assert named(views) == named(whole) != []
        mine, theirs = views.materials.moved(span, "PNP-9", 0.25), whole.materials.moved(span, "PNP-9", 0.25)
        assert mine is not None and theirs is not None
        assert mine.last == pytest.approx(theirs.last) and mine.place == theirs.place == "U7"


@pytest.mark.parametrize(("by", "place"), [(10.0, "U7"), (2.0, None)])
def test_the_one_place_that_moved_is_named_where_it_moved_enough(by: float, place: str | None) -> None:
    views = views_of(boards(lambda n: False, offset=lambda n: 15.0 + by * n / BOARDS))
    moved = views.materials.moved(Span(START, START + BOARDS * EACH_S + 200), "PNP-9", 0.25)
    assert (moved.place if moved is not None else None) == place
    if moved is not None:
        assert moved.first == pytest.approx(15.0, abs=0.6) and moved.last == pytest.approx(15.0 + by, abs=0.6)


def test_where_all_places_move_it_is_none_of_them() -> None:
    def together(one: e.Event) -> e.Event:
        if isinstance(one.data, e.PartsPlaced):
            moved = dict.fromkeys(one.data.offsets, one.data.offsets["U7"])
            return event(one.subject, e.PartsPlaced("PNP-9", "L1", moved, one.data.reels), one.time)
        return one

    views = views_of(map(together, boards(lambda n: False, offset=lambda n: 15.0 + n / 20)))
    assert views.materials.moved(Span(START, START + BOARDS * EACH_S), "PNP-9", 0.25) is None


@pytest.mark.parametrize(("least", "of", "share"), [(3, 10, 0.3), (0, 4, 0.5), (7, 7, 0.9), (22, 23, 0.5)])
def test_the_chance_is_that_of_the_binomial_distribution(least: int, of: int, share: float) -> None:
    exact = sum(math.comb(of, k) * share**k * (1 - share) ** (of - k) for k in range(least, of + 1))
    assert tail(least, of, share) == pytest.approx(exact)


def test_three_shifts_without_a_bad_reel_name_none_and_no_place() -> None:
    assert [*islice(innocent(7, 3), 3)] == [([], [])] * 3


@pytest.mark.parametrize("seed", [7, 8])
def test_the_storys_bad_reel_is_named_and_no_other(seed: int) -> None:
    suspects, bad = guilty(seed)
    assert [(one.reel, one.place) for one in suspects] == [(bad.name, bad.part)]
