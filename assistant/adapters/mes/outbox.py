"""Every chosen event of the log to the MES, in order, at least once, each under a key that stays the same.

A task of its own reads the log behind its writer, so no turn ever waits for the MES. An event is behind us once the
MES has it, or has refused it for good (then it is parked with the reason); until then the ones after it wait.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import structlog

from assistant.adapters import cloudevents, eventlog
from assistant.adapters.mes.client import Delivery, key_of, plain
from assistant.adapters.mes.store import Parked, Place, Store, look
from assistant.domain.events import FACTORY
from assistant.errors import LogError, MesError
from assistant.ports import Clock

POLL_S = 0.5
"""How often the log is looked at for more."""
CHUNK = 200
"""Events read at a time."""
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 60.0
"""Between tries: doubled each time, and half of it left to chance, so that many boxes do not come back as one."""
MOST_ASKED_S = 300.0
"""A Retry-After longer than this is not believed."""
UNCLEAR_TRIES = 8
"""A 409 that never names our key is a refusal after so many tries (about a minute)."""
MOST_COUNTED = 10_000
"""Events counted for `doctor`; more are "more"."""

_log = structlog.get_logger(__name__)

Deliver = Callable[[bytes, str], Awaitable[Delivery]]
"""Takes an event's JSON and its key, as MesClient.deliver."""


class Outbox:
    """One task runs `follow`."""

    def __init__(
        self,
        folder: Path,
        types: Collection[str],
        deliver: Deliver,
        store: Store,
        clock: Clock,
        *,
        new_only: bool = False,
        poll_s: float = POLL_S,
        first_wait_s: float = FIRST_WAIT_S,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """`folder`: the log's. `new_only`: what was there before the first start is not told. `chance`: 0 to 1."""
        self._folder, self._types, self._deliver, self._store = folder, tuple(types), deliver, store
        self._clock, self._new_only, self._poll_s = clock, new_only, poll_s
        self._first_wait_s, self._chance = first_wait_s, chance
        self._position: int | None = None
        self._trouble = ""
        self._sending = asyncio.Lock()
        """One delivery at a time, also while an event that was parked is sent again."""

    async def follow(self) -> None:
        """For ever: deliver what the log has, and what it will have."""
        tries = 0
        while True:
            try:
                await self.catch_up()
                tries = 0
            except (LogError, MesError) as exc:  # the log or our own file cannot be read or written now
                self._worry(str(exc))
                tries += 1
            await self._clock.sleep(max(self._poll_s, self._pause(tries)) if tries else self._poll_s)

    async def catch_up(self) -> None:
        """Deliver what the log has now. Raises LogError or MesError for a file, never for the MES."""
        if self._position is None:
            self._position = await self._begin()
        until, _ = await asyncio.to_thread(eventlog.head, self._folder)
        while self._position < until:
            rows = await asyncio.to_thread(self._rows, self._position, until)
            for row in rows:
                await self._pass_on(row)
                self._position = row.position
            if len(rows) < CHUNK:
                self._position = until  # what was not chosen is passed over without a word on disk

    async def resend(self, position: int) -> tuple[str, Delivery]:
        """Deliver a parked event once more, now; its id, and what became of it: only delivered it is parked no more.

        Its place in the order is lost: what came after it was told long ago. Raises MesError when nothing is parked
        there, or for a file; LogError.
        """
        parked = await self._store.parked(position)
        rows = await asyncio.to_thread(self._rows, position - 1, position)
        if parked is None or not rows:
            raise MesError(f"no event is parked at position {position}")
        (row,) = rows
        try:
            key, body = key_of(parked.source, parked.id), wire(row)
        except (msgspec.MsgspecError, ValueError) as exc:
            return parked.id, Delivery("refused", f"cannot be read: {plain(str(exc))}")
        try:
            delivery = await self._send(body, key)
        except MesError as exc:
            delivery = Delivery("later", str(exc))
        if delivery.verdict == "delivered":
            await self._store.unpark(position)
        return parked.id, delivery

    async def _send(self, body: bytes, key: str) -> Delivery:
        async with self._sending:
            return await self._deliver(body, key)

    def _rows(self, after: int, until: int) -> list[eventlog.Stored]:
        return list(eventlog.stored(self._folder, after, CHUNK, types=self._types, until=until))

    async def _begin(self) -> int:
        """Where the last process was; the log's beginning when that was in another log."""
        place = await self._store.place()
        if place is None or not place.hash:  # nothing was told yet, though something may have been heard
            if not self._new_only:
                return 0
            position, hash_ = await asyncio.to_thread(eventlog.head, self._folder)
            await self._store.delivered(position, hash_)
            return position
        if await asyncio.to_thread(_is_there, self._folder, place):
            return place.position
        _log.warning("this log is not the one that was told to the MES: all of it is told again", was=place.position)
        return 0

    async def _pass_on(self, row: eventlog.Stored) -> None:
        """Until the MES has it or refuses it for good."""
        try:
            said, body = cloudevents.envelope(row.record), wire(row)
        except (msgspec.MsgspecError, ValueError) as exc:  # a row that somebody else wrote
            await self._park(Parked(row.position, "", "", "", f"cannot be read: {plain(str(exc))}", 0.0), row)
            return
        if said.source == FACTORY:
            return  # its own words
        key = key_of(said.source, said.id)
        tries = 0
        while True:
            try:
                delivery = await self._send(body, key)
            except MesError as exc:
                delivery = Delivery("later", str(exc))
            tries += 1
            if delivery.verdict == "delivered":
                await self._store.delivered(row.position, row.hash)
                self._worry("")
                return
            if delivery.verdict == "refused" or (delivery.verdict == "unclear" and tries >= UNCLEAR_TRIES):
                await self._park(Parked(row.position, said.source, said.id, said.type, delivery.reason, 0.0), row)
                return
            self._worry(delivery.reason)
            await self._clock.sleep(max(self._pause(tries), min(delivery.after_s, MOST_ASKED_S)))

    async def _park(self, parked: Parked, row: eventlog.Stored) -> None:
        await self._store.park(replace(parked, time=self._clock.now()), row.hash)
        _log.error("an event is parked", position=parked.position, type=parked.type, why=parked.reason)

    def _pause(self, tries: int) -> float:
        full = min(LONGEST_WAIT_S, self._first_wait_s * 2.0 ** min(tries - 1, 16))
        return full * (0.5 + 0.5 * self._chance())

    def _worry(self, why: str) -> None:
        """Say it once, not at every try."""
        if why != self._trouble:
            if why:
                _log.warning("the MES cannot be told", why=plain(why))
            self._trouble = why


def wire(row: eventlog.Stored) -> bytes:
    """An event as it is sent: all of the record, and its place in the chain as extension attributes.

    CloudEvents allows no empty `subject`, so one that is empty is left out; a receiver that checks the hash puts it
    back.
    """
    said = msgspec.json.decode(cloudevents.line(row.record, row.position, row.prev, row.hash))
    if not said["subject"]:
        del said["subject"]
    return msgspec.json.encode(said)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What the MES has not got."""

    count: int
    """Events that wait for it; never more than MOST_COUNTED is counted."""
    oldest: float
    """Time of the first of them, Unix seconds UTC; 0 when none waits."""
    parked: tuple[Parked, ...]
    """Given up, oldest first."""


def waiting(folder: Path, types: Collection[str]) -> Waiting:
    """For whoever looks from outside. Raises MesError or LogError."""
    place, parked = look(folder)
    after = place.position if place is not None and _is_there(folder, place) else 0
    times = []
    for said in _chosen(folder, after, types):
        times.append(cloudevents.seconds(said.time))
        if len(times) == MOST_COUNTED:
            break
    return Waiting(len(times), times[0] if times else 0.0, tuple(parked))


def _chosen(folder: Path, after: int, types: Collection[str]) -> Iterator[cloudevents.Record[msgspec.Raw]]:
    if not types:
        return
    for row in eventlog.stored(folder, after, types=tuple(types)):
        try:
            said = cloudevents.envelope(row.record)
        except (msgspec.MsgspecError, ValueError) as exc:
            raise LogError(f"event {row.position} cannot be read: {plain(str(exc))}") from exc
        if said.source != FACTORY:
            yield said


def _is_there(folder: Path, place: Place) -> bool:
    """Whether the log has that very event at that position."""
    if not place.position:
        return True
    return any(row.hash == place.hash for row in eventlog.stored(folder, place.position - 1, 1))
