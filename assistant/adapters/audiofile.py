"""Sound files: anything libsndfile reads, as 16 kHz mono float32; and WAV out."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from assistant.errors import AudioError

RATE = 16_000
"""Hz; what every ear here hears."""
LONGEST_S = 60.0
"""An utterance is seconds; a minute leaves room for a slow speaker, not for a recording of the shift."""
MOST_CHANNELS = 16

Samples = npt.NDArray[np.float32]


def read(file: Path, longest_s: float = LONGEST_S) -> Samples:
    """Samples of a sound file, shape (n,), [-1, 1], RATE Hz. Raises AudioError with one line that names the file.

    Length is judged by the header before anything is decoded, so a huge file costs nothing.
    """
    import soundfile

    if not file.exists():
        raise AudioError(f"{file}: no such file")
    if file.is_dir():
        raise AudioError(f"{file}: is a folder, not a sound file")
    if file.stat().st_size == 0:
        raise AudioError(f"{file}: is empty")
    try:
        with soundfile.SoundFile(file) as sound:
            if not 1000 <= sound.samplerate <= 384_000 or sound.channels > MOST_CHANNELS:
                raise AudioError(f"{file}: {sound.samplerate} Hz, {sound.channels} channels: not speech")
            if sound.frames > longest_s * sound.samplerate:
                length = sound.frames / sound.samplerate
                raise AudioError(f"{file}: {length:.0f} s long; an utterance is at most {longest_s:.0f} s")
            # Read by count, for a header may promise more than there is.
            data = sound.read(int(longest_s * sound.samplerate), dtype="float32", always_2d=True)
            rate = sound.samplerate
    except soundfile.SoundFileError as exc:
        raise AudioError(f"{file}: is no sound file that can be read ({_short(exc)})") from exc
    except OSError as exc:
        raise AudioError(f"{file}: {exc.strerror or exc}") from exc
    return resampled(_checked(file, data), rate)


def resampled(samples: Samples, rate: int) -> Samples:
    """The same sound at RATE Hz, filtered (soxr), so that nothing above 8 kHz folds back into speech."""
    if rate == RATE or not len(samples):
        return samples
    import soxr

    sound: Samples = soxr.resample(samples, rate, RATE).astype(np.float32)
    return sound


def wav(samples: npt.NDArray[Any], rate: int) -> bytes:
    """A WAV file, 16 bit."""
    import soundfile

    out = io.BytesIO()
    soundfile.write(out, samples, rate, format="WAV", subtype="PCM_16")
    return out.getvalue()


def _checked(file: Path, data: npt.NDArray[np.float32]) -> Samples:
    """Mono, finite, in range."""
    if not len(data):
        raise AudioError(f"{file}: has a header and no sound")
    mono: Samples = data.mean(axis=1).astype(np.float32)
    if not np.isfinite(mono).all():
        raise AudioError(f"{file}: holds samples that are no numbers")
    return np.clip(mono, -1.0, 1.0)


def _short(exc: Exception) -> str:
    return str(exc).rsplit(": ", 1)[-1].strip().rstrip(".")
