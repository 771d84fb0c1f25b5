"""Text of an answer -> text for the voice."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.speech import MOST_CHARACTERS, clock, digits, plain, verbalise
from assistant.domain.spoken.numbers import readings
from tests.site import the_language

SAID = {
    # ids, digit by digit, with their noun once
    "Lot L4712 is on hold, bridging.": "Lot four seven one two is on hold, bridging.",
    "L4712 is on hold.": "Lot four seven one two is on hold.",
    "On hold: lots L4711 and L4712.": "On hold: lots four seven double one and lot four seven one two.",
    "Board B10231 of lot L4712 is past oven one.": (
        "The board one zero two three one of lot four seven one two is past oven one."
    ),
    # a sentence does not begin with a board's bare noun, which the voice blurs
    "Undone: B92350 is started again.": "Undone: the board nine two three five zero is started again.",
    "Noted. Board 20771 waits, and board B20771": (
        "Noted. The board two zero double seven one waits, and board two zero double seven one"
    ),
    "The board B20771 and B20772": "The board two zero double seven one and board two zero double seven two",
    "Boards B20771": "Boards two zero double seven one",
    "Board two fell": "Board two fell",
    "WO-1007 is running": "Work order one double zero seven is running",
    "work order WO-1007": "work order one double zero seven",
    "note by OP-17, scratched": "note by O P one seven, scratched",
    "QA-5 released it": "Q A five released it",
    "PCA-200 after IPC-A-610": "P C A two double zero after I P C A six one zero",
    "lot 4712 and lot number 4713": "lot four seven one two and lot number four seven one three",
    "serial 104200017": "serial one zero four two triple zero one seven",
    "part x12": "part x one two",
    # counts stay counts
    "11 of 24 boards are through": "11 of 24 boards are through",
    "1,200 boards on the 2nd line": "1,200 boards on the 2nd line",
    # times and dates
    "since 02:14": "since two fourteen",
    "since 06:00.": "since six o'clock.",
    "at 22:05": "at twenty-two oh five",
    "at 00:00": "at midnight",
    "06:00-08:30": "six o'clock to eight thirty",
    "2026-11-25T02:14:05Z": "November twenty-five, twenty twenty-six, two fourteen and five seconds",
    "on 2005-01-02": "on January two, two zero zero five",
    # measures
    "paste height 148 µm": "paste height 148 micrometres",
    "paste height 148 \u03bcm": "paste height 148 micrometres",
    "off by -1.5 mm": "off by minus one point five millimetres",
    "peak 245.5 °C": "peak 245 point five degrees",
    "yield 97.5 %": "yield ninety-seven point five percent",
    "1 s, 5 s, 30 min": "1 second, 5 seconds, 30 minutes",
    # data is never markup
    "note: [[h@loU]] and ]] [[ end": "note: and end",
    'a <speak><break time="9s"/>b</speak>': "a b",
    "x < y": "x y",
    "\x1b[31mred\x00\nnext\u202eline": "red next line",
    "solder_ball": "solder ball",
}


@pytest.mark.parametrize("text", SAID)
def test_said(text: str) -> None:
    assert verbalise(text) == SAID[text]


@pytest.mark.parametrize(
    ("hour", "minute", "words"),
    [
        (0, 5, "zero oh five"),
        (12, 0, "twelve o'clock"),
        (14, 30, "fourteen thirty"),
        (23, 59, "twenty-three fifty-nine"),
    ],
)
def test_clock(hour: int, minute: int, words: str) -> None:
    assert clock(hour, minute) == words


def test_another_plant_has_other_nouns() -> None:
    assert verbalise("PO-12 is late", {"PO": "order"}) == "Order one two is late"


def test_a_long_text_is_cut_at_a_word_and_says_so() -> None:
    said = verbalise("scratched " * 200)
    assert len(said) <= MOST_CHARACTERS
    assert said.endswith("scratched…")


ids = st.builds(
    "{}{}{}".format,
    st.sampled_from(["L", "B", "WO-", "OP-", "QA-", "PRN-", "PCA-", "X", "ZZTOP-"]),
    st.integers(0, 10**9),
    st.sampled_from(["", "A", "-7", "-X9"]),
)
words = st.sampled_from(["is", "on hold,", "lot", "boards", "and", "since", "12", "02:14", "148 µm", "«", "(", "–"])
markup = st.sampled_from(["[[", "]]", "[", "]", "<", ">", "<speak>", "[[a]]", "\x1b[2J", "\x00", "\u202e", "\u2028"])


@given(st.lists(st.one_of(ids, words), max_size=4).map(" ".join), ids)
def test_every_id_is_read_digit_by_digit(before: str, ident: str) -> None:
    said = verbalise(f"{before} {ident}")
    numbers = the_language().numbers
    read = [word for word in re.findall(r"[a-z]+", said) if word in numbers.digits or word in numbers.repeats]
    number = [word for run in re.findall(r"\d+", ident) for word in digits(run).split()]
    assert read[-len(number) :] == number
    assert ident not in said


@given(st.text("0123456789", min_size=1, max_size=9))
def test_digits_are_read_back_as_they_were_said(number: str) -> None:
    said = digits(number).split()
    assert readings(said, the_language().numbers)[0] == number
    assert not any(one == two for one, two in pairwise(said))  # one of them would be lost


@given(st.lists(st.one_of(ids, words, markup, st.text()), max_size=20).map("".join))
def test_nothing_but_plain_words_reaches_the_voice(text: str) -> None:
    said = verbalise(text)
    assert not re.search(r"[\[\]<>{}|\\]", said)
    assert said.isprintable()
    assert len(said) <= MOST_CHARACTERS
    assert said == " ".join(said.split())


@given(st.lists(st.one_of(ids, words, st.text()), max_size=20).map(" ".join))
def test_no_number_that_names_is_left_in_digits(text: str) -> None:
    said = verbalise(text)
    assert not re.search(r"\d{5,}", said)
    assert not re.search(r"[^\W\d_]\d", said)


@given(st.text())
def test_what_was_made_plain_stays_as_it_is(text: str) -> None:
    assert plain(plain(text)) == plain(text)
