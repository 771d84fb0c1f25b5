"""The one place that constructs anything: files become settings, settings become engines, engines a core."""

from assistant.bootstrap.core import Door, LocalCore, host_core, open_core, open_parser, start
from assistant.bootstrap.engines import ear, recordings, speech_model, understander, untrained, voice
from assistant.bootstrap.mes import mes_state
from assistant.bootstrap.replay import led_to, open_replay, turn_of
from assistant.bootstrap.site import (
    ENDPOINT,
    Meaning,
    Site,
    declarations,
    evidence_of,
    first_entities,
    first_world,
    load_site,
    vocabulary,
)
from assistant.bootstrap.wake import wakeword

__all__ = [
    "ENDPOINT",
    "Door",
    "LocalCore",
    "Meaning",
    "Site",
    "declarations",
    "ear",
    "evidence_of",
    "first_entities",
    "first_world",
    "host_core",
    "led_to",
    "load_site",
    "mes_state",
    "open_core",
    "open_parser",
    "open_replay",
    "recordings",
    "speech_model",
    "start",
    "turn_of",
    "understander",
    "untrained",
    "vocabulary",
    "voice",
    "wakeword",
]
