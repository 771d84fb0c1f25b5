"""What is freed is kept: counted in page faults of a fresh process."""

from __future__ import annotations

import subprocess
import sys

import pytest

WORK = """
import resource, sys, threading
from assistant.adapters.heap import keep_freed

if sys.argv[1] == "kept" and not keep_freed():
    print(-1)
    raise SystemExit

def rounds(count):
    for _ in range(count):
        pieces = [bytearray(b"x") * 100_000 for _ in range(200)]
        while pieces:
            pieces.pop()

def work():
    rounds(2)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    rounds(5)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)

thread = threading.Thread(target=work)
thread.start()
thread.join()
"""


def faults(how: str) -> int:
    done = subprocess.run([sys.executable, "-c", WORK, how], capture_output=True, text=True, check=True, timeout=60)
    return int(done.stdout)


def test_a_threads_heap_is_kept_for_the_next_time() -> None:
    kept = faults("kept")
    if kept < 0:
        pytest.skip("not glibc")
    # Five rounds of 20 MB are some 24,000 pages, cleared anew each time.
    assert kept < faults("not kept") / 10
