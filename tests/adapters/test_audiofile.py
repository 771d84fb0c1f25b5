"""Sound files in, 16 kHz mono out; what is no recording is one line that names the file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.adapters import audiofile
from assistant.errors import AudioError


def tone(rate: int, hertz: float, seconds: float = 1.0) -> np.ndarray:
    return (0.4 * np.sin(2 * np.pi * hertz * np.arange(int(rate * seconds)) / rate)).astype(np.float32)


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 44100, 48000, 96000])
@pytest.mark.parametrize(
    ("kind", "subtype"), [("wav", "PCM_16"), ("wav", "FLOAT"), ("wav", "PCM_U8"), ("flac", "PCM_24")]
)
def test_any_rate_and_width_comes_out_as_the_same_tone(tmp_path: Path, rate: int, kind: str, subtype: str) -> None:
    file = tmp_path / f"tone.{kind}"
    soundfile.write(file, np.stack([tone(rate, 1000)] * 2, 1), rate, subtype=subtype)
    samples = audiofile.read(file)
    assert samples.dtype == np.float32 and samples.ndim == 1
    assert abs(len(samples) - audiofile.RATE) <= 2
    spectrum = np.abs(np.fft.rfft(samples[2000:14000] * np.hanning(12000)))
    assert abs(int(spectrum.argmax()) * audiofile.RATE / 12000 - 1000) < 3


def test_what_is_above_8_khz_is_filtered_out_and_not_folded_into_speech(tmp_path: Path) -> None:
    file = tmp_path / "high.wav"
    soundfile.write(file, tone(48000, 15000), 48000)
    assert np.abs(audiofile.read(file)[1000:-1000]).max() < 0.01


def test_a_recording_cut_off_in_its_data_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    file = tmp_path / "cut.wav"
    soundfile.write(file, tone(16000, 500, 2.0), 16000)
    file.write_bytes(file.read_bytes()[:40000])
    assert 15000 < len(audiofile.read(file)) < 20000


def test_samples_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "nan.wav"
    soundfile.write(file, np.array([0.0, np.nan, 0.1], np.float32), 16000, subtype="FLOAT")
    with pytest.raises(AudioError, match="no numbers"):
        audiofile.read(file)


def test_a_header_that_promises_hours_costs_nothing(tmp_path: Path) -> None:
    file = tmp_path / "liar.wav"
    soundfile.write(file, tone(8000, 500), 8000)
    raw = bytearray(file.read_bytes())
    raw[40:44] = (2**31 - 1).to_bytes(4, "little")
    file.write_bytes(raw)
    try:
        assert len(audiofile.read(file)) < 20000  # libsndfile believed the file's length
    except AudioError as error:
        assert "s long" in str(error)


@given(st.data())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_mutated_file_is_read_or_refused_in_one_line(tmp_path: Path, data: st.DataObject) -> None:
    soundfile.write(tmp_path / "good.wav", tone(16000, 700, 0.1), 16000)
    raw = bytearray((tmp_path / "good.wav").read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(0, 60))] = data.draw(st.integers(0, 255))
    raw = raw[: data.draw(st.integers(0, len(raw)))]
    file = tmp_path / "mutant.wav"
    file.write_bytes(raw)
    try:
        samples = audiofile.read(file)
    except AudioError as error:
        assert str(error).startswith(str(file)) and len(str(error).splitlines()) == 1
    else:
        assert np.isfinite(samples).all() and np.abs(samples).max(initial=0) <= 1.0 and len(samples) <= 60 * 16000 + 2
