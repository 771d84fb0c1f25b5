"""Clips laid into rooms and noise, as embeddings: what a wake-word head learns from and is checked with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from assistant.adapters import soundscape
from assistant.adapters.audiofile import RATE, Samples
from assistant.adapters.soundscape import NOISES, Sound
from assistant.adapters.wakeword import CONTEXT, FIRST_S, STEP, WINDOW

EARLIEST_S, LATEST_S = 0.04, 0.44
"""After a phrase's last sample, the windows whose end lies there are those that it ends with."""
AFTER_S = 0.6
"""Of a scene, behind the phrase."""
PITCHES = (0.88, 1.14)
"""A clip played slower or faster, pitch and all, is a smaller or larger speaker."""
RATIOS_DB = (0.0, 30.0)
PEAKS = (0.02, 0.7)
CLEAN, IN_ROOM, COLOURED, ANSWERED, BABBLE = 0.2, 0.7, 0.7, 0.6, 0.3
"""Shares: of scenes without noise, in a room, by a microphone that colours; of phrases with a command close behind; of
noisy scenes where the noise is other people."""
GAPS_S = (0.05, 0.6)
PREFIX = (0.3, 0.5)
"""Of a phrase, what somebody says who breaks off: nothing to wake for."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Some seconds of sound, and where in it the phrase ends."""

    sound: Samples
    end: int
    """Sample after the phrase's last one."""


def said(clip: Samples, others: Sequence[Samples], rng: np.random.Generator) -> Scene:
    """A phrase as a microphone hears it: after silence or somebody's words, before a command or nothing."""
    phrase = pitched(clip, rng)
    phrase = phrase / max(float(np.abs(phrase).max()), 1e-6)
    end = max(int(RATE * (FIRST_S + rng.uniform(0.0, 0.16))), len(phrase) + int(0.3 * RATE))
    sound = np.zeros(end + int(AFTER_S * RATE))
    if rng.random() < 0.5 and others:
        gap = int(RATE * rng.uniform(*GAPS_S))
        _lay(sound, _level(others, rng)[-max(1, end - len(phrase) - gap) :], end - len(phrase) - gap, at_end=True)
    sound[end - len(phrase) : end] += phrase
    if rng.random() < ANSWERED and others:
        _lay(sound, _level(others, rng), end + int(RATE * rng.uniform(0.0, 0.35)))
    return Scene(dressed(sound, others, rng), end)


def other(clips: Sequence[Samples], babblers: Sequence[Samples], rng: np.random.Generator) -> Samples:
    """Clips one after the other, as a microphone hears them."""
    parts: list[Sound] = [np.zeros(int(FIRST_S * RATE))]
    for clip in clips:
        sound = pitched(clip, rng)
        parts += [sound / max(float(np.abs(sound).max()), 1e-6), np.zeros(int(RATE * rng.uniform(*GAPS_S)))]
    return dressed(np.concatenate(parts), babblers, rng)


def broken_off(clip: Samples, rng: np.random.Generator) -> Samples:
    """The first part of a phrase."""
    return clip[: int(len(clip) * rng.uniform(*PREFIX))]


def dressed(sound: Sound, babblers: Sequence[Samples], rng: np.random.Generator) -> Samples:
    """In some room, some noise, by some microphone, at some level."""
    length = len(sound)
    if rng.random() < IN_ROOM:
        sound = soundscape.in_room(sound, rng)[:length]
    if rng.random() >= CLEAN:
        sound = soundscape.mixed(sound, noise(length, babblers, rng), rng.uniform(*RATIOS_DB))
    if rng.random() < COLOURED:
        sound = soundscape.through_microphone(sound, rng)
    peak = np.exp(rng.uniform(*np.log(PEAKS)))
    return np.asarray(sound * (peak / max(float(np.abs(sound).max()), 1e-6)), np.float32)


def noise(length: int, babblers: Sequence[Samples], rng: np.random.Generator) -> Sound:
    """Of a machine, of music, or of people."""
    if babblers and rng.random() < BABBLE:
        return soundscape.babble(babblers, length, rng, int(rng.integers(2, 7)))
    return NOISES[str(rng.choice(list(NOISES)))](length, rng)


def pitched(clip: Samples, rng: np.random.Generator) -> Sound:
    """The clip as said by somebody larger or smaller."""
    length = int(len(clip) / rng.uniform(*PITCHES))
    return np.interp(np.linspace(0, len(clip) - 1, length), np.arange(len(clip)), clip)


def ending(windows: Samples, end: int, earliest_s: float = EARLIEST_S, latest_s: float = LATEST_S) -> Samples:
    """Of a recording's windows, those that end about when the phrase does. `end`: its last sample."""
    return windows[(ends_s(len(windows)) >= end / RATE + earliest_s) & (ends_s(len(windows)) <= end / RATE + latest_s)]


def ends_s(count: int) -> npt.NDArray[np.float64]:
    """When each of a recording's windows ends, in seconds."""
    return FIRST_S + (CONTEXT + STEP * np.arange(count)) / RATE


def starts_of(lengths: Sequence[int]) -> npt.NDArray[np.int64]:
    """Where windows begin in recordings' embeddings laid one after the other."""
    places, at = [], 0
    for length in lengths:
        places.append(np.arange(at, at + max(0, length - WINDOW + 1)))
        at += length
    return np.concatenate(places) if places else np.zeros(0, np.int64)


def _level(clips: Sequence[Samples], rng: np.random.Generator) -> Sound:
    clip = clips[int(rng.integers(len(clips)))]
    return clip * (rng.uniform(0.3, 1.0) / max(float(np.abs(clip).max()), 1e-6))


def _lay(sound: Sound, part: Sound, at: int, *, at_end: bool = False) -> None:
    """Add `part` so that it begins (or ends) at a place; what lies outside is cut."""
    start = at - len(part) if at_end else at
    part = part[max(0, -start) : max(0, len(sound) - start)]
    start = max(0, start)
    sound[start : start + len(part)] += part
