"""Where commands begin and end, from probabilities alone."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.endpointing import LONGEST, PAUSE, TABLE, TAILS, Course, Phase, Words, step

VOICE, SILENCE = 0.9, 0.05


def told(probabilities: Iterable[float], words: Words | None = None) -> list[tuple[int, str, str]]:
    """(frame, kind, why) of all that came of a stream; `words`: what each transcript looks like, at once."""
    found: list[tuple[int, str, str]] = []
    course = Course()
    for at, probability in enumerate(probabilities):
        course, came = step(course, probability)
        if came.kind is not None:
            found.append((at, came.kind, came.why))
        if came.kind == "paused" and words is not None:
            course = course.transcribed(words)
    return found


def test_a_command_begins_pauses_and_ends_in_silence() -> None:
    assert told([SILENCE] * 5 + [VOICE] * 20 + [SILENCE] * 30) == [
        (7, "began", ""),
        (25 + PAUSE - 1, "paused", ""),
        (25 + TAILS["open"] - 1, "ended", "silence"),
    ]


@pytest.mark.parametrize(("words", "why"), [("complete", "complete"), ("hanging", "hanging"), ("open", "silence")])
def test_what_the_transcript_looks_like_decides_how_long_the_silence_is(words: Words, why: str) -> None:
    assert told([VOICE] * 20 + [SILENCE] * 60, words)[-1] == (20 + TAILS[words] - 1, "ended", why)


def test_a_late_transcript_of_a_whole_command_ends_it_with_the_next_frame() -> None:
    course = Course()
    for probability in [VOICE] * 10 + [SILENCE] * 15:
        course, _ = step(course, probability)
    course, came = step(course.transcribed("complete"), SILENCE)
    assert (came.kind, came.why, came.course.silent) == ("ended", "complete", 16)


def test_speech_that_goes_on_throws_the_transcript_away() -> None:
    stream = [VOICE] * 10 + [SILENCE] * 7 + [VOICE] * 10 + [SILENCE] * 40
    assert [(kind, why) for _, kind, why in told(stream, "complete")] == [
        ("began", ""),
        ("paused", ""),
        ("resumed", ""),
        ("paused", ""),
        ("ended", "complete"),
    ]


def test_a_transcript_that_comes_after_speech_went_on_says_nothing() -> None:
    course = Course()
    for probability in [VOICE] * 10 + [SILENCE] * 7 + [VOICE]:
        course, _ = step(course, probability)
    assert course.transcribed("complete") == course


@pytest.mark.parametrize("frames", [1, 2])
def test_a_click_is_no_speech(frames: int) -> None:
    assert told([SILENCE] * 5 + [VOICE] * frames + [SILENCE] * 50) == []


def test_a_hundred_milliseconds_are_enough() -> None:
    assert [kind for _, kind, _ in told([VOICE] * 3 + [SILENCE] * 50)] == ["began", "paused", "ended"]


def test_a_fading_voice_goes_on_and_a_faint_one_begins_nothing() -> None:
    assert told([0.4] * 100) == []
    assert [kind for _, kind, _ in told([VOICE] * 5 + [0.4] * 100)] == ["began"]


def test_after_eight_seconds_it_is_no_command() -> None:
    assert told([VOICE] * (LONGEST + 5))[:2] == [(2, "began", ""), (LONGEST - 1, "ended", "cap")]


def test_a_pause_in_the_eighth_second_is_the_cap_too() -> None:
    stream = [VOICE] * (LONGEST - 8) + [SILENCE] * 8
    assert told(stream, "hanging")[-1] == (LONGEST - 1, "ended", "cap")


@given(st.lists(st.floats(0, 1), max_size=600), st.sampled_from([None, "complete", "hanging", "open"]))
def test_every_beginning_has_one_end_and_every_end_a_reason(stream: list[float], words: Words | None) -> None:
    open_since: int | None = None
    for at, kind, why in told([*stream, *[0.0] * 50], words):
        assert (kind == "began") == (open_since is None)
        open_since = at if kind == "began" else open_since
        if kind == "ended":
            assert why in ("complete", "silence", "hanging", "cap")
            assert open_since is not None
            assert at - open_since <= LONGEST
            open_since = None
    assert open_since is None


def test_every_state_knows_what_to_do_with_voice_and_with_silence() -> None:
    assert {phase for phase, _ in TABLE} == set(Phase)
    for phase in Phase:
        for probability in (VOICE, SILENCE):
            step(Course(phase, 10, 10, 0), probability)
