"""Fetching weight files: resumable, several at once, each whole and of the right hash or not there at all."""

from __future__ import annotations

import hashlib
import shutil
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from assistant.adapters.sources import Address, Archive, address, member, sources
from assistant.adapters.weights import Weights
from assistant.errors import DownloadError
from assistant.settings.manifest import Model, WeightFile

AT_ONCE = 4
TRIES = 4
BLOCK = 1 << 18
TIMEOUT = httpx.Timeout(30.0, connect=15.0)

Progress = Callable[[str, int, int], None]
"""Takes (archive, bytes so far, bytes in all; 0 while unknown), from any thread."""
Ask = Callable[[Archive], Address]


@dataclass(slots=True)
class Downloads:
    """Archives in a folder of their own, kept half-done between runs so that a cut one goes on."""

    folder: Path
    progress: Progress = lambda name, done, total: None
    ask: Ask = address
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=TIMEOUT, follow_redirects=True))
    _locks: dict[str, threading.Lock] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def pull(self, weights: Weights, names: Sequence[str]) -> int:
        """Fetch what is missing of these models; how many files that were. Raises DownloadError."""
        wanted = [
            (name, weights.model(name), found.weight)
            for name in names
            for found in weights.look(name)
            if found.state != "ok"
        ]
        if not wanted:
            return 0
        archives = {archive for _, model, w in wanted for archive, _ in next(iter(sources(model, w)))}
        with ThreadPoolExecutor(AT_ONCE) as pool:
            # First all archives at once, errors left to the files that need them; then the files one by one.
            for future in as_completed([pool.submit(self._quietly, archive) for archive in archives]):
                future.result()
        for name, model, weight in wanted:
            self._file(weights, name, model, weight)
        shutil.rmtree(self.folder, ignore_errors=True)
        return len(wanted)

    def _quietly(self, archive: Archive) -> None:
        with suppress(DownloadError):
            self._archive(archive)

    def _file(self, weights: Weights, name: str, model: Model, weight: WeightFile) -> None:
        """One file from the first source that has it."""
        problems: list[str] = []
        for parts in sources(model, weight):
            try:
                files = [(self._archive(archive), inside) for archive, inside in parts]
                weights.put(name, weight, (block for file, inside in files for block in member(file, inside)))
                return
            except DownloadError as exc:
                problems.append(str(exc))
        raise DownloadError("; ".join(dict.fromkeys(problems)))

    def _archive(self, archive: Archive) -> Path:
        """The archive on disk, fetched or gone on with where need be."""
        with self._guard:
            lock = self._locks.setdefault(archive.name, threading.Lock())
        with lock:
            file = self.folder / archive.name
            if file.exists():
                return file
            where = self.ask(archive)
            part = file.with_name(f"{file.name}.part")
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
                self._fetch(archive.name, where, part)
                if where.sha256 and _sha256(part) != where.sha256:
                    part.unlink()
                    raise DownloadError(
                        f"{archive.name}: what was sent is not what its index lists; it was thrown away"
                    )
                part.replace(file)
            except OSError as exc:
                raise DownloadError(f"{part}: {exc.strerror or exc}") from exc
            return file

    def _fetch(self, name: str, where: Address, part: Path) -> None:
        """Go on from where `part` ends; a cut connection is tried again from there."""
        problem = ""
        for _ in range(TRIES):
            try:
                if self._stream(name, where.url, part):
                    return
                problem = "the connection was cut"
            except httpx.HTTPError as exc:
                problem = str(exc) or type(exc).__name__
        raise DownloadError(f"{name}: {problem}; run the same again to go on from {_size(part) // 1024} KiB")

    def _stream(self, name: str, url: str, part: Path) -> bool:
        """One request; whether all has come."""
        have = _size(part)
        headers = {"Range": f"bytes={have}-"} if have else {}
        with self.client.stream("GET", url, headers=headers) as response:
            if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
                return True  # nothing is left to send; the hash tells whether that is so
            response.raise_for_status()
            resumed = response.status_code == httpx.codes.PARTIAL_CONTENT
            have = have if resumed else 0
            total = have + int(response.headers.get("Content-Length", 0))
            with part.open("ab" if resumed else "wb") as out:
                for block in response.iter_bytes(BLOCK):
                    out.write(block)
                    have += len(block)
                    self.progress(name, have, total)
            return have >= total


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def _sha256(file: Path) -> str:
    with file.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()
