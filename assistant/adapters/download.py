"""Fetching weight files: resumable, several at once, each whole and of the right hash or not there at all."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from assistant.adapters.registries import Address, why
from assistant.adapters.sources import Archive, member, sources
from assistant.adapters.weights import Found, Weights
from assistant.errors import DownloadError, ModelError

AT_ONCE = 4
TRIES = 3
"""In a row without one more byte; a line that is cut now and then goes on for as long as it gets further."""

Progress = Callable[[str, int, int], None]
"""Takes (archive, bytes so far, bytes in all; 0 while unknown), from any thread."""


@dataclass(slots=True)
class Downloads:
    """One pull. Archives lie in a folder of their own, kept half-done between runs so that a cut one goes on."""

    folder: Path
    web: httpx.Client
    ask: Callable[[Archive], Address]
    progress: Progress = lambda archive, done, total: None
    backoff_s: float = 1.0
    """Before the second try; twice as long before each further one."""
    _fetched: dict[Archive, Future[Path]] = field(default_factory=dict)
    _unreachable: set[str] = field(default_factory=set)
    """Hosts that gave no connection: a firewall that swallows requests is waited for once, not for each file."""
    _spoilt: set[Path] = field(default_factory=set)
    """Archives that hold something else than what was pinned, thrown away at the end."""
    _stop: threading.Event = field(default_factory=threading.Event)

    def pull(self, weights: Weights, names: Sequence[str]) -> int:
        """Fetch what is missing of these models; how many files that were.

        Whatever can be had is put in place; then DownloadError is raised if something is still missing.
        """
        with self._alone():
            wanted = weights.missing(names)
            with ThreadPoolExecutor(AT_ONCE) as pool:
                try:
                    problems = self._place_all(pool, weights, wanted)
                except BaseException:
                    self._stop.set()  # else leaving the pool would wait for every download
                    pool.shutdown(cancel_futures=True)
                    raise
            for file in self._spoilt:
                file.unlink(missing_ok=True)
            if problems:
                more = f" (files still missing: {len(problems)})" if len(problems) > 1 else ""
                raise DownloadError(f"{problems[0]}{more}; run the same again to go on")
            shutil.rmtree(self.folder, ignore_errors=True)
        return len(wanted)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One pull at a time into one cache; a second one waits, and then mostly finds everything in place."""
        lock = self.folder.with_suffix(".lock")
        try:
            lock.parent.mkdir(parents=True, exist_ok=True)
            with lock.open("w") as held:
                fcntl.flock(held, fcntl.LOCK_EX)
                self.folder.mkdir(exist_ok=True)
                yield
        except OSError as exc:
            raise DownloadError(f"{exc.filename or self.folder}: {exc.strerror or exc}") from exc

    def _start(self, pool: ThreadPoolExecutor, archive: Archive) -> Future[Path]:
        """Begin to fetch an archive, once however many files are in it."""
        if archive not in self._fetched:
            self._fetched[archive] = pool.submit(self._fetch, archive)
        return self._fetched[archive]

    def _place_all(self, pool: ThreadPoolExecutor, weights: Weights, wanted: Sequence[Found]) -> list[str]:
        """Each file in its place; what went wrong with those that are not."""
        for found in wanted:
            for archive, _ in next(sources(weights.model(found.model), found.weight)):
                self._start(pool, archive)
        problems: list[str] = []
        for found in wanted:
            try:
                self._place(pool, weights, found)
            except DownloadError as exc:
                problems.append(str(exc))
        return problems

    def _place(self, pool: ThreadPoolExecutor, weights: Weights, found: Found) -> None:
        """One file from the first source that has it."""
        problems: list[str] = []
        for parts in sources(weights.model(found.model), found.weight):
            started = [(self._start(pool, archive), name) for archive, name in parts]
            try:
                files = [(archive.result(), name) for archive, name in started]
            except DownloadError as exc:
                problems.append(str(exc))
                continue
            try:
                weights.put(found, (block for file, name in files for block in member(file, name)))
                return
            except DownloadError:
                raise  # no room, no permission: another source would change nothing
            except ModelError as exc:
                problems.append(str(exc))
                self._spoilt.update(file for file, _ in files)
        raise DownloadError(f"{found}: {'; '.join(problems)}")

    def _fetch(self, archive: Archive) -> Path:
        """The archive on disk, fetched or gone on with where need be. Raises DownloadError."""
        file = self.folder / archive.name
        part = file.with_name(f"{file.name}.part")
        where: Address | None = None
        tries = 0
        while not file.exists():
            before = _size(part)
            try:
                where = where or self.ask(archive)
                self._stream(archive, where.url, part)
                if where.sha256 and _sha256(part) != where.sha256:
                    part.unlink()
                    raise DownloadError(f"{archive}: what came is not what the index lists; it was thrown away")
                part.replace(file)
            except (httpx.HTTPError, httpx.InvalidURL) as exc:
                tries = 1 if _size(part) > before else tries + 1
                if tries == TRIES or self._in_vain(exc):
                    raise DownloadError(f"{archive}: {why(exc)}") from exc
                self._stop.wait(self.backoff_s * 2 ** (tries - 1))
            except OSError as exc:
                raise DownloadError(f"{part}: {exc.strerror or exc}") from exc
        return file

    def _stream(self, archive: Archive, url: str, part: Path) -> None:
        """One request for what `part` does not have yet. Raises httpx.HTTPError, also when it is cut."""
        host = httpx.URL(url).host
        if host in self._unreachable:
            raise DownloadError(f"{archive}: no connection to {host}")
        have = _size(part)
        # As it lies there: compressed on the way, neither its length nor the rest of it would mean anything.
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
        with self.web.stream("GET", url, headers=headers) as answer:
            if answer.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
                return  # nothing is left to send; the hash tells whether that is so
            answer.raise_for_status()
            resumed = answer.status_code == httpx.codes.PARTIAL_CONTENT
            have = have if resumed else 0
            total = have + int(answer.headers.get("Content-Length", 0))
            with part.open("ab" if resumed else "wb") as out:
                for block in answer.iter_raw():  # as it comes: a size would hold back what a cut then loses
                    out.write(block)
                    have += len(block)
                    self.progress(archive.name, have, total)
                    if self._stop.is_set():
                        raise DownloadError(f"{archive}: stopped")

    def _in_vain(self, exc: Exception) -> bool:
        """Whether another try cannot help: no way to the host, or the host's own no."""
        if isinstance(exc, (httpx.ConnectError, httpx.ConnectTimeout)):
            self._unreachable.add(exc.request.url.host)
            return True
        if isinstance(exc, httpx.HTTPStatusError):
            return exc.response.is_client_error and exc.response.status_code != httpx.codes.TOO_MANY_REQUESTS
        return isinstance(exc, (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.ProxyError)) or self._stop.is_set()


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def _sha256(file: Path) -> str:
    with file.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()
