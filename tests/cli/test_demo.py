"""The demo shift, whole: the main job of a box without headset and screen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.processes import run


@pytest.mark.usefixtures("whisper_folder", "voice_folder")
def test_the_demo_shift_says_what_is_so(tmp_path: Path) -> None:
    done = run("run", "--out", str(tmp_path / "out"), timeout=300)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["right"] == summary["turns"] >= 15 and summary["problems"] == []
    assert len(list((tmp_path / "out").glob("*-answer.wav"))) >= 12
    assert run("events", "verify", "--data", str(tmp_path / "out" / "data")).returncode == 0
