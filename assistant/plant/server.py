"""The plant behind OPC UA: its machines as objects, their state as variables, orders as methods, a journal.

The server listens on loopback only, for it is a simulation for this box; with certificates it is secured as a real
plant would be (plant.access). A method answers at once and its effect is seen in the variables later, since asyncua
answers a call in the connection's own message loop (pitfalls A3).
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlparse

import msgspec

from assistant.domain import events as e
from assistant.errors import AssistantError, UsageError
from assistant.plant.journal import Journal
from assistant.plant.ledger import Ledger
from assistant.plant.machines import Machine
from assistant.plant.orders import Orders
from assistant.plant.simulation import STEP_S, Simulation
from assistant.plant.weeks import Programme, staged
from assistant.settings.hardware import Hardware
from assistant.settings.plant import Plant
from assistant.settings.security import Link, Trust

TICK_S = 0.05
"""Real seconds between two looks at the simulation, in time with its steps at the speed of real time."""
AFTER_S = 0.002
"""Real seconds by which a look follows its step, so that it is not taken for the step before."""
BEAT_S = 1.0
"""Real seconds between heartbeats."""


class PlantServer:
    """One plant, running at `speed` times real time."""

    def __init__(
        self,
        plant: Plant,
        hardware: Hardware,
        ledger: Ledger,
        *,
        seed: int,
        speed: float,
        link: Link | None = None,
        programme: Programme | None = None,
    ) -> None:
        """`link` is the plant's end of it: its own certificate, the assistant's, and the accounts; None is open.

        Without a programme the plant's lots are made in real time, however fast that is, and it goes on for ever. With
        one it ends, and times are the plant's own: at the very end its clock shows the present.
        """
        self._hardware, self._speed = hardware, speed
        self._link = link if link is not None and link.trust is not None else None
        self._began = time.time()
        """Unix seconds UTC of simulated second 0: the first step, once clients may come."""
        self._last = time.monotonic()
        self._names = {**hardware.variables, "heartbeat": hardware.heartbeat}
        self.run_id = uuid.uuid4().hex[:12]
        self._journal = Journal()
        self._early: list[tuple[float, str, str, e.Payload]] | None = []
        """What happened before second 0, while the clock's time of that is not known; None from then on."""
        self._programme = programme
        self._read_up_to, self._read_at = 0, time.monotonic()
        """How far somebody has read the journal, and when (monotonic)."""
        self._simulation = (
            Simulation(plant, seed, self._note) if programme is None else staged(plant, seed, self._note, programme)
        )
        self._ledger = ledger
        self._orders = Orders(self._simulation, ledger, time.time)
        self._told = 0
        """Entries of the journal that may be read: as many as its head says."""
        self._shown: dict[str, dict[str, object]] = {}
        self._server: Any = None
        self._index = 0

    async def run(self, endpoint: str, ready: Callable[[], None]) -> None:
        """Serve until cancelled or the programme is over; `ready` is called when clients may come.

        Raises UsageError, AssistantError.
        """
        host, port = _loopback(endpoint)
        async with self._serving(endpoint, host, port):
            self._began, self._last = time.time(), time.monotonic()
            early, self._early = self._early or [], None
            for told in early:
                self._note(*told)
            beat, count = self._last, 0
            tick = self._last + AFTER_S
            ready()
            while True:
                self._advance()
                if self._last - beat >= BEAT_S:
                    beat, count = self._last, count + 1
                await self._show(count)
                if self._over():
                    return
                # With the simulation's steps, however long showing one took; where it took too long, some are left out.
                now = time.monotonic()
                tick += TICK_S * max(1, math.ceil((now - tick) / TICK_S))
                await asyncio.sleep(tick - now)

    @property
    def entries(self) -> int:
        """Entries of the journal so far."""
        return len(self._journal)

    @property
    def ended(self) -> bool:
        """Whether the programme is over."""
        return self._programme is not None and self._programme.seconds - self._simulation.now <= STEP_S

    @property
    def origin(self) -> float:
        """Unix seconds UTC of simulated second 0."""
        if self._programme is None:
            return self._began
        return self._began + self._programme.seconds / self._speed - self._programme.seconds

    def _advance(self) -> None:
        """Bring the simulation to the present, or to its programme's end."""
        now = time.monotonic()
        seconds = (now - self._last) * self._speed
        if self._programme is not None:
            seconds = min(seconds, self._programme.seconds - self._simulation.now)
        if seconds > 0:
            self._simulation.advance(seconds)
        self._last = now

    def _over(self) -> bool:
        """Whether the programme is, and everybody who reads its journal has read it."""
        if self._programme is None or not self.ended:
            return False
        return self._read_up_to >= len(self._journal) or time.monotonic() - self._read_at > self._programme.unread_s

    # ---- address space -----------------------------------------------------------------------------------

    @asynccontextmanager
    async def _serving(self, endpoint: str, host: str, port: int) -> Any:
        from asyncua.server.server import Server

        logging.getLogger("asyncua").setLevel(logging.CRITICAL)
        if self._link is None or self._link.trust is None:
            self._server = Server()
            await self._server.init()
        else:
            self._server = await _secured(self._link, self._link.trust)
        # asyncua takes anybody who says "admin" for one, and an admin may write what machines show (pitfalls A8).
        self._server.allow_remote_admin(False)
        self._server.set_endpoint(endpoint)
        self._server.set_server_name("line-assistant reference plant")
        self._index = await self._server.register_namespace(self._hardware.namespace)
        await self._build()
        try:
            await self._server.start()
        except OSError as exc:
            raise AssistantError(f"{endpoint}: {exc.strerror or exc}") from exc
        try:
            yield
        finally:
            await self._server.stop()

    async def _build(self) -> None:
        from asyncua import ua

        objects = self._server.nodes.objects
        commands: set[Any] = set()
        for machine in self._simulation.machines.values():
            own = self._id(self._hardware.object.format(machine=machine.id))
            parent = await objects.add_object(own, machine.id)
            for variable, pattern in self._names.items():
                node = self._id(pattern.format(machine=machine.id))
                await parent.add_variable(node, variable.capitalize(), _variant(self._value(machine, variable, 0)))
            for method, declared in self._hardware.methods.items():
                node = self._id(declared.node.format(machine=machine.id))
                texts = [_argument(name, ua.VariantType.String) for name in declared.args]
                first = [_argument("order", ua.VariantType.String), _argument("deadline", ua.VariantType.DateTime)]
                outputs = [
                    _argument("accepted", ua.VariantType.Boolean),
                    _argument("reason", ua.VariantType.String),
                ]
                call = self._method(machine.id, method, declared.args)
                await parent.add_method(node, method.capitalize(), call, [*first, *texts], outputs)
                commands.add(node)
        journal = await objects.add_object(self._id("Journal"), "Journal")
        names_ = self._hardware.journal
        await journal.add_variable(self._id(names_.run), "Run", _variant(self.run_id))
        await journal.add_variable(self._id(names_.head), "Head", _variant(len(self._journal)))
        wanted = [_argument("after", ua.VariantType.Int64), _argument("most", ua.VariantType.Int64)]
        given = [_argument("entries", ua.VariantType.String)]
        await journal.add_method(self._id(names_.read), "Read", self._read, wanted, given)
        if self._link is not None:
            self._server.iserver.callable |= commands
            self._server.iserver.readable.add(self._id(names_.read))

    def _id(self, name: str) -> Any:
        from asyncua import ua

        return ua.NodeId.from_string(f"ns={self._index};s={name}")

    def _method(self, machine: str, method: str, names: tuple[str, ...]) -> Any:
        """The OPC UA method: (order id, deadline, arguments) -> (accepted, reason)."""
        from asyncua.common.methods import uamethod

        @uamethod
        async def call(parent: Any, *inputs: Any) -> tuple[bool, str]:
            # A client may send what it likes: what is no order is refused here, before anything remembers it.
            if len(inputs) != 2 + len(names):
                return False, f"takes an order id, a deadline and {len(names)} arguments"
            order, deadline, *values = inputs
            if not isinstance(deadline, datetime) or not all(isinstance(text, str) for text in (order, *values)):
                return False, "order id and arguments must be strings, the deadline a time"
            # OPC UA times are UTC and asyncua gives them without a zone.
            due = deadline.timestamp() if deadline.tzinfo else _utc(deadline)
            self._advance()
            return self._orders.take(order, machine, method, dict(zip(names, values, strict=True)), due)

        return call

    async def _read(self, parent: Any, after: Any, most: Any) -> Any:
        """Journal.Read: up to `most` entries after sequence number `after`, as JSON strings."""
        from asyncua import ua

        entries = self._journal.after(int(after.Value), min(int(most.Value), self._told - int(after.Value)))
        self._read_up_to = max(self._read_up_to, int(after.Value) + len(entries))
        self._read_at = time.monotonic()
        return [ua.Variant(entries, ua.VariantType.String, is_array=True)]

    # ---- what is shown -----------------------------------------------------------------------------------

    async def _show(self, beats: int) -> None:
        """Write what has changed since the last tick, the journal first: who sees an effect finds its entry.

        All variables of a machine are written together, at each change and each heartbeat, under one time: what is
        read of a machine is never older than its last change, and never much older than its heart. What is shown is
        what was so when the ledger's lines about it began to go to disk, under the time of then: nothing is seen of an
        order before the ledger can tell of it, though the power fails.
        """
        at, told = datetime.now(UTC), len(self._journal)
        states = {
            machine.id: {
                pattern.format(machine=machine.id): self._value(machine, variable, beats)
                for variable, pattern in self._names.items()
            }
            for machine in self._simulation.machines.values()
        }
        if self._ledger.loose:
            await asyncio.to_thread(self._ledger.sync)
        self._told = told
        await self._write("Journal", {self._hardware.journal.head: told}, at)
        for machine, values in states.items():
            await self._write(machine, values, at)

    async def _write(self, whose: str, values: dict[str, object], at: Any) -> None:
        from asyncua import ua

        if self._shown.get(whose) == values:
            return
        self._shown[whose] = values
        for name, value in values.items():
            await self._server.write_attribute_value(self._id(name), ua.DataValue(_variant(value), SourceTimestamp=at))

    def _value(self, machine: Machine, variable: str, beats: int) -> object:
        holds, scrapped = self._simulation.holds, self._simulation.scrapped
        line = {unit for unit in holds if unit not in self._simulation.machines and self._here(unit, machine)}
        values: Mapping[str, object] = {
            "state": machine.state,
            "e10": machine.e10,
            "board": machine.board.id if machine.board else "",
            "lot": machine.board.lot if machine.board else "",
            "held": sorted(line | ({machine.id} & holds.keys())),
            "queue": list(machine.queue),
            "scrapped": sorted(unit for unit in scrapped if self._here(unit, machine)),
            "product": machine.product,
            "alarms": [code for code, seen in machine.alarms.items() if not seen],
            "heartbeat": beats,
        }
        return values[variable]

    def _here(self, unit: str, machine: Machine) -> bool:
        board = self._simulation.boards.get(unit)
        return self._simulation.line_of_lot.get(board.lot if board else unit) == machine.line

    def _note(self, now: float, machine: str, subject: str, payload: e.Payload) -> None:
        """One more entry in the journal. Simulated time before the start is real time before the start."""
        if self._early is not None:
            self._early.append((now, machine, subject, payload))
            return
        real = self._programme is None and now > 0
        sequence = len(self._journal) + 1
        entry = {
            "id": f"{self.run_id}-{sequence}",
            "source": f"/machines/{machine}",
            "subject": subject,
            "time": round(self.origin + (now / self._speed if real else now), 3),
            "type": payload.type,
            "data": payload,
        }
        self._journal.append(msgspec.json.encode(entry).decode())


async def _secured(link: Link, trust: Trust) -> Any:
    """asyncua's server on one policy, with the certificates pinned on both sides."""
    from asyncua import ua
    from asyncua.server.server import Server

    from assistant.plant.access import SecuredServer, Services

    server = Server(iserver=SecuredServer(link))
    await server.init()
    await server.load_certificate(trust.own.der, "der")
    await server.load_private_key(trust.own.key, None, "pem")
    await server.set_application_uri(trust.own.uri)
    rules: Any = Services()  # of the base class; asyncua's own annotation names one of its children
    server.set_security_policy([ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt], rules)
    return server


def _argument(name: str, kind: Any) -> Any:
    """One argument of a method, by name: what browses the server sees what each is for."""
    from asyncua import ua

    return ua.Argument(Name=name, DataType=ua.NodeId(kind.value), ValueRank=-1)


def _variant(value: object) -> Any:
    from asyncua import ua

    match value:
        case list():
            return ua.Variant(value, ua.VariantType.String, is_array=True)
        case int():
            return ua.Variant(value, ua.VariantType.Int64)
    return ua.Variant(value, ua.VariantType.String)


def _utc(moment: datetime) -> float:
    return moment.replace(tzinfo=UTC).timestamp()


def _loopback(endpoint: str) -> tuple[str, int]:
    """Host and port of an endpoint on this machine. Raises UsageError."""
    try:
        url = urlparse(endpoint)
        host, port = url.hostname or "", url.port or 4840
    except ValueError as exc:
        raise UsageError(f"--endpoint {endpoint}: {exc}") from exc
    if url.scheme != "opc.tcp":
        raise UsageError(f"--endpoint {endpoint}: must begin with opc.tcp://")
    if host not in ("127.0.0.1", "localhost", "::1"):
        raise UsageError(f"--endpoint {endpoint}: the reference plant is a simulation and stays on 127.0.0.1")
    return host, port
