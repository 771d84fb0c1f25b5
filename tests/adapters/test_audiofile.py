from __future__ import annotations

import io
import os
import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.adapters.audiofile import RATE, Samples, read
from assistant.errors import AudioError


def tone(hertz: float, seconds: float, rate: int, level: float = 0.5) -> Samples:
    return (level * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)).astype(np.float32)


def strongest(samples: Samples) -> float:
    """Hz of the loudest part."""
    return float(np.fft.rfftfreq(len(samples), 1 / RATE)[np.argmax(np.abs(np.fft.rfft(samples)))])


def rms(samples: Samples) -> float:
    return float(np.sqrt(np.mean(samples**2)))


def refused(file: Path) -> str:
    """The one line with which a file is refused."""
    with pytest.raises(AudioError) as raised:
        read(file)
    line = str(raised.value)
    assert str(file) in line
    assert "\n" not in line
    return line


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_any_rate_and_any_number_of_channels(tmp_path: Path, rate: int, channels: int) -> None:
    file = tmp_path / "tone.wav"
    soundfile.write(file, np.tile(tone(440, 1, rate)[:, None], channels), rate)
    sound = read(file)
    assert sound.dtype == np.float32
    assert sound.shape == (RATE,)
    assert strongest(sound) == pytest.approx(440, abs=2)
    assert rms(sound) == pytest.approx(0.5 / np.sqrt(2), rel=0.02)


@pytest.mark.parametrize(
    ("form", "subtype"),
    [("WAV", kind) for kind in ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW")]
    + [("WAVEX", "PCM_16"), ("RF64", "PCM_16"), ("FLAC", "PCM_16"), ("FLAC", "PCM_24")],
)
def test_any_number_format_whatever_the_file_is_called(tmp_path: Path, form: str, subtype: str) -> None:
    file = tmp_path / "tone.raw"
    with file.open("wb") as stream:
        soundfile.write(stream, tone(440, 0.5, RATE), RATE, format=form, subtype=subtype)
    assert np.abs(read(file) - tone(440, 0.5, RATE)).max() < 0.03


def test_what_is_above_eight_kilohertz_does_not_fold_back(tmp_path: Path) -> None:
    file = tmp_path / "whistle.wav"
    soundfile.write(file, tone(11_000, 1, 48_000), 48_000)
    assert rms(read(file)[1000:-1000]) < 1e-3


def test_channels_are_averaged(tmp_path: Path) -> None:
    file = tmp_path / "stereo.wav"
    left, right = tone(440, 0.5, RATE), tone(1000, 0.5, RATE)
    soundfile.write(file, np.stack([left, right], axis=1), RATE, subtype="FLOAT")
    assert np.allclose(read(file), (left + right) / 2, atol=1e-6)


def test_floating_point_beyond_full_scale_is_scaled_not_clipped(tmp_path: Path) -> None:
    file = tmp_path / "loud.wav"
    soundfile.write(file, tone(440, 0.5, RATE, level=4.0), RATE, subtype="FLOAT")
    assert np.allclose(read(file), tone(440, 0.5, RATE, level=1.0), atol=1e-3)


def wav(samples: np.ndarray, rate: int) -> bytes:
    """A WAV file, 16 bit mono."""
    out = io.BytesIO()
    soundfile.write(out, samples, rate, format="WAV", subtype="PCM_16")
    return out.getvalue()


def write_text(file: Path) -> None:
    file.write_text("Hold lot four seven one two.\n" * 50)


def write_cut_header(file: Path) -> None:
    file.write_bytes(wav(tone(440, 0.1, RATE), RATE)[:20])


def write_header_alone(file: Path) -> None:
    soundfile.write(file, np.zeros(0, np.float32), RATE)


def write_nan(file: Path) -> None:
    soundfile.write(file, np.array([0.1, np.nan, 0.2], np.float32), RATE, subtype="FLOAT")


def write_infinity(file: Path) -> None:
    soundfile.write(file, np.array([[0.1, 0.2], [-np.inf, np.inf]], np.float32), RATE, subtype="FLOAT")


def write_ogg(file: Path) -> None:
    with file.open("wb") as stream:
        soundfile.write(stream, tone(440, 0.5, RATE), RATE, format="OGG", subtype="VORBIS")


def write_slow(file: Path) -> None:
    soundfile.write(file, tone(44, 1, 1000), 1000)


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda file: None, "no such file"),
        (Path.mkdir, "a folder"),
        (Path.touch, "empty"),
        (os.mkfifo, "a device"),
        (write_text, "not a sound file"),
        (write_cut_header, "not a sound file"),
        (write_header_alone, "no sound"),
        (write_nan, "no numbers"),
        (write_infinity, "no numbers"),
        (write_ogg, "OGG, where WAV or FLAC is wanted"),
        (write_slow, "1000 Hz"),
    ],
)
def test_what_is_no_recording_is_refused(tmp_path: Path, make: Callable[[Path], None], problem: str) -> None:
    file = tmp_path / "clip.wav"
    make(file)
    assert problem in refused(file)


def test_ten_minutes_are_refused_before_they_are_decoded(tmp_path: Path) -> None:
    file = tmp_path / "shift.flac"
    soundfile.write(file, np.zeros(600 * RATE, np.int16), RATE)
    tracemalloc.start()
    line = refused(file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "600 s long" in line
    assert peak < 1_000_000  # one decoded second of it would be 64,000 bytes, all of it 38 million


def without_length(seconds: float) -> bytes:
    """A WAV file as a stream begins it: the sizes are not known yet."""
    data = wav(np.zeros(int(seconds * RATE), np.int16) + 99, RATE)
    return data[:4] + struct.pack("<I", 0xFFFFFFFF) + data[8:40] + struct.pack("<I", 0xFFFFFFFF) + data[44:]


def test_a_stream_without_a_length_is_read_and_its_length_judged(tmp_path: Path) -> None:
    file = tmp_path / "stream.wav"
    file.write_bytes(without_length(1.0))
    assert len(read(file)) == RATE
    file.write_bytes(without_length(61.0))
    assert "61 s long" in refused(file)


@pytest.mark.parametrize("form", ["WAV", "FLAC"])
def test_of_a_file_that_breaks_off_what_is_there_is_read(tmp_path: Path, form: str) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    noise = np.random.default_rng(1).uniform(-0.5, 0.5, 3 * RATE).astype(np.float32)
    with whole.open("wb") as stream:
        soundfile.write(stream, noise, RATE, format=form)
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    sound = read(cut)
    assert 1.7 * RATE < len(sound) <= 2 * RATE  # FLAC ends with its last whole block of some 0.3 s
    assert np.array_equal(sound, read(whole)[: len(sound)])


@pytest.mark.parametrize("form", ["WAV", "FLAC"])
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.lists(st.tuples(st.integers(0, 90), st.integers(0, 255)), max_size=6),
    length=st.one_of(st.none(), st.integers(0, 400)),
)
def test_a_mangled_file_is_read_or_refused_and_nothing_else(
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    form: str,
    changes: list[tuple[int, int]],
    length: int | None,
) -> None:
    file = tmp_path / "mangled"
    with file.open("wb") as stream:
        soundfile.write(stream, tone(440, 0.02, RATE), RATE, format=form)
    mangled = bytearray(file.read_bytes()[:length])
    for place, value in changes:
        if place < len(mangled):
            mangled[place] = value
    file.write_bytes(mangled)
    try:
        sound = read(file)
    except AudioError as exc:
        assert str(file) in str(exc)
        assert "\n" not in str(exc)
    else:
        assert 0 < len(sound) <= 60 * RATE + 1
        assert np.isfinite(sound).all()
        assert np.abs(sound).max() <= 1
    assert capfd.readouterr() == ("", "")
