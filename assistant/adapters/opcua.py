"""The machines over OPC UA (asyncua): one session observes, another commands.

What asyncua must not do here: queue a request while it reconnects and send it a minute later (so auto_reconnect
stays off and every connection is a new Client), or let a time-out pass for "failed" (so whatever happens after a
call may have left is Uncertain). What happened comes from the plant's journal, read by sequence number: nothing
is lost between two reads, over lost connections too, which no subscription promises.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
import structlog

from assistant.adapters.opcua_client import ANSWER_S, connect, hang_up
from assistant.domain import events as e
from assistant.domain.values import Order, Reading, Receipt
from assistant.errors import NotObserved, NotSent, Uncertain
from assistant.ports import Happening
from assistant.settings.hardware import Hardware
from assistant.settings.security import Account, Link

POLL_S = 0.1
"""One read of three values; fast enough that nobody waits for it, cheap enough to go on all day."""
BACK_OFF_S = (0.2, 0.5, 1.0, 2.0)
NOT_CALLED = frozenset(
    f"Bad{name}"
    for name in (
        "NodeIdUnknown",
        "NodeIdInvalid",
        "MethodInvalid",
        "NotExecutable",
        "ArgumentsMissing",
        "TooManyArguments",
        "InvalidArgument",
        "TypeMismatch",
        "UserAccessDenied",
    )
)
"""Answers to a Call that say that the method was not called (OPC UA Part 4, 5.11.2); any other leaves it open."""
CHUNK = 500
"""Journal entries asked for at once."""
READING_S = ANSWER_S / 4
"""A read of the journal ends with the chunk in which so much has gone by: what was missed in a week comes in pieces."""

REPORTED = frozenset(
    payload.type
    for payload in (
        e.MachineStateChanged,
        e.AlarmRaised,
        e.AlarmAcknowledged,
        e.AlarmCleared,
        e.BoardArrived,
        e.BoardDeparted,
        e.BoardScrapped,
        e.LotScrapped,
        e.MachineSetUp,
        e.BoardInspected,
        e.LotHeld,
        e.LotReleased,
        e.BoardHeld,
        e.BoardReleased,
        e.MachineHeld,
        e.MachineReleased,
        e.BoardSentToRework,
        e.BoardWithdrawnFromRework,
        e.PasteMeasured,
        e.PartsPlaced,
        e.BoardHeated,
        e.ReelChanged,
        e.LotCreated,
        e.WorkOrderCreated,
    )
)
"""What a machine may report. A journal that tells of turns, operators or orders to machines is not believed; of lots
and work orders it may tell of new ones (domain.world)."""

_log = structlog.get_logger(__name__)


_Piece = tuple[Sequence[Happening], bool]
"""Happenings after those that are known, and whether there are still more."""


class _Entry(msgspec.Struct, frozen=True):
    """One line of the plant's journal."""

    source: str
    subject: str
    time: float
    type: str
    data: msgspec.Raw


@dataclass(slots=True)
class _Session:
    """One connection: a client that is never used again once it failed."""

    client: Any
    namespace: int

    def node(self, name: str) -> Any:
        """The node of a string identifier."""
        return self.client.get_node(f"ns={self.namespace};s={name}")


class OpcUaMachines:
    """ports.Machines for the endpoint in `hardware/opcua.yaml`."""

    def __init__(self, hardware: Hardware, machines: Sequence[str], link: Link | None = None) -> None:
        """Without a link: open, anonymous, and on this machine only."""
        self._hardware, self._machines, self._link = hardware, tuple(machines), link or Link()
        self._observing: _Session | None = None
        self._commanding: _Session | None = None
        self._connecting = asyncio.Lock()
        self._beats: dict[str, tuple[object, float]] = {}
        """Machine -> its heartbeat, and the monotonic time at which it was last seen to move."""

    def age(self) -> float:
        """Seconds since a heartbeat last moved; infinity when none ever did."""
        return min((self._silent(machine) for machine in self._machines), default=float("inf"))

    def _silent(self, machine: str) -> float:
        """Seconds since this machine's heartbeat last moved."""
        return time.monotonic() - self._beats.get(machine, (None, float("-inf")))[1]

    async def send(self, order: Order) -> Receipt:
        """One call, never repeated; see ports.Machines."""
        from asyncua import ua
        from asyncua.ua.uaerrors import UaStatusCodeError

        until = time.monotonic() + order.within
        method = self._hardware.methods.get(order.method)
        if method is None:
            raise NotSent(f"{order.machine} has no method {order.method}")
        session = await self._command_session(order.machine)
        node = session.node(method.node.format(machine=order.machine))
        parent = session.node(self._hardware.object.format(machine=order.machine))
        inputs = [
            ua.Variant(order.id, ua.VariantType.String),
            ua.Variant(datetime.fromtimestamp(order.deadline, UTC), ua.VariantType.DateTime),
            *[ua.Variant(order.args.get(name, ""), ua.VariantType.String) for name in method.args],
        ]
        if time.monotonic() > until:
            raise NotSent("it took too long to reach the machine")
        try:
            async with asyncio.timeout(ANSWER_S):
                accepted, reason = await parent.call_method(node, *inputs)
        except BaseException as exc:
            if isinstance(exc, UaStatusCodeError) and ua.status_codes.get_name_and_doc(exc.code)[0] in NOT_CALLED:
                raise NotSent(f"the machine's server refused the call: {exc}") from exc
            await self._drop_commanding()
            if isinstance(exc, asyncio.CancelledError):
                raise
            raise Uncertain(f"no answer from {order.machine}: {type(exc).__name__}") from exc
        return Receipt(bool(accepted), str(reason or ""))

    async def observe(self, machine: str) -> Reading:
        """All variables of a machine in one read; see ports.Machines."""
        session = self._observing
        if session is None or self._silent(machine) > self._hardware.stale_after_s:
            raise NotObserved(f"nothing was heard of {machine} lately")
        names = list(self._hardware.variables)
        nodes = [session.node(pattern.format(machine=machine)) for pattern in self._hardware.variables.values()]
        try:
            async with asyncio.timeout(ANSWER_S):
                values = await session.client.read_attributes(nodes)
        except Exception as exc:
            raise NotObserved(f"{machine} could not be read: {type(exc).__name__}") from exc
        bad = next((name for name, value in zip(names, values, strict=True) if not _good(value)), None)
        if bad is not None:
            raise NotObserved(f"{machine} reports {bad} with bad quality")
        now = time.time()
        times = [_seconds(value.SourceTimestamp or value.ServerTimestamp) for value in values]
        off = max(abs(now - moment) for moment in times)
        if off > self._hardware.stale_after_s:
            raise NotObserved(f"{machine} reports values of another time, {off:.0f} s off")
        return Reading(machine, {n: _plain(v.Value.Value) for n, v in zip(names, values, strict=True)}, min(times))

    async def journal(self, after: Mapping[str, int]) -> Sequence[Happening]:
        """What has happened since; empty when out of reach."""
        if self._observing is None:
            return ()
        found: list[Happening] = []
        seen, behind = dict(after), True
        try:
            async with asyncio.timeout(ANSWER_S):
                while behind:
                    piece, behind = await self._new(self._observing, seen)
                    found += piece
                    seen |= {happening.journal: happening.sequence for happening in piece}
        except Exception:
            return found  # the follower notices the same, and says so
        return found

    async def happenings(self, after: Mapping[str, int]) -> AsyncIterator[Sequence[Happening]]:
        """Batches for ever; `after` is read anew each time, so the caller keeps it up to date."""
        lost_at: float | None = None
        tries = 0
        while True:
            try:
                session, (batch, behind) = await self._begin(after)
            except Exception as exc:
                if lost_at is None:
                    lost_at = time.monotonic()
                    yield [self._noticed(e.ConnectionLost(_why(exc)))]
                await asyncio.sleep(BACK_OFF_S[min(tries, len(BACK_OFF_S) - 1)])
                tries += 1
                continue
            away = 0.0 if lost_at is None else time.monotonic() - lost_at
            self._observing, lost_at, tries = session, None, 0
            try:
                while behind:
                    yield batch
                    batch, behind = await self._fresh(session, after)
                yield [*batch, self._noticed(e.ConnectionRestored(round(away, 1)))]
                while True:
                    batch, behind = await self._fresh(session, after)
                    if batch:
                        yield batch
                    await asyncio.sleep(0.0 if behind else POLL_S)
            except Exception as exc:
                lost_at = time.monotonic()
                self._observing = None
                await self._drop_commanding()
                yield [self._noticed(e.ConnectionLost(_why(exc)))]
            finally:
                self._observing = None
                await hang_up(session.client)

    async def close(self) -> None:
        """Hang up."""
        session, self._observing = self._observing, None
        if session is not None:
            await hang_up(session.client)
        await self._drop_commanding()

    # ---- connections -------------------------------------------------------------------------------------

    async def _connect(self, account: Account | None) -> _Session:
        client = await connect(self._hardware.endpoint, self._link, account)
        try:
            async with asyncio.timeout(ANSWER_S):
                return _Session(client, await client.get_namespace_index(self._hardware.namespace))
        except BaseException:
            await hang_up(client)
            raise

    async def _begin(self, after: Mapping[str, int]) -> tuple[_Session, _Piece]:
        """A new observing session, and what it saw at first; one that is of no use is hung up."""
        session = await self._connect(self._link.observer)
        try:
            return session, await self._fresh(session, after)
        except BaseException:
            await hang_up(session.client)
            raise

    async def _command_session(self, machine: str) -> _Session:
        """The commanding session, made when first needed. Raises NotSent."""
        if self._observing is None or self._silent(machine) > self._hardware.stale_after_s:
            raise NotSent(f"nothing was heard of {machine} lately")
        async with self._connecting:
            if self._commanding is None:
                try:
                    self._commanding = await self._connect(self._link.commander)
                except Exception as exc:
                    raise NotSent(f"cannot reach the machines: {_why(exc)}") from exc
            return self._commanding

    async def _drop_commanding(self) -> None:
        session, self._commanding = self._commanding, None
        if session is not None:
            await hang_up(session.client)

    # ---- journal -----------------------------------------------------------------------------------------

    async def _fresh(self, session: _Session, after: Mapping[str, int]) -> _Piece:
        """Heartbeats and journal, once. Raises when the plant is silent or its heart stands still."""
        async with asyncio.timeout(ANSWER_S):
            nodes = [session.node(self._hardware.heartbeat.format(machine=machine)) for machine in self._machines]
            for machine, value in zip(self._machines, await session.client.read_attributes(nodes), strict=True):
                if _good(value):
                    self._beat(machine, value)
            # Asked of a new session as well: a server that answers for dead machines is not "restored".
            if self._machines and self.age() > self._hardware.stale_after_s:
                raise ConnectionError("the machines' heartbeats stand still")
            return await self._new(session, after)

    def _beat(self, machine: str, value: Any) -> None:
        """One look at a heartbeat. At the first, only its own time can tell whether it beats."""
        before = self._beats.get(machine)
        if before is None:
            age = abs(time.time() - _seconds(value.SourceTimestamp))
            self._beats[machine] = (value.Value.Value, time.monotonic() - age)
        elif before[0] != value.Value.Value:
            self._beats[machine] = (value.Value.Value, time.monotonic())

    async def _new(self, session: _Session, after: Mapping[str, int]) -> _Piece:
        names = self._hardware.journal
        run, head = await session.client.read_values([session.node(names.run), session.node(names.head)])
        seen = after.get(run, 0)
        happenings: list[Happening] = []
        until = time.monotonic() + READING_S
        while seen < head:
            if happenings and time.monotonic() > until:
                return happenings, True
            entries = await self._entries(session, seen)
            if not entries:
                break
            for sequence, entry in enumerate(entries, start=seen + 1):
                event = _event(entry, f"{run}-{sequence}")
                if event is not None:
                    happenings.append(Happening(run, sequence, event))
            seen += len(entries)
        return happenings, False

    async def _entries(self, session: _Session, after: int) -> Sequence[str]:
        from asyncua import ua

        names = self._hardware.journal
        parent = session.node(names.read.rpartition(".")[0])
        wanted = [ua.Variant(after, ua.VariantType.Int64), ua.Variant(CHUNK, ua.VariantType.Int64)]
        entries: Sequence[str] = await parent.call_method(session.node(names.read), *wanted) or ()
        return entries

    def _noticed(self, payload: e.Payload) -> Happening:
        """Something that this adapter saw by itself."""
        event = e.Event(uuid.uuid4().hex, "/assistant", self._hardware.endpoint, time.time(), payload)
        return Happening("", 0, event)


def _event(entry: str, ident: str) -> e.Event | None:
    """A journal entry as an event; None, and a line in the log, for one that is not a machine's to report.

    Its id comes from its place in the journal: what a machine writes can take no other event's place.
    """
    try:
        fields = msgspec.json.decode(entry, type=_Entry)
        if fields.type not in REPORTED or not fields.source.startswith("/machines/"):
            raise ValueError(f"{fields.type} of {fields.source} is not a machine's to report")
        data = msgspec.json.decode(fields.data, type=e.EVENT_TYPES[fields.type])
    except ValueError as exc:  # msgspec's errors are ValueErrors too
        _log.warning("journal entry skipped", entry=entry[:200], why=str(exc))
        return None
    return e.Event(ident, fields.source, fields.subject, fields.time, data)


def _good(value: Any) -> bool:
    """Quality Good; uncertain is not good (pitfalls A7)."""
    return value.StatusCode is None or bool(value.StatusCode.is_good())


def _plain(value: Any) -> str | tuple[str, ...]:
    if isinstance(value, list | tuple):
        return tuple(str(item) for item in value)
    return "" if value is None else str(value)


def _seconds(moment: datetime | None) -> float:
    """Unix seconds UTC; 1970 for a value that bears no time, so that it counts as old."""
    return 0.0 if moment is None else (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _why(exc: BaseException) -> str:
    return str(exc) or type(exc).__name__
