"""The cache of weight files: what is there, whether it is what was pinned, and putting it there in one piece."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import DownloadError, ModelError
from assistant.settings.manifest import Manifest, Model, WeightFile

BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Found:
    """What the cache holds of one file."""

    model: str
    weight: WeightFile
    state: str
    """`ok`, `missing`, `truncated` or `wrong`."""


class Weights:
    """The files of a manifest below one folder, `<model>/<file>`."""

    def __init__(self, manifest: Manifest, cache: Path) -> None:
        self._manifest, self._cache = manifest, cache

    def path(self, model: str, weight: WeightFile) -> Path:
        """Where a file lies or is to lie."""
        return self._cache / model / weight.file

    def model(self, name: str) -> Model:
        """A model by its id. Raises ModelError."""
        try:
            return self._manifest.models[name]
        except KeyError:
            known = ", ".join(self._manifest.models)
            raise ModelError(f"no model {name!r} in the manifest; there are {known}") from None

    def look(self, name: str, *, hashed: bool = False) -> Iterable[Found]:
        """What is there of a model; `hashed` reads every byte, else only files that changed since they were."""
        for weight in self.model(name).files:
            yield Found(name, weight, self._state(name, weight, hashed=hashed))

    def ensure(self, name: str) -> Path:
        """The folder of a model all of whose files are what was pinned. Raises ModelError, naming the file."""
        for found in self.look(name):
            if found.state != "ok":
                file = self.path(name, found.weight)
                raise ModelError(f"{file} is {found.state}; run: assistant models pull {name}")
        return self._cache / name

    def put(self, name: str, weight: WeightFile, parts: Iterable[bytes]) -> None:
        """Write a file in one piece: whole, of the right hash, or not at all. Raises DownloadError."""
        file = self.path(name, weight)
        temporary = file.with_name(f".{file.name}.{os.getpid()}")
        digest = hashlib.sha256()
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            try:
                with temporary.open("wb") as out:
                    for part in parts:
                        digest.update(part)
                        out.write(part)
                    out.flush()
                    os.fsync(out.fileno())
                if digest.hexdigest() != weight.sha256:
                    raise DownloadError(f"{name}/{weight.file}: its sha256 is not the pinned one; nothing was kept")
                temporary.replace(file)
            finally:
                temporary.unlink(missing_ok=True)
        except OSError as exc:
            raise DownloadError(f"{file}: {exc.strerror or exc}; nothing was kept") from exc
        self._stamp(file, weight.sha256)

    def _state(self, name: str, weight: WeightFile, *, hashed: bool) -> str:
        file = self.path(name, weight)
        try:
            size = file.stat().st_size
        except FileNotFoundError:
            return "missing"
        except OSError as exc:
            raise ModelError(f"{file}: {exc.strerror}") from exc
        if size != weight.bytes:
            return "truncated" if size < weight.bytes else "wrong"
        if not hashed and self._stamped(file) == weight.sha256:
            return "ok"
        if _sha256(file) != weight.sha256:
            return "wrong"
        self._stamp(file, weight.sha256)
        return "ok"

    # A file that was hashed once and has not changed since need not be hashed at every start: beside it lies a
    # note of its hash, size and time of change.

    def _stamp(self, file: Path, sha256: str) -> None:
        stat = file.stat()
        note = {"sha256": sha256, "bytes": stat.st_size, "mtime_ns": stat.st_mtime_ns}
        try:
            _note(file).write_text(json.dumps(note))
        except OSError:
            return  # a read-only cache is hashed each time

    def _stamped(self, file: Path) -> str:
        try:
            note, stat = json.loads(_note(file).read_text()), file.stat()
        except (OSError, ValueError):
            return ""
        same = (note.get("bytes"), note.get("mtime_ns")) == (stat.st_size, stat.st_mtime_ns)
        return str(note.get("sha256", "")) if same else ""


def _note(file: Path) -> Path:
    return file.with_name(f".{file.name}.verified")


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    try:
        with file.open("rb") as data:
            while block := data.read(BLOCK):
                digest.update(block)
    except OSError as exc:
        raise ModelError(f"{file}: {exc.strerror}") from exc
    return digest.hexdigest()
