"""Sound files as nobody should send them: each is heard, ignored, or refused with one line that names it.

Real recordings are mangled (headers, sizes, rates, channels, number formats, samples, cut off, joined, called something
else), and other files are made that are none; lengths go from nothing to ten minutes. All of them take the path of
`assistant hear`, some its command. None may end in anything else, take long, or make the process grow.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random

import numpy as np

from assistant import bootstrap
from assistant.adapters.audiofile import LONGEST_S, RATE
from assistant.adapters.ear import DEADLINE_S
from assistant.cli.awake import Awake
from assistant.cli.hear import take
from assistant.domain.values import Session
from assistant.errors import AudioError, EngineError
from tests.a_core import the_site
from tests.faults.spoilt_sounds import EXTENSIONS, WAYS, long_speech, speech, wav
from tests.faults.tally import Tally

NAME = "sounds"
FULL, SHORT = 10_000, 64
BATCH = 20
"""Files that the command is given at once."""
EVERY = 1000
"""After so many, and at the end, the newest are given to the command too."""
MOST_MIB = 100.0
"""That one file may take while it is heard, and that may be more at the end than after the warming up: ten decoded
minutes take 37, and as much again at each step that would copy them."""


async def run(times: int, seed: int, folder: Path) -> Tally:
    """So many files, each of the ways to make one in turn."""
    began, rng = time.perf_counter(), Random(seed)
    problems: list[str] = []
    outcomes: Counter[str] = Counter()
    slowest, last = (0.0, ""), list[Path]()
    async with AsyncExitStack() as stack:
        site = the_site()
        ear = bootstrap.ear(None, None, site)
        stack.callback(ear.close)
        (data := folder / "data").mkdir()
        door = await stack.enter_async_context(bootstrap.open_parser(site, data))
        prompt, awake = bootstrap.vocabulary(site), Awake(bootstrap.wake_phrase(None), always=True)

        async def hear(file: Path) -> str:
            spoken = await take(file, Session(), awake, ear, prompt, door, None, parse_only=True)
            if spoken.heard.hypotheses:
                return "heard"
            return f"ignored ({spoken.heard.rejected})" if spoken.heard.rejected else ""

        warm = folder / "warm.wav"
        for sound in (speech(rng), long_speech(rng), np.zeros(int(LONGEST_S * RATE))):
            warm.write_bytes(wav(sound))
            await _outcome(hear, warm)
        before, peak = _mib("VmRSS"), (0.0, "")
        for number, (name, make) in zip(range(times), itertools.cycle(WAYS.items())):
            place = folder / f"{number % (2 * BATCH)}"
            place.mkdir(exist_ok=True)
            for old in place.iterdir():
                old.unlink()
            file = place / f"{number}-{name}{rng.choice(EXTENSIONS)}"
            file.write_bytes(make(rng))
            last = [*last, file][-BATCH:]
            started = time.process_time()
            resident = _mib("VmRSS")
            _count_memory_anew()
            outcome = await _outcome(hear, file)
            took = time.process_time() - started
            peak = max(peak, (_mib("VmHWM") - resident, name))
            slowest = max(slowest, (took, name))
            if outcome.startswith("WRONG") or not outcome or took > DEADLINE_S:
                problems.append(f"{file.name}: {outcome or 'nothing came of it'} after {took:.1f} s of processor time")
                (folder / f"wrong-{file.name}").write_bytes(file.read_bytes())
            outcomes[outcome.partition(":")[0]] += 1
            if number % EVERY == EVERY - 1 or number == times - 1:
                problems += await asyncio.to_thread(_by_command, last, folder)
        grown = _mib("VmRSS") - before
    if grown > MOST_MIB or peak[0] > MOST_MIB:
        problems.append(f"memory: {grown:.0f} MiB more at the end, {peak[0]:.0f} MiB for one file ({peak[1]})")
    if times >= SHORT and not (outcomes["heard"] and outcomes["refused"] and outcomes["ignored (silence)"]):
        problems.append(f"only {outcomes}: this shows nothing")
    note = ", ".join(f"{count} {what}" for what, count in outcomes.most_common())
    note += f"; slowest {slowest[0]:.1f} s of processor time ({slowest[1]}); memory {before:.0f} MiB, at the"
    note += f" end {grown:+.0f}, for one file at most {peak[0]:.0f} ({peak[1]})"
    return Tally(NAME, times, problems, time.perf_counter() - began, note)


async def _outcome(hear: Callable[[Path], Awaitable[str]], file: Path) -> str:
    """What came of a file, in a word; what should not have come of it begins with WRONG."""
    try:
        return await hear(file)
    except AudioError as exc:
        line = str(exc)
        return "refused" if file.name in line and "\n" not in line else f"WRONG: refused with {line!r}"
    except EngineError as exc:
        # What it may take is counted below, in its own time and not in that of a busy machine.
        return "too slow here" if "took longer" in str(exc) else f"WRONG: {exc}"
    except Exception as exc:  # whatever it is, it is what this campaign looks for
        return f"WRONG: {type(exc).__name__}: {exc}"


def _by_command(files: list[Path], folder: Path) -> list[str]:
    """The same files as arguments: a line for each, no traceback, the exit status says whether one was refused."""
    command = [sys.executable, "-m", "assistant", "hear", "--no-wake", "--parse-only", "--data", str(folder / "data")]
    done = subprocess.run(
        [*command, *map(str, files)], capture_output=True, text=True, errors="replace", timeout=300, check=False
    )
    troubles = [line for line in done.stderr.splitlines() if line.startswith("assistant: ")]
    answers = done.stdout.splitlines()
    said = f"command: exit {done.returncode}, {len(answers)} answers, {len(troubles)} refused of {len(files)}"
    if "Traceback" in done.stderr or "internal error" in done.stderr:
        return [f"{said}: {done.stderr[-500:]}"]
    right = len(answers) + len(troubles) == len(files) and done.returncode == (1 if troubles else 0)
    return [] if right else [f"{said}: {done.stderr[-500:]}"]


def _count_memory_anew() -> None:
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _mib(field: str) -> float:
    """Of this process's memory (Linux): `VmRSS` what it has now, `VmHWM` the most that it had."""
    found = re.search(rf"{field}:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    return int(found[1]) / 1024 if found else 0.0
