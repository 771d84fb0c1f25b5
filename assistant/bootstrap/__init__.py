"""The one place that constructs anything: files become settings, settings become engines, engines a core."""

from assistant.bootstrap.core import Door, LocalCore, host_core, open_core, open_parser, start
from assistant.bootstrap.days import write_days
from assistant.bootstrap.engines import ear, recordings, repairer, understander, untaught, untrained, voice, whisper
from assistant.bootstrap.mes import mes_state
from assistant.bootstrap.reach import machines_silent
from assistant.bootstrap.replay import led_to, open_replay, turn_of
from assistant.bootstrap.sheet import sheet
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
from assistant.bootstrap.terminal import terminal_means
from assistant.bootstrap.wake import wake_phrase, wakeword

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
    "machines_silent",
    "mes_state",
    "open_core",
    "open_parser",
    "open_replay",
    "recordings",
    "repairer",
    "sheet",
    "start",
    "terminal_means",
    "turn_of",
    "understander",
    "untaught",
    "untrained",
    "vocabulary",
    "voice",
    "wake_phrase",
    "wakeword",
    "whisper",
    "write_days",
]
