"""What people mean by a stretch of time, by the site's clock: cases worked out by hand, summer time both ways."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.calendar import Calendar, Shift
from assistant.domain.spoken.dates import said
from assistant.domain.spoken.periods import period
from assistant.domain.spoken.times import canonical_times
from assistant.domain.spoken.tokens import tokenize
from assistant.domain.stretches import FUTURE, LEFT_OUT, NO_SHIFT, Stretch, certain, stretch
from tests.site import the_language

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = Shift("night", 1320, 1800, ((1440, 1455), (1590, 1620)))
PLANT = Calendar(
    BERLIN,
    (Shift("early", 360, 840, ((540, 555), (690, 720))), Shift("late", 840, 1320, ((960, 975),)), NIGHT),
    frozenset([date(2026, 12, 25)]),
)
OFFICE = Calendar(BERLIN, (Shift("day", 480, 1020, ((720, 750),), frozenset(range(5))),), week_starts=6)
LANGUAGE = the_language()


def at(text: str) -> float:
    """An instant: wall time in Berlin, with its offset where the wall shows it twice."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=BERLIN)).timestamp()


def meant(words: str, now: str, calendar: Calendar = PLANT) -> Stretch:
    """What somebody means who says this at that time, in a sentence with more words in it."""
    text = f"yield on line one {words}"
    tokens = canonical_times(tokenize(text, LANGUAGE), LANGUAGE)
    found = [value for index in range(len(tokens)) if (value := period(tokens, index, LANGUAGE))]
    assert found, f"no stretch of time in {words!r}"
    how = said(text, found[0][0], LANGUAGE)
    result = stretch(how.finer or found[0][0], calendar, at(now), how.exact)
    assert result is not None, f"{words!r} means nothing"
    return result


# Wall times in Berlin; 2026-11-25 is a Wednesday.
CASES: list[tuple[str, str, str, str]] = [
    # shifts
    ("this shift", "2026-11-25T01:55", "2026-11-24T22:00", "2026-11-25T01:55"),
    ("this shift", "2026-11-25T06:00", "2026-11-25T06:00", "2026-11-25T06:00"),
    ("this shift", "2026-11-25T05:59", "2026-11-24T22:00", "2026-11-25T05:59"),
    ("since we started", "2026-11-25T09:10", "2026-11-25T06:00", "2026-11-25T09:10"),
    ("in the last shift", "2026-11-25T01:55", "2026-11-24T14:00", "2026-11-24T22:00"),
    ("in the last shift", "2026-11-25T06:10", "2026-11-24T22:00", "2026-11-25T06:00"),
    ("this morning", "2026-11-25T15:00", "2026-11-25T06:00", "2026-11-25T14:00"),
    ("overnight", "2026-11-25T06:10", "2026-11-24T22:00", "2026-11-25T06:00"),
    ("overnight", "2026-11-25T15:00", "2026-11-24T22:00", "2026-11-25T06:00"),
    ("last night", "2026-11-25T21:00", "2026-11-24T22:00", "2026-11-25T06:00"),
    ("overnight", "2026-11-25T01:55", "2026-11-24T22:00", "2026-11-25T01:55"),
    ("on the early shift", "2026-11-25T15:00", "2026-11-25T06:00", "2026-11-25T14:00"),
    ("on the late shift", "2026-11-25T13:00", "2026-11-24T14:00", "2026-11-24T22:00"),
    ("the shift before last", "2026-11-25T15:00", "2026-11-24T22:00", "2026-11-25T06:00"),
    # days
    ("today", "2026-11-25T01:55", "2026-11-25T00:00", "2026-11-25T01:55"),
    ("yesterday", "2026-11-25T01:55", "2026-11-24T00:00", "2026-11-25T00:00"),
    ("the day before yesterday", "2026-11-25T12:00", "2026-11-23T00:00", "2026-11-24T00:00"),
    ("yesterday morning", "2026-11-25T12:00", "2026-11-24T05:00", "2026-11-24T12:00"),
    ("yesterday afternoon", "2026-11-25T12:00", "2026-11-24T12:00", "2026-11-24T18:00"),
    ("this afternoon", "2026-11-25T15:30", "2026-11-25T12:00", "2026-11-25T15:30"),
    ("last Tuesday", "2026-11-25T12:00", "2026-11-24T00:00", "2026-11-25T00:00"),
    ("last Tuesday", "2026-11-24T12:00", "2026-11-17T00:00", "2026-11-18T00:00"),
    ("on Tuesday", "2026-11-24T12:00", "2026-11-24T00:00", "2026-11-24T12:00"),
    ("last Friday", "2026-11-25T12:00", "2026-11-20T00:00", "2026-11-21T00:00"),
    ("since Monday", "2026-11-25T12:00", "2026-11-23T00:00", "2026-11-25T12:00"),
    ("from Monday to Wednesday", "2026-11-25T12:00", "2026-11-23T00:00", "2026-11-25T12:00"),
    ("from Monday until Wednesday", "2026-11-24T12:00", "2026-11-16T00:00", "2026-11-19T00:00"),
    ("between Friday and Monday", "2026-11-25T12:00", "2026-11-20T00:00", "2026-11-24T00:00"),
    ("from the third of March to the fifth of March", "2026-11-25T12:00", "2026-03-03T00:00", "2026-03-06T00:00"),
    ("on the third of March", "2026-11-25T12:00", "2026-03-03T00:00", "2026-03-04T00:00"),
    ("on the twenty fourth of November", "2026-11-25T12:00", "2026-11-24T00:00", "2026-11-25T00:00"),
    ("on the 24th of December", "2026-11-25T12:00", "2025-12-24T00:00", "2025-12-25T00:00"),
    # weeks and longer
    ("this week", "2026-11-25T12:00", "2026-11-23T00:00", "2026-11-25T12:00"),
    ("this week", "2026-11-23T00:00", "2026-11-23T00:00", "2026-11-23T00:00"),
    ("the past seven days", "2026-11-25T12:00", "2026-11-19T00:00", "2026-11-25T12:00"),
    ("last week", "2026-11-25T12:00", "2026-11-16T00:00", "2026-11-23T00:00"),
    ("last weekend", "2026-11-25T12:00", "2026-11-21T00:00", "2026-11-23T00:00"),
    ("last weekend", "2026-11-22T12:00", "2026-11-14T00:00", "2026-11-16T00:00"),
    ("at the weekend", "2026-11-25T12:00", "2026-11-21T00:00", "2026-11-23T00:00"),
    ("the weekend", "2026-11-22T12:00", "2026-11-21T00:00", "2026-11-22T12:00"),
    ("last month", "2026-11-25T12:00", "2026-10-01T00:00", "2026-11-01T00:00"),
    ("this month", "2026-01-15T12:00", "2026-01-01T00:00", "2026-01-15T12:00"),
    ("last month", "2026-01-15T12:00", "2025-12-01T00:00", "2026-01-01T00:00"),
    ("in March", "2026-11-25T12:00", "2026-03-01T00:00", "2026-04-01T00:00"),
    ("in December", "2026-11-25T12:00", "2025-12-01T00:00", "2026-01-01T00:00"),
    ("last quarter", "2026-11-25T12:00", "2026-07-01T00:00", "2026-10-01T00:00"),
    ("this year", "2026-11-25T12:00", "2026-01-01T00:00", "2026-11-25T12:00"),
    # amounts
    ("over the past couple of hours", "2026-11-25T12:00", "2026-11-25T10:00", "2026-11-25T12:00"),
    ("in the last hour", "2026-11-25T00:20", "2026-11-24T23:20", "2026-11-25T00:20"),
    ("in the last hour and a half", "2026-11-25T12:00", "2026-11-25T10:30", "2026-11-25T12:00"),
    # since: which six, by the asker's clock
    ("since six", "2026-11-25T10:00", "2026-11-25T06:00", "2026-11-25T10:00"),
    ("since six", "2026-11-25T20:00", "2026-11-25T18:00", "2026-11-25T20:00"),
    ("since six", "2026-11-25T01:55", "2026-11-24T18:00", "2026-11-25T01:55"),
    ("since half past eight", "2026-11-25T08:29", "2026-11-24T20:30", "2026-11-25T08:29"),
    ("since six in the morning", "2026-11-25T20:00", "2026-11-25T06:00", "2026-11-25T20:00"),
    ("since 06:00", "2026-11-25T20:00", "2026-11-25T06:00", "2026-11-25T20:00"),
    ("since oh six hundred", "2026-11-25T20:00", "2026-11-25T06:00", "2026-11-25T20:00"),
    ("since six in the evening", "2026-11-25T10:00", "2026-11-24T18:00", "2026-11-25T10:00"),
    ("since 22:00", "2026-11-25T10:00", "2026-11-24T22:00", "2026-11-25T10:00"),
    ("since noon", "2026-11-26T00:30", "2026-11-25T12:00", "2026-11-26T00:30"),
    ("since midnight", "2026-11-25T10:00", "2026-11-25T00:00", "2026-11-25T10:00"),
    ("since lunch", "2026-11-25T13:00", "2026-11-25T12:00", "2026-11-25T13:00"),
    # between: the newest that is over
    ("between six and half past eight", "2026-11-25T10:00", "2026-11-25T06:00", "2026-11-25T08:30"),
    ("between six and half past eight", "2026-11-25T21:00", "2026-11-25T18:00", "2026-11-25T20:30"),
    ("between six and half past eight", "2026-11-25T07:00", "2026-11-24T18:00", "2026-11-24T20:30"),
    ("between ten and two", "2026-11-25T15:00", "2026-11-25T10:00", "2026-11-25T14:00"),
    ("between ten and two", "2026-11-25T03:00", "2026-11-24T22:00", "2026-11-25T02:00"),
    ("between 06:00 and 08:00", "2026-11-25T21:00", "2026-11-25T06:00", "2026-11-25T08:00"),
    ("from 22:00 until 06:00", "2026-11-25T10:00", "2026-11-24T22:00", "2026-11-25T06:00"),
    ("from 22:00 until six", "2026-11-25T10:00", "2026-11-24T22:00", "2026-11-25T06:00"),
    ("between six and eight in the evening", "2026-11-25T21:00", "2026-11-25T18:00", "2026-11-25T20:00"),
    # summer time ends: 2026-10-25, 03:00+02:00 becomes 02:00+01:00
    ("this shift", "2026-10-25T02:30+02:00", "2026-10-24T22:00+02:00", "2026-10-25T02:30+02:00"),
    ("this shift", "2026-10-25T02:30+01:00", "2026-10-24T22:00+02:00", "2026-10-25T02:30+01:00"),
    ("between two and three", "2026-10-25T06:00", "2026-10-25T02:00+02:00", "2026-10-25T03:00+01:00"),
    ("between two and half past two", "2026-10-25T06:00", "2026-10-25T02:00+02:00", "2026-10-25T02:30+01:00"),
    ("since half past two", "2026-10-25T06:00", "2026-10-25T02:30+02:00", "2026-10-25T06:00+01:00"),
    ("since half past two", "2026-10-25T02:15+01:00", "2026-10-25T02:30+02:00", "2026-10-25T02:15+01:00"),
    ("in the last two hours", "2026-10-25T03:00+01:00", "2026-10-25T02:00+02:00", "2026-10-25T03:00+01:00"),
    ("overnight", "2026-10-25T07:00", "2026-10-24T22:00+02:00", "2026-10-25T06:00+01:00"),
    ("yesterday", "2026-10-26T07:00", "2026-10-25T00:00+02:00", "2026-10-26T00:00+01:00"),
    # summer time begins: 2026-03-29, 02:00+01:00 becomes 03:00+02:00
    ("overnight", "2026-03-29T07:00", "2026-03-28T22:00+01:00", "2026-03-29T06:00+02:00"),
    ("since half past two", "2026-03-29T06:00", "2026-03-29T03:00+02:00", "2026-03-29T06:00+02:00"),
    ("between one and four", "2026-03-29T06:00", "2026-03-29T01:00+01:00", "2026-03-29T04:00+02:00"),
]


@pytest.mark.parametrize(("words", "now", "start", "end"), CASES)
def test_a_stretch_of_time_is_the_one_that_is_meant(words: str, now: str, start: str, end: str) -> None:
    found = meant(words, now)
    assert (found.span.start, found.span.end, found.trouble) == (at(start), at(end), "")


def test_nights_are_as_long_as_they_were() -> None:
    hours = {
        day: meant("overnight", f"{day}T07:00").span.seconds / 3600
        for day in ("2026-10-25", "2026-03-29", "2026-11-25")
    }
    assert hours == {"2026-10-25": 9, "2026-03-29": 7, "2026-11-25": 8}


def test_the_hour_that_came_twice_is_meant_whole_and_that_is_told() -> None:
    found = meant("between two and three", "2026-10-25T06:00")
    assert found.twice and found.span.seconds == 2 * 3600
    assert not meant("between three and four", "2026-10-25T06:00").twice
    assert meant("since half past two", "2026-10-25T06:00").twice


def test_the_hour_that_never_was_is_none() -> None:
    assert meant("between two and three", "2026-03-29T06:00").trouble == LEFT_OUT
    assert meant("between quarter past two and half past two", "2026-03-29T06:00").trouble == LEFT_OUT


@pytest.mark.parametrize("words", ["tomorrow", "next Tuesday", "this evening", "tonight"])
def test_what_has_not_begun_is_said_to_be_in_the_future(words: str) -> None:
    tokens = words.split()
    assert tokens
    found = stretch({"next Tuesday": "weekday:1+"}.get(words, ""), PLANT, at("2026-11-25T12:00")) or meant(
        words, "2026-11-25T12:00"
    )
    assert found.trouble == FUTURE


def test_on_a_holiday_no_shift_begins() -> None:
    assert meant("this shift", "2026-12-25T12:00").trouble == NO_SHIFT
    assert meant("this shift", "2026-12-25T03:00").span.start == at("2026-12-24T22:00")
    assert meant("in the last shift", "2026-12-25T12:00").span.start == at("2026-12-24T22:00")


def test_a_site_that_rests_at_the_weekend_has_no_shift_then() -> None:
    assert meant("this shift", "2026-11-28T12:00", OFFICE).trouble == NO_SHIFT
    assert meant("in the last shift", "2026-11-28T12:00", OFFICE).span.start == at("2026-11-27T08:00")
    assert meant("in the last shift", "2026-11-30T09:00", OFFICE).span.end == at("2026-11-27T17:00")
    assert meant("overnight", "2026-11-30T09:00", OFFICE).trouble == NO_SHIFT
    assert meant("this week", "2026-11-25T12:00", OFFICE).span.start == at("2026-11-22T00:00")


def test_without_shifts_there_is_none() -> None:
    assert meant("this shift", "2026-11-25T12:00", Calendar(BERLIN)).trouble == NO_SHIFT
    assert meant("today", "2026-11-25T12:00", Calendar(BERLIN)).trouble == ""


def test_planned_time_is_that_of_the_shifts_without_their_breaks() -> None:
    day = PLANT.days(date(2026, 11, 25))
    assert PLANT.planned_seconds(day) == 24 * 3600 - (15 + 30 + 15 + 15 + 30) * 60
    assert OFFICE.planned_seconds(OFFICE.days(date(2026, 11, 25))) == 8.5 * 3600
    assert OFFICE.planned_seconds(OFFICE.days(date(2026, 11, 28))) == 0


@pytest.mark.parametrize("words", [case[0] for case in CASES if "since" not in case[0] and "between" not in case[0]])
def test_a_stretch_that_is_over_is_the_same_by_its_own_name(words: str) -> None:
    now = at("2026-11-25T12:00")
    found = meant(words, "2026-11-25T12:00")
    again = stretch(certain(found, PLANT), PLANT, now)
    assert again is not None and again.kind in ("day", "from")
    if found.trouble == "" and found.span.end < now:
        assert (again.span.start, again.span.end) == (found.span.start, found.span.end)


PERIODS = st.one_of(
    st.sampled_from(
        ["shift", "last_shift", "today", "yesterday", "week", "hour", "shift:night", "week-1", "weekday:3-"]
    ),
    st.builds("last:{}{}".format, st.integers(1, 99), st.sampled_from("mh")),
    st.builds("since:{:02d}:{:02d}".format, st.integers(0, 23), st.integers(0, 59)),
    st.builds(
        "between:{:02d}:{:02d}-{:02d}:{:02d}".format,
        st.integers(0, 23),
        st.integers(0, 59),
        st.integers(0, 23),
        st.integers(0, 59),
    ),
)


@given(PERIODS, st.integers(int(at("2025-12-01")), int(at("2027-02-01"))), st.booleans())
def test_any_period_at_any_time_ends_by_now_and_does_not_end_before_it_begins(
    value: str, now: int, exact: bool
) -> None:
    found = stretch(value, PLANT, now, (exact, exact))
    assert found is not None
    assert found.span.start <= found.span.end <= now or found.trouble in (FUTURE, LEFT_OUT)
    if value.startswith("since") and not found.trouble:
        assert found.span.seconds <= (13 if not exact and 1 <= int(value[6:8]) <= 12 else 25) * 3600


@given(st.integers(int(at("2025-12-01")), int(at("2027-02-01"))))
def test_shifts_round_the_clock_follow_one_another_without_a_gap(now: int) -> None:
    plain = Calendar(BERLIN, PLANT.shifts)
    running = plain.running(now)
    assert running is not None and running.span.start <= now < running.span.end


@given(st.text(max_size=20))
def test_what_is_no_period_is_none(text: str) -> None:
    assert stretch(f"x{text}", PLANT, at("2026-11-25T12:00")) is None
