"""An event counts by its own time, whenever it arrives."""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.domain.events import Event
from assistant.domain.views import Views
from tests.domain.views.questions import Questions, agree
from tests.domain.views.week import stored, the_events, times_of, views_of

COUNT = 1500


def answers(views: Views, seed: int, times: tuple[float, float], count: int = 40) -> list[tuple[str, Any]]:
    """What the views say to random questions; the same ones for the same seed and the same plant."""
    random = Questions(views, None, seed, times)
    return [random.ask()[:2] for _ in range(count)]


def differing(ours: list[tuple[str, Any]], theirs: list[tuple[str, Any]]) -> list[Any]:
    return [
        (mine, its) for mine, its in zip(ours, theirs, strict=True) if mine[0] != its[0] or not agree(mine[1], its[1])
    ]


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 5), shuffle=st.integers(0, 10**6), late=st.sampled_from((0.05, 0.5, 1.0)))
def test_events_may_arrive_in_any_order(seed: int, shuffle: int, late: float) -> None:
    events = the_events(COUNT, seed, 0.0)
    whole = views_of(_in_order_of(events, {}))
    random = Random(shuffle)
    # What has one time stays in its order: that order is the log's to say.
    delays = {event.time: random.expovariate(1 / 20_000.0) * (random.random() < late) for event in events}
    shuffled = views_of(_in_order_of(events, delays))
    assert not differing(*(answers(views, shuffle, times_of(events)) for views in (whole, shuffled)))


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 5), shuffle=st.integers(0, 10**6))
def test_questions_asked_in_between_change_no_later_answer(seed: int, shuffle: int) -> None:
    events, random = the_events(COUNT, seed, 0.3), Random(shuffle)
    asked, times = views_of([]), times_of(events)
    for number, event in enumerate(events):
        asked.apply(event)
        if number > 100 and random.random() < 0.01:
            answers(asked, number, times, 5)
    assert not differing(*(answers(views, shuffle, times) for views in (asked, views_of(events))))


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 5), cut=st.integers(1, COUNT - 1))
def test_an_event_taken_twice_counts_once(seed: int, cut: int) -> None:
    events = the_events(COUNT, seed, 0.1)
    twice = views_of([*events[:cut], *events[:cut], *events])
    assert twice.state() == views_of(events).state()


def _in_order_of(events: tuple[Event, ...], delays: dict[float, float]) -> list[Event]:
    return stored(sorted(events, key=lambda event: event.time + delays.get(event.time, 0.0)))
