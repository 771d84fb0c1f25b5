"""A small MES over real HTTP on loopback, with switches for what can go wrong on the way.

It keeps each event once by its idempotency key, hands out what a test puts into `says`, and before each answer takes
the next fault from `faults` (deliveries) or `poll_faults` (questions for news).
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

FAULTS = (
    "500 after commit",
    "500",
    "503 retry-after",
    "429",
    "timeout after commit",
    "timeout",
    "duplicate",
    "slow",
    "broken JSON",
    "reset after commit",
    "reset",
    "half an answer",
    "endless",
    "404",
    "302",
    "not HTTP",
)
"""Every one of them leads to another try, or to a duplicate that is known by its key."""
_PHRASES = {200: "OK", 302: "Found", 404: "Not Found", 409: "Conflict", 429: "Too Many Requests"}
SLOW_S = 0.03
"""Between two bytes of a slow answer."""


@dataclass
class Try:
    """One delivery as it came in."""

    key: str
    event: dict[str, Any]
    headers: dict[str, str]


@dataclass
class ReferenceMes:
    """What it got, what it says, and how it misbehaves."""

    endpoint: str = ""
    token: str = ""
    """Asked for in every request when it is not empty."""
    tries: list[Try] = field(default_factory=list)
    """Every delivery that reached it, in order."""
    stored: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Key -> event, each key once, in the order in which they first came."""
    says: list[dict[str, Any] | str] = field(default_factory=list)
    """What it tells, in order; a string is sent as it is, JSON or not."""
    asked: list[str] = field(default_factory=list)
    """The place named in every question for news."""
    faults: deque[str] = field(default_factory=deque)
    poll_faults: deque[str] = field(default_factory=deque)
    refuses: set[str] = field(default_factory=set)
    """Event types that it answers 422 for ever."""
    conflicts: set[str] = field(default_factory=set)
    """Event types that it answers 409 for ever, without a key."""
    problems: list[str] = field(default_factory=list)
    """What a sender must not do: another event under a known key, an event before what became of another is known."""
    open: dict[asyncio.StreamReader, str] = field(default_factory=dict)
    """Connections on which a delivery has no full answer yet, with its key."""
    refused: set[str] = field(default_factory=set)
    """Keys that it answered 422."""

    # ---- the two requests it knows -------------------------------------------------------------------------

    def take(self, key: str, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        """A delivery: kept once."""
        event = json.loads(body)
        self.tries.append(Try(key, event, headers))
        if event["type"] in self.refuses:
            self.refused.add(key)
            return 422, {}, b"\x1b[31mnot\nwanted"
        if event["type"] in self.conflicts:
            return 409, {}, b"busy"
        if key in self.stored:
            if self.stored[key] != event:
                self.problems.append(f"another event under the key {key}")
            return 200, {}, b'{"known": true}'
        self.stored[key] = event
        return 200, {}, b'{"known": false}'

    def page(self, after: str, limit: int) -> bytes:
        """News after a place; its places are counts."""
        first = int(after or 0)
        told = self.says[first : first + limit]
        items = ",".join(one if isinstance(one, str) else json.dumps(one) for one in told)
        return f'{{"events": [{items}], "next": "{first + len(told)}"}}'.encode()

    # ---- the wire ------------------------------------------------------------------------------------------

    async def client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, many requests."""
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while await self._request(reader, writer):
                pass
        writer.close()

    async def _request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        line = (await reader.readline()).decode()
        if not line:
            return False
        method, target, _ = line.split()
        headers: dict[str, str] = {}
        while (header := (await reader.readline()).decode().strip()) != "":
            name, _, value = header.partition(":")
            headers[name.lower()] = value.strip()
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        if self.token and headers.get("authorization") != f"Bearer {self.token}":
            return await self._answer(writer, 401, {}, b"")
        url = urlsplit(target)
        if method == "OPTIONS":
            return await self._answer(writer, 204, {}, b"")
        if method == "GET":
            query = parse_qs(url.query, keep_blank_values=True)
            self.asked.append(query["after"][0])
            fault = self.poll_faults.popleft() if self.poll_faults else ""
            page = self.page(query["after"][0], int(query["limit"][0]))
            return await self._faulty(writer, fault, 200, {}, page)
        key = headers["idempotency-key"].strip('"')
        self.open[reader] = key
        try:
            await asyncio.sleep(0.005)  # the end of a connection that was given up is heard of first
            if early := self._before_its_turn(key):
                self.problems.append(f"{key} was delivered before it was known what became of {early}")
            return await self._delivery(writer, headers, body)
        finally:
            del self.open[reader]

    def _before_its_turn(self, key: str) -> str:
        """The key of another event that is under way and of which the sender cannot know what became; or empty.

        The same event on two connections is no fault. A sender that gave up waiting cannot make a receiver stop, nor
        know whether it has; it can only send the same again, under the same key, and that is what the key is for.
        """
        under_way = {other for reader, other in self.open.items() if not reader.at_eof()}
        return next(iter(under_way - {key} - self.stored.keys() - self.refused), "")

    async def _delivery(self, writer: asyncio.StreamWriter, headers: dict[str, str], body: bytes) -> bool:
        key = headers["idempotency-key"].strip('"')
        fault = self.faults.popleft() if self.faults else ""
        if fault in ("500", "503 retry-after", "429", "timeout", "reset", "404", "302", "not HTTP"):
            return await self._faulty(writer, fault, 200, {}, b"")
        status, more, said = self.take(key, body, headers)
        if fault == "duplicate" and status == 200:
            status, more = 409, {"Idempotency-Key": headers["idempotency-key"]}
        return await self._faulty(writer, fault, status, more, said)

    async def _faulty(
        self, writer: asyncio.StreamWriter, fault: str, status: int, headers: dict[str, str], body: bytes
    ) -> bool:
        match fault.removesuffix(" after commit"):
            case "500":
                return await self._answer(writer, 500, {}, b"no")
            case "503 retry-after":
                return await self._answer(writer, 503, {"Retry-After": "0"}, b"")
            case "429":
                return await self._answer(writer, 429, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, b"")
            case "404" | "302" as said:
                return await self._answer(writer, int(said), {"Location": "http://127.0.0.1:9/elsewhere"}, b"")
            case "timeout":
                await asyncio.sleep(3600)
            case "reset":
                linger = struct.pack("ii", 1, 0)
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                writer.transport.abort()
                return False
            case "half an answer":
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")
                return False
            case "not HTTP":
                writer.write(b"\x16\x03\x01 this is not HTTP\r\n\r\n")
                return False
            case "endless":
                writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                block = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
                for _ in range(1000):
                    if writer.is_closing():
                        break
                    writer.write(block)
                    await writer.drain()
                return False
            case "slow":
                head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
                for place, byte in enumerate(head + body):
                    if writer.is_closing():
                        return False
                    writer.write(bytes([byte]))
                    await writer.drain()
                    await asyncio.sleep(SLOW_S if place >= len(head) else SLOW_S / 20)
                return False
            case "broken JSON":
                body = b'{"events": [{"id": "x", ' + body
        return await self._answer(writer, status, headers, body)

    async def _answer(self, writer: asyncio.StreamWriter, status: int, headers: dict[str, str], body: bytes) -> bool:
        lines = [f"HTTP/1.1 {status} {_PHRASES.get(status, 'X')}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        await writer.drain()
        return True


@asynccontextmanager
async def reference_mes(port: int = 0, token: str = "") -> AsyncIterator[ReferenceMes]:
    """One that answers until the block ends."""
    mes = ReferenceMes(token=token)
    busy: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(mes.client(reader, writer))
        busy.add(task)
        task.add_done_callback(busy.discard)

    server = await asyncio.start_server(connected, "127.0.0.1", port)
    mes.endpoint = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/line"
    try:
        yield mes
    finally:
        server.close()
        for task in list(busy):
            task.cancel()
        if busy:
            await asyncio.wait(busy)
