"""Sound files as nobody should send them: real recordings mangled, other sounds, and files that are none.

Most are short, for each that holds a voice costs the ear its time; some last ten minutes.
"""

from __future__ import annotations

import io
import os
import struct
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile

from assistant.adapters.audiofile import LONGEST_S, RATE, read
from assistant.settings.paths import shipped_site

TEN_MINUTES = 600.0
CLIPS = shipped_site() / "models" / "speech" / "demo"
EXTENSIONS = (".wav", ".flac", ".WAV", ".mp3", ".txt", "", ".wav.part", ".ogg")
Samples = npt.NDArray[Any]
Maker = Callable[[Random], bytes]

_RECORDINGS: list[Samples] = []


def _recordings() -> list[Samples]:
    """What people say to it, read once."""
    if not _RECORDINGS:
        _RECORDINGS.extend(read(file) for file in sorted(CLIPS.glob("*.flac")))
    return _RECORDINGS


def speech(rng: Random) -> Samples:
    return rng.choice(_recordings())


def long_speech(rng: Random) -> Samples:
    """One after the other for up to a minute, of which the ear takes 25 s."""
    parts = [rng.choice(_recordings()) for _ in range(rng.randint(5, 16))]
    return np.concatenate(parts)[: int((LONGEST_S - 1) * RATE)]


def _some(rng: Random) -> Samples:
    """Speech, or, much more often, what costs less: a tone, noise, clicks, silence."""
    length = rng.randint(1, 2 * RATE)
    noise = np.random.default_rng(rng.getrandbits(32))
    match rng.randrange(9):
        case 0:
            return speech(rng)
        case 1 | 2 | 3 | 4:
            return 0.4 * np.sin(2 * np.pi * rng.uniform(20, 7000) * np.arange(length) / RATE)
        case 5 | 6:
            return rng.uniform(1e-5, 1) * noise.standard_normal(length).clip(-1, 1)
        case 7:
            clicks = np.zeros(length)
            clicks[noise.integers(0, length, 5)] = 1.0
            return clicks
    return np.zeros(length)


def coded(sound: Samples, rate: int = RATE, form: str = "WAV", subtype: str = "PCM_16") -> bytes:
    out = io.BytesIO()
    soundfile.write(out, sound, rate, format=form, subtype=subtype)
    return out.getvalue()


def wav(sound: Samples) -> bytes:
    return coded(sound)


def _either(rng: Random) -> bytes:
    """A recording as WAV or FLAC."""
    return coded(_some(rng), form=rng.choice(("WAV", "WAV", "FLAC")))


# ---- ways to make a file -----------------------------------------------------------------------------------


def _untouched(rng: Random) -> bytes:
    return _either(rng)


def _header_bytes(rng: Random) -> bytes:
    data = bytearray(_either(rng))
    for _ in range(rng.randint(1, 8)):
        data[rng.randrange(min(len(data), 120))] = rng.randrange(256)
    return bytes(data)


def _any_bytes(rng: Random) -> bytes:
    data = bytearray(_either(rng))
    for _ in range(rng.randint(1, 200)):
        data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data)


def _cut(rng: Random) -> bytes:
    data = _either(rng)
    return data[: rng.choice((rng.randrange(60), rng.randrange(len(data))))]


def _hole(rng: Random) -> bytes:
    data, at = _either(rng), rng.randrange(100)
    return data[:at] + data[at + rng.randint(1, 5000) :]


def _joined(rng: Random) -> bytes:
    parts = [_either(rng), rng.randbytes(rng.randint(1, 3000)), _either(rng)]
    rng.shuffle(parts)
    return b"".join(parts[: rng.randint(2, 3)])


def _sizes(rng: Random) -> bytes:
    """A WAV whose sizes lie."""
    data = bytearray(wav(_some(rng)))
    odd = (0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFF0, len(data) * 2, rng.getrandbits(32))
    for at in rng.choice(((4,), (40,), (4, 40), (16,))):
        data[at : at + 4] = struct.pack("<I", rng.choice(odd))
    return bytes(data)


def _fields(rng: Random) -> bytes:
    """A WAV whose fmt chunk says something else than what follows."""
    tag = rng.choice((1, 1, 3, 6, 7, 0x11, 0x31, 0xFFFE, 0, rng.getrandbits(16)))
    channels = rng.choice((0, 1, 1, 2, 3, 16, 17, 255, 65535))
    rate = rng.choice((0, 1, 100, 3999, 4000, 8000, 16000, 192000, 192001, 0x7FFFFFFF, 0xFFFFFFFF, rng.getrandbits(32)))
    bits = rng.choice((0, 1, 4, 8, 12, 16, 16, 24, 32, 64, 65535))
    align = rng.choice((channels * bits // 8 & 0xFFFF, 0, 1, 2, 65535))
    data = wav(_some(rng))
    return data[:20] + struct.pack("<HHIIHH", tag, channels, rate, rate * align & 0xFFFFFFFF, align, bits) + data[36:]


def _stream_info(rng: Random) -> bytes:
    """A FLAC whose first block says something else than what follows."""
    data = bytearray(coded(_some(rng), form="FLAC"))
    at = rng.randrange(8, 42)
    span = rng.randint(1, 8)
    data[at : at + span] = rng.choice((b"\0", b"\xff", rng.randbytes(1))) * span
    return bytes(data)


def _blocks(rng: Random) -> bytes:
    """A FLAC whose blocks lie about their size or kind."""
    data = bytearray(coded(_some(rng), form="FLAC"))
    data[4] = rng.randrange(256)
    data[5:8] = rng.choice((b"\0\0\0", b"\xff\xff\xff", rng.randbytes(3)))
    return bytes(data)


def _chunks(rng: Random) -> bytes:
    """A WAV with other chunks before its samples: long, of odd length, many, or said to be huge."""
    data = wav(_some(rng))
    kind = rng.choice((b"LIST", b"JUNK", b"bext", b"fact", b"cue ", b"smpl", b"id3 ", rng.randbytes(4)))
    match rng.randrange(4):
        case 0:
            extra = kind + struct.pack("<I", 100_001) + rng.randbytes(100_001)
        case 1:
            extra = kind + struct.pack("<I", 7) + rng.randbytes(7)
        case 2:
            extra = (kind + struct.pack("<I", 4) + b"abcd") * rng.randint(100, 5000)
        case _:
            extra = kind + struct.pack("<I", rng.choice((0xFFFFFFFF, 0x80000000, 0))) + b"abcd"
    return data[:36] + extra + data[36:]


SUBTYPES = {
    "WAV": ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW", "IMA_ADPCM", "MS_ADPCM"),
    "WAVEX": ("PCM_16", "FLOAT"),
    "RF64": ("PCM_16", "PCM_24"),
    "FLAC": ("PCM_S8", "PCM_16", "PCM_24"),
    "W64": ("PCM_16",),
    "AIFF": ("PCM_16",),
    "AU": ("PCM_16",),
    "CAF": ("PCM_16",),
    "OGG": ("VORBIS",),
    "MAT4": ("PCM_16",),
    "VOC": ("PCM_16",),
}


def _formats(rng: Random) -> bytes:
    form = rng.choice(("WAV", "WAV", "FLAC", *SUBTYPES))
    return coded(_some(rng), form=form, subtype=rng.choice(SUBTYPES[form]))


def _rates(rng: Random) -> bytes:
    """Any rate and number of channels, the ones that are too many or too few among them."""
    rate = rng.choice((100, 1000, 3999, 4000, 6000, 8000, 11025, 22050, 44100, 48000, 96000, 192000, 384000, 655350))
    channels = rng.choice((1, 2, 2, 3, 6, 8))
    sound = np.tile(_some(rng)[:, None], channels)
    return coded(sound, rate=rate, form=rng.choice(("WAV", "FLAC")))


def _no_numbers(rng: Random) -> bytes:
    """Floating point with samples that are none, or far too large or small."""
    sound = _some(rng).astype(np.float64)
    odd = rng.choice((np.nan, np.inf, -np.inf, 1e38, -1e30, 5e-324, 1e300))
    where = slice(None) if rng.random() < 0.2 else slice(at := rng.randrange(len(sound)), at + rng.randint(1, 200))
    sound[where] = odd
    with np.errstate(over="ignore"):
        return coded(sound, subtype=rng.choice(("FLOAT", "DOUBLE")))


def _levels(rng: Random) -> bytes:
    """Too loud, too quiet, off centre, upside down, one-sided, a square."""
    sound = _some(rng).astype(np.float64)
    match rng.randrange(6):
        case 0:
            sound = np.clip(sound * rng.uniform(2, 1000), -1, 1)
        case 1:
            sound = sound * 10 ** -rng.uniform(1, 5)
        case 2:
            sound = np.clip(sound + rng.uniform(-1, 1), -1, 1)
        case 3:
            sound = np.abs(sound)
        case 4:
            sound = np.sign(sound)
        case _:
            sound = -sound[::-1]
    return coded(sound, form=rng.choice(("WAV", "FLAC")))


def _cancelled(rng: Random) -> bytes:
    """Two channels that take each other away, or one that is silent."""
    sound = _some(rng)
    return coded(np.stack([sound, sound * rng.choice((-1.0, 0.0, -0.999))], 1), form=rng.choice(("WAV", "FLAC")))


def _short(rng: Random) -> bytes:
    """Nothing, a sample, some, up to a fifth of a second."""
    length = rng.choice((0, 1, 2, 3, 63, 64, 511, 512, 513, rng.randint(0, RATE // 5)))
    sound = speech(rng)[RATE // 2 :][:length]
    return coded(sound, rate=rng.choice((4000, 8000, RATE, 48000, 192000)), form=rng.choice(("WAV", "FLAC")))


def _long(rng: Random) -> bytes:
    """Up to ten minutes, mostly of nothing; in some somebody says something; the header of some tells no length."""
    seconds = rng.choice((TEN_MINUTES, LONGEST_S, LONGEST_S + 0.1, TEN_MINUTES ** rng.random()))
    rate = rng.choice((4000, 8000, RATE)) if seconds > LONGEST_S else RATE
    sound = np.zeros(int(seconds * rate), np.int16)
    if rng.random() < 0.3:
        said = (32767 * speech(rng)).astype(np.int16)[: len(sound)]
        at = rng.randint(0, len(sound) - len(said))
        sound[at : at + len(said)] = said
    data = coded(sound, rate=rate, form=rng.choice(("WAV", "FLAC")))
    if data[:4] == b"RIFF" and rng.random() < 0.4:
        data = data[:4] + b"\xff" * 4 + data[8:40] + b"\xff" * 4 + data[44:]
    return data


def _talk(rng: Random) -> bytes:
    """Longer than the ear takes at once."""
    return coded(long_speech(rng) if rng.random() < 0.1 else _some(rng), form="FLAC")


def _garbage(rng: Random) -> bytes:
    heads: tuple[bytes, ...] = (
        b"",
        b"RIFF",
        b"RIFF\xff\xff\xff\xffWAVE",
        b"RIFF\0\0\0\0WAVEfmt ",
        b"fLaC",
        b"fLaC\0\0\0\x22",
        b"ID3\x04",
    )
    heads += (
        b"OggS",
        b"\x89PNG\r\n\x1a\n",
        b"PK\x03\x04",
        b"%PDF-1.7\n",
        b"RF64\xff\xff\xff\xffWAVEds64",
        b"caff\0\x01",
    )
    return rng.choice(heads) + rng.choice((rng.randbytes(rng.randint(0, 5000)), b"\0" * rng.randint(0, 5000)))


def _text(rng: Random) -> bytes:
    return rng.choice(("", "hold lot 4712, bridging\n", '{"a": 1}', "[[[[", "\n" * 999)).encode() * rng.randint(1, 50)


def _other_file(rng: Random) -> bytes:
    """Whatever lies about in the checkout."""
    files = [CLIPS / "labels.json", Path(__file__), Path(sys.executable), Path(os.__file__)]
    return rng.choice(files).read_bytes()[:500_000]


WAYS: Mapping[str, Maker] = {
    make.__name__.removeprefix("_"): make
    for make in (
        _untouched,
        _header_bytes,
        _any_bytes,
        _cut,
        _hole,
        _joined,
        _sizes,
        _fields,
        _stream_info,
        _blocks,
        _chunks,
        _formats,
        _rates,
        _no_numbers,
        _levels,
        _cancelled,
        _short,
        _long,
        _talk,
        _garbage,
        _text,
        _other_file,
    )
}
