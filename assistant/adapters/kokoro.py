"""Kokoro's voices, for making speech to train and measure with: never the assistant's own mouth.

The ONNX file is run as it is; espeak-ng's command line writes the sounds that it reads (GPL-3.0, a process of its own).
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from assistant.adapters.audiofile import Samples, resampled
from assistant.errors import EngineError

RESERVED = frozenset("hm_omega hf_beta af_nova bm_lewis am_onyx im_nicola ef_dora zf_xiaoni".split())
"""Voices of the final measurement: no training hears them."""
MODEL_RATE = 24_000
MOST_SYMBOLS = 509
SILENT = 0.01
"""Of the peak: what is quieter before and after the words is cut."""
_MARKS = re.compile(r"\s*([.,!?;:]+)\s*")
_LANGUAGE = re.compile(r"\([a-z-]+\)")
# Kokoro's own table of symbols (its config.json, Apache-2.0): the number of a run's first symbol, and the run.
_RUNS: Mapping[int, str] = {
    1: ";:,.!?",
    9: '\u2014\u2026"()\u201c\u201d \u0303\u02a3\u02a5\u02a6\u02a8\u1d5d\uab67AI',
    31: "O",
    33: "Q",
    35: "ST",
    39: "W",
    41: "Yᵊabcdef",
    50: "hijklmnopqrstuvwxyzɑɐɒæ",
    75: "βɔɕç",
    80: "ɖðʤə",
    85: "ɚɛɜ",
    90: "ɟ",
    92: "ɡ",
    99: "ɥ",
    101: "ɨɪʝ",
    110: "ɯɰŋɳɲɴø",
    118: "ɸθœ",
    123: "ɹ",
    125: "ɾɻ",
    128: "ʁɽʂʃʈʧ",
    135: "ʊʋ",
    138: "ʌɣɤ",
    142: "χʎ",
    147: "ʒʔ",
    156: "ˈˌː",
    162: "ʰ",
    164: "ʲ",
    169: "↓",
    171: "→↗↘",
    177: "ᵻ",
}
_NUMBER = {symbol: first + place for first, run in _RUNS.items() for place, symbol in enumerate(run)}


class Kokoro:
    """Words in any of the voices, or in a blend of two, which is a speaker of its own."""

    def __init__(self, folder: Path, *, threads: int = 1, seed: int = 0) -> None:
        """`folder`: the model and its `voices/`. Raises EngineError when it cannot be loaded."""
        import onnxruntime

        onnxruntime.set_seed(seed)  # the model draws breath noise of its own
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = threads
        try:
            self._session: Any = onnxruntime.InferenceSession(
                folder / "kokoro-int8.onnx", options, providers=["CPUExecutionProvider"]
            )
        except Exception as exc:  # onnxruntime has no exception of its own that is public
            raise EngineError(f"{folder}: Kokoro cannot be loaded: {exc}") from exc
        self._folder = folder
        self._symbols: dict[tuple[str, str], str] = {}

    def speak(self, text: str, voices: Sequence[str], speed: float = 1.0) -> Samples:
        """Float32 mono at 16 kHz, silence at both ends cut. `voices`: one, or two to blend; `speed` 0.5 to 2.

        A voice of another language speaks English with its accent. Raises EngineError.
        """
        language = "en-gb" if voices[0].startswith("b") else "en-us"
        if (text, language) not in self._symbols:
            self._symbols[text, language] = sounds(text, language)
        tokens = [_NUMBER[one] for one in self._symbols[text, language] if one in _NUMBER][:MOST_SYMBOLS]
        if not tokens:
            raise EngineError(f"nothing to say in {text!r}")
        style = np.mean([self._style(voice)[len(tokens) - 1] for voice in voices], axis=0)
        feed = {
            "tokens": np.array([[0, *tokens, 0]], np.int64),
            "style": style.astype(np.float32),
            "speed": np.array([speed], np.float32),
        }
        try:
            sound = np.asarray(self._session.run(None, feed)[0], np.float32).ravel()
        except Exception as exc:
            raise EngineError(f"Kokoro failed: {exc}") from exc
        return trimmed(resampled(sound, MODEL_RATE))

    def _style(self, voice: str) -> Samples:
        try:
            return np.fromfile(self._folder / f"voices/{voice}.bin", np.float32).reshape(-1, 1, 256)
        except (OSError, ValueError) as exc:
            raise EngineError(f"no voice {voice}: {exc}") from exc


def trimmed(sound: Samples) -> Samples:
    """Without what is near silence before and after."""
    loud = np.flatnonzero(np.abs(sound) > SILENT * max(float(np.abs(sound).max(initial=0.0)), 1e-6))
    return sound[loud[0] : loud[-1] + 1] if len(loud) else sound[:0]


def sounds(text: str, language: str) -> str:
    """A text in the International Phonetic Alphabet, its punctuation kept. Raises EngineError."""
    parts = _MARKS.split(text.strip())
    said = [_ipa(words, language) if number % 2 == 0 and words else words for number, words in enumerate(parts)]
    return "".join(part + " " if number % 2 else part for number, part in enumerate(said)).strip()


def _ipa(words: str, language: str) -> str:
    command = ("espeak-ng", "-q", "--ipa", "-v", language, "--", words)
    try:
        done = subprocess.run(command, capture_output=True, check=True, timeout=10)
    except (OSError, subprocess.SubprocessError) as exc:
        raise EngineError(f"espeak-ng cannot write {words!r} as sounds: {exc}") from exc
    return " ".join(_LANGUAGE.sub("", done.stdout.decode()).split())
