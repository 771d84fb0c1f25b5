"""ports.FactorySystem over HTTP: pages of CloudEvents, each read by itself and strictly."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Annotated, Any, Literal

import msgspec

from assistant.adapters import cloudevents
from assistant.adapters.mes.client import MesClient, plain
from assistant.adapters.mes.store import Store
from assistant.domain import events as e
from assistant.errors import MesError
from assistant.ports import Clock, Page, Told

LIMIT = 100
"""Events asked for at once."""
MOST_EVENTS = 1000
"""Events taken from one answer."""
MOST_EVENT_BYTES = 64 * 1024
EARLIEST = 946_684_800.0
"""2000-01-01: an event from before is from a clock that was not set."""
AHEAD_S = 86_400.0
"""So far may the MES's clock be ahead of ours."""

_PRINTABLE = r"^[\x21-\x7e]+\Z"
_ONE_LINE = r"^[^\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]*\Z"
"""No control characters, and none that turn or hide what stands beside them."""

Ident = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=_PRINTABLE)]
Text = Annotated[str, msgspec.Meta(max_length=200, pattern=_ONE_LINE)]


class _Page(msgspec.Struct, frozen=True):
    events: Annotated[tuple[msgspec.Raw, ...], msgspec.Meta(max_length=MOST_EVENTS)]
    next: Annotated[str, msgspec.Meta(max_length=512, pattern=_ONE_LINE)]


class _Named(msgspec.Struct, frozen=True):
    """What an answer to it needs, however wrong the rest is."""

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=128, pattern=_PRINTABLE)]
    type: Any = ""
    subject: Any = ""


class _Attributes(msgspec.Struct, frozen=True):
    """CloudEvents 1.0; further attributes are allowed there and left alone here."""

    specversion: Literal["1.0"]
    id: Annotated[str, msgspec.Meta(min_length=1, max_length=128, pattern=_PRINTABLE)]
    source: Literal["/mes"]
    type: Ident
    subject: Ident
    time: Annotated[str, msgspec.Meta(max_length=40)]
    data: msgspec.Raw
    datacontenttype: Literal["application/json"] = "application/json"


class _Data(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one type carries; a field that is not known is a misunderstanding, not an extra."""


class _WorkOrder(_Data, frozen=True, forbid_unknown_fields=True):
    product: Ident
    line: Ident
    status: Literal["running", "next"]


class _Lot(_Data, frozen=True, forbid_unknown_fields=True):
    order: Ident
    product: Ident
    line: Ident
    boards: Annotated[tuple[Ident, ...], msgspec.Meta(max_length=2000)] = ()


class _Shipped(_Data, frozen=True, forbid_unknown_fields=True):
    to: Text = ""


class _Hold(_Data, frozen=True, forbid_unknown_fields=True):
    reason: Ident


class _CallAnswered(_Data, frozen=True, forbid_unknown_fields=True):
    call: Ident


_TAKEN: dict[str, tuple[type[_Data], Callable[[Any], e.Payload]]] = {
    e.WorkOrderCreated.type: (_WorkOrder, lambda d: e.WorkOrderCreated(d.product, d.line, d.status)),
    e.LotCreated.type: (_Lot, lambda d: e.LotCreated(d.order, d.product, d.line, d.boards)),
    e.LotShipped.type: (_Shipped, lambda d: e.LotShipped(d.to)),
    e.HoldRequested.type: (_Hold, lambda d: e.HoldRequested(d.reason)),
    e.CallAnswered.type: (_CallAnswered, lambda d: e.CallAnswered(d.call, "")),
}
"""What the MES may say. It cannot speak for machines, people or the assistant."""


class HttpFactory:
    """ports.FactorySystem."""

    def __init__(self, client: MesClient, store: Store, clock: Clock) -> None:
        self._client, self._store, self._clock = client, store, clock
        self._cursor: str | None = None

    async def fetch(self) -> Page:
        """See ports.FactorySystem."""
        if self._cursor is None:
            place = await self._store.place()
            self._cursor = place.cursor if place is not None else ""
        return page(await self._client.fetch(self._cursor, LIMIT), self._cursor, self._clock.now())

    async def taken(self, page: Page) -> None:
        """See ports.FactorySystem."""
        if page.next != self._cursor:
            await self._store.heard(page.next)
            self._cursor = page.next


def page(body: bytes, after: str, now: float) -> Page:
    """One answer. Raises MesError when it is no page at all: then nothing of it counts."""
    try:
        found = msgspec.json.decode(body, type=_Page)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise MesError(f"its answer is not what it should be ({plain(str(exc))})") from exc
    return Page([told(bytes(raw), now) for raw in found.events], found.next, bool(found.events) and found.next != after)


def told(raw: bytes, now: float) -> Told:
    """One event of a page; what is wrong with it stands in `problem`."""
    ident, kind, subject = _named(raw)
    try:
        if len(raw) > MOST_EVENT_BYTES:
            raise ValueError(f"longer than {MOST_EVENT_BYTES} bytes")
        said = msgspec.json.decode(raw, type=_Attributes)
        if said.type not in _TAKEN:
            raise ValueError(f"{said.type} is not taken here")
        shape, payload = _TAKEN[said.type]
        data = payload(msgspec.json.decode(said.data, type=shape))
        time = cloudevents.seconds(said.time)
        if not EARLIEST <= time <= now + AHEAD_S:
            raise ValueError("its time is not near now" if time > now else "its time is before the year 2000")
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError) as exc:
        return Told(ident, kind, subject, None, plain(str(exc)) or "not readable")
    return Told(said.id, said.type, said.subject, e.Event(said.id, e.FACTORY, said.subject, time, data))


def _named(raw: bytes) -> tuple[str, str, str]:
    """Id, type and subject as far as they can be told."""
    try:
        named = msgspec.json.decode(raw, type=_Named)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return f"sha256:{hashlib.sha256(raw).hexdigest()[:32]}", "", ""
    return named.id, _word(named.type), _word(named.subject)


def _word(value: object) -> str:
    return plain(value, 64) if isinstance(value, str) else ""
