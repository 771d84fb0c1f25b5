"""`hardware/stations.yaml`: which actions may be asked for where, at a headset and at a terminal.

What is not listed is refused: a headset hears whoever is near it. Look-ups and words about the conversation are not
restricted; they change nothing. No file: every action everywhere, as its intent's own file says.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Literal

import msgspec

from assistant.errors import SiteError
from assistant.settings import yaml

Channel = Literal["headset", "terminal"]
WORDS = (
    *("not_at_headset", "not_at_terminal", "not_anywhere"),
    *("at_headset", "at_terminal", "at_headset_of", "at_terminal_of"),
)
"""Answers in intents/shared.yaml that such a file needs."""


class Station(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What may be asked for at one place; left out: what may be asked for everywhere."""

    headset: tuple[str, ...] | None = None
    """Intents of actions, spoken."""
    terminal: tuple[str, ...] | None = None
    """The same, typed."""


class Stations(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole file."""

    headset: tuple[str, ...]
    """Intents of actions that may be spoken at every headset."""
    terminal: tuple[str, ...]
    """Intents of actions that may be typed at every terminal, and where no station is named."""
    stations: dict[str, Station] = {}
    """Machine or line -> what is otherwise there."""

    def allows(self, intent: str, channel: Channel, station: str) -> bool:
        """Whether an action may be asked for there."""
        own = getattr(self.stations.get(station, Station()), channel)
        return intent in (own if own is not None else getattr(self, channel))

    def elsewhere(self, intent: str, station: str) -> tuple[Channel | Literal[""], tuple[str, ...]]:
        """Where it may be asked for: at a channel, and at which stations; none named: at this one, or at any."""
        channels: tuple[Channel, ...] = ("terminal", "headset")
        for channel in channels:
            if self.allows(intent, channel, station):
                return channel, ()
        for channel in channels:
            if intent in getattr(self, channel):
                return channel, ()
            if named := tuple(name for name in self.stations if self.allows(intent, channel, name)):
                return channel, named
        return "", ()


def load(folder: Path, actions: Collection[str], places: Collection[str], words: Collection[str]) -> Stations | None:
    """Read `stations.yaml` in a site's `hardware/`; None where there is none. Raises SiteError.

    `actions`: the site's intents that do something; `places`: its machines and lines; `words`: its shared answers.
    """
    file = folder / "stations.yaml"
    if not file.is_file():
        return None
    stations = yaml.read(file, Stations)
    if missing := sorted(set(WORDS) - set(words)):
        raise SiteError(file, f"intents/shared.yaml has no answer {missing[0]!r}, which this file needs")
    for name, station in stations.stations.items():
        if name not in places:
            raise SiteError(file, f"no machine or line {name!r} in plant.yaml", key="stations")
        for channel in ("headset", "terminal"):
            _known(file, f"stations.{name}.{channel}", getattr(station, channel) or (), actions)
    _known(file, "headset", stations.headset, actions)
    _known(file, "terminal", stations.terminal, actions)
    return stations


def _known(file: Path, key: str, intents: Collection[str], actions: Collection[str]) -> None:
    for intent in intents:
        if intent not in actions:
            raise SiteError(file, f"no action {intent!r} in intents/", key=key)
