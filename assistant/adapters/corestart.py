"""Starting a core in a process of its own: it outlives whoever started it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from assistant.errors import CoreError

LOG = "core.log"
"""In the data folder: what a core that was started so has to say."""


def start(data: Path, site: Path | None) -> subprocess.Popen[bytes]:
    """`assistant run --no-audio` on this data folder. Raises CoreError.

    A session of its own: neither Ctrl+C nor the end of the terminal reaches it. If another core comes up first, this
    one finds the log held and ends by itself.
    """
    command = [sys.executable, "-m", "assistant", "run", "--no-audio", "--data", str(data)]
    command += ["--site", str(site)] if site is not None else []
    try:
        with (data / LOG).open("ab") as log:
            return subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, close_fds=True
            )
    except OSError as exc:
        raise CoreError(f"a core cannot be started: {exc.strerror or exc}") from exc
