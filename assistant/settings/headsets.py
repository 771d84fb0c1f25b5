"""`hardware/headsets/*.yaml` and `hardware/places.yaml`: which sound devices are headsets, and where each one is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import msgspec

from assistant.errors import SiteError
from assistant.settings import yaml

Gain = Annotated[float, msgspec.Meta(ge=0, le=16)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class Button(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A key of the headset (or a foot switch) that stands for the wake word, as Linux reports it (evdev)."""

    device: str
    """Its file, best one under /dev/input/by-id/, which keeps its name."""
    code: Annotated[int, msgspec.Meta(ge=1, le=767)]
    """The key's number in linux/input-event-codes.h: 164 is play and pause, 582 the voice command key."""


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One kind of headset."""

    headset: str
    """Its name; the file is called so too."""
    match: tuple[str, ...]
    """Regular expressions, one of which is found in the device's name; upper and lower case are the same."""
    ear: tuple[str, ...] = ()
    """The same for its ear piece, where that is a device of another name."""
    host_api: str = ""
    """PortAudio's name of the system's sound interface (`ALSA`), or empty for any."""
    microphone_gain: Gain = 1.0
    """What its samples are multiplied with."""
    speaker_gain: Gain = 1.0
    """The same for what is played."""
    side_tone: Share = 0.0
    """How much of one's own voice is played back at once; 0 where the headset does that itself, as nearly all do."""
    rank: int = 100
    """Where several profiles fit, the lowest is taken."""
    button: Button | None = None


class Station(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One headset at one place."""

    at: str
    """Machine or line id."""
    headset: str
    """Which profile."""
    device: str = ""
    """A regular expression that only this one's device name fits, where a box has several of a kind."""
    button: Button | None = None
    """Another button than the profile's."""


class Stations(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`places.yaml`: all headsets that one box serves; empty: one, wherever it is said to be."""

    stations: tuple[Station, ...] = ()


class Headsets(msgspec.Struct, frozen=True, kw_only=True):
    """Both together."""

    profiles: tuple[Profile, ...]
    """Best first."""
    stations: tuple[Station, ...] = ()

    def profile(self, name: str) -> Profile:
        """By name; KeyError for one that is not there."""
        return {profile.headset: profile for profile in self.profiles}[name]


def load(folder: Path) -> Headsets:
    """Read both in a site's `hardware/`. Raises SiteError."""
    profiles = []
    for file in sorted((folder / "headsets").glob("*.yaml")):
        profile = yaml.read(file, Profile)
        if profile.headset != file.stem:
            raise SiteError(
                file, f"the file of headset {profile.headset!r} must be {profile.headset}.yaml", key="headset"
            )
        if not profile.match:
            raise SiteError(file, "one pattern at least", key="match")
        for key, patterns in (("match", profile.match), ("ear", profile.ear)):
            _expressions(file, key, patterns)
        profiles.append(profile)
    return Headsets(profiles=tuple(sorted(profiles, key=lambda one: one.rank)), stations=_stations(folder, profiles))


def _stations(folder: Path, profiles: list[Profile]) -> tuple[Station, ...]:
    file = folder / "places.yaml"
    if not file.is_file():
        return ()
    stations = yaml.read(file, Stations).stations
    seen: set[str] = set()
    for station in stations:
        if station.headset not in {profile.headset for profile in profiles}:
            raise SiteError(file, f"no headset {station.headset!r} in {folder.name}/headsets", key="headset")
        if station.at in seen:
            raise SiteError(file, f"{station.at} has a headset already", key="at")
        seen.add(station.at)
        _expressions(file, "device", (station.device,))
    return stations


def _expressions(file: Path, key: str, patterns: tuple[str, ...]) -> None:
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as exc:
            raise SiteError(file, f"{pattern!r} is no regular expression: {exc}", key=key) from exc
