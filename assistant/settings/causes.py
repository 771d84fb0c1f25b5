"""`hardware/causes.yaml`: how much must speak against a reel or a place before an answer names it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec

from assistant.domain.views.materials import Rule
from assistant.settings import yaml

NAME = "causes.yaml"


class _Reel(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    least: Annotated[int, msgspec.Meta(ge=2)] = Rule().least
    chance: Annotated[float, msgspec.Meta(gt=0, lt=1)] = Rule().chance
    times: Annotated[float, msgspec.Meta(ge=1)] = Rule().times


class _Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    rise: Annotated[float, msgspec.Meta(gt=0)] = Rule().rise


class _Causes(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    reel: _Reel = _Reel()
    place: _Place = _Place()


def load(folder: Path) -> Rule:
    """Read `causes.yaml` in a site's `hardware/`; the usual rule where there is none. Raises SiteError."""
    file = folder / NAME
    spec = yaml.read(file, _Causes) if file.is_file() else _Causes()
    return Rule(spec.reel.least, spec.reel.chance, spec.reel.times, spec.place.rise)
