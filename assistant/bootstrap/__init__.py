"""The one place that constructs anything: files become settings, settings become engines, engines a core."""

from assistant.bootstrap.core import Door, LocalCore, host_core, open_core, open_parser, start
from assistant.bootstrap.engines import ear, speech_model, understander, untrained, voice
from assistant.bootstrap.mes import mes_state
from assistant.bootstrap.site import (
    ENDPOINT,
    Meaning,
    Site,
    declarations,
    first_entities,
    first_world,
    load_site,
    vocabulary,
)

__all__ = [
    "ENDPOINT",
    "Door",
    "LocalCore",
    "Meaning",
    "Site",
    "declarations",
    "ear",
    "first_entities",
    "first_world",
    "host_core",
    "load_site",
    "mes_state",
    "open_core",
    "open_parser",
    "speech_model",
    "start",
    "understander",
    "untrained",
    "vocabulary",
    "voice",
]
