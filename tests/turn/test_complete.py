"""How the words so far look, which decides how long the silence after them has to be."""

from __future__ import annotations

import pytest

from assistant.domain.endpointing import Words
from assistant.domain.values import Command
from assistant.settings.intents import Intent
from assistant.turn.complete import Completeness
from tests.site import a_world, entities, the_intents, the_reader

KNOWN = entities(a_world())
LOOK = Completeness(the_reader(), the_intents())

SAID: dict[str, Words] = {
    "release lot four seven one two": "complete",
    "Release lot 4712.": "complete",
    "hold lot four seven one two, bridging": "complete",
    "stop oven two": "complete",
    "stop everything": "open",  # it names no machine, and is asked about
    "yes": "complete",
    "no": "complete",
    "what happened overnight": "complete",
    "where is board one oh two three one": "complete",
    "how many boards passed since six": "complete",
    # a whole sentence about something that is not there can be answered at once
    "hold lot four seven nine nine, bridging": "complete",
    # it wants a reason, which may follow
    "hold lot four seven one two": "open",
    "Did you see the match last night": "open",
    "don't stop oven two": "open",
    "note on lot 4712: the pads look dull": "open",
    "": "open",
    # an id with too few digits
    "lot four seven": "hanging",
    "release lot four seven one": "hanging",
    "release lot 471": "hanging",
    "where is board one oh two three": "hanging",
    "release lot four seven double": "hanging",
    "hold four seven": "hanging",
    "status of work order one zero": "hanging",
    # a noun without its number, a preposition without its noun
    "stop the oven": "hanging",
    "release lot": "hanging",
    "hold lot four seven one two because of": "hanging",
    "stop oven two and": "hanging",
    "hold": "hanging",
}


@pytest.mark.parametrize(("said", "state"), SAID.items())
def test_a_sentence_is_complete_hanging_or_open(said: str, state: Words) -> None:
    assert LOOK.of(said, KNOWN) == state


def test_the_answer_to_a_question_is_complete_with_what_was_asked_about() -> None:
    whole = Command("hold", {"lot": "L4712", "reason": "bridging"})
    assert LOOK.of("bridging", KNOWN) == "open"
    assert LOOK.of("bridging", KNOWN, [whole]) == "complete"


@pytest.mark.parametrize("spec", the_intents().by_name.values(), ids=lambda spec: spec.intent)
def test_no_example_of_an_intent_hangs(spec: Intent) -> None:
    assert LOOK.of(spec.example, KNOWN) != "hanging"
