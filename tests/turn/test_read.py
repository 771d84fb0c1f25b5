"""Sentences as people say them -> commands; restated from what users of such systems reported."""

from __future__ import annotations

from itertools import islice

import pytest
from hassil import parse_sentence, sample_expression
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.site import a_world, entities, the_intents, the_reader

KNOWN = entities(a_world())

SAID: dict[str, list[tuple[str, dict[str, str]]]] = {
    # an id in every spoken form
    "send board 10,231 to rework": [("rework", {"board": "B10231"})],
    "send board 1 0 2 3 1 to rework": [("rework", {"board": "B10231"})],
    "send um board one oh uh two three one to to rework": [("rework", {"board": "B10231"})],
    "hold lot forty seven hundred and twelve": [("hold", {"lot": "L4712"})],
    "hold lot four seven double one, tombstone": [("hold", {"lot": "L4711", "reason": "tombstone"})],
    "status of board one oh two oh five": [("status", {"board": "B10205"})],
    "hold lot 4712 four seven one two bridging": [("hold", {"lot": "L4712", "reason": "bridging"})],
    "hold lima four seven one two": [("hold", {"lot": "L4712"})],
    # what does not exist is never its neighbour, what is not whole is never completed
    "hold lot forty seven nineteen": [("hold", {"lot": "?"})],
    "hold lot four seven one": [("hold", {"lot": "?"})],
    "hold lot four seven one two eight": [("hold", {"lot": "?"})],
    "send board one oh two two to rework": [("rework", {"board": "?"})],
    "hold lot 4-7-1-2-1-2-1-2-1-2": [("hold", {"lot": "?"})],
    "could you hold lot four seven one six for me": [("hold", {"lot": "?"})],
    "hold twenty boards of lot 4712": [("unknown", {})],
    # prepositions stay words
    "hold lot four seven one two for bridging": [("hold", {"lot": "L4712", "reason": "bridging"})],
    "send board one oh two oh one to rework": [("rework", {"board": "B10201"})],
    "send board 10247 to rework because of a cold joint": [("rework", {"board": "B10247", "defect": "cold_joint"})],
    # a machine's name where a template says it itself, and where it is meant
    "send board one oh two three one to the rework bench": [("rework", {"board": "B10231"})],
    "take board 10247 to the bench, cold joint": [("rework", {"board": "B10247", "defect": "cold_joint"})],
    "lot 4712 goes to the rework bench": [("rework", {"lot": "L4712"})],
    "send board one oh two two to the rework bench": [("rework", {"board": "?"})],
    "send board 10231 to oven two": [("unknown", {})],
    "status of the rework bench": [("status", {"machine": "RWK-1"})],
    "release the hold on lot 4712": [("release", {"lot": "L4712"})],
    # a question is no command, a polite request is one
    "is lot four seven one two on hold": [("status", {"lot": "L4712"})],
    "can you hold lot 4712": [("hold", {"lot": "L4712"})],
    "can I release lot 4712": [("status", {"lot": "L4712"})],
    "could lot 4712 be released": [("status", {"lot": "L4712"})],
    # negation, corrections
    "don't stop oven two": [("unknown", {})],
    "never stop oven two while loaded": [("unknown", {})],
    "Hold lot 4712. No. 4713.": [("hold", {"lot": "L4713"})],
    "hold lot 4712, scrap that, 4713": [("hold", {"lot": "L4713"})],
    "hold lot four seven one one, no, one two": [("hold", {"lot": "L4712"})],
    "hold lot 4712 bridging, no, tombstone": [("hold", {"lot": "L4712", "reason": "tombstone"})],
    "stop printer one, I mean placer one": [("stop", {"machine": "PNP-1"})],
    "hold lot 4712, no, 4799": [("hold", {"lot": "?"})],
    "hold lot 4712 no idea what that is": [("unknown", {})],
    # said over more than one breath it is the last that counts
    "hold lot 4721, no, sorry, I mean 4713": [("hold", {"lot": "L4713"})],
    "stop oven one, scratch that, no, oven two": [("stop", {"machine": "OVN-2"})],
    "hold four seven two one, sorry, thirteen, forty-seven thirteen": [("hold", {"lot": "L4713"})],
    "rework ten two oh six, no, seven, one oh two oh seven, sorry, ten two oh nine": [("rework", {"board": "B10209"})],
    "hold lot 4721, no, actually": [("unknown", {})],
    # and what is no part of an id is none, whatever was said first
    "hold four seven two one, sorry, thirteen forty-seven thirteen": [("unknown", {})],
    "hold thirteen, forty-seven thirteen": [("unknown", {})],
    # several at once
    "hold lots 4712, 4713 and... and 4721, bridging": [
        ("hold", {"lot": "L4712", "reason": "bridging"}),
        ("hold", {"lot": "L4713", "reason": "bridging"}),
        ("hold", {"lot": "L4721", "reason": "bridging"}),
    ],
    "stop printer one and placer one": [("stop", {"machine": "PRN-1"}), ("stop", {"machine": "PNP-1"})],
    "hold lot 4712 bridging and then stop printer one": [
        ("hold", {"lot": "L4712", "reason": "bridging"}),
        ("stop", {"machine": "PRN-1"}),
    ],
    "release everything on line two except lot 4721": [("unknown", {})],
    # names
    "why did you look at place her three status": [("unknown", {})],
    "status of placer-3": [("status", {"machine": "PNP-3"})],
    "status of place her three": [("status", {"machine": "PNP-3"})],
    "stop a printer one": [("stop", {"machine": "PRN-1"})],
    "status, S.P.I. one.": [("status", {"machine": "SPI-1"})],
    "stop oven one two": [("stop", {"machine": "?"})],
    "stop printer nine": [("stop", {"machine": "?"})],
    "status of line seven": [("status", {"line": "?"})],
    "hold it, bridging": [("hold", {"lot": "@here", "reason": "bridging"})],
    # a kind of machine, and the line where there is one of it
    "start the optical inspection on line one": [("start", {"machine": "AOI-1"})],
    "stop the oven in line two": [("stop", {"machine": "OVN-2"})],
    "any alarms at the stencil printer of line one": [("alarms", {"machine": "PRN-1"})],
    "stop the reflow oven, start line one": [("stop", {}), ("start", {"line": "SMT-1"})],
    "stop optical inspection three": [("stop", {"machine": "?"})],
    # free text stays word for word
    "note on lot 4712: please check the stencil, could you clean it first": [
        ("note", {"lot": "L4712", "text": "please check the stencil, could you clean it first"})
    ],
    "note on board 10233: no, scratch that corner, lot 4711 and stop oven one": [
        ("note", {"board": "B10233", "text": "no, scratch that corner, lot 4711 and stop oven one"})
    ],
    # but a correction of what the note is about is no part of it
    "note on lot 4711, no, on 4712: scratched": [("unknown", {})],
    "release lot 4712, oh no no no, don't": [("unknown", {})],
    "yes, no, don't": [("no", {})],
    # figures asked for together are of the same
    "yield and downtime on line one today": [
        ("yield", {"line": "SMT-1", "period": "today"}),
        ("downtime", {"line": "SMT-1", "period": "today"}),
    ],
    # a word that ends talk is not said to the assistant, one that ends a sentence broken off is
    "they played the same three songs, no repeat": [("unknown", {})],
    "my mother never wanted to go there, sorry, help": [("unknown", {})],
    "so I wanted, no, undo": [("undo", {})],
    "status of lot 4712 for the, no, undo": [("undo", {})],
    "we could do it tomorrow, no, don't": [("no", {})],
    # near misses
    "hold yield line": [("unknown", {})],
    "where is the coffee machine": [("unknown", {})],
    "the line was asleep all night": [("unknown", {})],
    "okay all right all right all right": [("unknown", {})],
    "oh oh oh oh": [("unknown", {})],
    "did you scrap that board or send it to rework": [("unknown", {})],
    "": [("unknown", {})],
    # the conversation
    "Yes.": [("yes", {})],
    "No!": [("no", {})],
    "go ahead": [("yes", {})],
    "yeah, carry on": [("yes", {})],
    "sure, go on then": [("yes", {})],
    "carry on": [("more", {})],
    "undo that": [("undo", {})],
    "undo the last one": [("undo", {})],  # a "one" that counts nothing
    "one more time": [("repeat", {})],
    "start the other one hundred": [("unknown", {})],
    "give me the shift report": [("report", {"period": "shift"})],  # a time, where a template has the same words
    "last night's report": [("report", {"period": "last_shift"})],
    "turn it down": [("softer", {})],  # the voice, and what a machine is set to; never its stop
    "turn oven two down": [("unknown", {})],
    "turn it off": [("stop", {"machine": "@here"})],
    "repeat that": [("repeat", {})],
    "belay that": [("undo", {})],
    "stop": [("stop", {})],
}


@pytest.mark.parametrize("intent", the_intents().by_name)
def test_each_intent_understands_its_own_example(intent: str) -> None:
    assert the_reader().read(the_intents().by_name[intent].example, KNOWN)[0].intent == intent


@pytest.mark.parametrize("said", SAID)
def test_what_is_said_is_what_is_meant(said: str) -> None:
    assert [(c.intent, dict(c.slots)) for c in the_reader().read(said, KNOWN)] == SAID[said]


@pytest.mark.parametrize(
    "said",
    ["old lot four seven one two bridging", "hole lot for seven one too bridging", "hold lot for 712", "gold lot 4712"],
)
def test_a_slip_of_the_ear_is_read_but_doubted(said: str) -> None:
    (command,) = the_reader().read(said, KNOWN)
    assert (command.intent, command.slots["lot"], command.doubt) == ("hold", "L4712", "slip")
    assert command.confidence < 0.7


def test_a_name_that_leaves_open_which_offers_all() -> None:
    (command,) = the_reader().read("stop the oven", KNOWN)
    assert command.slots == {} and command.options == {"machine": ("OVN-1", "OVN-2")}


@given(st.text(max_size=80))
@settings(max_examples=300, deadline=None)
def test_any_text_at_all_reads_as_something(text: str) -> None:
    commands = the_reader().read(text, KNOWN)
    assert commands and all(command.intent for command in commands)


PIECES = st.sampled_from(
    (
        "hold release stop lot board 4712 4711 four seven one two and no not don't never except printer one oven "
        "bridging it this is yes please scratch that then all , . for to"
    ).split()
)


@given(st.lists(PIECES, max_size=14))
@settings(max_examples=400, deadline=None)
def test_no_heap_of_words_names_a_lot_that_was_not_said_whole(pieces: list[str]) -> None:
    text = " ".join(pieces)
    digits = {"four": "4", "seven": "7", "one": "1", "two": "2", "for": "4", "to": "2"}
    said = "".join(digits.get(piece, piece) for piece in pieces if piece.isdigit() or piece in digits)
    for command in the_reader().read(text, KNOWN):
        lot = command.slots.get("lot", "?")
        assert lot in ("?", "@here") or lot[1:] in said


def test_figures_asked_for_together_leave_open_the_same() -> None:
    first, then = the_reader().read("yield and downtime on the oven today", KNOWN)
    assert (first.slots, first.options) == (then.slots, then.options)
    assert set(first.options["machine"]) == {"OVN-1", "OVN-2"}


FIRST = {"any alarms": "list", "are there any alarms": "list", "do we have any alarms": "list", "stop that": "stop"} | {
    "cancel that": "no"
}
"""Sentences of two intents, and which of them is meant first."""


@pytest.mark.parametrize("intent", sorted(the_intents().by_name))
def test_no_way_of_saying_is_written_down_in_vain(intent: str) -> None:
    """What is found before templates are tried (numbers, times, corrections) may leave one without its words."""
    for template in the_intents().by_name[intent].templates:
        if "{" in template or "<" in template:
            continue
        for said in islice(sample_expression(parse_sentence(template).expression), 200):
            read = [command.intent for command in the_reader().read(said, KNOWN)]
            assert read == [FIRST.get(" ".join(said.split()), intent)], (said, read)


def test_a_number_said_as_one_is_never_split_to_make_an_id() -> None:
    (command,) = the_reader().read("put board ten twenty-two on hold, bridging", entities(a_world()))
    assert command.slots["board"] == "?"
