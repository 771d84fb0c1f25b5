"""What systemd is told, and the units that it is told by."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from assistant.adapters.systemd import notify, supervised

UNITS = sorted((Path(__file__).parents[2] / "docs" / "systemd").glob("*.service"))
INSTALLED = "/opt/line-assistant/.venv/bin/assistant"


async def test_a_core_says_that_it_is_ready_alive_and_stopping(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "20000")
        async with supervised():
            said = [await asyncio.to_thread(systemd.recv, 100) for _ in range(3)]
        assert said == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]
        while (last := systemd.recv(100)) == b"WATCHDOG=1":
            pass
        assert last == b"STOPPING=1"


async def test_without_systemd_nobody_is_told_anything(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    assert not notify("READY=1")
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))
    assert not notify("READY=1")
    async with supervised():
        pass


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_the_units_are_what_systemd_takes(tmp_path: Path) -> None:
    assert len(UNITS) == 2
    for unit in UNITS:  # it looks whether the program is there, so a real one stands in
        (tmp_path / unit.name).write_text(unit.read_text().replace(INSTALLED, str(shutil.which("true"))))
    files = [str(tmp_path / name) for name in ("line-assistant.service", "line-assistant-headset@PRN-1.service")]
    (tmp_path / "line-assistant-headset@.service").rename(files[1])
    done = subprocess.run(["systemd-analyze", "verify", *files], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
