"""Sound files: WAV and FLAC of any rate as 16 kHz mono float32; and WAV out."""

from __future__ import annotations

import io
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from assistant.errors import AudioError

RATE = 16_000
"""Hz; what every ear here hears."""
LONGEST_S = 60.0
"""An utterance is seconds; a minute leaves room for a slow speaker, not for a recording of the shift."""
RATES = range(4_000, 192_001)
MOST_CHANNELS = 16
FORMATS = ("WAV", "WAVEX", "RF64", "FLAC")
"""As libsndfile names them: plain WAV, WAV with more than two channels or its extended header, WAV above 4 GiB."""
BLOCK = 512
"""Frames decoded at a time: memory is that of one channel, however many a file has, and of a file that breaks off no
more than this is lost, for libsndfile hands out nothing of the block in which it meets the end."""

Samples = npt.NDArray[np.float32]


def read(file: Path, longest_s: float = LONGEST_S) -> Samples:
    """Samples of a sound file, shape (n,), [-1, 1], RATE Hz. Raises AudioError with one line that names the file.

    Length is judged by the header before anything is decoded; where the header is silent or lies, decoding ends at
    the limit. Of a file that breaks off, what is there is read.
    """
    try:
        if not file.exists():
            raise AudioError(f"{file}: no such file")
        if not file.is_file():
            raise AudioError(f"{file}: {'a folder' if file.is_dir() else 'a device'}, not a sound file")
        if file.stat().st_size == 0:
            raise AudioError(f"{file}: empty")
        with file.open("rb") as stream:
            mono, rate = _decode(file, stream.fileno(), longest_s)
    except OSError as exc:
        raise AudioError(f"{file}: {exc.strerror or exc}") from exc
    sound = resampled(mono, rate)
    if not len(sound):
        raise AudioError(f"{file}: has a header and no sound")
    return sound


def resampled(samples: Samples, rate: int) -> Samples:
    """The same sound at RATE Hz, filtered (soxr), so that nothing above 8 kHz folds back into speech."""
    if rate == RATE or not len(samples):
        return samples
    import soxr

    sound: Samples = soxr.resample(samples, rate, RATE).astype(np.float32)
    return np.clip(sound, -1.0, 1.0)


def levelled(sound: npt.NDArray[np.floating[Any]]) -> Samples:
    """The same sound with its loudest sample at one half."""
    return np.asarray(sound * (0.5 / max(float(np.abs(sound).max()), 1e-6)), np.float32)


def as_wav(steps: npt.NDArray[np.floating[Any]], rate: int = RATE) -> bytes:
    """A WAV file (16 bit, mono) of samples in its own steps, -32768 to 32767, shape (n,)."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, rate, len(steps), "NONE", ""))
        file.writeframes(np.clip(steps, -32768, 32767).astype("<i2").tobytes())
    return out.getvalue()


def _decode(file: Path, descriptor: int, longest_s: float) -> tuple[Samples, int]:
    """One channel, finite, in range, at the file's own rate."""
    import soundfile

    try:
        # A descriptor, for libsndfile then looks at what the file holds and not at how it is called.
        sound = soundfile.SoundFile(descriptor, closefd=False)
    except soundfile.SoundFileError as exc:
        raise AudioError(f"{file}: not a sound file that can be read ({_short(exc)})") from exc
    with sound:
        rate = sound.samplerate
        if sound.format not in FORMATS:
            raise AudioError(f"{file}: {sound.format}, where WAV or FLAC is wanted")
        if rate not in RATES or not 1 <= sound.channels <= MOST_CHANNELS:
            raise AudioError(f"{file}: {rate} Hz and {sound.channels} channels are no recording of speech")
        most = int(longest_s * rate)
        # A stream's header gives no length, which libsndfile reports as a number without meaning.
        if most < sound.frames < 1 << 40:
            raise AudioError(f"{file}: {sound.frames / rate:.0f} s long; an utterance is at most {longest_s:.0f} s")
        blocks = list(_blocks(sound, most + 1))
    mono = np.concatenate(blocks) if blocks else np.zeros(0, np.float32)
    if len(mono) > most:
        raise AudioError(f"{file}: longer than the {longest_s:.0f} s that an utterance may last")
    if not np.isfinite(mono).all():
        raise AudioError(f"{file}: holds samples that are no numbers")
    # Floating point files may go beyond full scale without harm.
    return mono / max(1.0, float(np.abs(mono).max(initial=0.0))), rate


def _blocks(sound: Any, most: int) -> Iterator[Samples]:
    """The mean of the channels, block by block, until the end, `most` frames, or where the data breaks off."""
    import soundfile

    while most > 0:
        try:
            block = sound.read(min(BLOCK, most), dtype="float32", always_2d=True)
        except soundfile.SoundFileError:
            return
        if not len(block):
            return
        most -= len(block)
        with np.errstate(over="ignore", invalid="ignore"):
            yield block.mean(axis=1, dtype=np.float32)


def _short(exc: Exception) -> str:
    return str(exc).rsplit(": ", 1)[-1].strip().rstrip(".")
