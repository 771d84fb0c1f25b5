from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.adapters.repeats import looping, without_repeat, words


@pytest.mark.parametrize(
    ("heard", "once"),
    [
        ("Stop line two. Stop line two.", "Stop line two."),
        ("stop line two stop line two stop line two", "stop line two"),
        ("Brew it. Brew", "Brew it."),
        ("Can I have it? Can I", "Can I have it?"),
        ("Yes. Yes.", "Yes."),
        ("stop stop stop", "stop"),
        ("Note on it. The stencil was cleaned. The stencil was cleaned.", "Note on it. The stencil was cleaned."),
        ("Hold lot 4712. Bridging. Bridging.", "Hold lot 4712. Bridging."),
    ],
)
def test_what_is_said_twice_is_cut(heard: str, once: str) -> None:
    assert without_repeat(heard) == once


@pytest.mark.parametrize(
    "said",
    [
        "lot four seven one two, no, lot four seven one two",
        "Hold lot 4712 and release lot 4712.",
        "four seven four seven",
        "double one double one",
        "47 47",
        "Hold oven two two.",
        "Is it on hold or is it not?",
        "Printer one, no, printer two.",
        "",
    ],
)
def test_what_a_person_may_well_say_stays(said: str) -> None:
    assert without_repeat(said) == said


def test_where_decoding_was_stopped_a_sentence_that_begins_again_is_cut() -> None:
    assert without_repeat("hold lot 4712 bridging hold lot 47", cut_off=True) == "hold lot 4712 bridging"
    assert without_repeat("hold lot 4712 bridging hold lot 47") == "hold lot 4712 bridging hold lot 47"


@given(st.lists(st.sampled_from(["stop", "lot", "4712", "seven", "no", "the", "oven"]), min_size=1, max_size=8))
def test_cutting_leaves_the_front_and_is_done_once(said: list[str]) -> None:
    text = " ".join(said)
    once = without_repeat(text)
    assert once
    assert text.startswith(once)
    assert without_repeat(once) == once


@given(st.lists(st.sampled_from(["stop", "lot", "placer", "no", "oven"]), min_size=3, max_size=6, unique=True))
def test_a_sentence_said_again_is_cut_whatever_it_is(said: list[str]) -> None:
    sentence = " ".join(said)
    assert without_repeat(f"{sentence} {sentence}") == sentence


@pytest.mark.parametrize(
    ("heard", "voiced_s"),
    [("oh " * 20, 1.0), ("3 2 " * 12, 2.0), ("Nuhuhuhuhuhuhuhuhuh", 2.0), ("Ha, ha, ha, ha, ha, ha, h", 0.6)],
)
def test_a_loop_is_no_speech(heard: str, voiced_s: float) -> None:
    assert looping(heard, without_repeat(heard), voiced_s)


@pytest.mark.parametrize(
    ("said", "voiced_s"),
    [
        ("stop stop stop", 0.7),
        ("one one one one", 1.2),
        ("no no", 0.3),
        ("Hold lot four seven one two, bridging.", 2.5),
        ("Can I have a light roast espresso with lots of sweetener and some skim milk?", 3.2),
    ],
)
def test_speech_is_no_loop(said: str, voiced_s: float) -> None:
    assert not looping(said, without_repeat(said), voiced_s)


def test_words_have_no_case_and_no_marks() -> None:
    assert words("Lot 47-12, isn't it?") == ["lot", "47", "12", "isn't", "it"]
