"""The short sounds of a headset, made from their notes."""

from __future__ import annotations

import numpy as np

from assistant.adapters.audiofile import as_wav
from assistant.settings.earcons import Earcons, Note

RATE = 24_000
FADE_S = 0.008
"""At both ends of each tone, or it would click."""


def sounds(earcons: Earcons) -> dict[str, bytes]:
    """Each as a WAV file (16 bit, mono), by name."""
    return {name: _wav(notes, earcons.level) for name, notes in earcons.sounds.items()}


def _wav(notes: tuple[Note, ...], level: float) -> bytes:
    samples = np.concatenate([_tone(note) for note in notes]) if notes else np.zeros(0)
    return as_wav(samples * level * 32767, RATE)


def _tone(note: Note) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    count = int(note.ms / 1000 * RATE)
    fade = min(int(FADE_S * RATE), count // 2)
    shape = np.ones(count)
    shape[:fade], shape[count - fade :] = np.linspace(0, 1, fade), np.linspace(1, 0, fade)
    tone: np.ndarray[tuple[int], np.dtype[np.float64]] = shape * np.sin(2 * np.pi * note.hz * np.arange(count) / RATE)
    return tone
