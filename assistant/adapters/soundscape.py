"""Rooms and noise made in code: what a microphone on a line hears beside and around a voice.

Everything is float32 or float64 mono at 16 kHz, shape (n,), and the same generator gives the same sound.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from assistant.adapters.audiofile import RATE

Sound = npt.NDArray[Any]
FRAME = 2048
"""Samples a frame, where speech and noise are compared: by the energy of the loudest frame of each."""
AIR = 2 * RATE
"""Samples of air that a compressor lets go."""
TONES = 2 ** (np.arange(-24, 25) / 12) * 440.0


def fan(length: int, rng: np.random.Generator) -> Sound:
    """Motors and fans: mains harmonics, each drifting, under the hiss of air."""
    seconds, hum = np.arange(length) / RATE, np.zeros(length)
    base = rng.uniform(24, 120)
    for harmonic in (1, 2, 3, 4, 6, 8, 12):
        drift = 1 + 0.3 * np.sin(2 * np.pi * (rng.uniform(0.2, 1.5) * seconds + rng.random()))
        hum += drift * np.sin(2 * np.pi * (base * harmonic * seconds + rng.random())) / harmonic
    return np.asarray(rng.uniform(0.2, 1.5) * _unit(hum) + coloured(length, rng, rng.uniform(500, 4000)))


def coloured(length: int, rng: np.random.Generator, corner: float) -> Sound:
    """Hiss: flat up to a corner frequency (Hz), falling above."""
    spectrum = np.fft.rfft(rng.standard_normal(length))
    spectrum *= 1 / (1 + (np.fft.rfftfreq(length, 1 / RATE) / corner) ** 2)
    return _unit(np.fft.irfft(spectrum, length))


def compressor(length: int, rng: np.random.Generator) -> Sound:
    """Strokes at an even beat, now on, now off, with air let go at the end of a run."""
    seconds = np.arange(length) / RATE
    beat = 0.5 + 0.5 * np.sin(2 * np.pi * rng.uniform(4, 14) * seconds + rng.random())
    runs = (np.sin(2 * np.pi * (seconds / rng.uniform(2, 6) + rng.random())) > -0.3).astype(float)
    sound = coloured(length, rng, 300) * beat**3 * runs
    for stop in np.flatnonzero(np.diff(runs) < 0):
        span = min(AIR, length - int(stop))
        sound[stop : int(stop) + span] += 2 * coloured(AIR, rng, 6000)[:span] * np.exp(-seconds[:span] / 0.25)
    return np.asarray(sound + 0.1 * coloured(length, rng, 2000))


def impacts(length: int, rng: np.random.Generator) -> Sound:
    """Metal on metal, placement heads, doors: short ringing blows over a quiet ground."""
    sound = 0.03 * coloured(length, rng, 2000)
    for _ in range(max(1, int(length / RATE * rng.uniform(0.5, 10)))):
        at, span = int(rng.integers(length)), int(RATE * rng.uniform(0.02, 0.5))
        seconds = np.arange(min(span, length - at)) / RATE
        ring = sum(np.sin(2 * np.pi * rng.uniform(150, 6000) * seconds) for _ in range(4)) + rng.standard_normal(
            len(seconds)
        )
        sound[at : at + len(seconds)] += rng.uniform(0.2, 1) * ring * np.exp(-seconds / (span / RATE / 5))
    return sound


def music(length: int, rng: np.random.Generator) -> Sound:
    """Chords, a tune and a beat, as from a radio; also what alarm tones are made of."""
    sound, beat = np.zeros(length), int(RATE * rng.uniform(0.25, 0.7))
    scale = TONES[int(rng.integers(0, 12)) :][[0, 2, 4, 5, 7, 9, 11, 12, 14, 16, 17, 19]]
    brightness = rng.uniform(0.5, 2)
    for number, at in enumerate(range(0, length, beat)):
        notes = [rng.choice(scale)] + ([scale[0], scale[2], scale[4]] if number % 4 == 0 else [])
        seconds = np.arange(min(beat * int(rng.integers(1, 4)), length - at)) / RATE
        vibrato = 0.003 * np.sin(2 * np.pi * 5.5 * seconds)
        for note in notes:
            for harmonic in range(1, 7):
                tone = np.sin(2 * np.pi * note * harmonic * (seconds + vibrato / note * 20))
                sound[at : at + len(seconds)] += tone * np.exp(-seconds * 3) / harmonic**brightness / len(notes)
        if number % 2:
            drum = np.arange(min(beat, length - at)) / RATE
            sound[at : at + len(drum)] += rng.standard_normal(len(drum)) * np.exp(-drum * 40)
    return sound


def alarm(length: int, rng: np.random.Generator) -> Sound:
    """A signal tone that comes and goes, over a quiet ground."""
    seconds = np.arange(length) / RATE
    tone = np.sin(2 * np.pi * rng.uniform(400, 3000) * seconds + rng.uniform(0, 3) * np.sin(2 * np.pi * 3 * seconds))
    on = (seconds * rng.uniform(0.5, 4)) % 1 < rng.uniform(0.2, 0.8)
    return np.asarray(np.tanh(3 * tone) * on + 0.1 * coloured(length, rng, 1500))


NOISES: Mapping[str, Callable[[int, np.random.Generator], Sound]] = {
    "fan": fan,
    "compressor": compressor,
    "impacts": impacts,
    "music": music,
    "alarm": alarm,
    "hiss": lambda length, rng: coloured(length, rng, rng.uniform(300, 7000)),
}


def babble(speech: Sequence[Sound], length: int, rng: np.random.Generator, voices: int = 5) -> Sound:
    """Several people at once, each saying something of `speech` over and over."""
    sound = np.zeros(length)
    for _ in range(voices):
        at = 0
        while at < length:
            said = speech[int(rng.integers(len(speech)))]
            part = said[: length - at]
            sound[at : at + len(part)] += part * rng.uniform(0.4, 1)
            at += len(part) + int(RATE * rng.uniform(0, 0.5))
    return sound


def in_room(sound: Sound, rng: np.random.Generator) -> Sound:
    """As heard in a room: some early reflections, then a tail that dies away; a hall has more of both."""
    tail_s = rng.uniform(0.08, 0.7)
    length = int(RATE * tail_s)
    seconds = np.arange(length) / RATE
    response = rng.standard_normal(length) * np.exp(-6.9 * seconds / tail_s)
    response *= rng.uniform(0.05, 0.6) / max(float(np.sqrt(np.sum(response**2))), 1e-9)
    for _ in range(6):
        response[int(rng.integers(1, max(2, length // 6)))] += rng.uniform(-0.4, 0.4)
    response[0] = 1.0
    size = len(sound) + length - 1
    return np.asarray(np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(response, size), size))


def through_microphone(sound: Sound, rng: np.random.Generator) -> Sound:
    """Coloured as cheap microphones do: a soft shelf, low sounds lost."""
    frequency = np.fft.rfftfreq(len(sound), 1 / RATE)
    shape = (1 + (frequency / 1000) ** 2) ** (rng.uniform(-6, 6) / 40)
    shape *= 1 / (1 + (rng.uniform(30, 250) / np.maximum(frequency, 1)) ** 2)
    return np.asarray(np.fft.irfft(np.fft.rfft(sound) * shape, len(sound)))


def mixed(speech: Sound, noise: Sound, ratio_db: float) -> Sound:
    """Their sum; `ratio_db`: energy of the loudest frame of the speech over that of the noise."""
    ratio = loudest(speech) / max(loudest(noise), 1e-12) / 10 ** (ratio_db / 10)
    return np.asarray(speech + noise[: len(speech)] * np.sqrt(ratio))


def loudest(sound: Sound) -> float:
    """Energy of the loudest frame."""
    return max((float(np.sum(sound[at : at + FRAME] ** 2)) for at in range(0, len(sound), FRAME)), default=0.0)


def _unit(sound: Sound) -> Sound:
    return sound / max(float(sound.std()), 1e-9)
