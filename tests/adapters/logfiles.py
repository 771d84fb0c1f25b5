"""Logs on disk, for tests of the real one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from assistant.adapters import eventlog

CHILD = (sys.executable, "-c")
"""Runs a script in a process of its own; it finds the repository's packages in the working directory."""


def ids(folder: Path) -> list[str]:
    """Ids of all events, in order."""
    return [event.id for event in eventlog.read(folder)]


APPENDING = """
import sys
from itertools import count
from pathlib import Path
from assistant.adapters.eventlog import SqliteLog
from tests.contracts.eventlog_contract import held
log = SqliteLog(Path(sys.argv[1]), floor_bytes=0)
first = 1 + sum(1 for _ in log.read())
for n in count(first):
    stored = log.append([held(f"{n}-{part}") for part in range(n % 3 + 1)])
    print(stored[-1].position, *(event.id for event in stored), flush=True)
"""


def kill_while_appending(folder: Path, acks: int) -> list[str]:
    """Kill -9 a process that appends, after so many acknowledgements; the ids of all that it acknowledged."""
    with subprocess.Popen([*CHILD, APPENDING, folder], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout
        lines = [child.stdout.readline() for _ in range(acks)]
        child.kill()
        lines += child.stdout.readlines()
    whole = [line.split() for line in lines if line.endswith("\n")]
    return [ident for _, *idents in whole for ident in idents]
