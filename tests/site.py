"""The shipped site and its plant, loaded once, for tests that read sentences or decide on them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from functools import cache

from assistant.adapters.templates import Templates
from assistant.bootstrap import first_entities, first_world
from assistant.domain.calendar import Calendar
from assistant.domain.spoken.language import Language
from assistant.domain.spoken.mentions import Entities
from assistant.domain.world import World
from assistant.settings import calendar, hardware, intents, language, plant
from assistant.settings.hardware import Hardware
from assistant.settings.intents import Intents
from assistant.settings.paths import shipped_site
from assistant.settings.plant import Plant
from assistant.turn.read import Reader


@cache
def the_language() -> Language:
    return language.load(shipped_site() / "grammars")


@cache
def the_intents() -> Intents:
    return intents.load(shipped_site() / "intents")


@cache
def the_hardware() -> Hardware:
    return hardware.load(shipped_site() / "hardware")


@cache
def the_calendar() -> Calendar:
    """The shipped one, by a clock that is the same on every box."""
    return replace(calendar.load(shipped_site() / "hardware"), zone=UTC)


@cache
def the_plant() -> Plant:
    return plant.load(shipped_site() / "hardware")


@cache
def the_templates() -> Templates:
    return Templates(the_intents(), the_language().skip, shipped_site() / "intents")


@cache
def the_reader() -> Reader:
    return Reader.of(the_templates(), the_language(), the_intents())


def a_world() -> World:
    """The plant as its files declare it, before anything has happened."""
    return first_world(the_plant())


def entities(world: World) -> Entities:
    return first_entities(world, the_language())
