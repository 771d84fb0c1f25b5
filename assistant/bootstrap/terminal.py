"""What the terminal works with, built: a world of its own, the log to read, the core's socket to talk to."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from assistant.adapters import corelink, corestart, eventlog
from assistant.adapters.clock import SystemClock
from assistant.bootstrap.engines import recordings
from assistant.bootstrap.replay import turn_of
from assistant.bootstrap.site import Site
from assistant.domain.evidence import Evidence
from assistant.domain.world import World
from assistant.ports import Clock
from assistant.terminal.means import Means
from assistant.turn.policy import Policy
from assistant.turn.told import Sound


def terminal_means(
    site: Site, data: Path, folder: Path | None = None, *, starts: bool = True, clock: Clock | None = None
) -> Means:
    """For a terminal on this data folder. `folder`: the site's, for a core that it starts; `starts`: whether it may."""
    world = World()
    policy = Policy(site.intents, site.hardware, site.reader.language, world, site.calendar)
    kept = recordings(site.evidence, data)

    def whole(turn: str) -> tuple[Evidence | None, Sound]:
        return turn_of(data, turn), kept.find(turn)

    return Means(
        policy=policy,
        read=partial(eventlog.read, data),
        whole=whole,
        connect=partial(corelink.RemoteCore.connect, data),
        start=partial(corestart.start, data, folder) if starts else None,
        clock=clock or SystemClock(),
    )
