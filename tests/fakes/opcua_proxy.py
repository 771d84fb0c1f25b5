"""A TCP proxy before a real OPC UA server, so that a test decides what becomes of one request or of all of them."""

from __future__ import annotations

import asyncio
from enum import Enum, auto

from tests.fakes.tcp_proxy import Link, TcpProxy


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


class Proxy(TcpProxy):
    """Waits for one request."""

    def __init__(self, target: str) -> None:
        super().__init__(target)
        self._marker, self._fate = b"", Fate.CUT
        self._let_go = asyncio.Event()
        self.requests = 0
        """How often the request that is waited for came by."""

    def on(self, marker: str, fate: Fate) -> None:
        """From now on: a request with these characters in it (an order id) meets this fate."""
        self._marker, self._fate = marker.encode(), fate
        self.requests = 0
        self._let_go.clear()

    def let_go(self) -> None:
        """Deliver the request that is LATE."""
        self._let_go.set()

    async def request(self, link: Link, data: bytes) -> None:
        """See TcpProxy."""
        if self._marker and self._marker in data:
            self.requests += 1
            link.deaf = True
            if self._fate is Fate.REQUEST_LOST:
                return
            if self._fate is Fate.LATE:
                await self._let_go.wait()
        await super().request(link, data)
        if link.deaf and self._fate is Fate.CUT:
            self.reset()
