"""What a core knows, in one file beside the log, so that it starts from there and not from the log's first event.

`known.snapshot` in the data folder::

    line 1     "line-assistant snapshot 1"
    part       4 bytes of length (big-endian), then that many of MessagePack, or of a column; again and again
    the end    4 zero bytes, then SHA-256 over everything before it

The first part is the head: which code wrote it, at which position of the log, and that event's hash. A long column is
left out of the part that it belongs to and follows it as a part of its own, as bytes: neither to write nor to read a
snapshot takes more than its longest column in memory beside what is known. A file that was
cut, changed, written by other code, or made from another log (or a longer one) says nothing: it is named in one line,
thrown away, and the log is folded anew. The log is the only truth; nothing is lost with a snapshot.
"""

from __future__ import annotations

import errno
import gc
import hashlib
import os
import sys
import threading
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from functools import cache, partial
from pathlib import Path
from typing import Any, BinaryIO, TypeVar, get_type_hints

import msgspec
import structlog

from assistant import domain
from assistant.adapters import cloudevents
from assistant.domain import kept as keeping
from assistant.domain.events import Event
from assistant.domain.views import Views
from assistant.domain.world import World
from assistant.errors import AssistantError

NAME = "known.snapshot"
MAGIC = b"line-assistant snapshot 1\n"
FLOOR_BYTES = 400 * 1024 * 1024
"""With less free space than this none is written: the log needs what there is."""
PAST = "past"
APART = 4096
"""Bytes of a column that is written as a part of its own."""
_LENGTH = 4
_DIGEST = 32
_log = structlog.get_logger(__name__)

Read = TypeVar("Read")
Row = tuple[bytes, int, str, str]
"""Record, position, prev and hash of an event."""
HashAt = Callable[[int], str | None]
"""Position in the log -> the hash of the event that stands there, None where there is none. Raises LogError."""


class Head(msgspec.Struct, frozen=True):
    """What a snapshot says of itself."""

    code: str
    position: int
    hash: str


@dataclass(frozen=True, slots=True)
class Known:
    """What a core knows of its plant."""

    world: World
    views: Views


def fresh(views: Views) -> Known:
    """What a core knows before the first event."""
    return Known(World(views.register.boards), views)


class Unfit(Exception):
    """A snapshot that says nothing; why, in a few words."""


class _TooLate(Exception):
    """A snapshot of a later position than is wanted."""


class Snapshots:
    """The snapshot of one data folder."""

    def __init__(self, folder: Path, make_views: Callable[[], Views], *, floor_bytes: int = FLOOR_BYTES) -> None:
        """`make_views` gives fresh views, to be filled."""
        self._file, self._make_views, self._floor = folder / NAME, make_views, floor_bytes
        self.position = 0
        """Of the snapshot that is there; 0 for none."""
        self._busy = threading.Lock()
        """A core that ends while a thread still waits for the disk must not write into the file of that thread."""

    def load(self, hash_at: HashAt, *, discard: bool = True, until: int | None = None) -> Known:
        """What was kept; fresh where nothing was, or nothing that fits (which is then deleted: `discard`).

        `until`: a snapshot of a later position is none for this purpose. Raises LogError when the log cannot be read.
        """
        try:
            with self._file.open("rb") as file, _no_collector():
                known = self._read(file, hash_at, until)
        except (FileNotFoundError, _TooLate):
            return fresh(self._make_views())
        except (OSError, Unfit) as exc:
            why = exc.strerror if isinstance(exc, OSError) else str(exc)
            _log.warning("the snapshot does not count, the log is read anew", file=str(self._file), why=why)
            if discard:
                with suppress(OSError):
                    self._file.unlink()
            return fresh(self._make_views())
        self.position = known.world.position
        return known

    def save(self, known: Known) -> bool:
        """Write it all down and wait for the disk; False (and one line in the log) when that could not be done."""
        return self.write(known)()

    def write(self, known: Known) -> Callable[[], bool]:
        """Write it all down beside the snapshot that is there, before the next event is folded.

        What is returned waits for the disk and puts the one in the place of the other; it may run in a thread, and says
        what `save` says. Nothing half-made is left.
        """
        position = known.world.position
        temporary = self._file.with_suffix(".new")
        try:
            disk = os.statvfs(self._file.parent)
            if disk.f_bavail * disk.f_frsize < self._floor:
                raise OSError(errno.ENOSPC, "disk nearly full")
            with self._busy, open(temporary, "wb", opener=_private) as file:
                _write(file, known)
        except OSError as exc:
            return partial(self._gave_up, temporary, exc)
        return partial(self._settle, temporary, position)

    def _settle(self, temporary: Path, position: int) -> bool:
        try:
            with self._busy:
                _sync(temporary)
                temporary.replace(self._file)
                _sync(self._file.parent)
        except OSError as exc:
            return self._gave_up(temporary, exc)
        self.position = position
        return True

    def _gave_up(self, temporary: Path, why: OSError) -> bool:
        _log.warning("no snapshot could be written", file=str(self._file), why=why.strerror or str(why))
        with suppress(OSError):
            temporary.unlink()
        return False

    def _read(self, file: BinaryIO, hash_at: HashAt, until: int | None) -> Known:
        _check(file)
        file.seek(len(MAGIC))
        parts = _parts(file)
        head = _taken(lambda: msgspec.msgpack.decode(next(parts), type=Head))
        if until is not None and head.position > until:
            raise _TooLate
        if head.code != code():
            raise Unfit("other code wrote it")
        found = hash_at(head.position)
        if found is None:
            raise Unfit(f"the log does not reach its position {head.position}")
        if found != head.hash:
            raise Unfit(f"another event stands at its position {head.position}")
        views = self._make_views()
        _taken(lambda: views.restore({name: _decoded(parts, Any) for name in views.state()}))
        world = _taken(lambda: keeping.recall(_kept(parts), views.register.boards))
        if not world.position == views.position == head.position:
            raise Unfit("its parts are of different positions")
        return Known(world, views)


@cache
def code() -> str:
    """SHA-256 over the code that decides what a snapshot means: any change of it makes older ones unfit."""
    digest = hashlib.sha256(sys.byteorder.encode())
    for file in [*sorted(Path(domain.__file__ or "").parent.rglob("*.py")), Path(__file__)]:
        digest.update(file.read_bytes())
    return digest.hexdigest()


# ---- the file ------------------------------------------------------------------------------------------------


def _write(file: BinaryIO, known: Known) -> None:
    digest = hashlib.sha256()

    def put(data: bytes | memoryview) -> None:
        digest.update(data)
        file.write(data)

    put(MAGIC)
    for part in _parts_of(known):
        put(len(part).to_bytes(_LENGTH, "big"))
        put(part)
    put(bytes(_LENGTH))
    file.write(digest.digest())


def _check(file: BinaryIO) -> None:
    """Raise Unfit when this is not, whole, what was written."""
    size = file.seek(0, os.SEEK_END) - _DIGEST
    file.seek(0)
    if file.read(len(MAGIC)) != MAGIC:
        raise Unfit("it is none of this version")
    file.seek(0)
    digest = hashlib.sha256()
    while size > 0 and (block := file.read(min(size, 1 << 20))):
        digest.update(block)
        size -= len(block)
    if file.read() != digest.digest():
        raise Unfit("it is cut or changed")


def _parts(file: BinaryIO) -> Iterator[bytes]:
    while length := int.from_bytes(file.read(_LENGTH), "big"):
        yield file.read(length)


def _taken(read: Callable[[], Read]) -> Read:
    """What it gives; whatever goes wrong in it is the snapshot's fault."""
    try:
        return read()
    except (msgspec.MsgspecError, AssistantError, LookupError, TypeError, ValueError, StopIteration) as exc:
        raise Unfit(f"it cannot be read: {exc!r}") from exc


def _private(file: str, flags: int) -> int:
    return os.open(file, flags | os.O_CLOEXEC, 0o600)


def _sync(file: Path) -> None:
    """Wait until a file, or what a folder holds, is on disk."""
    descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _no_collector() -> Iterator[None]:
    """Hundreds of thousands of small objects are made and none is garbage: the collector would look at them in vain."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


# ---- the parts -----------------------------------------------------------------------------------------------


def _parts_of(known: Known) -> Iterator[bytes | memoryview]:
    """The head, the parts of the views, the parts of the world."""
    yield from _encoded(Head(code(), known.world.position, known.world.hash))
    for part in known.views.state().values():
        yield from _encoded(part)
    kept = keeping.keep(known.world)
    for field in fields(kept):
        value = getattr(kept, field.name)
        if field.name == PAST:
            value = {name: [_row(event) for event in past] for name, past in value.items()}
        yield from _encoded(value)


def _encoded(value: Any) -> Iterator[bytes | memoryview]:
    """A value, and after it its long columns in the order in which they stand there."""
    apart: list[memoryview] = []

    def column(one: Any) -> msgspec.msgpack.Ext:
        if not isinstance(one, array):
            raise NotImplementedError(type(one))
        if len(one) * one.itemsize < APART:
            return msgspec.msgpack.Ext(ord(one.typecode), one.tobytes())
        apart.append(memoryview(one).cast("B"))
        return msgspec.msgpack.Ext(-ord(one.typecode), b"")

    yield msgspec.msgpack.Encoder(enc_hook=column).encode(value)
    yield from apart


def _decoded(parts: Iterator[bytes], shape: Any) -> Any:
    """Back from the parts that come next."""

    def column(code: int, data: memoryview) -> array[Any]:
        values: array[Any] = array(chr(abs(code)))
        values.frombytes(data if code > 0 else next(parts))
        return values

    return msgspec.msgpack.Decoder(shape, ext_hook=column).decode(next(parts))


def _kept(parts: Iterator[bytes]) -> keeping.Kept:
    values = {}
    for name, hint in get_type_hints(keeping.Kept).items():
        shape = dict[str, list[Row]] if name == PAST else hint
        values[name] = _decoded(parts, shape)
    values[PAST] = {name: [cloudevents.event(*row) for row in past] for name, past in values[PAST].items()}
    return keeping.Kept(**values)


def _row(event: Event) -> Row:
    """An event as its record (its data alone would not say of which type it is) and its place."""
    record, _ = cloudevents.seal(event, event.position, event.prev)
    return record, event.position, event.prev, event.hash
