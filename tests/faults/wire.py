"""The wire between the assistant and a plant: it counts the orders that go by, and can be cut, silent or late."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Literal

from tests.fakes.tcp_proxy import Link, TcpProxy

__all__ = ["Link", "When", "Wire"]
ORDER = re.compile(rb"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")
"""An order's id as it stands in a call (OPC UA strings are UTF-8)."""

When = Literal["before", "after"]
Seen = Callable[[Link, str], None]
"""Takes the connection and the id of an order that comes by."""


class Wire(TcpProxy):
    """A proxy that knows an order when it sees one."""

    def __init__(self, target: str) -> None:
        super().__init__(target)
        self._tails: dict[Link, bytes] = {}
        """The last bytes of each connection: an id may come in two pieces."""
        self.silent = False
        """Connections are taken and nothing goes either way, until `speak`."""
        self.sent: Counter[str] = Counter()
        """How often each order went by."""
        self.hooks: dict[When, Seen] = {}
        """Called once, before the next order is forwarded or right after."""

    def half_open(self) -> None:
        """The plant's side of every connection is gone, and nobody tells the assistant."""
        for link in self.links:
            link.lost = True
            link.far.transport.abort()

    def silence(self) -> None:
        """Nothing goes either way any more; what is sent is kept."""
        self.silent = True
        for link in self.links:
            self.opened(link)

    def speak(self) -> None:
        """What was kept goes on, late."""
        self.silent = False
        for link in self.links:
            link.up.set()
            link.down.set()

    def opened(self, link: Link) -> None:
        """See TcpProxy."""
        if self.silent:
            link.up.clear()
            link.down.clear()

    async def request(self, link: Link, data: bytes) -> None:
        """See TcpProxy."""
        tail = self._tails.get(link, b"")
        fresh = [found.group().decode() for found in ORDER.finditer(tail + data) if found.end() > len(tail)]
        self._tails[link] = (tail + data)[-32:]
        self.sent.update(fresh)
        self._tell("before", link, fresh)
        await super().request(link, data)
        self._tell("after", link, fresh)

    def _tell(self, when: When, link: Link, orders: list[str]) -> None:
        if orders and when in self.hooks:
            self.hooks.pop(when)(link, orders[0])
