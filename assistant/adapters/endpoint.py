"""Where in a recording somebody speaks: silero VAD, the ONNX file that comes inside faster-whisper."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from assistant.adapters.audiofile import RATE, Samples
from assistant.domain.values import Utterance
from assistant.errors import AudioError, EngineError

MIN_SPEECH_MS = 100
"""Shorter is a click; "stop" and "no" are 150 ms and more (pitfalls V3)."""
MIN_SILENCE_MS = 300
BEFORE_S = 0.5
"""Kept before the first voiced sample: a first consonant is quieter than the detector hears (pitfalls V2)."""
AFTER_S = 0.3
MOST_PAUSE_S = 1.5
"""What is left of a longer pause inside: enough to hear it as one, and thinking takes none of the recogniser's time."""
FULL_SCALE = 0.99
WINDOW = 512
"""Samples that the detector takes at a time."""
AT_ONCE = 5
"""Windows within which it is sure of a voice that was there from the start."""
QUIETER = 0.05
"""Of the speech's loudness (-26 dB): a start below that is silence, and nobody was speaking yet. Of 540 cuts in the
midst of 60 commands 95 % are seen so; whole commands are not taken for cut ones that have 32 ms of silence before them,
or 150 ms of noise."""


def trim(samples: Samples) -> Utterance:
    """The speech from its first to its last voiced sample, with a margin; `voiced_s` 0 when nobody speaks.

    `samples`: float32, shape (n,), RATE Hz. Nothing that was said is cut away. The detector is loaded with the first
    call and kept by faster-whisper. Raises AudioError for samples that are no numbers, EngineError.
    """
    if not np.isfinite(samples).all():
        # The detector would call it silence, and nobody would learn that the microphone is broken (pitfalls V6).
        raise AudioError("the sound holds samples that are no numbers")
    spans = _spans(samples) if len(samples) else []
    if not spans:
        return Utterance(samples[:0], 0.0, clipped(samples))
    speech: Samples = np.concatenate([samples[start:end] for start, end in _kept(spans, len(samples))])
    cut = "start" if begun_before(samples, spans[0][0]) else ""
    return Utterance(speech, sum(end - start for start, end in spans) / RATE, clipped(speech), cut)


def begun_before(samples: Samples, onset: int) -> bool:
    """Whether somebody was speaking before the first of these samples, whose first voiced one is `onset`."""
    if onset >= AT_ONCE * WINDOW:
        return False
    windows = samples[: min(len(samples), onset + RATE) // WINDOW * WINDOW].reshape(-1, WINDOW)
    loudness = np.sqrt(np.mean(windows.astype(np.float64) ** 2, axis=1))
    return bool(len(loudness) and loudness[0] > QUIETER * np.percentile(loudness[onset // WINDOW :], 90))


def _spans(samples: Samples) -> list[tuple[int, int]]:
    """Where it is voiced, in samples, in order."""
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(min_speech_duration_ms=MIN_SPEECH_MS, min_silence_duration_ms=MIN_SILENCE_MS, speech_pad_ms=0)
    try:
        found = get_speech_timestamps(samples, options)
    except Exception as exc:  # onnxruntime has no exception of its own that is public
        raise EngineError(f"voice activity detection failed: {exc}") from exc
    return [(span["start"], span["end"]) for span in found]


def _kept(spans: Sequence[tuple[int, int]], length: int) -> Iterator[tuple[int, int]]:
    """What is handed on: the spans with their margins, and of each pause not more than MOST_PAUSE_S."""
    half = int(MOST_PAUSE_S * RATE / 2)
    start, last = max(0, spans[0][0] - int(BEFORE_S * RATE)), spans[0][1]
    for following, end in spans[1:]:
        if following - last > 2 * half:
            yield start, last + half
            start = following - half
        last = end
    yield start, min(length, last + int(AFTER_S * RATE))


def clipped(samples: Samples) -> float:
    """Share of the samples at full scale, 0 to 1."""
    return float(np.mean(np.abs(samples) >= FULL_SCALE)) if len(samples) else 0.0
