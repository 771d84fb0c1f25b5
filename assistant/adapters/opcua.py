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

from assistant.adapters.opcua_client import ANSWER_S, connect, hang_up, within
from assistant.adapters.opcua_entries import event_of
from assistant.domain import events as e
from assistant.domain.values import Order, Reading, Receipt
from assistant.errors import NotObserved, NotSent, Uncertain
from assistant.ports import Happening
from assistant.settings.hardware import Hardware
from assistant.settings.security import Account, Link

POLL_S = 0.1
"""One read of three values; fast enough that nobody waits for it, cheap enough to go on all day."""
BACK_OFF_S = (0.2, 0.5, 1.0, 2.0)
AHEAD = 0.5
"""Of the time by which a value may be old, so much may it be of the future: only clocks that differ put it there, and
what it waits, on its way and for its machine's next beat, brings it nearer to now."""
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
"""Journal entries asked for at once; what has come is kept, so a long journal is read over many answers."""
PATIENCE = 4.0
"""Where connecting runs out of time, the next try gets twice as long, up to this many times: the box may be busy."""


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
        self._passed: dict[str, int] = {}
        """Journal -> up to here nothing in it, after what the log has, was a machine's to report."""
        self._behind = False
        """The journal is being read and its end is not reached: what the log knows is old, though hearts beat."""
        self._looking = asyncio.Lock()
        self._wanted: set[str] = set()
        """Machines that somebody wants to be read next."""
        self._asked = self._read = 0
        """Readings that were asked for, and how many of them have been answered."""
        self._shown: Mapping[str, Reading | NotObserved] = {}
        """What the last reading came to."""

    def age(self) -> float:
        """Seconds since a heartbeat last moved; infinity when none ever did, or much in the journal is unread."""
        return float("inf") if self._behind else self._quiet()

    def _quiet(self) -> float:
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
            accepted, reason = await within(ANSWER_S, parent.call_method(node, *inputs))
        except BaseException as exc:
            if isinstance(exc, UaStatusCodeError) and ua.status_codes.get_name_and_doc(exc.code)[0] in NOT_CALLED:
                raise NotSent(f"the machine's server refused the call: {exc}") from exc
            await self._drop_commanding()
            if isinstance(exc, asyncio.CancelledError):
                raise
            raise Uncertain(f"no answer from {order.machine}: {type(exc).__name__}") from exc
        return Receipt(bool(accepted), str(reason or ""))

    async def observe(self, machine: str) -> Reading:
        """All variables of a machine; see ports.Machines.

        Whoever asks while machines are being read waits for the next reading and shares it: it begins after all of
        them have asked, so what it shows is of after that.
        """
        self._asked += 1
        mine = self._asked
        self._wanted.add(machine)
        async with self._looking:  # first come, first served: nobody's reading is replaced before it was taken
            if self._read < mine:
                asked, wanted, self._wanted = self._asked, self._wanted, set()
                try:
                    self._shown = await self._look(sorted(wanted))
                except BaseException:
                    self._wanted |= wanted
                    raise
                self._read = asked
            shown = self._shown[machine]
        if isinstance(shown, NotObserved):
            raise NotObserved(str(shown))
        return shown

    async def _look(self, machines: Sequence[str]) -> dict[str, Reading | NotObserved]:
        """Several machines in one read."""
        session, stale = self._observing, self._hardware.stale_after_s
        near = [machine for machine in machines if session is not None and self._silent(machine) <= stale]
        shown: dict[str, Reading | NotObserved] = {
            machine: NotObserved(f"nothing was heard of {machine} lately") for machine in machines
        }
        if session is None or not near:
            return shown
        patterns = self._hardware.variables.values()
        nodes = [session.node(pattern.format(machine=machine)) for machine in near for pattern in patterns]
        try:
            values = await within(ANSWER_S, session.client.read_attributes(nodes))
        except Exception as exc:
            return shown | {m: NotObserved(f"{m} could not be read: {type(exc).__name__}") for m in near}
        size = len(patterns)
        return shown | {m: self._reading(m, values[n * size : (n + 1) * size]) for n, m in enumerate(near)}

    def _reading(self, machine: str, values: Sequence[Any]) -> Reading | NotObserved:
        """What a machine shows, if it can be believed."""
        names = list(self._hardware.variables)
        bad = next((name for name, value in zip(names, values, strict=True) if not _good(value)), None)
        if bad is not None:
            return NotObserved(f"{machine} reports {bad} with bad quality")
        now, most = time.time(), self._hardware.stale_after_s
        times = [_seconds(value.SourceTimestamp or value.ServerTimestamp) for value in values]
        old, ahead = now - min(times), max(times) - now
        if old > most or ahead > most * AHEAD:
            return NotObserved(f"{machine} reports values of another time, {max(old, ahead):.0f} s off")
        return Reading(machine, {n: _plain(v.Value.Value) for n, v in zip(names, values, strict=True)}, min(times))

    async def journal(self, after: Mapping[str, int]) -> Sequence[Happening]:
        """What has happened since, as far as it comes in time; empty when out of reach."""
        found: list[Happening] = []
        session, seen, more = self._observing, dict(after), True
        until = time.monotonic() + ANSWER_S
        try:
            while session is not None and more:
                part, more = await within(until - time.monotonic(), self._new(session, seen))
                found += part
                seen |= {happening.journal: happening.sequence for happening in part}
        except Exception:
            return found  # the follower notices the same, and says so
        return found

    async def happenings(self, after: Mapping[str, int]) -> AsyncIterator[Sequence[Happening]]:
        """Batches for ever; `after` is read anew each time, so the caller keeps it up to date."""
        lost_at: float | None = None
        tries, patience = 0, 1.0
        while True:
            session: _Session | None = None
            try:
                session = await self._begin(patience)
                # What happened meanwhile is read to its end before anything is called restored.
                more = self._behind = True
                while more:
                    batch, more = await self._fresh(session, after, patience)
                    if batch:
                        yield batch
                away = 0.0 if lost_at is None else time.monotonic() - lost_at
                self._observing, self._behind, lost_at = session, False, None
                tries, patience = 0, 1.0
                yield [self._noticed(e.ConnectionRestored(round(away, 1)))]
                while True:
                    batch, more = await self._fresh(session, after)
                    if batch:
                        yield batch
                    if not more:
                        await asyncio.sleep(POLL_S)
            except Exception as exc:
                self._observing = None
                await self._drop_commanding()
                if lost_at is None:
                    lost_at = time.monotonic()
                    yield [self._noticed(e.ConnectionLost(_why(exc)))]
                await asyncio.sleep(BACK_OFF_S[min(tries, len(BACK_OFF_S) - 1)])
                tries, patience = tries + 1, min(PATIENCE, patience * (2.0 if _ran_out(exc) else 1.0))
            finally:
                self._observing, self._behind = None, False
                if session is not None:
                    await hang_up(session.client)

    async def close(self) -> None:
        """Hang up."""
        session, self._observing = self._observing, None
        if session is not None:
            await hang_up(session.client)
        await self._drop_commanding()

    # ---- connections -------------------------------------------------------------------------------------

    async def _connect(self, account: Account | None, patience: float = 1.0) -> _Session:
        client = await connect(self._hardware.endpoint, self._link, account, patience)
        try:
            namespace = client.get_namespace_index(self._hardware.namespace)
            return _Session(client, await within(ANSWER_S * patience, namespace))
        except BaseException:
            await hang_up(client)
            raise

    async def _begin(self, patience: float) -> _Session:
        """A new observing session to machines that live; one that is of no use is hung up."""
        session = await self._connect(self._link.observer, patience)
        try:
            await self._hearts(session, patience)
        except BaseException:
            await hang_up(session.client)
            raise
        return session

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

    async def _hearts(self, session: _Session, patience: float = 1.0) -> None:
        """Look at the heartbeats. Raises when the plant is silent or its heart stands still."""
        nodes = [session.node(self._hardware.heartbeat.format(machine=machine)) for machine in self._machines]
        values = await within(ANSWER_S * patience, session.client.read_attributes(nodes))
        for machine, value in zip(self._machines, values, strict=True):
            if _good(value):
                self._beat(machine, value)
        # Asked of a new session as well: a server that answers for dead machines is not "restored".
        if self._machines and self._quiet() > self._hardware.stale_after_s:
            raise ConnectionError("the machines' heartbeats stand still")

    async def _fresh(
        self, session: _Session, after: Mapping[str, int], patience: float = 1.0
    ) -> tuple[Sequence[Happening], bool]:
        """Heartbeats, and what is new in the journal as far as one answer goes; whether there is more."""
        await self._hearts(session, patience)
        return await within(ANSWER_S * patience, self._new(session, after))

    def _beat(self, machine: str, value: Any) -> None:
        """One look at a heartbeat. At the first, only its own time can tell whether it beats."""
        before = self._beats.get(machine)
        if before is None:
            age = abs(time.time() - _seconds(value.SourceTimestamp))
            self._beats[machine] = (value.Value.Value, time.monotonic() - age)
        elif before[0] != value.Value.Value:
            self._beats[machine] = (value.Value.Value, time.monotonic())

    async def _new(self, session: _Session, after: Mapping[str, int]) -> tuple[Sequence[Happening], bool]:
        """The next of the journal's entries that were not seen yet, and whether there are more."""
        names = self._hardware.journal
        run, head = await session.client.read_values([session.node(names.run), session.node(names.head)])
        if not isinstance(run, str) or not isinstance(head, int):
            raise ConnectionError("the journal shows its state with bad quality")
        seen = max(after.get(run, 0), self._passed.get(run, 0))
        happenings: list[Happening] = []
        while seen < head and not happenings:
            entries = await self._entries(session, seen)
            if not entries:
                return (), False
            for entry in entries:
                seen += 1
                event = event_of(entry, f"{run}-{seen}")
                if event is not None:
                    happenings.append(Happening(run, seen, event))
                elif not happenings:
                    self._passed[run] = seen
        return happenings, seen < head

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


def _ran_out(exc: BaseException) -> bool:
    """Whether it was time that was wanting."""
    return isinstance(exc, TimeoutError) or isinstance(exc.__cause__, TimeoutError)
