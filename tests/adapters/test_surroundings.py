"""Whether a place is fit for voice, from a recording or from a microphone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from assistant.adapters.audiofile import RATE, Samples, read
from assistant.adapters.surroundings import listen, measured, words
from assistant.bench import noise
from assistant.errors import AudioError
from assistant.ports import FRAME, Frame, Microphone


def spoken(decibels: float) -> Samples:
    """Four seconds of a machine, with one command at so many dB in it."""
    command = read(Path("tests/speech/commands/01-hold.flac"))
    sound = np.concatenate([np.zeros(RATE, np.float32), command, np.zeros(RATE, np.float32)])
    return noise.mixed(sound, noise.machines(len(sound), 7, 0), decibels)


@pytest.mark.parametrize(("decibels", "verdict"), [(30, "fit"), (18, "fit"), (8, "care"), (0, "unfit")])
def test_speech_above_the_noise_decides(decibels: float, verdict: str) -> None:
    place = measured(spoken(decibels))
    assert place.verdict == verdict
    assert place.above_db == pytest.approx(decibels, abs=5)


def test_a_place_where_nobody_speaks_is_judged_by_its_noise() -> None:
    hum = noise.machines(5 * RATE, 7, 1)
    quiet, loud = measured(0.002 * hum), measured(0.1 * hum)
    assert (quiet.verdict, quiet.speech_db, loud.verdict) == ("fit", None, "unfit")
    assert any("Nobody spoke" in line for line in words(quiet))


def test_a_muted_microphone_is_no_quiet_place() -> None:
    place = measured(np.zeros(5 * RATE, np.float32))
    assert place.verdict == "dead" and "muted" in next(iter(words(place)))


def test_an_overdriven_microphone_is_said() -> None:
    assert any("overdriven" in line for line in words(measured(np.clip(20 * spoken(30), -1, 1))))


def test_a_second_is_too_little() -> None:
    with pytest.raises(AudioError, match="3 s are needed"):
        measured(np.zeros(RATE, np.float32))


class Recorded:
    """ports.Microphone that plays a recording and then the same again, for ever."""

    def __init__(self, samples: Samples) -> None:
        self._frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME)

    async def frames(self) -> AsyncIterator[Frame]:
        at = 0.0
        while True:
            for samples in self._frames:
                at += FRAME / RATE
                yield Frame(samples, at)

    async def close(self) -> None:
        """Nothing to end."""


async def test_a_microphone_is_listened_to_for_so_long() -> None:
    microphone: Microphone = Recorded(spoken(20))
    heard = await listen(microphone, 5.0)
    assert 5.0 <= len(heard) / RATE < 5.1
    assert measured(heard).verdict == "fit"
