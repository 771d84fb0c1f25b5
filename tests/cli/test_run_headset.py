"""`assistant devices` and `assistant run` with a headset: the program itself, real PortAudio."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile

from assistant.adapters.audiofile import RATE, read
from assistant.adapters.virtual import Pulse, a_pulse, missing
from tests.processes import one_line_of_trouble, run

pytestmark = pytest.mark.skipif(bool(missing()), reason=f"no virtual headset: {missing()}")
CLIPS = Path("models/speech/demo")


@pytest.fixture(scope="module")
def pulse() -> Iterator[Pulse]:
    with a_pulse("headset-one", "headset-two") as running:
        yield running


def wav(pulse: Pulse, clip: str) -> Path:
    file = pulse.folder / "clip.wav"
    soundfile.write(file, read(CLIPS / clip), RATE, subtype="PCM_16")
    return file


def test_devices_are_listed_with_the_profile_that_knows_them(pulse: Pulse) -> None:
    listed = run("devices", env=pulse.env)
    assert listed.returncode == 0, listed.stderr
    assert "headset-one" in listed.stdout and "assistant run would serve: usb" in listed.stdout
    rows = [json.loads(line) for line in run("devices", "--json", env=pulse.env).stdout.splitlines()]
    assert {row["name"]: row["headset"] for row in rows}["headset-two"] == "usb"


def test_one_hears_and_is_heard_and_is_told_how_well(pulse: Pulse) -> None:
    talking = threading.Event()

    def talk() -> None:
        while not talking.is_set():
            pulse.say("headset-one", wav(pulse, "02-hold.flac"))

    child = subprocess.Popen(
        [sys.executable, "-m", "assistant", "devices", "--check", "--device", "headset-one"],
        env={**os.environ, **pulse.env},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    speaker = threading.Thread(target=talk)
    lines = []
    for line in child.stdout:
        lines.append(line)
        if line.startswith("now say"):
            speaker.start()
    talking.set()
    speaker.join()
    assert child.wait(60) == 0, lines
    assert "keep quiet" in lines[0] and lines[-1] == "All well.\n", lines


def test_a_headset_that_nobody_speaks_into_is_told_of(pulse: Pulse) -> None:
    done = run("devices", "--check", "--json", "--device", "headset-two", env=pulse.env)
    assert done.returncode == 1
    result = json.loads(done.stdout)
    assert result["device"] == "headset-two" and "nobody" in result["problems"][0]


def test_without_such_a_headset_it_is_said_in_one_line(pulse: Pulse, tmp_path: Path) -> None:
    data = ["--data", str(tmp_path)]
    one_line_of_trouble(run("devices", "--check", "--device", "nothing", env=pulse.env), 1, "no headset")
    one_line_of_trouble(run("run", "--device", "nothing", *data, env=pulse.env), 2, "--device nothing")
    stranger = run("run", "--device", "headset-one", "--as", "OP-99", *data, env=pulse.env)
    one_line_of_trouble(stranger, 2, "OP-99")


def test_run_serves_a_headset_until_it_is_told_to_stop(pulse: Pulse, tmp_path: Path) -> None:
    command = ["run", "--at", "SMT-1", "--as", "OP-17", "--device", "headset-one", "--data", str(tmp_path)]
    child = subprocess.Popen(
        [sys.executable, "-m", "assistant", *command],
        env={**os.environ, **pulse.env, "LINE_ASSISTANT_ENDPOINT": "opc.tcp://127.0.0.1:1/nobody"},
        stdout=subprocess.PIPE,
        text=True,
    )
    lines: queue.Queue[str] = queue.Queue()

    def follow() -> None:
        assert child.stdout is not None
        for line in child.stdout:
            lines.put(line)

    def until(words: str) -> str:
        end = time.monotonic() + 90
        while time.monotonic() < end:
            try:
                line = lines.get(timeout=1)
            except queue.Empty:
                continue
            if words in line:
                return line
        raise AssertionError(f"nothing said {words!r}")

    reader = threading.Thread(target=follow)
    reader.start()
    try:
        until("Headset there: headset-one")
        child.send_signal(signal.SIGUSR1)
        pulse.say("headset-one", wav(pulse, "01-status.flac"))
        until("heard")
        assert "four seven one two" in until("said")
    finally:
        child.send_signal(signal.SIGTERM)
        assert child.wait(60) == 0
        reader.join()
    events = run("events", "--json", "--data", str(tmp_path)).stdout
    checked = [json.loads(line) for line in events.splitlines() if "badge.checked_in" in line]
    assert [(one["subject"], one["data"]["station"]) for one in checked] == [("OP-17", "SMT-1")]
