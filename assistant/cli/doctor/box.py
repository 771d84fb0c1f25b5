"""The box itself: disk, processor, memory, clock."""

from __future__ import annotations

import ctypes
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from assistant.cli.doctor.finding import Finding

CORES = 2
"""What the engines are budgeted for together."""
MEMORY_BYTES = 1_500_000_000
"""What ear, language model, voice and core take together, with room to breathe."""
LOADED = 1.5
"""Load average over the cores, from which on answers come late."""
SOON = 10
"""Times the floor under which the log refuses to write: then it is time to make room."""
UNSYNCHRONISED = 5
"""adjtimex(2) returns TIME_ERROR: nobody sets this clock."""


def look(data: Path) -> Iterator[Finding]:
    """What the box has, beside what is needed."""
    yield _disk(data)
    yield _cores()
    yield _memory()
    yield _clock()


def _disk(data: Path) -> Finding:
    from assistant.adapters.eventlog import FLOOR_BYTES

    folder = next(folder for folder in (data, *data.parents) if folder.exists())
    free = shutil.disk_usage(folder).free
    why = f"{free / 1e9:.1f} GB free where {data} lies"
    remedy = "make room there, or move it with --data"
    if not os.access(folder, os.W_OK):
        return Finding("disk", "broken", f"{folder} may not be written to by this user", "choose another with --data")
    if free < FLOOR_BYTES:
        return Finding("disk", "broken", f"{why}; below {FLOOR_BYTES / 1e6:.0f} MB nothing is acted on", remedy)
    return Finding("disk", "soon", why, remedy) if free < SOON * FLOOR_BYTES else Finding("disk", "ok", why)


def _cores() -> Finding:
    cores = len(os.sched_getaffinity(0))
    load = os.getloadavg()[0]
    why = f"{cores} cores, load {load:.1f}"
    if cores < CORES:
        return Finding("processor", "missing", f"{why}; the engines are budgeted for {CORES}", "answers will be slower")
    if load > LOADED * cores:
        return Finding("processor", "missing", f"{why}: others use it", "see with `top` what else runs on this box")
    return Finding("processor", "ok", why)


def _memory() -> Finding:
    """Linux: /proc/meminfo, proc(5)."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return Finding("memory", "missing", "this system does not say how much is free")
    free = next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), 0)
    why = f"{free / 1e9:.1f} GB free"
    if free < MEMORY_BYTES:
        return Finding("memory", "missing", f"{why}, {MEMORY_BYTES / 1e9:.1f} GB wanted", "end what else runs here")
    return Finding("memory", "ok", why)


def _clock() -> Finding:
    """Linux: adjtimex(2) with modes 0 only reads."""
    try:
        state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(512))
    except (OSError, AttributeError):
        return Finding("clock", "missing", "this system does not say whether it is set by anybody")
    if state == UNSYNCHRONISED:
        remedy = "set up NTP (systemd-timesyncd or chrony): the log's times are worth what this clock is"
        return Finding("clock", "missing", "nobody sets it over the network", remedy)
    return Finding("clock", "ok") if state >= 0 else Finding("clock", "missing", "its state may not be read here")
