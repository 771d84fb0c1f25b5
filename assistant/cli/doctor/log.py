"""What is kept: the event log and, where the site wants it, sound."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.cli.doctor.finding import Finding
from assistant.errors import LogBroken, LogError

if TYPE_CHECKING:
    from assistant.adapters.recordings import Recordings

MOST_CHECKED = 300_000
"""Events whose chain is checked here, some ten seconds; of more, that is a command of its own."""
AHEAD_S = 60.0
"""The newest event may be this far ahead: machines' clocks are their own."""


def look(data: Path, now: float) -> Iterator[Finding]:
    """Whether the log can be read, is what was written, and is older than this moment."""
    from assistant.adapters import eventlog

    try:
        position, _ = eventlog.head(data)
        newest = max((event.time for event in eventlog.read(data, after=max(0, position - 1))), default=0.0)
    except LogError as exc:
        yield Finding("event log", "broken", str(exc), "run: assistant events verify")
        return
    if position > MOST_CHECKED:
        yield Finding("event log", "ok", f"{position} events; their chain is checked by: assistant events verify")
    else:
        yield _chain(data)
    if newest > now + AHEAD_S:
        minutes = (newest - now) / 60
        why = f"the newest event is {minutes:.0f} min ahead of it"
        yield Finding("clock", "broken", why, "set this box's clock; until then times that are spoken are wrong")


def _chain(data: Path) -> Finding:
    from assistant.adapters import eventlog

    try:
        position, _ = eventlog.verify(data)
    except LogBroken as exc:
        remedy = "keep the file as it is, and begin a new --data folder; docs/decisions say what the chain shows"
        return Finding("event log", "broken", str(exc), remedy)
    return Finding("event log", "ok", f"{position} events, their chain is whole")


def sound(recordings: Recordings, now: float) -> Finding:
    """How much sound of turns is kept, and whether it is deleted in time."""
    kept = recordings.kept(now)
    limit = f"each for {recordings.keep_s / 3600:g} h" if recordings.keep_s else "none is to be"
    why = f"{kept.files} recordings, {kept.bytes / 1e6:.1f} MB, {limit} (hardware/evidence.yaml)"
    if kept.overdue:
        return Finding("sound kept", "broken", f"{why}; {kept.overdue} past it", "run: assistant run --no-audio")
    return Finding("sound kept", "ok", why)
