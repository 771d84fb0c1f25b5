"""What PulseAudio recorded, while it records."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from assistant.adapters.audiofile import Samples

HEADER = 44
"""Bytes before the samples of a WAV file; how many these are its header does not say before it is finished."""


def recorded(file: Path) -> Samples:
    """16-bit samples of a WAV file whose header was never finished, float32, -1 to 1."""
    raw = file.read_bytes()[HEADER:]
    sound: Samples = np.frombuffer(raw[: len(raw) // 2 * 2], "<i2").astype(np.float32) / np.float32(32768)
    return sound
