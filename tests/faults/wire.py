"""A TCP proxy between the assistant and a plant: it counts the orders that go by, and can be cut, silent or late."""

from __future__ import annotations

import asyncio
import re
import socket
import struct
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal
from urllib.parse import urlparse

ORDER = re.compile(rb"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")
"""An order's id as it stands in a call (OPC UA strings are UTF-8)."""
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


When = Literal["before", "after"]
Seen = Callable[[Link, str], None]
"""Takes the connection and the id of an order that comes by."""


class Wire:
    """Forwards bytes to the server at `target`."""

    def __init__(self, target: str) -> None:
        url = urlparse(target)
        self._host, self._port, self._path = url.hostname or "", url.port or 0, url.path
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.links: set[Link] = set()
        self.silent = False
        """Connections are taken and nothing goes either way, until `speak`."""
        self.sent: Counter[str] = Counter()
        """How often each order went by."""
        self.hooks: dict[When, Seen] = {}
        """Called once, before the next order is forwarded or right after."""

    @property
    def endpoint(self) -> str:
        """Where the assistant is to connect."""
        assert self._server is not None
        return f"opc.tcp://127.0.0.1:{self._server.sockets[0].getsockname()[1]}{self._path}"

    def reset(self) -> None:
        """Every connection ends with RST on both sides."""
        for link in list(self.links):
            for writer in (link.near, link.far):
                linger = struct.pack("ii", 1, 0)
                with suppress(OSError):
                    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                writer.transport.abort()

    def half_open(self) -> None:
        """The plant's side of every connection is gone, and nobody tells the assistant."""
        for link in self.links:
            link.lost = True
            link.far.transport.abort()

    def silence(self) -> None:
        """Nothing goes either way any more; what is sent is kept."""
        self.silent = True
        for link in self.links:
            link.up.clear()
            link.down.clear()

    def speak(self) -> None:
        """What was kept goes on, late."""
        self.silent = False
        for link in self.links:
            link.up.set()
            link.down.set()

    async def __aenter__(self) -> Wire:
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
        if self.silent:
            link.up.clear()
            link.down.clear()
        self.links.add(link)
        for pump in (self._requests(reader, link), self._answers(there, link)):
            task = asyncio.create_task(pump)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _requests(self, reader: asyncio.StreamReader, link: Link) -> None:
        tail = b""
        with suppress(OSError):
            while data := await reader.read(AT_ONCE):
                fresh = [found.group().decode() for found in ORDER.finditer(tail + data) if found.end() > len(tail)]
                tail = (tail + data)[-32:]
                self.sent.update(fresh)
                self._tell("before", link, fresh)
                await link.up.wait()
                if not link.lost:
                    link.far.write(data)
                    await link.far.drain()
                self._tell("after", link, fresh)
        self.links.discard(link)
        link.far.close()

    def _tell(self, when: When, link: Link, orders: list[str]) -> None:
        if orders and when in self.hooks:
            self.hooks.pop(when)(link, orders[0])

    async def _answers(self, reader: asyncio.StreamReader, link: Link) -> None:
        with suppress(OSError):
            while data := await reader.read(AT_ONCE):
                await link.down.wait()
                link.near.write(data)
                await link.near.drain()
        if not link.lost:
            link.near.close()
            self.links.discard(link)
