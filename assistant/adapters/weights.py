"""The cache of weight files: what is there, whether it is what was pinned, and putting it there in one piece."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from contextlib import suppress
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

    def __str__(self) -> str:
        return f"{self.model}/{self.weight.file}"


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
        if missing := self.missing([name]):
            file, state = self.path(name, missing[0].weight), missing[0].state
            problem = "not the file that was pinned" if state == "wrong" else state
            raise ModelError(f"{file} is {problem}; run: assistant models pull {name}")
        return self._cache / name

    def missing(self, names: Iterable[str]) -> list[Found]:
        """What of these models is not there as pinned. Raises ModelError for a model that the manifest lacks."""
        return [found for name in names for found in self.look(name) if found.state != "ok"]

    def put(self, found: Found, blocks: Iterable[bytes]) -> None:
        """Write a file in one piece: whole, of the right hash, or not at all.

        Raises DownloadError when it cannot be written, ModelError when `blocks` are not what was pinned.
        """
        weight, file = found.weight, self.path(found.model, found.weight)
        temporary = file.with_name(f".{file.name}.new")
        digest, left = hashlib.sha256(), weight.bytes
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            try:
                with temporary.open("wb") as out:
                    for block in blocks:
                        left -= len(block)
                        if left < 0:  # before it fills the disk
                            break
                        digest.update(block)
                        out.write(block)
                    out.flush()
                    os.fsync(out.fileno())
                if left or digest.hexdigest() != weight.sha256:
                    raise ModelError(f"{found}: its sha256 or size is not the pinned one; nothing was kept")
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
        if not hashed and self._stamped(file, weight.sha256):
            return "ok"
        if _sha256(file) != weight.sha256:
            return "wrong"
        self._stamp(file, weight.sha256)
        return "ok"

    # A file that was hashed once and has not changed since need not be hashed at every start: beside it lies a
    # note of its hash, size and time of change.

    def _stamp(self, file: Path, sha256: str) -> None:
        with suppress(OSError):  # a read-only cache is hashed each time
            _note(file).write_text(json.dumps(_facts(file, sha256)))

    def _stamped(self, file: Path, sha256: str) -> bool:
        try:
            return bool(json.loads(_note(file).read_text()) == _facts(file, sha256))
        except (OSError, ValueError):
            return False


def _facts(file: Path, sha256: str) -> dict[str, str | int]:
    stat = file.stat()
    return {"sha256": sha256, "bytes": stat.st_size, "mtime_ns": stat.st_mtime_ns}


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
