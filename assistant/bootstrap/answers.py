"""What look-ups answer from: what a core knows, and what the site's files say about it."""

from __future__ import annotations

from assistant.bootstrap.site import Site
from assistant.domain.views import Views
from assistant.domain.world import World
from assistant.turn.lookups import Known


def answers_from(site: Site, world: World, views: Views) -> Known:
    """The world and the views of a core, with the site's calendar, ideal cycle times and limits."""
    kinds = site.plant.kinds
    views.times.know({name: kind.cycle_s for name, kind in kinds.items()})
    limits = {name: kind.limits for name, kind in kinds.items()}
    return Known(world, views, site.intents, site.reader.language, site.calendar, limits, site.causes)
