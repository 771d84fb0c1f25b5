"""The bench of hearing: what counts as right, as wrong and as dangerous; and folders that are none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.adapters.audiofile import RATE, Samples
from assistant.bench import noise
from assistant.bench.hearing import Told, measure, told
from assistant.domain.values import Command
from assistant.errors import AudioError
from tests.a_core import the_site
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
    assert told(Command(intent, slots, doubt=doubt), "", label, the_intents()) == expected


def test_a_command_that_may_lack_words_is_asked_about() -> None:
    wrong = Command("hold", {"lot": "L4711", "reason": "void"})
    assert told(wrong, "start", HOLD, the_intents()) == Told(False, True, False, False)


@pytest.mark.parametrize("content", [None, "no json", "[1]", '[{"file": "a.wav"}]', '{"a.wav": 1}', '[{"file": 1}]'])
def test_a_folder_without_labels_is_said_to_be_none(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "labels.json").write_text(content)
    with pytest.raises(AudioError, match="recording"):
        list(measure(the_site(), tmp_path, tmp_path))


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
