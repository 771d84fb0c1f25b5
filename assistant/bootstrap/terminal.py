"""What the terminal works with, built: a world of its own, the log to read, the core's socket to talk to."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from assistant.adapters import corelink, corestart, eventlog
from assistant.adapters.clock import SystemClock
from assistant.adapters.snapshots import fresh
from assistant.bootstrap.engines import recordings
from assistant.bootstrap.known import kept_of
from assistant.bootstrap.replay import turn_of
from assistant.bootstrap.site import Site
from assistant.domain.events import Event
from assistant.domain.evidence import Evidence
from assistant.domain.views import Views
from assistant.errors import LogError
from assistant.ports import Clock
from assistant.terminal.means import Means
from assistant.terminal.state import EVENTS
from assistant.turn.policy import Policy
from assistant.turn.told import Sound


def terminal_means(
    site: Site, data: Path, folder: Path | None = None, *, starts: bool = True, clock: Clock | None = None
) -> Means:
    """For a terminal on this data folder. `folder`: the site's, for a core that it starts; `starts`: whether it may.

    What a core left in its snapshot is known at once, the rest is read from the log.
    """
    try:
        known = kept_of(data)
    except LogError:
        known = fresh(Views())  # the terminal says so itself, when it reads on
    world, until = known.world, known.world.position
    policy = Policy(site.intents, site.hardware, site.reader.language, world, site.calendar)
    kept = recordings(site.evidence, data)

    def whole(turn: str) -> tuple[Evidence | None, Sound]:
        return turn_of(data, turn), kept.find(turn)

    def before() -> tuple[list[Event], list[Event]]:
        try:
            return eventlog.at(data, world.talked), list(eventlog.read(data, max(0, until - EVENTS), until=until))
        except LogError:
            return [], []

    return Means(
        policy=policy,
        views=known.views,
        before=before,
        read=partial(eventlog.read, data),
        whole=whole,
        connect=partial(corelink.RemoteCore.connect, data),
        start=partial(corestart.start, data, folder) if starts else None,
        clock=clock or SystemClock(),
    )
