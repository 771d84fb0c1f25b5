"""A TCP proxy between the assistant and a plant; what becomes of a request or an answer is for a subclass to say."""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from urllib.parse import urlparse

AT_ONCE = 65536


def _open() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


@dataclass(eq=False)
class Link:
    """One connection of the assistant's, and the one behind it."""

    near: asyncio.StreamWriter
    far: asyncio.StreamWriter
    up: asyncio.Event = field(default_factory=_open)
    """Cleared: what goes to the plant waits here, as a network that is down holds what TCP will send again."""
    down: asyncio.Event = field(default_factory=_open)
    """Cleared: what comes from it waits here."""
    lost: bool = False
    """Half-open: the plant's side is gone, the assistant's is not told."""
    deaf: bool = False
    """Answers are thrown away."""


class TcpProxy:
    """Forwards bytes to the server at `target`."""

    def __init__(self, target: str) -> None:
        url = urlparse(target)
        self._host, self._port, self._path = url.hostname or "", url.port or 0, url.path
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.links: set[Link] = set()

    @property
    def endpoint(self) -> str:
        """Where the assistant is to connect."""
        assert self._server is not None
        return f"opc.tcp://127.0.0.1:{self._server.sockets[0].getsockname()[1]}{self._path}"

    def reset(self) -> None:
        """Every connection ends with RST on both sides; new ones are taken."""
        for link in list(self.links):
            for writer in (link.near, link.far):
                linger = struct.pack("ii", 1, 0)
                with suppress(OSError):
                    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                writer.transport.abort()

    def opened(self, link: Link) -> None:
        """A connection came."""

    async def request(self, link: Link, data: bytes) -> None:
        """What becomes of bytes to the plant."""
        await link.up.wait()
        if not link.lost:
            link.far.write(data)
            await link.far.drain()

    async def answer(self, link: Link, data: bytes) -> None:
        """What becomes of bytes from it."""
        await link.down.wait()
        if not link.deaf:
            link.near.write(data)
            await link.near.drain()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        self.reset()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, far = await asyncio.open_connection(self._host, self._port)
        except OSError:
            writer.transport.abort()
            return
        link = Link(writer, far)
        self.opened(link)
        self.links.add(link)
        for pump in (self._requests(reader, link), self._answers(there, link)):
            task = asyncio.create_task(pump)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _requests(self, reader: asyncio.StreamReader, link: Link) -> None:
        with suppress(OSError):
            while data := await reader.read(AT_ONCE):
                await self.request(link, data)
        self.links.discard(link)
        link.far.close()

    async def _answers(self, reader: asyncio.StreamReader, link: Link) -> None:
        with suppress(OSError):
            while data := await reader.read(AT_ONCE):
                await self.answer(link, data)
        if not link.lost:
            link.near.close()
            self.links.discard(link)
