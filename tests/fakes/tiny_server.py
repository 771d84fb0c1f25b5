"""An OPC UA server with two machines whose every value, quality and answer a test writes by hand."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from assistant.settings.hardware import Hardware

MACHINES = ("PRN-1", "PRN-2")
LISTS = ("held", "queue", "alarms")
Answer = Callable[[str], Awaitable[tuple[bool, str]]]
"""Takes the order id, gives (accepted, reason); what it raises the server answers with a bad status."""


class TinyServer:
    """`PRN-1` and `PRN-2`, by the names of a site's hardware file. Their hearts beat until `heart_stops`."""

    def __init__(self, hardware: Hardware) -> None:
        from asyncua.server.server import Server

        self._hardware, self._server, self._index = hardware, Server(), 0
        self._heart: asyncio.Task[None] | None = None
        self._beating = set(MACHINES)
        self._values: dict[str, tuple[str | tuple[str, ...], int, float]] = {}
        """Variable -> value, status code, own time (0: whenever its heart beats)."""
        self.entries: list[str] = []
        """The journal, as JSON."""
        self.calls: list[str] = []
        """Order ids that arrived."""
        self.slow_s = 0.0
        """Seconds that an answer about the journal takes."""
        self.read = 0
        """How often the journal was asked for entries."""
        self.looks = 0
        """Read requests so far."""
        self.answer: Answer = _accept

    async def __aenter__(self) -> TinyServer:
        from asyncua import ua
        from asyncua.common.callback import CallbackType

        server, names = self._server, self._hardware
        logging.getLogger("asyncua").setLevel(logging.CRITICAL)
        await server.init()
        server.set_endpoint(names.endpoint)
        server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
        self._index = await server.register_namespace(names.namespace)
        for machine in MACHINES:
            here = await server.nodes.objects.add_object(self._id(machine), machine)
            for name, pattern in names.variables.items():
                many = name in LISTS
                value = ua.Variant([] if many else "", ua.VariantType.String, is_array=many)
                await here.add_variable(self._id(pattern.format(machine=machine)), name, value)
            await here.add_variable(self._id(names.heartbeat.format(machine=machine)), "heart", 0)
            for name, method in names.methods.items():
                inputs = [ua.VariantType.String, ua.VariantType.DateTime] + [ua.VariantType.String] * len(method.args)
                await here.add_method(
                    self._id(method.node.format(machine=machine)),
                    name,
                    self._call,
                    inputs,
                    [ua.VariantType.Boolean, ua.VariantType.String],
                )
        book = await server.nodes.objects.add_object(self._id("Journal"), "Journal")
        await book.add_variable(self._id(names.journal.run), "run", "tiny")
        await book.add_variable(self._id(names.journal.head), "head", 0)
        integer = ua.VariantType.Int64
        await book.add_method(
            self._id(names.journal.read), "read", self._read, [integer, integer], [ua.VariantType.String]
        )
        server.subscribe_server_callback(CallbackType.PreRead, self._looked)
        for name in names.variables:
            await self.write(name, () if name in LISTS else "")
        await server.start()
        self._heart = asyncio.create_task(self._beat())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Go away."""
        if self._heart is not None:
            self._heart.cancel()
        await self._server.stop()

    async def write(self, variable: str, value: str | tuple[str, ...], *, status: int = 0, at: float = 0.0) -> None:
        """Set a variable of both machines: its value, OPC UA status code and own time (always the present, or `at`)."""
        self._values[variable] = (value, status, at)
        for machine in MACHINES:
            await self._show(machine, variable)

    async def note(self, *entries: str) -> None:
        """Add entries to the journal."""
        self.entries.extend(entries)
        await self._set(self._hardware.journal.head, len(self.entries))

    async def head_spoils(self) -> None:
        """The journal's length is of bad quality from now on."""
        from asyncua import ua

        bad = ua.DataValue(StatusCode=ua.StatusCode(ua.UInt32(0x80000000)))
        await self._server.write_attribute_value(self._id(self._hardware.journal.head), bad)

    def heart_stops(self, *machines: str) -> None:
        """The server goes on to answer; these machines (or all) do not live."""
        self._beating -= set(machines or MACHINES)

    async def hearts_stood_still_since(self, moment: float) -> None:
        """As if they had beaten last at this time (Unix seconds)."""
        for machine in MACHINES:
            await self._set(self._hardware.heartbeat.format(machine=machine), 1, moment)

    async def _beat(self) -> None:
        beats = 0
        while True:
            beats += 1
            for machine in self._beating:
                await self._set(self._hardware.heartbeat.format(machine=machine), beats)
                for variable in self._values:
                    await self._show(machine, variable)
            await asyncio.sleep(0.05)

    async def _show(self, machine: str, variable: str) -> None:
        from asyncua import ua

        value, status, at = self._values[variable]
        many = isinstance(value, tuple)
        own: Any = datetime.fromtimestamp(at or time.time(), UTC)
        data = ua.DataValue(
            ua.Variant(list(value) if many else value, ua.VariantType.String, is_array=many),
            StatusCode=ua.StatusCode(ua.UInt32(status)),
            SourceTimestamp=own,
        )
        name = self._hardware.variables[variable].format(machine=machine)
        await self._server.write_attribute_value(self._id(name), data)

    def _looked(self, event: object, dispatcher: object) -> None:
        self.looks += 1

    async def _set(self, name: str, number: int, at: float = 0.0) -> None:
        from asyncua import ua

        own: Any = datetime.fromtimestamp(at or time.time(), UTC)
        data = ua.DataValue(ua.Variant(number, ua.VariantType.Int64), SourceTimestamp=own)
        await self._server.write_attribute_value(self._id(name), data)

    async def _call(self, parent: Any, order: Any, deadline: Any, *args: Any) -> Any:
        from asyncua import ua

        self.calls.append(order.Value)
        accepted, reason = await self.answer(order.Value)
        return [ua.Variant(accepted, ua.VariantType.Boolean), ua.Variant(reason, ua.VariantType.String)]

    async def _read(self, parent: Any, after: Any, most: Any) -> Any:
        from asyncua import ua

        self.read += 1
        await asyncio.sleep(self.slow_s)
        some = self.entries[after.Value : after.Value + most.Value]
        return [ua.Variant(some, ua.VariantType.String, is_array=True)]

    def _id(self, name: str) -> Any:
        from asyncua import ua

        return ua.NodeId.from_string(f"ns={self._index};s={name}")


async def _accept(order: str) -> tuple[bool, str]:
    return True, ""
