"""Where in a recording somebody speaks: silero VAD, the ONNX file that comes inside faster-whisper."""

from __future__ import annotations

import numpy as np

from assistant.adapters.audiofile import RATE, Samples
from assistant.domain.values import Utterance

MIN_SPEECH_MS = 100
"""Shorter is a click; "stop" and "no" are 150 ms and more (pitfalls V3)."""
MIN_SILENCE_MS = 300
BEFORE_S = 0.5
"""Kept before the first voiced sample: a first consonant is quieter than the detector hears (pitfalls V2)."""
AFTER_S = 0.3
LONGEST_S = 20.0
"""Of what is handed on: no command is longer, and Whisper hears 30 s at most."""
FULL_SCALE = 0.99


def trim(samples: Samples) -> Utterance:
    """The stretch from the first to the last voiced sample, with a margin; `voiced_s` 0 when nobody speaks.

    `samples`: float32, shape (n,), RATE Hz.
    """
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(min_speech_duration_ms=MIN_SPEECH_MS, min_silence_duration_ms=MIN_SILENCE_MS, speech_pad_ms=0)
    spans = get_speech_timestamps(samples, options) if len(samples) else []
    clipped = float(np.mean(np.abs(samples) >= FULL_SCALE)) if len(samples) else 0.0
    if not spans:
        return Utterance(samples[:0], 0.0, clipped)
    start = max(0, spans[0]["start"] - int(BEFORE_S * RATE))
    end = min(len(samples), spans[-1]["end"] + int(AFTER_S * RATE), start + int(LONGEST_S * RATE))
    voiced = sum(span["end"] - span["start"] for span in spans) / RATE
    return Utterance(samples[start:end], voiced, clipped)
