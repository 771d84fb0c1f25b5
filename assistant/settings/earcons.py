"""`hardware/earcons.yaml`: the short sounds of a headset, as notes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec

from assistant.errors import SiteError
from assistant.settings import yaml

NAMES = ("awake", "heard", "working", "done", "refused", "asleep")


class Note(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One tone, or a silence."""

    hz: Annotated[float, msgspec.Meta(ge=0, le=4000)]
    """0: silence."""
    ms: Annotated[float, msgspec.Meta(gt=0, le=400)]


class Earcons(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole file."""

    level: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.2
    """Of full scale."""
    sounds: dict[str, tuple[Note, ...]] = {}


def load(folder: Path) -> Earcons:
    """Read `earcons.yaml` in a site's `hardware/`; none are played where there is none. Raises SiteError."""
    file = folder / "earcons.yaml"
    if not file.is_file():
        return Earcons()
    earcons = yaml.read(file, Earcons)
    for name in earcons.sounds:
        if name not in NAMES:
            raise SiteError(file, f"no such sound; there are {', '.join(NAMES)}", key=name)
    return earcons
