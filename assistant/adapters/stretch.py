"""Speech slower or faster at the same pitch: WSOLA (Verhelst and Roelands, ICASSP 1993); and without its silences."""

from __future__ import annotations

import io
import wave

import numpy as np
import numpy.typing as npt

from assistant.adapters.audiofile import as_wav
from assistant.errors import AudioError

WINDOW_S = 0.03
"""Some periods of any voice."""
SEARCH_S = 0.008
"""How far a piece may be moved to fit the one before it: half a period of a low voice and more."""

LEAD_S = 0.01
"""Silence that is left before the first sound."""
AUDIBLE = 160
"""Of 32767 (-46 dB): what is quieter at either end of a sentence is silence."""

Wave = npt.NDArray[np.float32]


def shaped(sound: bytes, speed: float, offset_s: float) -> bytes:
    """A WAV file (16 bit, mono) from `offset_s` on as it is now, `speed` times as fast. Raises AudioError."""
    if speed == 1.0 and offset_s <= 0:
        return sound
    rate, samples = _read(sound)
    if speed != 1.0:
        samples = stretched(samples, speed, rate)
    return as_wav(samples[int(max(0.0, offset_s) * rate) :], rate)


def closed(sound: bytes, pause_s: float) -> bytes:
    """A WAV file (16 bit, mono) from its first sound to `pause_s` after its last. Raises AudioError."""
    rate, samples = _read(sound)
    audible = np.flatnonzero(np.abs(samples) >= AUDIBLE)
    if not len(audible):
        return sound
    start = max(0, int(audible[0]) - int(LEAD_S * rate))
    return as_wav(samples[start : int(audible[-1]) + int(pause_s * rate)], rate)


def _read(sound: bytes) -> tuple[int, Wave]:
    try:
        with wave.open(io.BytesIO(sound)) as file:
            rate, raw = file.getframerate(), file.readframes(file.getnframes())
    except (wave.Error, EOFError) as exc:
        raise AudioError(f"what was to be said is no WAV file ({str(exc) or type(exc).__name__})") from exc
    return rate, np.frombuffer(raw, "<i2").astype(np.float32)


def stretched(samples: Wave, speed: float, rate: int) -> Wave:
    """The same sound in 1/`speed` of the time: overlapping pieces, each taken where it goes on best."""
    size = int(WINDOW_S * rate) // 2 * 2
    half, reach = size // 2, int(SEARCH_S * rate)
    if len(samples) < 2 * size:
        return samples
    window = np.hanning(size + 1)[:size].astype(np.float32)
    count = int(len(samples) / speed) // half
    padded = np.concatenate([np.zeros(reach, np.float32), samples, np.zeros(2 * size + reach, np.float32)])
    out = np.zeros((count + 1) * half + size, np.float32)
    at = reach
    for piece in range(count):
        wanted = reach + int(piece * half * speed)
        if piece:
            follow = padded[at + half : at + half + half]
            region = padded[wanted - reach : wanted + reach + half]
            wanted += int(np.correlate(region, follow, "valid").argmax()) - reach
        at = min(wanted, len(padded) - size - half)
        out[piece * half : piece * half + size] += window * padded[at : at + size]
    return out[: int(len(samples) / speed)]
