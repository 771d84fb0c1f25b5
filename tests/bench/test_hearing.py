"""The bench of hearing: what counts as right, as wrong and as dangerous; and folders that are none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.adapters.audiofile import RATE, Samples
from assistant.bench import noise
from assistant.bench.hearing import Tally, Told, _mean, _rows, _sureness, labels_of, told
from assistant.cli.bench import _part
from assistant.domain.values import Command
from assistant.errors import AudioError, UsageError
from tests.site import the_intents

HOLD: dict[str, Any] = {"intent": "hold", "slots": {"lot": "L4712", "reason": "void"}}
GHOST: dict[str, Any] = {"intent": "hold", "slots": {"lot": "?", "reason": "void"}}
RELEASE: dict[str, Any] = {"intent": "release", "slots": {"lot": "L4712"}}


@pytest.mark.parametrize(
    ("label", "intent", "slots", "doubt", "expected"),
    [
        (HOLD, "hold", {"lot": "L4712", "reason": "void"}, "", Told(True, False, False, False)),
        (HOLD, "hold", {"lot": "L4712"}, "", Told(False, False, False, False)),  # the reason is asked for
        (HOLD, "hold", {"lot": "L4711", "reason": "void"}, "", Told(False, True, True, False)),
        (HOLD, "hold", {"lot": "L4711", "reason": "void"}, "hypotheses", Told(False, True, False, False)),
        (HOLD, "hold", {"lot": "L4711"}, "", Told(False, True, False, False)),  # asked for the reason first
        (HOLD, "hold", {"lot": "?", "reason": "void"}, "", Told(False, False, False, False)),
        (HOLD, "unknown", {}, "", Told(False, False, False, False)),
        (GHOST, "hold", {"lot": "?", "reason": "void"}, "", Told(True, False, False, False)),
        (GHOST, "hold", {"lot": "L4712", "reason": "void"}, "", Told(False, True, True, True)),
        (GHOST, "where", {"lot": "L4712"}, "", Told(False, False, False, True)),
        (RELEASE, "release", {"lot": "L4711"}, "", Told(False, True, False, False)),  # always confirmed
    ],
)
def test_a_reading_is_right_wrong_or_dangerous(
    label: dict[str, Any], intent: str, slots: dict[str, str], doubt: str, expected: Told
) -> None:
    sure = None if intent == "unknown" else 0.9
    read = told(Command(intent, slots, 0.9, doubt=doubt), "", label, the_intents())
    assert read == replace(expected, confidence=sure)


def test_a_command_that_may_lack_words_is_asked_about() -> None:
    wrong = Command("hold", {"lot": "L4711", "reason": "void"})
    assert told(wrong, "start", HOLD, the_intents()) == Told(False, True, False, False, 1.0)


def test_how_sure_it_was_stands_beside_how_often_it_was_right() -> None:
    graded = [(0.95, True)] * 3 + [(0.95, False)] + [(0.45, False)] * 4
    (_, error), *bins = _sureness(graded)
    # A fifth too sure of the one half, 45 hundredths of the other.
    assert error == "32.5 points in ten bins, of 8 commands read"
    assert [value for _, value in bins] == ["45%, 0%", "95%, 75%"]
    assert list(_sureness([])) == []


@pytest.mark.parametrize("content", [None, "no json", "[1]", '[{"file": "a.wav"}]', '{"a.wav": 1}', '[{"file": 1}]'])
def test_a_folder_without_labels_is_said_to_be_none(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "labels.json").write_text(content)
    with pytest.raises(AudioError, match="recording"):
        labels_of(tmp_path)


@pytest.mark.parametrize("decibels", [10.0, 5.0, -5.0])
def test_noise_is_as_far_below_the_speech_as_asked_for(decibels: float) -> None:
    time = np.arange(2 * RATE) / RATE
    speech: Samples = np.sin(2 * np.pi * 200 * time).astype(np.float32)
    sound = noise.machines(len(speech), 1, 2)
    mixed = noise.mixed(speech, sound, decibels)
    # What was mixed in, less the speech at the scale that it came to.
    design = np.stack([speech, sound]).T.astype(np.float64)
    (a, b), *_ = np.linalg.lstsq(design, mixed.astype(np.float64), rcond=None)
    ratio = 10 * np.log10(
        noise.loudest((a * speech).astype(np.float32)) / noise.loudest((b * sound).astype(np.float32))
    )
    assert ratio == pytest.approx(decibels, abs=0.1)
    assert np.abs(mixed).max() == pytest.approx(0.5, abs=1e-3)


def test_the_same_seed_makes_the_same_noise() -> None:
    for number in range(3):
        assert np.array_equal(noise.machines(RATE, 7, number), noise.machines(RATE, 7, number))
        assert noise.machines(RATE, 7, number).std() == pytest.approx(1.0, abs=0.01)
        assert not np.array_equal(noise.machines(RATE, 7, number), noise.machines(RATE, 8, number))


@pytest.mark.parametrize(
    ("label", "decibels", "room", "rows"),
    [
        ({}, None, "line", ["people, as recorded"]),
        ({}, 6.0, "cafe", ["people, in café and kitchen at 6 dB"]),
        ({"group": "night shift"}, 5.0, "line", ["people, in noise at 5 dB", "night shift, people, in noise at 5 dB"]),
        (
            {"speaker": "bf_emma", "noise_db": None},
            None,
            "line",
            ["synthetic, clean", "native voices, synthetic, clean"],
        ),
        (
            {"speaker": "zm_yunxi", "noise_db": 15},
            None,
            "line",
            ["synthetic, in noise at 15 dB", "voices whose first language is another, synthetic, in noise at 15 dB"],
        ),
    ],
)
def test_people_synthetic_voices_and_accents_have_rows_of_their_own(
    label: dict[str, Any], decibels: float | None, room: str, rows: list[str]
) -> None:
    assert _rows(label, decibels, room) == rows


def test_a_mean_over_levels_is_as_sure_as_its_recordings_are_many() -> None:
    # Ten recordings, each right at all seven levels or at none: seventy readings, but no more than ten facts.
    mean = _mean("all", {number: [number % 2 == 0] * 7 for number in range(10)})
    assert (mean.right, mean.n, mean.recordings) == (35, 70, 10)
    assert mean.low <= 0.3 and mean.high >= 0.7


def test_every_recording_counts_once_however_many_rows_it_is_in() -> None:
    tally = Tally()
    tally.add(Told(True, False, False, False), ["people, as recorded", "night shift, people, as recorded"], ghost=False)
    assert (tally.heard, tally.n["people, as recorded"], tally.right["night shift, people, as recorded"]) == (1, 1, 1)


@pytest.mark.parametrize("room", [noise.counter, noise.machines])
def test_noise_of_a_room_is_the_same_for_the_same_recording(room: Any) -> None:
    talk = [np.sin(np.arange(RATE) / 7).astype(np.float32), np.ones(RATE // 2, np.float32)]
    more = (talk,) if room is noise.counter else ()
    for number in range(2):
        assert np.array_equal(room(RATE, 7, number, *more), room(RATE, 7, number, *more))
        assert room(RATE, 7, number, *more).std() == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("text", ["", "2", "0/4", "5/4", "1/0", "a/b", "-1/4"])
def test_a_part_that_is_none_is_said_to_be_none(text: str) -> None:
    assert _part("1/1") == (1, 1) and _part("4/4") == (4, 4)
    with pytest.raises(UsageError, match="--part"):
        _part(text)
