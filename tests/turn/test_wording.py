"""What the language model is shown: every word in its place, every thing as a marker, no id ever."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.domain.values import HERE, MISSING
from assistant.turn.wording import Wording, wording
from tests.site import a_world, entities, the_language

LANGUAGE = the_language()
KNOWN = entities(a_world())
MARKER = re.compile(r"[a-z]+\d+")


def shown(said: str) -> Wording:
    return wording(said, LANGUAGE, KNOWN)


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("hold lot four seven one two, it's bridging", "hold lot1, it's bridging"),
        ("Hold, um, Lot 4712!", "hold, lot1"),
        ("stop oven two; restart printer one.", "stop machine1, restart machine2"),
        ("change line one over to the gateway", "change line1 over to the product1"),
        ("how many gateways passed", "how many product1 passed"),
        ("clear the oven two alarm and get the oven going", "clear the machine1 alarm and get the machine1 going"),
        ("is the printer up, and oven two", "is the machine1 up, and machine2"),
        ("yield on line one since half past eight", "yield on line1 period1"),
        ("send board one oh two three one of lot 4712 to rework", "send board1 of lot1 to rework"),
        ("status of work order 1007", "status of order1"),
        ("hold lots 4712, 4713 and 4721", "hold lot1"),
        ("hold twenty boards", "hold number1 boards"),
        ("hold this lot", "hold lot1"),
        # only the whole sentence tells what these are
        ("hold it, that is bridging", "hold it, that is bridging"),
        ("undo that", "undo that"),
        # nothing to show
        ("", ""),
        ("… - ?!", ""),
        ("um, er", ""),
    ],
)
def test_what_is_named_is_a_marker_and_the_rest_is_words(said: str, text: str) -> None:
    assert shown(said).text == text


@pytest.mark.parametrize(
    ("said", "text", "machine"),
    [
        # side by side they are one thing
        ("bring the oven of line two to a halt", "bring the machine1 to a halt", "OVN-2"),
        ("has the optical inspection on line one got any alarms", "has the machine1 got any alarms", "AOI-1"),
        # apart, the line stays: only the intent tells what it is there for
        ("switch the printer back on on line two", "switch the machine1 back on line1", "PRN-2"),
        ("has the reflow oven been down on line one", "has the machine1 been down on line1", "OVN-1"),
    ],
)
def test_a_kind_of_machine_and_its_line_name_the_one_that_stands_there(said: str, text: str, machine: str) -> None:
    words = shown(said)
    assert (words.text, words.mentions["machine1"].values, words.mentions["machine1"].options) == (text, (machine,), ())


@pytest.mark.parametrize(
    "said",
    [
        "stop the placer on line one",  # there are two of it
        "stop the oven on this line",  # which is for policy to know
        "stop the oven on line nine",
        "stop the optical inspection, on line one they are late",
        "stop the oven and go on line one",
        "stop the oven but not on line one",
        "the oven can wait until they are done on line one",
        "stop line one, the oven is hot",
        "bring the boards out of the oven to line one",
    ],
)
def test_a_line_that_does_not_say_which_machine_leaves_it_open(said: str) -> None:
    assert len(shown(said).mentions["machine1"].options) > 1


def test_a_machine_of_several_names_is_any_of_its_kind_by_each_of_them() -> None:
    assert shown("how is the stencil printer").mentions["machine1"].options == ("PRN-1", "PRN-2")
    assert not shown("find me a place on line one to sit").mentions.keys() - {"line1"}


def test_a_word_with_accents_is_one_word() -> None:
    assert shown("oven two, por favor, más rápido").text == "machine1, por favor, más rápido"


def test_a_marker_knows_what_it_stands_for() -> None:
    mentions = shown("hold lot 4712, stop the oven, send board 10999 to rework, count this line since six").mentions
    assert mentions["lot1"].values == ("L4712",)
    assert mentions["machine1"].options == ("OVN-1", "OVN-2")
    assert (mentions["board1"].values, mentions["board1"].heard) == ((MISSING,), ("10999",))
    assert mentions["line1"].values == (HERE,)
    assert mentions["period1"].values == ("since:06:00",)


def test_each_kind_is_counted_by_itself() -> None:
    words = shown("move lot 4712 behind lot 4711 and board 10231 before lot 4713")
    assert words.text == "move lot1 behind lot2 and board1 before lot3"
    assert [words.mentions[f"lot{n}"].values for n in (1, 2, 3)] == [("L4712",), ("L4711",), ("L4713",)]


@pytest.mark.parametrize(
    ("said", "text", "values", "heard"),
    [
        ("hold lot 4711, no, one two", "hold lot1, no, lot2", ("L4712",), ("4712",)),
        ("hold lot 4711, sorry, 2", "hold lot1, sorry, lot2", ("L4712",), ("4712",)),
        ("hold lot 4799, scratch that, one two", "hold lot1, scratch that, lot2", ("L4712",), ("4712",)),
        ("hold lot 4711, no, nine nine", "hold lot1, no, lot2", (MISSING,), ("4799",)),
        ("block lot 4711, no, I mean, one two", "block lot1, no, i mean, lot2", ("L4712",), ("4712",)),
        ("block lot 4711, no, 13, forty-seven thirteen", "block lot1, no, lot2", ("L4713",), ("4713",)),
        ("block lot 4711, no, 134722", "block lot1, no, lot2", (MISSING,), ("134722",)),
        ("hold lot 4711, I mean 4713", "hold lot1, i mean lot2", ("L4713",), ("4713",)),
    ],
)
def test_corrected_digits_are_the_whole_id_that_is_meant(
    said: str, text: str, values: tuple[str, ...], heard: tuple[str, ...]
) -> None:
    words = shown(said)
    assert (words.text, words.mentions["lot2"].values, words.mentions["lot2"].heard) == (text, values, heard)


@pytest.mark.parametrize(
    "said",
    [
        "hold lot 4711 because of one two",  # no correction between them
        "hold lots 4711 and 4713, no, two",  # of which of the two?
        "hold lot 471, no, one two",  # not whole in the first place
        "hold lot 4711, no, make it bridging, two",  # words between them
        "stop oven two, no, one",  # a name has no digits to be mended
    ],
)
def test_a_number_that_corrects_no_id_is_left_a_number(said: str) -> None:
    assert not {"lot2", "machine2"} & shown(said).mentions.keys()


def test_each_word_knows_where_it_was_said() -> None:
    said = "Hold, um, lot four seven  one two: it's BRIDGING again"
    assert [(word, said[start:end]) for word, start, end in shown(said).words] == [
        ("hold", "Hold"),
        ("lot1", "lot four seven  one two"),
        ("it's", "it's"),
        ("bridging", "BRIDGING"),
        ("again", "again"),
    ]


PIECES = st.sampled_from(
    (
        "hold release stop lot lots board 4712 4711 four seven one two no sorry and printer oven line it that this "
        "bridging lot1 xlot1 machine2 since six shift last , . : ; - ' don't double um 10231 L4712 the order"
    ).split()
)
SAID = st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=20).map(" ".join))


@given(SAID)
@settings(deadline=None)
def test_every_marker_that_is_shown_stands_for_something_that_was_said(said: str) -> None:
    words = shown(said)
    markers = [word for word, _, _ in words.words if MARKER.fullmatch(word)]
    assert set(markers) == set(words.mentions)


@given(SAID)
@settings(deadline=None)
def test_no_digit_is_shown_outside_a_marker(said: str) -> None:
    words = [word.rstrip(",") for word in shown(said).text.split()]
    assert all(MARKER.fullmatch(word) or ":" in word or not any(map(str.isdigit, word)) for word in words)


@given(SAID)
@settings(deadline=None)
def test_words_are_shown_in_their_order_and_lie_in_what_was_said(said: str) -> None:
    words = shown(said)
    assert [word.rstrip(",") for word in words.text.split(" ") if words.text] == [word for word, _, _ in words.words]
    assert all(0 <= start < end <= len(said) for _, start, end in words.words)
    assert all(one[1] <= two[1] for one, two in pairwise(words.words))


@given(SAID)
@settings(deadline=None)
def test_the_same_words_are_shown_the_same_way_however_they_are_typed(said: str) -> None:
    if said.upper().lower() == said.lower():
        assert shown(said.upper()).text == shown(said).text


def test_that_lot_after_a_lot_was_named_is_that_lot() -> None:
    assert shown("lot 4712 looks bad, hold that lot").text == "lot1 looks bad, hold lot1"


def test_what_corrects_a_thing_is_another_thing() -> None:
    assert shown("hold lot 4712, no, this lot").text == "hold lot1, no, lot2"


def test_a_number_with_its_noun_later_is_an_id_that_is_not_there() -> None:
    words = shown("1022, that board is going to rework")
    assert words.text.startswith("board1, ")
    assert words.mentions["board1"].values == (MISSING,)


def test_half_of_a_long_talk_is_not_shown() -> None:
    assert shown("stop line one " + "and then he said to me " * 12).text == ""
