"""`assistant doctor`: one line a finding, the one thing to do, and an exit status that tells."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from assistant.settings.paths import cache_dir, shipped_site


def doctor(*arguments: str, cache: Path | None = None) -> tuple[int, list[str]]:
    env = {**os.environ, "LINE_ASSISTANT_MODELS": str(cache or cache_dir())}
    command = [sys.executable, "-m", "assistant", "doctor", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=env, check=False)
    return done.returncode, done.stdout.splitlines() + done.stderr.splitlines()


def test_all_is_well(tmp_path: Path) -> None:
    status, lines = doctor("--data", str(tmp_path))
    assert status == 0, lines
    assert all(line.startswith("ok ") for line in lines)
    assert any("understanding" in line for line in lines)
    assert any("sound kept: 0 recordings, 0.0 MB, none is to be" in line for line in lines)


def test_without_weights_each_line_says_what_to_do(tmp_path: Path) -> None:
    status, lines = doctor("--json", cache=tmp_path)
    found = {row["what"]: row for row in map(json.loads, [line for line in lines if line.startswith("{")])}
    assert status == 0  # it works without them, worse
    assert found["understanding"]["state"] == "missing"
    assert "templates" in found["understanding"]["why"]
    assert found["weights of meaning/smollm2-135m-instruct"]["remedy"] == (
        "run: assistant models pull meaning/smollm2-135m-instruct"
    )


def test_a_damaged_file_is_broken(tmp_path: Path) -> None:
    name = "meaning/smollm2-135m-instruct"
    (real,) = (cache_dir() / name).glob("*.gguf")
    copy = tmp_path / name / real.name
    copy.parent.mkdir(parents=True)
    copy.write_bytes(real.read_bytes()[:-1] + b"\0")
    status, lines = doctor(cache=tmp_path)
    assert status == 1
    assert any(line.startswith("broken") and real.name in line for line in lines), lines


def test_sound_that_is_kept_is_counted_and_sound_kept_too_long_is_broken(tmp_path: Path) -> None:
    hardware = tmp_path / "site" / "hardware"
    shutil.copytree(shipped_site() / "hardware", hardware)
    (hardware / "evidence.yaml").write_text("keep_audio_hours: 2\n")
    audio = tmp_path / "data" / "audio"
    audio.mkdir(parents=True)
    (audio / f"{'a' * 32}.flac").write_bytes(b"x" * 500_000)
    places = ("--data", str(tmp_path / "data"), "--site", str(tmp_path / "site"))
    status, lines = doctor(*places)
    assert status == 0 and any("sound kept: 1 recordings, 0.5 MB, each for 2 h" in line for line in lines), lines
    os.utime(audio / f"{'a' * 32}.flac", (0, 0))
    status, lines = doctor(*places)
    assert status == 1
    assert any(line.startswith("broken") and "1 past it" in line for line in lines), lines


def test_a_site_file_that_is_off_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "intents").mkdir()
    (tmp_path / "intents" / "hold.yaml").write_text("intent: hold\n")
    status, lines = doctor("--site", str(tmp_path))
    assert status == 2
    assert len(lines) == 1 and "hold.yaml" in lines[0]
