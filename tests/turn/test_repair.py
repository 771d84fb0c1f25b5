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


@pytest.mark.parametrize(("heard", "meant"), [("stard placer two", "start"), ("Stard placer two", "Start")])
def test_a_first_word_is_written_as_what_was_heard_begins(heard: str, meant: str) -> None:
    """The ear writes small letters after a prompt of names; a large one would be as unlikely as another word."""
    firsts = {text.split()[0] for text in offered(heard)}
    assert meant in firsts and {first[0].isupper() for first in firsts} == {meant[0].isupper()}


@pytest.mark.parametrize("id_", ["10232", "one oh two three two", "1 0 2 3 2"])
def test_no_digit_is_taken_that_may_begin_the_next_word(id_: str) -> None:
    """ "One oh two three, tombstone" may be heard as "10232 stone"; of "10236 stone" the six is no part of it."""
    heard, other = f"hold board {id_} stone", f"hold board {id_.removesuffix('two').removesuffix('2')}6 stone"
    assert offered(heard) == []
    assert other.replace("stone", "tombstone") in offered(other)


@pytest.mark.parametrize(
    ("best", "other"),
    [
        ("send board 1022 to the river", "send board 10231 to the river"),  # one lost a digit
        ("send board one and three and two to the river", "send board 10231 to the river"),
        ("put it in the river", "send board 10231 to the river"),
    ],
)
def test_an_id_is_taken_only_as_it_was_heard_best(best: str, other: str) -> None:
    assert not any("10231" in text for text in offered(best, other))
    assert any("10231" in text for text in offered(other, best))


def test_a_name_that_was_begun_at_the_end_is_offered_whole() -> None:
    assert "hold lot 4712 solder ball" in offered("hold lot 4712 solder")
    # In the midst what was heard stays.
    assert offered("hold solder lot 4712") == []


def test_what_was_heard_travels_with_what_is_offered() -> None:
    (first, *_) = the_repairer().offer([Hypothesis("Start plaster three.", -0.3)])
    assert first.heard == "Start plaster three."
    assert first.logprob < -0.3


def twice(heard: str, *again: str) -> list[str]:
    """What is offered for what was heard first so, and then otherwise."""
    first, then = [Hypothesis(heard, -0.4)], [Hypothesis(text, -0.3) for text in again]
    found = the_repairer().offer(first, then)
    assert all(one.heard == heard for one in found)
    return [one.text for one in found]


def test_a_sentence_that_was_heard_when_it_was_heard_again_is_offered() -> None:
    assert twice("stare at blazer of two", "start placer two") == ["start placer two"]
    assert "start placer two" in twice("stare at blazer of two", "start plaster two")


@pytest.mark.parametrize(
    ("heard", "again"),
    [
        ("whole the lot 4799 breach", "hold lot 4712 bridging"),  # other digits
        ("hold a lot breach", "hold lot 4712 bridging"),  # digits where none were
        ("whole the lot 471 breach", "hold lot 4711 bridging"),  # one more
        ("stare at blazer of two", "don't start placer two"),
        ("stop at blazer of two", "start placer two"),  # a stop was heard
        ("don't stare at blazer of two", "start placer two"),
    ],
)
def test_heard_again_no_digit_changes_and_nothing_is_made_of_its_opposite(heard: str, again: str) -> None:
    assert twice(heard, again) == []


@pytest.mark.parametrize("heard", ["Marya can you stop printer one for me", "an John release lot 4712"])
def test_no_command_is_made_of_one_to_somebody_else(heard: str) -> None:
    assert offered(heard) == []
    assert twice(heard, heard.split(maxsplit=1)[1]) == [] and twice(heard, heard.split(maxsplit=2)[2]) == []


def test_what_makes_sense_or_says_dont_is_settled() -> None:
    def settled(*heard: str) -> bool:
        return the_repairer().settled([Hypothesis(text, -0.3) for text in heard])

    assert settled("start placer two") and settled("stare at two", "start placer two") and settled("don't do that")
    assert not settled("stare at blazer of two")


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
        ("may have a large coffee", "may I have a large coffee"),
        ("I like a small latte", "I'd like a small latte"),
        # Of what was said twice, in a row, the first one stays; and at the end a word may begin a name.
        ("a medium medium most mocha", "a medium medium roast mocha"),
        ("a latte with almond", "a latte with almond milk"),
    ],
)
def test_forms_and_openings_that_are_written_as_templates_are_found_too(heard: str, meant: str) -> None:
    assert meant in [one.text for one in the_counter().offer([Hypothesis(heard, -0.3)])]


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        # Strange in three places.
        ("I'm like a triple sharp right roast cappuccino", "i'd like a triple shot light roast cappuccino"),
        # Every word is one of the site's, and no place is the wrong one for sure.
        ("put twenty ounce house coffee", "pour twenty ounce house coffee"),
        # Where one word ends and the next begins was heard otherwise, too.
        ("I'd like a lot of you with cream and a bit of sugar", "I'd like a latte with cream and a bit of sugar"),
    ],
)
def test_whole_sentences_are_found_that_sound_like_the_whole(heard: str, meant: str) -> None:
    texts = [one.text for one in the_counter().offer([Hypothesis(heard, -0.3)])]
    assert meant.lower() in [text.lower() for text in texts]


@pytest.mark.parametrize(
    "heard",
    [
        "we always eat at the same place every single day",
        "hello where is the toilet my friend",
        "what time do you close today",
        "don't make me like a triple sharp right roast cappuccino",
    ],
)
def test_no_order_is_made_of_talk(heard: str) -> None:
    assert the_counter().offer([Hypothesis(heard, -0.3)]) == ()


@cache
def the_line() -> Repairer:
    found = repairer(load_site(None), None)
    assert found is not None
    return found


@pytest.mark.parametrize("digits", ["471", "47122", "4719", "4 7 1", "four seven won"])
def test_no_whole_sentence_adds_loses_or_changes_a_digit(digits: str) -> None:
    for text in (
        f"release slot {digits}",
        f"release the lot {digits} pleased sir",
        f"pull hold on lot {digits} bridge in",
    ):
        assert all(digits in one.text for one in the_line().offer([Hypothesis(text, -0.3)]))


@pytest.mark.parametrize(
    ("heard", "never"),
    [("stop the change over on line one", "start"), ("yes is it", "yes"), ("start the run line two", "stop")],
)
def test_a_word_of_another_command_speaks_against_it_and_a_yes_is_never_made(heard: str, never: str) -> None:
    for one in the_line().offer([Hypothesis(heard, -0.3)]):
        assert never not in one.text.lower().split()[:1]


def test_what_has_a_name_stays_as_it_was_heard() -> None:
    texts = [one.text for one in the_line().offer([Hypothesis("Why ist lot 4712 on holt", -0.3)])]
    assert all("lot 4712" in text for text in texts)
    assert "Why is lot 4712 on hold" in texts
