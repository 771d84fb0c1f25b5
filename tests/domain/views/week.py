"""Random weeks of the reference plant, as stored events, and what the views make of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from itertools import islice

from assistant.bench.week import Week
from assistant.bootstrap.site import declarations
from assistant.domain.events import Event
from assistant.domain.views import Views
from assistant.settings import plant
from assistant.settings.paths import shipped_site
from tests.domain.views.questions import CYCLES


def stored(events: Iterable[Event]) -> list[Event]:
    """The same with their places in a log."""
    return [replace(event, position=position) for position, event in enumerate(events, 1)]


@cache
def the_events(count: int, seed: int, late: float) -> tuple[Event, ...]:
    """The first events of a random week; `late`: share that is told long after it happened."""
    declared = list(declarations(plant.load(shipped_site() / "hardware"), 0.0))
    return tuple(stored(islice(Week(declared, seed, late=late).events(), count)))


def views_of(events: Iterable[Event]) -> Views:
    """Folded one by one."""
    views = Views(CYCLES)
    for event in events:
        views.apply(event)
    return views


def times_of(events: Iterable[Event]) -> tuple[float, float]:
    """The first and the last moment."""
    times = [event.time for event in events]
    return min(times), max(times)
