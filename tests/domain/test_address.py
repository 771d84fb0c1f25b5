"""Whether words begin with the wake phrase, however a recogniser wrote it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.domain.spoken.address import addressed

PHRASE = "hey foreman"


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("Hey foreman, hold lot 4712.", "hold lot 4712."),
        ("Hey Forman stop oven two", "stop oven two"),
        ("hey for men stop oven two", "stop oven two"),
        ("Hey, four men, what's the status?", "what's the status?"),
        ("hey 4 men stop oven two", "stop oven two"),
        ("Hayforman, stop oven 2", "stop oven 2"),
        ("A foreman, yes.", "yes."),
        ("Foreman. Undo that.", "Undo that."),
        ("Okay. Hey foreman, stop.", "stop."),
        ("Hey foreman!", ""),
        ("hey format what's the status of lot 4712", "what's the status of lot 4712"),
        ("a format release lot 4712", "release lot 4712"),
        ("a form and hold lot 4711", "hold lot 4711"),
        ("hayformant acknowledge printer one", "acknowledge printer one"),
        ("A forment note on lot 4712", "note on lot 4712"),
    ],
)
def test_the_phrase_is_known_however_it_is_written(text: str, rest: str) -> None:
    found = addressed(text, PHRASE)
    assert found is not None
    assert found.rest == rest


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Hey",
        "Hey Norman, come here.",
        "They formed a queue.",
        "Hey, for Monday we need more.",
        "The foreman said so.",
        "For many of them it was the first time.",
        "Form an oval.",
        "Hey, doorman!",
        "Hey man, how are you?",
        "Hey, morning.",
        "They formatted it.",
        "Information is on the board.",
        "Hey, form two groups.",
        "Hey, foreign one.",
        "Hey, formal dress on Friday.",
        "Performance was good.",
        "Hold lot 4712 for Monday.",
        "I'd like a large coffee.",
        "Stop oven two, foreman.",
    ],
)
def test_other_words_are_not_the_phrase(text: str) -> None:
    assert addressed(text, PHRASE) is None


@settings(deadline=None)
@given(st.text(alphabet="hey foreman,.stop 4712'", max_size=60))
def test_what_is_left_is_the_end_of_what_was_said(text: str) -> None:
    found = addressed(text, PHRASE)
    assert found is None or text.endswith(found.rest)
    again = addressed(f"Hey foreman, {text}", PHRASE)
    assert again is not None


def test_any_phrase_is_known() -> None:
    found = addressed("Good evening, computer, lights off", "good evening computer")
    assert found is not None
    assert found.rest == "lights off"
    assert addressed("Good morning, computer", "good evening computer") is None
