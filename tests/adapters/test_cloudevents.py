"""Every event type that there is, found by reflection, through the store and back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import fields, is_dataclass, replace
from itertools import count
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.adapters import cloudevents
from assistant.adapters.eventlog import SqliteLog
from assistant.domain import events as e
from assistant.errors import LogError
from tests.contracts.eventlog_contract import held

FINITE = st.floats(allow_nan=False, allow_infinity=False)
TIMES = st.floats(-62_135_596_800, 253_402_300_799)  # the years 1 to 9999
_numbers = count()


def payloads(kind: type[Any]) -> st.SearchStrategy[Any]:
    """Any value of a payload class, or of one inside it, that its type hints allow."""
    hints = get_type_hints(kind)
    return st.builds(kind, **{field.name: values(hints[field.name]) for field in fields(kind)})


def values(hint: Any) -> st.SearchStrategy[Any]:
    if is_dataclass(hint):
        assert isinstance(hint, type)
        return payloads(hint)
    if get_origin(hint) is tuple:
        first, *rest = get_args(hint)
        several = rest == [...]
        return st.lists(values(first)).map(tuple) if several else st.tuples(*map(values, (first, *rest)))
    if get_origin(hint) is dict:
        return st.dictionaries(*map(values, get_args(hint)))
    return FINITE if hint is float else st.from_type(hint)


def events(kind: type[e.Payload]) -> st.SearchStrategy[e.Event]:
    return st.builds(
        e.Event,
        id=st.text().map(lambda text: f"{next(_numbers)}{text}"),
        source=st.text(min_size=1),
        subject=st.text(),
        time=TIMES,
        data=payloads(kind),
        correlationid=st.text(),
        causationid=st.text(),
    )


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteLog]:
    with closing(SqliteLog(tmp_path_factory.mktemp("log"), floor_bytes=0)) as log:
        yield log


def test_there_are_types_and_each_has_its_name() -> None:
    assert len(e.EVENT_TYPES) > 30
    assert all(kind.type == name and name for name, kind in e.EVENT_TYPES.items())


@pytest.mark.parametrize("name", sorted(e.EVENT_TYPES))
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_each_round_trips_through_the_store(log: SqliteLog, name: str, data: st.DataObject) -> None:
    given = data.draw(st.lists(events(e.EVENT_TYPES[name]), min_size=1, max_size=5))
    stored = log.append(given)
    first = stored[0].position
    assert list(log.read(after=first - 1)) == list(stored)
    for before, after in zip(given, stored, strict=True):
        kept = replace(after, position=0, prev="", hash="", time=before.time)
        assert kept == before
        assert after.type == name
        assert after.time == pytest.approx(before.time, abs=0.000_6)


def record() -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": "e1",
        "source": "/machines/PRN-1",
        "type": "lot.held",
        "subject": "L4712",
        "time": "2025-11-25T10:00:00.125Z",
        "datacontenttype": "application/json",
        "dataschema": "cfx:CFX.Materials.Management.BlockMaterialsRequest",
        "data": {"machine": "PRN-1", "reason": "brückenbildung", "order": ""},
        "correlationid": "turn-1",
        "causationid": "",
    }


def test_a_record_is_canonical_cloudevents_json_and_anybody_can_compute_its_hash() -> None:
    text, sealed = cloudevents.seal(held("e1", "brückenbildung"), 7, "ab" * 32)
    canonical = json.dumps(record(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert text.decode() == canonical
    assert sealed.hash == hashlib.sha256(("ab" * 32 + canonical).encode()).hexdigest()
    line = json.loads(cloudevents.line(text.decode(), 7, sealed.prev, sealed.hash))
    assert line == {**record(), "position": 7, "prev": "ab" * 32, "hash": sealed.hash}


def test_dataschema_is_there_only_where_cfx_has_such_a_message() -> None:
    text, _ = cloudevents.seal(replace(held("e1"), data=e.NoteTaken("x", "OP-17")), 1, cloudevents.GENESIS)
    assert "dataschema" not in json.loads(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "1970-01-01T00:00:00.000Z"),
        (1_764_064_800.1239, "2025-11-25T10:00:00.124Z"),
        (1_764_064_799.9996, "2025-11-25T10:00:00.000Z"),
        (-0.001, "1969-12-31T23:59:59.999Z"),
        (253_402_300_799.999, "9999-12-31T23:59:59.999Z"),
    ],
)
def test_times(seconds: float, text: str) -> None:
    assert cloudevents.rfc3339(seconds) == text
    assert cloudevents.seconds(text) == round(seconds, 3)


def test_times_of_other_zones_are_read_and_times_of_none_refused() -> None:
    assert cloudevents.seconds("2025-11-25T11:00:00.125+01:00") == 1_764_064_800.125
    with pytest.raises(ValueError, match="no time zone"):
        cloudevents.seconds("2025-11-25T10:00:00.125")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"type": "lot.eaten"}, "unknown event type 'lot.eaten'"),
        ({"data": {"machine": "PRN-1"}}, "missing required field `reason`"),
        ({"data": {"machine": 1, "reason": ""}}, "Expected `str`, got `int`"),
        ({"time": "yesterday"}, "Invalid isoformat"),
        ({"id": 5}, "Expected `str`, got `int`"),
    ],
)
def test_a_record_that_is_not_ours_is_one_clear_line(change: dict[str, Any], why: str) -> None:
    with pytest.raises(LogError, match=f"event 7 cannot be read: .*{why}"):
        cloudevents.event(json.dumps({**record(), **change}), 7, "", "")
    with pytest.raises(LogError, match="event 7 cannot be read"):
        cloudevents.event(b"\xff{", 7, "", "")
