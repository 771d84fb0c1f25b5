"""The core's door: JSON lines over a Unix socket in the data folder, for this user only.

One request a line, one answer a line, in order; a connection may send many. The socket is reached through the
folder's descriptor, so a long path of the data folder does not matter (sun_path holds 107 characters).
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Literal

import msgspec
import structlog

from assistant.domain.things import Notice, Voicing
from assistant.domain.values import Answer, Session, Transcript
from assistant.errors import AssistantError, CoreError, UsageError

NAME = "core.sock"
MOST_BYTES = 1024 * 1024
"""A line longer than this is nobody's command."""
_log = structlog.get_logger(__name__)


class Request(msgspec.Struct, frozen=True):
    """What a client asks of the core."""

    op: Literal[
        "check",
        "parse",
        "turn",
        "settle",
        "check_in",
        "check_out",
        "voicing",
        "announcement",
        "told",
        "resend",
    ]
    session: Session
    transcript: Transcript | None = None
    order: str = ""
    """To settle: the order's id or how it begins."""
    outcome: Literal["", "done", "not_done"] = ""
    """To settle: what somebody saw."""
    how: str = "terminal"
    """To check in or out: as in badge.checked_in. Told: as in announcement.told."""
    announcement: str = ""
    """Told: the announcement's id."""
    position: int = 0
    """To resend: the event's place in the log."""


class Reply(msgspec.Struct, frozen=True):
    """What the core answers: an answer, or one line and the exit status that goes with it."""

    answer: Answer | None = None
    voicing: Voicing | None = None
    notice: Notice | None = None
    problem: str = ""
    status: int = 0


Handler = Callable[[Request], Awaitable[Answer | Voicing | Notice | None]]


@contextmanager
def _address(folder: Path) -> Iterator[str]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}/{NAME}"
    finally:
        os.close(descriptor)


@asynccontextmanager
async def serve(folder: Path, handler: Handler) -> AsyncIterator[None]:
    """Answer clients until the block ends; requests begun by then are finished first.

    The caller holds the log's lock, so a socket left over from a killed core may be replaced.
    """
    busy: set[asyncio.Task[None]] = set()
    closing = asyncio.Event()

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        busy.add(task)
        try:
            await _converse(reader, writer, handler, closing)
        finally:
            busy.discard(task)
            writer.close()

    with suppress(FileNotFoundError):
        (folder / NAME).unlink()
    with _address(folder) as address:
        server = await asyncio.start_unix_server(client, address, limit=MOST_BYTES)
        (folder / NAME).chmod(0o600)
    try:
        yield
    finally:
        closing.set()
        server.close()
        if busy:
            await asyncio.wait(busy, timeout=15)
        with suppress(FileNotFoundError):
            (folder / NAME).unlink()


async def _converse(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, handler: Handler, closing: asyncio.Event
) -> None:
    if not _same_user(writer):
        return
    stop = asyncio.ensure_future(closing.wait())
    try:
        while not closing.is_set():
            read = asyncio.ensure_future(reader.readline())
            await asyncio.wait({read, stop}, return_when=asyncio.FIRST_COMPLETED)
            if not read.done():
                read.cancel()
                return
            line = read.result()
            if not line:
                return
            writer.write(msgspec.json.encode(await _reply(line, handler)) + b"\n")
            await writer.drain()
    except (ConnectionError, ValueError, asyncio.LimitOverrunError):
        return  # the client left, or sent what is no line
    finally:
        stop.cancel()


async def _reply(line: bytes, handler: Handler) -> Reply:
    try:
        given = await handler(msgspec.json.decode(line, type=Request))
        match given:
            case Voicing():
                return Reply(voicing=given)
            case Notice():
                return Reply(notice=given)
        return Reply(answer=given)
    except AssistantError as exc:
        return Reply(problem=str(exc), status=exc.exit_status)
    except msgspec.DecodeError as exc:
        return Reply(problem=f"not a request: {exc}", status=1)
    except Exception as exc:  # a fault in one turn must not take the core down
        _log.exception("turn failed")
        return Reply(problem=f"internal error: {type(exc).__name__}: {exc}", status=1)


def _same_user(writer: asyncio.StreamWriter) -> bool:
    """SO_PEERCRED (unix(7)): pid, uid, gid of the other side; only this user and root may talk to a core."""
    raw = writer.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, uid, _ = struct.unpack("3i", raw)
    return uid in (os.getuid(), 0)


class RemoteCore:
    """The core of another process."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._lock = asyncio.Lock()

    @classmethod
    async def connect(cls, folder: Path) -> RemoteCore | None:
        """A link to the core on this data folder, or None when none is up."""
        try:
            with _address(folder) as address:  # no folder, no core
                return cls(*await asyncio.open_unix_connection(address, limit=MOST_BYTES))
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        except OSError as exc:
            raise CoreError(f"cannot reach the core in {folder}: {exc.strerror or exc}") from exc

    async def check(self, session: Session) -> None:
        """Raise UsageError for a badge or station that the plant does not have."""
        await self._ask(Request("check", session))

    async def check_in(self, session: Session, how: str) -> None:
        """Write down who is where. Raises UsageError, LogError, CoreError."""
        await self._ask(Request("check_in", session, how=how))

    async def voicing(self, session: Session) -> Voicing:
        """How whoever speaks there is spoken to. Raises CoreError."""
        return (await self._ask(Request("voicing", session))).voicing or Voicing()

    async def announcement(self, session: Session) -> Notice | None:
        """What is to be said to it now, or None. Raises CoreError."""
        return (await self._ask(Request("announcement", session))).notice

    async def told(self, session: Session, ident: str, how: str) -> None:
        """Write down that it was told. Raises LogError, CoreError."""
        await self._ask(Request("told", session, how=how, announcement=ident))

    async def parse(self, transcript: Transcript) -> Answer:
        """How the core would read it."""
        return _answered(await self._ask(Request("parse", transcript.session, transcript)))

    async def turn(self, transcript: Transcript) -> Answer:
        """Take one transcript to its answer. Raises CoreError when the core went away first."""
        return _answered(await self._ask(Request("turn", transcript.session, transcript)))

    async def settle(self, order: str, outcome: Literal["done", "not_done"], session: Session) -> Answer:
        """End an uncertain order. Raises UsageError, CoreError."""
        return _answered(await self._ask(Request("settle", session, order=order, outcome=outcome)))

    async def check_out(self, session: Session, how: str) -> None:
        """It speaks for nobody from now on. Raises UsageError, CoreError."""
        await self._ask(Request("check_out", session, how=how))

    async def resend(self, position: int, session: Session) -> Answer:
        """Send an event again that the MES refused. Raises UsageError, CoreError."""
        return _answered(await self._ask(Request("resend", session, position=position)))

    async def aclose(self) -> None:
        """Hang up."""
        self._writer.close()
        with suppress(ConnectionError):
            await self._writer.wait_closed()

    async def _ask(self, request: Request) -> Reply:
        async with self._lock:
            try:
                self._writer.write(msgspec.json.encode(request) + b"\n")
                await self._writer.drain()
                line = await self._reader.readline()
            except (ConnectionError, ValueError) as exc:
                raise CoreError("the core went away before it answered") from exc
        if not line:
            raise CoreError("the core went away before it answered")
        reply = msgspec.json.decode(line, type=Reply)
        if reply.problem:
            raise UsageError(reply.problem) if reply.status == UsageError.exit_status else AssistantError(reply.problem)
        return reply


def _answered(reply: Reply) -> Answer:
    if reply.answer is None:
        raise CoreError("the core answered nothing")
    return reply.answer
