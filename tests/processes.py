"""The program as a person runs it: in processes of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Line:
    """A running plant."""

    endpoint: str
    ledger: Path

    @property
    def env(self) -> dict[str, str]:
        """Environment that leads the assistant to it."""
        return {"LINE_ASSISTANT_ENDPOINT": self.endpoint}

    def deeds(self, result: str = "done") -> list[dict[str, Any]]:
        """Entries of the plant's own ledger."""
        entries = [json.loads(line) for line in self.ledger.read_text().splitlines()]
        return [entry for entry in entries if entry["result"] == result]


def free_endpoint() -> str:
    """An address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"opc.tcp://127.0.0.1:{probe.getsockname()[1]}/test"


def run(
    *args: str, env: Mapping[str, str] | None = None, stdin: str | None = None, timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """`assistant ARGS`."""
    return subprocess.run(
        [sys.executable, "-m", "assistant", *args],
        env={**os.environ, **(env or {})},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


@contextmanager
def started(*args: str, env: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    """`assistant ARGS` in the background, once it has printed its first line; ended with SIGTERM."""
    child = subprocess.Popen(
        [sys.executable, "-m", "assistant", *args],
        env={**os.environ, **(env or {})},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert child.stdout is not None and child.stdout.readline(), f"assistant {' '.join(args)} did not start"
        yield child
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait(timeout=30)
        if child.stdout is not None:
            child.stdout.close()


@contextmanager
def a_line(folder: Path, *args: str) -> Iterator[Line]:
    """`assistant line` with its ledger in `folder`."""
    endpoint, ledger = free_endpoint(), folder / "ledger.jsonl"
    with started("line", "--endpoint", endpoint, "--ledger", str(ledger), *args):
        yield Line(endpoint, ledger)


def one_line_of_trouble(done: subprocess.CompletedProcess[str], status: int, *says: str) -> None:
    """Exit status, one clear line on standard error that says all of `says`, and no traceback."""
    assert done.returncode == status, done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("assistant: ")]
    assert len(lines) == 1, done.stderr
    assert "Traceback" not in done.stderr
    for words in says:
        assert words in lines[0], lines[0]
