"""How words sound, and how far two sounds are apart."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assistant.domain.spoken.sounds import PHONES, Index, Sounds, distance, spelled, table
from assistant.settings.language import sounds
from assistant.settings.paths import shipped_site

SOUNDS = Sounds(sounds(shipped_site() / "grammars"))


def far(one: str, two: str) -> float:
    return distance(SOUNDS.of(one.split()), SOUNDS.of(two.split()))


@pytest.mark.parametrize(
    ("heard", "said"),
    [
        ("plus or", "placer"),
        ("place her", "placer"),
        ("online", "on line"),
        ("bored", "board"),
        ("port", "board"),
        ("tom stone", "tombstone"),
        ("breeching", "bridging"),
        ("soda ball", "solder ball"),
    ],
)
def test_what_is_mistaken_for_one_another_sounds_near(heard: str, said: str) -> None:
    assert far(heard, said) < 0.3


@pytest.mark.parametrize(
    ("one", "two"), [("plus", "printer"), ("oven", "printer"), ("match", "misalignment"), ("hold", "release")]
)
def test_other_words_sound_far(one: str, two: str) -> None:
    assert far(one, two) > 0.4


PHONE_STRINGS = st.text(st.sampled_from(sorted(PHONES)), max_size=10)


@given(PHONE_STRINGS, PHONE_STRINGS)
def test_distance_is_the_same_both_ways_and_none_to_itself(one: str, two: str) -> None:
    assert distance(one, two) == pytest.approx(distance(two, one))
    assert distance(one, one) == 0.0
    assert 0.0 <= distance(one, two) <= 1.2


@given(PHONE_STRINGS, PHONE_STRINGS, st.floats(0, 1))
def test_giving_up_early_changes_nothing_below_the_limit(one: str, two: str, most: float) -> None:
    whole = distance(one, two)
    given_up = distance(one, two, most)
    assert given_up == pytest.approx(whole) if whole <= most else given_up > most


@given(st.text(st.characters(min_codepoint=97, max_codepoint=122), max_size=20))
def test_any_word_can_be_sounded_by_its_letters(word: str) -> None:
    assert set(spelled(word)) <= PHONES


@pytest.mark.parametrize("line", ["word", "word zz!", "word 12"])
def test_a_line_that_is_no_pronunciation_is_named(line: str) -> None:
    with pytest.raises(ValueError, match="2"):
        table(["# words", line])


@example("Aaka", {"btapa"})  # a hair's breadth beyond the limit
@given(
    st.text(st.sampled_from(sorted(PHONES)), min_size=1, max_size=8),
    st.sets(st.text(st.sampled_from("aeipbtdsz"), min_size=1, max_size=6)),
)
def test_an_index_finds_just_what_is_near(said: str, strings: set[str]) -> None:
    near = {phones: far for phones in strings if (far := distance(said, phones)) <= 0.42}
    assert Index(strings).within(said, 0.42) == pytest.approx(near)
