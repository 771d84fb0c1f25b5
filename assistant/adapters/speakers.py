"""Many speakers for training and measuring: Kokoro's voices and their blends, espeak-ng's, and our own.

A clip that was made is kept, so that a run that broke off goes on, and another amount begins with what is there.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import soundfile

from assistant.adapters.audiofile import Samples, resampled
from assistant.adapters.kokoro import Kokoro, trimmed
from assistant.errors import EngineError
from assistant.ports import Voice


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who says something, and how."""

    engine: Literal["kokoro", "espeak", "own"]
    """`own`: the voice that the assistant answers with."""
    voices: tuple[str, ...] = ()
    """One of the engine's, or two to blend (Kokoro)."""
    speed: float = 1.0
    """1: as the voice is by itself."""
    pitch: int = 50
    """espeak-ng's, 0 to 99."""


class Speakers:
    """Says texts, and keeps what was said in a folder."""

    def __init__(self, kokoro: Kokoro | None, own: Voice | None, kept: Path) -> None:
        """`own`: the assistant's voice, where there is one; so too `kokoro`. `kept`: made when need be."""
        self._kokoro, self._own, self._kept = kokoro, own, kept
        self._runner = asyncio.Runner()

    def close(self) -> None:
        """End the voice's process."""
        if self._own is not None:
            self._runner.run(self._own.close())
        self._runner.close()

    def say(self, text: str, speaker: Speaker) -> Samples:
        """Float32 mono at 16 kHz, silence at both ends cut. Raises EngineError."""
        name = hashlib.sha256(repr((text, speaker)).encode()).hexdigest()[:24]
        file = self._kept / name[:2] / f"{name}.npy"
        try:
            return _sound(np.load(file, allow_pickle=False))
        except (OSError, ValueError):
            sound = self._made(text, speaker)
        # Kept as 16 bits, and used as kept, so that the second run is the first one.
        steps = np.round(np.clip(sound, -1, 1) * 32767).astype(np.int16)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with (temporary := file.with_suffix(f".{os.getpid()}")).open("wb") as out:
                np.save(out, steps, allow_pickle=False)
            temporary.replace(file)
        except OSError as exc:
            raise EngineError(f"{file}: {exc.strerror or exc}") from exc
        return _sound(steps)

    def _made(self, text: str, speaker: Speaker) -> Samples:
        match speaker.engine:
            case "kokoro":
                if self._kokoro is None:
                    raise EngineError("no voices of Kokoro's")
                return self._kokoro.speak(text, speaker.voices, speaker.speed)
            case "espeak":
                return _read(_espeak(text, speaker))
            case "own":
                if self._own is None:
                    raise EngineError("no voice of our own")
                return _read(self._runner.run(self._own.speak(text)))


def blends(voices: Iterable[str], count: int, rng: np.random.Generator) -> list[tuple[str, ...]]:
    """So many speakers: each voice as it is, then pairs of them, which sound like a third person."""
    names = list(voices)
    pairs = [tuple(str(name) for name in rng.choice(names, 2, replace=False)) for _ in range(count)]
    return [*((name,) for name in names), *pairs][:count]


def espeak_speakers(rng: np.random.Generator, count: int) -> list[Speaker]:
    """Plain voices of many kinds: cheap, and unlike any other engine's."""
    tongues = ("en-us", "en-gb", "en-gb-scotland", "en-gb-x-rp", "en-gb-x-gbclan", "en-029")
    kinds = ("", "+m1", "+m2", "+m3", "+m4", "+m5", "+m6", "+m7", "+f1", "+f2", "+f3", "+f4", "+f5")
    return [
        Speaker(
            "espeak",
            (f"{rng.choice(tongues)}{rng.choice(kinds)}",),
            float(np.round(rng.uniform(0.8, 1.25), 2)),
            int(rng.integers(25, 75)),
        )
        for _ in range(count)
    ]


def _espeak(text: str, speaker: Speaker) -> bytes:
    words_a_minute = str(int(160 * speaker.speed))
    command = ("espeak-ng", "-v", speaker.voices[0], "-s", words_a_minute, "-p", str(speaker.pitch), "--stdout")
    try:
        return subprocess.run((*command, "--", text), capture_output=True, check=True, timeout=20).stdout
    except (OSError, subprocess.SubprocessError) as exc:
        raise EngineError(f"espeak-ng cannot say {text!r}: {exc}") from exc


def _read(wav: bytes) -> Samples:
    # A WAV streamed to a pipe tells no length; libsndfile reads to the end.
    sound, rate = soundfile.read(io.BytesIO(wav), dtype="float32")
    return trimmed(resampled(sound, rate))


def _sound(steps: npt.NDArray[np.int16]) -> Samples:
    """16-bit steps as float32 in [-1, 1]."""
    return np.asarray(steps, np.float32) / np.float32(32767)
