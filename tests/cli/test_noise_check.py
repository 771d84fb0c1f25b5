"""`assistant noise-check`: plain words about a place."""

from __future__ import annotations

import json
from pathlib import Path

import soundfile

from assistant.adapters.audiofile import RATE
from assistant.bench import noise
from tests.processes import one_line_of_trouble, run


def test_a_place_is_judged_in_plain_words(tmp_path: Path) -> None:
    file = tmp_path / "hall.wav"
    soundfile.write(file, 0.1 * noise.machines(6 * RATE, 7, 1), RATE)
    said = run("noise-check", "--file", str(file))
    assert said.returncode == 0 and "not fit for voice today" in said.stdout
    answer = json.loads(run("noise-check", "--json", "--file", str(file)).stdout)
    assert answer["verdict"] == "unfit" and answer["speech_db"] is None


def test_too_little_to_judge_is_one_line_of_trouble(tmp_path: Path) -> None:
    file = tmp_path / "hall.wav"
    soundfile.write(file, 0.1 * noise.machines(RATE, 7, 1), RATE)
    one_line_of_trouble(run("noise-check", "--file", str(file)), 1)
    one_line_of_trouble(run("noise-check", "--seconds", "1", "--file", str(file)), 2)
