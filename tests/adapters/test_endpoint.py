from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from assistant.adapters.audiofile import RATE, Samples, read
from assistant.adapters.endpoint import AFTER_S, BEFORE_S, MOST_PAUSE_S, trim
from assistant.errors import AudioError

CLIPS = Path("tests/speech/commands")


def silence(seconds: float) -> Samples:
    return np.zeros(int(seconds * RATE), np.float32)


def hiss(seconds: float, level: float, rng: np.random.Generator) -> Samples:
    return (level * rng.standard_normal(int(seconds * RATE))).astype(np.float32)


def hum(seconds: float, level: float, rng: np.random.Generator) -> Samples:
    time, harmonics = np.arange(int(seconds * RATE)) / RATE, np.arange(1, 9)[:, None]
    waves = np.sin(2 * np.pi * (50 * harmonics * time + rng.random((8, 1)))) / harmonics
    sound: Samples = (level * waves.sum(axis=0)).astype(np.float32)
    return sound


def clicks(seconds: float, level: float, rng: np.random.Generator) -> Samples:
    sound = silence(seconds)
    for start in rng.integers(0, len(sound) - 400, 12):
        sound[start : start + 400] += level * np.exp(-np.arange(400) / 40) * rng.standard_normal(400)
    return sound.astype(np.float32)


def beeps(seconds: float, level: float, rng: np.random.Generator) -> Samples:
    time = np.arange(int(seconds * RATE)) / RATE
    return (level * np.sin(2 * np.pi * rng.uniform(500, 2500) * time) * (time % 0.5 < 0.2)).astype(np.float32)


@pytest.fixture(scope="module")
def command() -> Samples:
    """Somebody saying one command, with little around it."""
    return read(CLIPS / "01-hold.flac")


def test_the_silence_around_a_command_goes_and_its_margins_stay(command: Samples) -> None:
    sound = np.concatenate([silence(4), command, silence(3)])
    utterance, alone = trim(sound), trim(command)
    assert 1 < utterance.voiced_s <= len(command) / RATE
    assert utterance.voiced_s == pytest.approx(alone.voiced_s, abs=0.2)
    kept = np.asarray(utterance.samples)
    assert len(kept) / RATE < utterance.voiced_s + BEFORE_S + AFTER_S + 0.5
    # All that is above a hundredth of the loudest is still there: no first or last consonant went with the silence.
    loud = np.nonzero(np.abs(command) > 0.01 * np.abs(command).max())[0]
    words = command[loud[0] : loud[-1]]
    assert len(kept) > len(words)
    assert np.correlate(kept, words).max() == pytest.approx(float(words @ words), rel=1e-3)


def test_a_recording_that_begins_with_the_word_is_kept_from_its_first_sample(command: Samples) -> None:
    start = int(np.nonzero(np.abs(command) > 0.02)[0][0])
    tight = command[start:]
    kept = np.asarray(trim(tight).samples)
    assert np.array_equal(kept[:4000], tight[:4000])


@pytest.mark.parametrize("noise", [hiss, hum, clicks, beeps])
@pytest.mark.parametrize("level", [0.001, 0.03, 0.1])
def test_noise_is_not_speech(noise: Callable[[float, float, np.random.Generator], Samples], level: float) -> None:
    utterance = trim(noise(4.0, level, np.random.default_rng(3)))
    assert utterance.voiced_s == 0
    assert len(np.asarray(utterance.samples)) == 0


@pytest.mark.parametrize("samples", [silence(0), silence(0.01), silence(5), silence(2) + np.float32(0.4)])
def test_silence_is_not_speech(samples: Samples) -> None:
    assert trim(samples).voiced_s == 0


def test_a_quiet_voice_is_heard(command: Samples) -> None:
    assert trim(command * np.float32(0.01)).voiced_s > 0.7 * trim(command).voiced_s


@pytest.mark.parametrize("word", ["stop", "no", "yes"])
@pytest.mark.parametrize("words_a_minute", [175, 260, 350])
def test_one_short_word_is_enough(tmp_path: Path, word: str, words_a_minute: int) -> None:
    """At 350 words a minute "stop" lasts 150 ms (pitfalls V3)."""
    file = tmp_path / "word.wav"
    subprocess.run(["espeak-ng", "-s", str(words_a_minute), "-w", str(file), word], check=True)
    assert trim(read(file)).voiced_s >= 0.1


def test_a_pause_is_kept_and_a_long_one_is_shortened(command: Samples) -> None:
    alone = trim(command)
    for pause in (0.5, 8.0):
        both = trim(np.concatenate([command, silence(pause), command]))
        assert both.voiced_s == pytest.approx(2 * alone.voiced_s, abs=0.3)
        around = len(command) / RATE - alone.voiced_s
        longest = 2 * alone.voiced_s + min(pause + around, MOST_PAUSE_S) + BEFORE_S + AFTER_S + 0.5
        assert len(np.asarray(both.samples)) / RATE < longest


def test_clipping_is_measured(command: Samples) -> None:
    assert trim(command).clipped == 0
    assert 0.01 < trim(np.clip(command * 20, -1, 1)).clipped < 1


def test_a_broken_microphone_is_not_silence() -> None:
    sound = silence(1)
    sound[500] = np.nan
    with pytest.raises(AudioError, match="no numbers"):
        trim(sound)
