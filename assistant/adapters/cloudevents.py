"""Events as CloudEvents 1.0 JSON: what stands in the log, on the wire, and in `assistant events --json`.

Attribute names are the specification's; `position`, `correlationid`, `causationid`, `prev` and `hash` are extension
attributes. Times are RFC 3339 UTC with milliseconds. An event's *record* is all of it but its place in the chain
(`position`, `prev`, `hash`): the chain is made over records.
"""

from __future__ import annotations

import hashlib
from dataclasses import is_dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Any, Generic, TypeVar, get_args, get_type_hints

import msgspec

from assistant.domain.events import EVENT_TYPES, Event, Payload
from assistant.errors import LogError

GENESIS = "0" * 64
"""`prev` of the first event."""


Data = TypeVar("Data")


class Record(msgspec.Struct, Generic[Data], frozen=True, omit_defaults=True):
    """An event without its place. Its data is a payload when written, and JSON still when read: `type` says which."""

    causationid: str
    correlationid: str
    data: Data
    datacontenttype: str
    id: str
    source: str
    specversion: str
    subject: str
    time: str
    type: str
    dataschema: str = ""
    """`cfx:` and the name of the CFX message of the same meaning; left out where there is none."""


# ---- writing -----------------------------------------------------------------------------------------------


def seal(event: Event, position: int, prev: str) -> tuple[bytes, Event]:
    """The event's record, and the event as it will be read back from this place in the chain.

    The record is canonical JSON: sorted keys, UTF-8, no spaces. What could not be read back (NaN, half a
    surrogate pair, a type that is not ours) is refused here, because one such event would close the log to every
    later reader. Raises LogError.
    """
    payload = type(event.data)
    if EVENT_TYPES.get(payload.type) is not payload:
        raise LogError(f"event {event.id!r}: unknown event type {payload.type!r}")
    if not (event.id and event.source):
        raise LogError(f"event {event.id!r} of {event.source!r}: id and source must not be empty")
    try:
        milliseconds = round(event.time * 1000)
        record = _encoder().encode(
            Record(
                event.causationid,
                event.correlationid,
                event.data,
                "application/json",
                event.id,
                event.source,
                "1.0",
                event.subject,
                _rfc3339(milliseconds),
                payload.type,
                f"cfx:{payload.cfx}" if payload.cfx else "",
            )
        )
        if _has_floats(payload.type):
            _decoder(payload.type).decode(envelope(record).data)  # JSON has no NaN: it was written as null
    except (msgspec.MsgspecError, ValueError, TypeError, OverflowError, OSError) as exc:
        raise LogError(f"event {event.id!r} ({event.type}) cannot be written: {exc}") from exc
    return record, Event(
        event.id,
        event.source,
        event.subject,
        milliseconds / 1000,
        event.data,
        event.correlationid,
        event.causationid,
        position,
        prev,
        chained(prev, record),
    )


def chained(prev: str, record: bytes) -> str:
    """SHA-256 over the hash before and this record, as 64 hex digits."""
    return hashlib.sha256(prev.encode() + record).hexdigest()


def same(stored: Event, again: Event) -> Event:
    """`stored`, if `again` is that event told once more; LogError if it is another one under its name.

    An event is what it says of whom (type, subject, data). The time and the cause may differ: who tells it again
    (a site's file at every start, a machine's journal after a lost connection) may know them less well.
    """
    if stored.subject != again.subject or stored.data != again.data:
        raise LogError(f"event {again.id!r} of {again.source} is already stored with other content")
    return stored


# ---- reading -----------------------------------------------------------------------------------------------


def envelope(record: bytes | str) -> Record[msgspec.Raw]:
    """What a record says, its data aside. Raises ValueError."""
    return _envelopes().decode(record)


def event(record: bytes | str, position: int, prev: str, hash_: str) -> Event:
    """Back from what the log stores. Raises LogError."""
    try:
        fields = envelope(record)
        if fields.type not in EVENT_TYPES:
            raise LogError(f"event {position} cannot be read: unknown event type {fields.type!r}")
        return Event(
            fields.id,
            fields.source,
            fields.subject,
            seconds(fields.time),
            _decoder(fields.type).decode(fields.data),
            fields.correlationid,
            fields.causationid,
            position,
            prev,
            hash_,
        )
    except (msgspec.MsgspecError, ValueError) as exc:
        raise LogError(f"event {position} cannot be read: {exc}") from exc


def line(record: str, position: int, prev: str, hash_: str) -> str:
    """One JSON object of everything, the record in it as it is stored: its hash can be computed from this alone."""
    return f'{{"position":{position},{record[1:-1]},"prev":"{prev}","hash":"{hash_}"}}'


# ---- time --------------------------------------------------------------------------------------------------


def rfc3339(seconds: float) -> str:
    """`2026-11-25T10:00:00.125Z`."""
    return _rfc3339(round(seconds * 1000))


def seconds(text: str) -> float:
    """Unix seconds UTC, to the millisecond. Raises ValueError, also for a time without a zone."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return round(moment.timestamp(), 3)


def _rfc3339(milliseconds: int) -> str:
    minute, rest = divmod(milliseconds, 60_000)
    return f"{_to_the_minute(minute)}:{rest // 1000:02d}.{rest % 1000:03d}Z"


@lru_cache(maxsize=64)
def _to_the_minute(minutes: int) -> str:
    # Kept, because events come in the order of time, and this costs as much as all the rest of a record.
    return (datetime(1970, 1, 1) + timedelta(minutes=minutes)).isoformat(timespec="minutes")


@cache
def _encoder() -> msgspec.json.Encoder:
    return msgspec.json.Encoder(order="sorted")


@cache
def _envelopes() -> msgspec.json.Decoder[Record[msgspec.Raw]]:
    return msgspec.json.Decoder(Record[msgspec.Raw])


@cache
def _has_floats(kind: str) -> bool:
    return _holds_floats(EVENT_TYPES[kind])


def _holds_floats(hint: Any) -> bool:
    parts = get_type_hints(hint).values() if is_dataclass(hint) else get_args(hint)
    return hint is float or any(_holds_floats(part) for part in parts)


@cache
def _decoder(kind: str) -> msgspec.json.Decoder[Payload]:
    return msgspec.json.Decoder(EVENT_TYPES[kind])
