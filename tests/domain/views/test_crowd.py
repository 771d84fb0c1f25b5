"""Boards by the hour and by the day are those that a plain set has."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.domain.views.crowd import HOUR, Crowd, Gathered, all_of
from assistant.domain.views.series import Series
from assistant.domain.views.span import Span

BOARDS = 12_000
LONG_AGO = 365 * 24 * 1000 * HOUR
"""By a clock that was a thousand years off."""
_hours = st.floats(0.0, 24.0 * 9)
_happened = st.tuples(_hours, st.integers(0, BOARDS - 1) | st.integers(0, 300))


@settings(max_examples=60)
@given(
    steps=st.lists(st.tuples(st.sampled_from(("came", "came", "came", "asked")), _happened, _hours)),
    off=st.booleans(),
)
def test_whatever_comes_or_is_asked_in_between(steps: list[tuple[str, tuple[float, int], float]], off: bool) -> None:
    crowd, rows, plain = Crowd(), Series("I"), list[tuple[float, int]]()
    steps = [*steps, ("asked", (0.0, 0), 24.0 * 9), ("asked", (1.5, 0), 200.0)]
    for what, (hours, board), length in steps:
        time = round(LONG_AGO + hours * HOUR, 3)
        if what == "came":
            if (time, board) not in plain:
                plain.append((time, board))
                rows.add(time, board)
                crowd.add(time, board)
                if off:
                    rows.add(0.0, board)
                    crowd.add(0.0, board)
                    off = False
        elif what == "asked":
            span = Span(time, time + length * HOUR)
            found = Gathered(BOARDS)
            crowd.gather(found, span, rows, all_of(rows))
            assert found.mask == sum({1 << one for at, one in plain if span.start <= at < span.end})


@given(boards=st.lists(st.integers(0, BOARDS - 1), min_size=2, unique=True))
def test_one_that_is_taken_out_again_was_never_there(boards: list[int]) -> None:
    """Of whole hours: what is not whole is asked of the series beside it."""
    crowd, rows = Crowd(), Series("I")
    for at in range(0, 50):
        rows.add(LONG_AGO + at * HOUR, boards[0])
        crowd.add(LONG_AGO + at * HOUR, boards[0])
    for board in boards[1:]:
        crowd.add(LONG_AGO + 30.5 * HOUR, board)
    for round_ in range(2):
        found = Gathered(BOARDS)
        crowd.gather(found, Span(LONG_AGO, LONG_AGO + 49 * HOUR), rows, all_of(rows))
        assert found.mask == sum(1 << board for board in (boards if round_ == 0 else boards[:1]))
        for board in boards[1:] if round_ == 0 else ():
            crowd.remove(LONG_AGO + 30.5 * HOUR, board)
