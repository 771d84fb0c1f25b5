"""Stretches of time in the middle of sentences: what is understood, what is asked about, what is left alone."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.spoken.language import PeriodWords
from assistant.domain.spoken.mentions import find
from assistant.domain.spoken.periods import period
from assistant.domain.spoken.times import canonical_times
from assistant.domain.spoken.tokens import Token, tokenize
from tests.site import a_world, entities, the_language

LANGUAGE = the_language()
RULES = LANGUAGE.periods
KNOWN = entities(a_world())
TIME = r"(?:[01]\d|2[0-3]):[0-5]\d"
PERIOD = re.compile(rf"\?|shift|last_shift|today|yesterday|week|hour|last:\d+[mh]|since:{TIME}|between:{TIME}-{TIME}")
"""Every period there is."""


def tokens_of(said: str) -> list[Token]:
    return canonical_times(tokenize(said, LANGUAGE), LANGUAGE)


def periods_in(said: str) -> list[tuple[str, str]]:
    """(period, its words) of each stretch of time in a sentence."""
    return [(m.values[0], m.heard[0]) for m in find(tokens_of(said), LANGUAGE, KNOWN) if m.kind == "period"]


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("yield on line one this shift", [("shift", "this shift")]),
        ("what happened overnight on line two", [("last_shift", "overnight")]),
        ("downtime of oven two in the last hour and a half", [("last:90m", "in the last hour and a half")]),
        ("how many boards failed in the last twenty-four hours", [("last:24h", "in the last twenty four hours")]),
        ("how many boards failed over the past ninety minutes", [("last:90m", "over the past ninety minutes")]),
        ("top defects between six and half past eight", [("between:06:00-08:30", "between 06:00 and 08:30")]),
        ("top defects from 22:00 until 06:00", [("between:22:00-06:00", "from 22:00 until 06:00")]),
        ("yield since half past eight on line one", [("since:08:30", "since 08:30")]),
        ("yield yesterday and this week", [("yesterday", "yesterday"), ("week", "this week")]),
        # not to be expressed: asked about, never dropped
        ("yield on line one last Tuesday", [("?", "last tuesday")]),
        ("yield on Friday", [("?", "on friday")]),
        ("scrap of the third of March", [("?", "of the third of march")]),
        ("yield from Monday to Wednesday on line one", [("?", "from monday to wednesday")]),
        ("yield between Monday and Wednesday", [("?", "between monday and wednesday")]),
        ("yield of line one on Monday to the supervisor", [("?", "on monday")]),
        ("yield between Monday and the oven", [("?", "monday")]),
        ("yield until six", [("?", "until 06:00")]),
        # no stretch of time at all
        ("stop the last one on line two", []),
        ("an hour is long", []),
        ("hold the last two lots", []),
        ("it went past the oven", []),
        ("line one since the oven came", []),
    ],
)
def test_a_stretch_of_time_is_found_with_all_its_words(said: str, found: list[tuple[str, str]]) -> None:
    assert periods_in(said) == found


def test_the_longest_stretch_wins() -> None:
    assert periods_in("yield in the last shift") == [("last_shift", "in the last shift")]
    assert periods_in("yield the shift before last") == [("?", "the shift before last")]
    assert periods_in("yield yesterday morning") == [("?", "yesterday morning")]


@pytest.mark.parametrize("said", ["yield of line one last Tuesday", "history of board 10231 on Monday"])
def test_a_date_takes_no_more_than_its_own_words(said: str) -> None:
    mentions = find(tokens_of(said), LANGUAGE, KNOWN)
    assert {mention.kind for mention in mentions} >= {"period"}
    assert {mention.kind for mention in mentions} & {"line", "board"}, "what was named is gone"


@pytest.mark.parametrize("said", ["since 25:10", "since 12:75", "from 06:00 to 31:00", "between 48:00 and 06:00"])
def test_a_time_that_no_clock_shows_is_asked_about(said: str) -> None:
    assert [value for value, _ in periods_in(said)] in ([], ["?"])


@pytest.mark.parametrize(("words", "value"), RULES.phrases.items())
def test_each_phrase_of_the_grammar_is_its_own_period(words: tuple[str, ...], value: str) -> None:
    tokens = tokens_of(" ".join(words))
    assert period(tokens, 0, LANGUAGE) == (value, len(tokens))


@given(
    st.sampled_from(sorted(words for words in RULES.phrases if words[0] != "since")),
    st.sampled_from(sorted(RULES.leads - {"since", "from"})),
)
def test_a_preposition_before_it_belongs_to_it(words: tuple[str, ...], lead: str) -> None:
    tokens = tokens_of(" ".join((lead, *words)))
    assert period(tokens, 0, LANGUAGE) == (RULES.phrases[words], len(tokens))


@given(st.integers(2, 59), st.sampled_from(["minutes", "hours"]), st.sampled_from(["in the last", "the past", "last"]))
def test_an_amount_of_time_is_kept_to_the_minute(amount: int, unit: str, before: str) -> None:
    tokens = tokens_of(f"{before} {amount} {unit}")
    assert period(tokens, 0, LANGUAGE) == (f"last:{amount}{unit[0]}", len(tokens))


@given(st.integers(0, 23), st.integers(0, 59))
def test_a_clock_time_is_kept_as_it_was_said(hour: int, minute: int) -> None:
    at = f"{hour:02d}:{minute:02d}"
    assert periods_in(f"yield since {at}") == [(f"since:{at}", f"since {at}")]
    assert periods_in(f"yield between {at} and 12:30") == [(f"between:{at}-12:30", f"between {at} and 12:30")]


WORDS = st.sampled_from(
    sorted(
        {word for phrase in RULES.phrases for word in phrase}
        | {word for phrase, _ in RULES.amounts for word in phrase}
        | RULES.leads
        | RULES.articles
        | RULES.ago
        | RULES.dates
        | set(RULES.units)
        | {
            "and",
            "a",
            "half",
            "two",
            "ninety",
            "7",
            "1000",
            "06:30",
            "8:05",
            "23:59",
            "lot",
            "line",
            "between",
            "until",
        }
    )
)


@given(st.lists(WORDS, max_size=10))
def test_any_pile_of_time_words_is_a_period_that_there_is_or_none(words: list[str]) -> None:
    tokens = tokens_of(" ".join(words))
    for index in range(len(tokens)):
        found = period(tokens, index, LANGUAGE)
        if found is not None:
            assert PERIOD.fullmatch(found[0])
            assert index < found[1] <= len(tokens)


@given(st.text(max_size=60))
def test_any_text_at_all_has_periods_that_there_are_or_none(text: str) -> None:
    tokens = tokens_of(text)
    found = [period(tokens, index, LANGUAGE) for index in range(len(tokens))]
    assert all(PERIOD.fullmatch(one[0]) for one in found if one is not None)


@given(st.lists(WORDS, max_size=8))
def test_what_stands_before_a_stretch_of_time_does_not_change_it(words: list[str]) -> None:
    tokens = tokens_of(" ".join(words))
    for index in range(len(tokens)):
        found = period(tokens[index:], 0, LANGUAGE)
        shifted = None if found is None else (found[0], found[1] + index)
        assert period(tokens, index, LANGUAGE) == shifted


def test_a_site_without_periods_knows_none() -> None:
    none = PeriodWords(frozenset(), frozenset(), {}, 0, frozenset(), {}, (), (), frozenset())
    tokens = tokens_of("yield on line one this shift in the last two hours on monday")
    bare = replace(LANGUAGE, periods=none)
    assert [period(tokens, index, bare) for index in range(len(tokens))] == [None] * len(tokens)
