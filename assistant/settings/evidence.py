"""`hardware/evidence.yaml`: what a site keeps of a turn beside its log."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec

from assistant.settings import yaml


class Evidence(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole file."""

    keep_audio_hours: Annotated[float, msgspec.Meta(ge=0, le=24 * 366)] = 0.0
    """How long the sound of a turn is kept; 0 for not at all."""


def load(folder: Path) -> Evidence:
    """Read `evidence.yaml` in a site's `hardware/`; nothing is kept where there is none. Raises SiteError."""
    file = folder / "evidence.yaml"
    return yaml.read(file, Evidence) if file.is_file() else Evidence()
