"""Events as CloudEvents 1.0 JSON: what stands in the log, on the wire, and in `assistant events --json`.

Field names are the specification's; `position`, `correlationid`, `causationid`, `prev` and `hash` are extension
attributes. Times are RFC 3339 UTC with milliseconds.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

import msgspec

from assistant.domain.events import EVENT_TYPES, Event, Payload
from assistant.errors import LogError

GENESIS = "0" * 64
"""`prev` of the first event."""


def rfc3339(seconds: float) -> str:
    """`2026-11-25T10:00:00.125Z`."""
    return datetime.fromtimestamp(round(seconds, 3), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seconds(text: str) -> float:
    """Unix seconds UTC, to the millisecond. Raises ValueError."""
    return round(datetime.fromisoformat(text).timestamp(), 3)


def record(event: Event) -> dict[str, Any]:
    """The event without its place in the chain: what `hash` is made over, and what makes two events the same."""
    fields: dict[str, Any] = {
        "specversion": "1.0",
        "id": event.id,
        "source": event.source,
        "type": event.type,
        "subject": event.subject,
        "time": rfc3339(event.time),
        "datacontenttype": "application/json",
        "data": msgspec.to_builtins(event.data),
        "correlationid": event.correlationid,
        "causationid": event.causationid,
    }
    if event.data.cfx:
        fields["dataschema"] = f"cfx:{event.data.cfx}"
    return fields


def canonical(event: Event) -> bytes:
    """`record` as JSON with sorted keys, UTF-8, no spaces."""
    return msgspec.json.encode(record(event), order="deterministic")


def chained(prev: str, canonical_record: bytes) -> str:
    """SHA-256 over the hash before and this record, hex."""
    return hashlib.sha256(prev.encode() + canonical_record).hexdigest()


def full(event: Event) -> dict[str, Any]:
    """Everything, as `assistant events --json` prints it."""
    return {**record(event), "position": event.position, "prev": event.prev, "hash": event.hash}


def payload(kind: str, data: Any) -> Payload:
    """The payload of a type from plain JSON data. Raises LogError for a type or shape that is not ours."""
    cls = EVENT_TYPES.get(kind)
    if cls is None:
        raise LogError(f"unknown event type {kind!r}")
    try:
        return msgspec.convert(data, cls)
    except msgspec.ValidationError as exc:
        raise LogError(f"{kind}: {exc}") from exc


def event(canonical_record: bytes, position: int, prev: str, hash_: str) -> Event:
    """Back from what the log stores. Raises LogError."""
    try:
        fields = msgspec.json.decode(canonical_record)
        return Event(
            id=fields["id"],
            source=fields["source"],
            subject=fields["subject"],
            time=seconds(fields["time"]),
            data=payload(fields["type"], fields["data"]),
            correlationid=fields["correlationid"],
            causationid=fields["causationid"],
            position=position,
            prev=prev,
            hash=hash_,
        )
    except (msgspec.DecodeError, KeyError, ValueError, TypeError) as exc:
        raise LogError(f"event {position} cannot be read: {exc}") from exc
