"""Sentences of the site that sound like what was heard; numbers are never touched."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from assistant.bootstrap import load_site, repairer
from assistant.domain.spoken.sounds import Sounds
from assistant.domain.values import Hypothesis
from assistant.settings.language import sounds
from assistant.settings.paths import shipped_site
from assistant.turn.repair import Repairer
from tests.site import a_world, entities, the_intents, the_reader


@cache
def the_repairer() -> Repairer:
    known = Sounds(sounds(shipped_site() / "grammars"))
    return Repairer(the_reader(), the_intents(), known, entities(a_world()))


def offered(*heard: str) -> list[str]:
    return [one.text for one in the_repairer().offer([Hypothesis(text, -0.3) for text in heard])]


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("Start plaster three.", "Start placer three."),
        ("Hold slot 4712, tom stone.", "Hold lot 4712, tombstone."),
        ("Send port 10231 to rework, solder bowl", "Send board 10231 to rework, solder ball"),
        ("Acknowledge the alarm on splinter two", "Acknowledge the alarm on printer two"),
        ("hold lord four seven one two, breeching", "hold lot four seven one two, bridging"),
    ],
)
def test_names_and_words_of_the_site_are_found_by_their_sound(heard: str, meant: str) -> None:
    assert meant in offered(heard)


@pytest.mark.parametrize(
    "heard",
    [
        "hold lot 4712, bridging",  # nothing to mend
        "hold lot 4799, bridging",  # no such lot, and that is so
        "don't stop plaster two",  # nothing is made of a "don't"
        "Did you see the match last night?",
        "We always eat at the same place, every single day.",
        "release lots of people",
        "shut down",
        "shut down things",  # "this" would be whatever is at hand
        "",
    ],
)
def test_what_needs_no_mending_and_what_is_talk_is_left_alone(heard: str) -> None:
    assert offered(heard) == []


@pytest.mark.parametrize("digits", ["471", "47122", "4719", "4 7 1", "four seven won"])
def test_no_digit_is_added_lost_or_changed(digits: str) -> None:
    for text in offered(f"release slot {digits}", f"release lot {digits} please sir"):
        assert digits in text


def test_a_dont_further_down_the_list_is_heeded() -> None:
    assert offered("stop plaster two", "don't stop plaster two") == []


def test_what_was_heard_travels_with_what_is_offered() -> None:
    (first, *_) = the_repairer().offer([Hypothesis("Start plaster three.", -0.3)])
    assert first.heard == "Start plaster three."
    assert first.logprob < -0.3


@cache
def the_counter() -> Repairer:
    folder = Path(__file__).parents[1] / "sites" / "coffee"
    found = repairer(load_site(folder), folder)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        # A list's forms are templates too: "(skim|skimmed) milk", "triple [(shot|shots)]".
        ("an espresso with skin milk", "an espresso with skim milk"),
        ("a bright roast mocha", "a light roast mocha"),
        ("a triple short cappuccino", "a triple shot cappuccino"),
        # And so are the words that rules of a site say.
        ("may have a large coffee", "May i have a large coffee"),
        ("I like a small latte", "I'd like a small latte"),
    ],
)
def test_forms_and_openings_that_are_written_as_templates_are_found_too(heard: str, meant: str) -> None:
    assert meant in [one.text for one in the_counter().offer([Hypothesis(heard, -0.3)])]
