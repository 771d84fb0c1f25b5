"""The head of each grammar file says what it must accept and refuse; here it is held to that."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.spoken.mentions import mark
from assistant.domain.spoken.numbers import readings, run_length
from assistant.domain.spoken.periods import period
from assistant.domain.spoken.times import canonical_times
from assistant.domain.spoken.tokens import tokenize
from tests.site import a_world, entities, the_language, the_reader

LANGUAGE = the_language()
NUMBERS, TIMES = LANGUAGE.examples["numbers"], LANGUAGE.examples["times"]
PHRASES, PERIODS = LANGUAGE.examples["phrases"], LANGUAGE.examples["periods"]


@pytest.mark.parametrize(("said", "digits"), NUMBERS[0].items())
def test_a_spoken_number_is_its_digits(said: str, digits: str) -> None:
    tokens = tokenize(said, LANGUAGE)
    assert run_length(tokens, 0, LANGUAGE.numbers) == len(tokens)
    assert readings([token.text for token in tokens], LANGUAGE.numbers)[0] == digits


@pytest.mark.parametrize("said", NUMBERS[1])
def test_what_is_no_number_is_left_alone(said: str) -> None:
    assert run_length(tokenize(said, LANGUAGE), 0, LANGUAGE.numbers) == 0


@pytest.mark.parametrize("said", ["double 12", "four double 12", "triple 12"])
def test_a_number_that_may_be_said_twice_as_a_whole_is_no_digits(said: str) -> None:
    assert readings(said.split(), LANGUAGE.numbers) == []


@pytest.mark.parametrize(("said", "written"), TIMES[0].items())
def test_a_spoken_time_is_its_clock_time(said: str, written: str) -> None:
    assert " ".join(token.text for token in canonical_times(tokenize(said, LANGUAGE), LANGUAGE)) == written


@pytest.mark.parametrize("said", TIMES[1])
def test_what_is_no_time_is_left_alone(said: str) -> None:
    tokens = tokenize(said, LANGUAGE)
    assert canonical_times(tokens, LANGUAGE) == tokens


@pytest.mark.parametrize(("said", "written"), PERIODS[0].items())
def test_a_spoken_stretch_of_time_is_its_period(said: str, written: str) -> None:
    tokens = canonical_times(tokenize(said, LANGUAGE), LANGUAGE)
    assert period(tokens, 0, LANGUAGE) == (written, len(tokens))


@pytest.mark.parametrize("said", PERIODS[1])
def test_what_is_no_stretch_of_time_is_left_alone(said: str) -> None:
    tokens = canonical_times(tokenize(said, LANGUAGE), LANGUAGE)
    assert [period(tokens, index, LANGUAGE) for index in range(len(tokens))] == [None] * len(tokens)


@pytest.mark.parametrize("grammar", ["numbers", "times", "periods", "phrases"])
def test_each_grammar_promises_something(grammar: str) -> None:
    accepts, refuses = LANGUAGE.examples[grammar]
    assert accepts and refuses


@pytest.mark.parametrize(("said", "meant"), PHRASES[0].items())
def test_a_correction_means_what_it_ends_with(said: str, meant: str) -> None:
    known = entities(a_world())
    corrected, plain = (the_reader().read(text, known) for text in (said, meant))
    assert [(c.intent, dict(c.slots)) for c in corrected] == [(c.intent, dict(c.slots)) for c in plain]
    assert corrected[0].intent != "unknown"


WORDS = st.sampled_from(
    [*LANGUAGE.numbers.digits, *LANGUAGE.numbers.teens, *LANGUAGE.numbers.tens, "double", "hundred"]
)


@given(st.lists(WORDS, max_size=10))
def test_any_pile_of_number_words_reads_as_digits_or_nothing(words: list[str]) -> None:
    assert all(digits.isdigit() for digits in readings(words, LANGUAGE.numbers))


@given(st.integers(0, 9999), st.booleans())
def test_an_id_said_digit_by_digit_is_that_id_or_none(number: int, oh: bool) -> None:
    names = ["oh" if oh else "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    digits = f"{number:04d}"
    world = a_world()
    marked = mark(tokenize(f"hold lot {' '.join(names[int(d)] for d in digits)}", LANGUAGE), LANGUAGE, entities(world))
    (mention,) = marked.mentions.values()
    assert mention.values == ((f"L{digits}",) if f"L{digits}" in world.lots else ("?",))
    assert mention.heard == (digits,)
