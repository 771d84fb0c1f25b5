"""What keeps times and ids in a few bytes gives back what was put in, and finds it where a plain list would."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.domain.views.moments import Moments
from assistant.domain.views.names import ManyIds, Some

TURN_S = 2**32 / 1000.0
"""After so many seconds the lower 32 bits of milliseconds begin anew."""
_near_turns = st.builds(
    lambda turn, off: round(turn * TURN_S + off, 3), st.integers(-2, 3), st.floats(-3.0, 3.0) | st.floats(-9e5, 9e5)
)
_times = st.lists(_near_turns, max_size=60)


def _put(times: list[float]) -> tuple[Moments, list[float]]:
    moments, plain = Moments(), list[float]()
    for time in times:
        at = bisect_right(plain, time)
        assert moments.place(time) == at
        plain.insert(at, time)
    return moments, plain


@given(times=_times)
def test_times_come_back_to_the_millisecond_in_their_order(times: list[float]) -> None:
    moments, plain = _put(times)
    assert list(moments) == plain == moments[:] and len(moments) == len(plain)
    assert [moments[at] for at in range(-len(plain), len(plain))] == plain + plain
    middle = len(plain) // 2
    assert moments[1:middle] == plain[1:middle] and moments[middle:] == plain[middle:]


@given(times=_times, asked=st.lists(_near_turns | st.floats(-1e7, 1e7) | st.sampled_from((math.inf, -math.inf))))
def test_a_time_is_looked_up_as_in_a_plain_list(times: list[float], asked: list[float]) -> None:
    moments, plain = _put(times)
    for time in (*asked, *plain):
        assert moments.left(time) == bisect_left(plain, time)
        assert moments.right(time) == bisect_right(plain, time)
        low, high = len(plain) // 3, 2 * len(plain) // 3
        assert moments.left(time, low, high) == bisect_left(plain, time, low, high)


@given(times=_times, more=_times)
def test_kept_times_go_on_where_they_were(times: list[float], more: list[float]) -> None:
    moments, plain = _put(times)
    again = Moments()
    again.restore(moments.state())
    for time in more:
        assert again.place(time) == bisect_right(plain, time)
        plain.insert(bisect_right(plain, time), time)
    assert list(again) == plain


@pytest.mark.parametrize("at", [0, -1, 3])
def test_there_is_no_time_where_none_was_put(at: int) -> None:
    with pytest.raises(IndexError):
        Moments()[at]


@settings(max_examples=30)
@given(names=st.lists(st.text(max_size=12)))
def test_a_name_has_one_number_for_ever(names: list[str]) -> None:
    ids, plain = ManyIds(), {"": 0}
    for name in (*names, *names):
        assert ids(name) == plain.setdefault(name, len(plain))
    assert list(ids.names) == list(plain) and ids.names[-1] == list(plain)[-1]
    again = ManyIds()
    again.restore(ids.state())
    assert all(again.find(name) == number for name, number in plain.items())
    assert again.find("said by nobody") is None and again("said by nobody") == len(plain)


def test_names_by_the_hundred_thousand_are_found_again() -> None:
    ids = ManyIds()
    names = [f"B{number:07d}" for number in range(70_000)]
    assert [ids(name) for name in names] == list(range(1, 70_001))
    assert ids.find("B0070000") is None and ids.find("B000000") is None
    assert all(ids.find(names[number - 1]) == number for number in (1, 32_767, 32_768, 32_769, 65_536, 70_000))
    assert ids.names[32_766:32_770] == names[32_765:32_769]


def test_some_of_the_names_are_a_sequence_like_any_other() -> None:
    ids = ManyIds()
    some = Some(ids, map(ids, ("B2", "B1", "B3")))
    assert some == ("B2", "B1", "B3") and some != ("B1", "B2", "B3") and some != ("B2", "B1")
    assert "B1" in some and "B4" not in some and some.index("B3") == 2 and some[1:] == ["B1", "B3"]
