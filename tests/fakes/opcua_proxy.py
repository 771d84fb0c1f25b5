"""A TCP proxy before a real OPC UA server, so that a test decides what becomes of one request or of all of them."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from enum import Enum, auto
from types import TracebackType
from urllib.parse import urlparse


class Fate(Enum):
    """What becomes of the request that is waited for; its connection is never right again."""

    ANSWER_LOST = auto()
    """It arrives, its answer does not."""
    REQUEST_LOST = auto()
    """It does not arrive."""
    CUT = auto()
    """It arrives, and the connection breaks."""
    LATE = auto()
    """It arrives when `let_go` is called."""


class Proxy:
    """Forwards bytes between the assistant and the server at `target`."""

    def __init__(self, target: str) -> None:
        url = urlparse(target)
        self._host, self._port = url.hostname or "", url.port or 0
        self._path = url.path
        self._marker, self._fate = b"", Fate.CUT
        self._let_go = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self.requests = 0
        """How often the request that is waited for came by."""

    @property
    def endpoint(self) -> str:
        """Where the assistant is to connect."""
        assert self._server is not None
        return f"opc.tcp://127.0.0.1:{self._server.sockets[0].getsockname()[1]}{self._path}"

    def on(self, marker: str, fate: Fate) -> None:
        """From now on: a request with these characters in it (an order id) meets this fate."""
        self._marker, self._fate = marker.encode(), fate
        self.requests = 0
        self._let_go.clear()

    def let_go(self) -> None:
        """Deliver the request that is LATE."""
        self._let_go.set()

    def cut(self) -> None:
        """Break every connection there is; new ones are taken."""
        for writer in self._writers:
            writer.transport.abort()

    async def __aenter__(self) -> Proxy:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, out = await asyncio.open_connection(self._host, self._port)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, out}
        deaf = asyncio.Event()
        for pump in (self._requests(reader, out, deaf), self._answers(there, writer, deaf)):
            task = asyncio.create_task(pump)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _requests(self, reader: asyncio.StreamReader, out: asyncio.StreamWriter, deaf: asyncio.Event) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                if self._marker and self._marker in data:
                    self.requests += 1
                    deaf.set()
                    if self._fate is Fate.REQUEST_LOST:
                        continue
                    if self._fate is Fate.LATE:
                        await self._let_go.wait()
                out.write(data)
                await out.drain()
                if deaf.is_set() and self._fate is Fate.CUT:
                    self.cut()
        out.close()

    async def _answers(self, there: asyncio.StreamReader, writer: asyncio.StreamWriter, deaf: asyncio.Event) -> None:
        with suppress(OSError):
            while data := await there.read(65536):
                if not deaf.is_set():
                    writer.write(data)
                    await writer.drain()
        writer.close()
