"""The noise of a line and of a café, made in code from a seed, and how it is mixed with speech."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from assistant.adapters import soundscape
from assistant.adapters.audiofile import RATE, Samples

FRAME = 2048
"""Samples a frame, where the loudest of speech and of noise are compared (as the Speech-to-Intent Benchmark does)."""
PEAK = 0.5
"""Of the mix, as there."""


def fan(length: int, rng: np.random.Generator) -> Samples:
    """Air and blades: noise that falls with frequency, and the tones of the blades, each drifting slowly."""
    seconds = np.arange(length) / RATE
    spectrum = np.fft.rfft(rng.standard_normal(length))
    frequency = np.fft.rfftfreq(length, 1 / RATE)
    air = np.fft.irfft(spectrum / (1 + (frequency / rng.uniform(400, 1500)) ** 1.5), length)
    blades = np.zeros(length)
    base = rng.uniform(90, 240)
    for harmonic in range(1, 9):
        drift = 1 + 0.3 * np.sin(2 * np.pi * (rng.uniform(0.2, 1.5) * seconds + rng.random()))
        blades += drift * np.sin(2 * np.pi * (base * harmonic * seconds + rng.random())) / harmonic
    return _level(_level(air) + rng.uniform(0.3, 1.0) * _level(blades))


def compressor(length: int, rng: np.random.Generator) -> Samples:
    """A piston: mains hum that beats several times a second, and a valve that hisses with every stroke."""
    seconds = np.arange(length) / RATE
    strokes = rng.uniform(6, 14)
    beat = 0.5 + 0.5 * np.sin(2 * np.pi * (strokes * seconds + rng.random()))
    hum = sum(
        np.sin(2 * np.pi * (50 * harmonic * seconds + rng.random())) / harmonic for harmonic in (1, 2, 3, 4, 6, 8, 12)
    )
    hiss = rng.standard_normal(length) * beat**4
    return _level(_level(np.asarray(hum) * (0.4 + beat)) + rng.uniform(0.3, 0.9) * _level(hiss))


def impacts(length: int, rng: np.random.Generator) -> Samples:
    """Metal on metal, two or three times a second, over a quiet fan."""
    sound = 0.25 * fan(length, rng).astype(np.float64)
    for start in rng.integers(0, length, max(1, round(2.5 * length / RATE))):
        ring = np.arange(min(RATE // 4, length - start)) / RATE
        tones = sum(np.sin(2 * np.pi * rng.uniform(300, 4000) * ring) for _ in range(4))
        sound[start : start + len(ring)] += rng.uniform(0.5, 2.0) * tones * np.exp(-ring * rng.uniform(20, 60))
    return _level(sound)


KINDS = (fan, compressor, impacts)


def machines(length: int, seed: int, number: int) -> Samples:
    """Noise for clip `number`: one kind after the other, float32, shape (length,), mean power 1."""
    rng = np.random.default_rng([seed, number])
    return KINDS[number % len(KINDS)](length, rng)


TALKERS = 8
"""Of a café: enough that no sentence of one of them stands out."""
Talk = Sequence[Samples]
"""Recordings of other people, none of them of the clip that is heard."""


def cafe(length: int, rng: np.random.Generator, talk: Talk) -> Samples:
    """Other people's talk, from all over a room, and now and then a cup.

    Played backwards: people of the same folder say what this one may say, and a café is not full of orders.
    """
    people = soundscape.babble([sound[::-1] for sound in talk], length, rng, TALKERS)
    people = soundscape.in_room(people, rng)[:length]
    return _level(_level(people) + 0.2 * _level(soundscape.impacts(length, rng)))


def kitchen(length: int, rng: np.random.Generator, talk: Talk) -> Samples:
    """Crockery in a sink, water, an extractor; hardly anybody talks."""
    crockery = soundscape.in_room(soundscape.impacts(length, rng), rng)[:length]
    water = soundscape.coloured(length, rng, rng.uniform(2000, 6000))
    return _level(_level(crockery) + 0.4 * _level(water) + 0.3 * _level(soundscape.fan(length, rng)))


ROOMS: tuple[Callable[[int, np.random.Generator, Talk], Samples], ...] = (cafe, kitchen)


def counter(length: int, seed: int, number: int, talk: Talk) -> Samples:
    """Noise of a coffee counter for clip `number`: café and kitchen in turn; as `machines`."""
    rng = np.random.default_rng([seed, number])
    return ROOMS[number % len(ROOMS)](length, rng, talk)


def mixed(speech: Samples, noise: Samples, decibels: float) -> Samples:
    """Both together; `decibels`: energy of the loudest frame of the speech over that of the noise."""
    scale = np.sqrt(loudest(speech) / max(loudest(noise), 1e-12) / 10 ** (decibels / 10))
    sound = speech + scale * noise[: len(speech)]
    scaled: Samples = (sound * (PEAK / max(float(np.abs(sound).max()), 1e-9))).astype(np.float32)
    return scaled


def loudest(samples: Samples) -> float:
    """Energy of the loudest frame."""
    return max(float(np.sum(samples[at : at + FRAME] ** 2)) for at in range(0, len(samples), FRAME))


def _level(sound: Samples | np.ndarray) -> Samples:
    return (sound / (np.std(sound) + 1e-12)).astype(np.float32)
