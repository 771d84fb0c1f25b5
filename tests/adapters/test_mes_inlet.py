"""What the factory's own system says over real HTTP, read one by one and strictly, from the place where it was left."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from assistant.adapters.clock import SystemClock
from assistant.adapters.mes import HttpFactory, MesClient, Store
from assistant.adapters.mes.inlet import MOST_EVENT_BYTES, page, told
from assistant.domain import events as e
from assistant.errors import MesError
from assistant.settings.mes import Mes
from tests.fakes.reference_mes import reference_mes
from tests.fakes.stepped_clock import SteppedClock

NOW = 1_795_600_800.0


def said(**change: Any) -> dict[str, Any]:
    """A lot as the MES tells of it."""
    return {
        "specversion": "1.0",
        "id": "m1",
        "source": "/mes",
        "type": "lot.created",
        "subject": "L4799",
        "time": "2026-11-25T10:00:00Z",
        "data": {"order": "WO-1007", "product": "PCA-200", "line": "SMT-1", "boards": ["B10999"]},
        **change,
    }


def test_each_kind_is_read() -> None:
    raw = json.dumps(said(traceparent="00-ab-cd-01")).encode()
    event = told(raw, NOW).event
    assert event == e.Event("m1", "/mes", "L4799", NOW, e.LotCreated("WO-1007", "PCA-200", "SMT-1", ("B10999",)))
    for kind, data, payload in (
        ("workorder.created", {"product": "P", "line": "S", "status": "next"}, e.WorkOrderCreated("P", "S", "next")),
        ("lot.shipped", {"to": "Köln, dock 4"}, e.LotShipped("Köln, dock 4")),
        ("lot.shipped", {}, e.LotShipped("")),
        ("hold.requested", {"reason": "bridging"}, e.HoldRequested("bridging")),
        ("call.answered", {"call": "c1"}, e.CallAnswered("c1", "")),
    ):
        event = told(json.dumps(said(type=kind, data=data)).encode(), NOW).event
        assert event is not None and event.data == payload


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"specversion": "0.3"}, "specversion"),
        ({"source": "/machines/PRN-1"}, "source"),
        ({"source": "/site"}, "source"),
        ({"type": "lot.held"}, "not taken"),
        ({"type": "turn.heard"}, "not taken"),
        ({"type": "order.requested"}, "not taken"),
        ({"subject": ""}, "subject"),
        ({"subject": "L4799\n"}, "subject"),
        ({"subject": "L" * 65}, "subject"),
        ({"subject": 4712}, "subject"),
        ({"time": "2026-11-25T10:00:00"}, "time zone"),
        ({"time": "yesterday"}, "Invalid isoformat"),
        ({"time": "2027-11-25T10:00:00Z"}, "not near now"),
        ({"time": "1970-01-01T00:00:00Z"}, "before the year 2000"),
        ({"data": {"order": "WO-1007"}}, "product"),
        ({"data": {"order": "WO-1007", "product": "P", "line": "S", "boards": [7]}}, "boards"),
        ({"data": {"order": "WO-1007", "product": "P", "line": "S", "hold": True}}, "unknown field"),
        ({"data": "L4799"}, "object"),
        ({"type": "lot.shipped", "data": {"to": "\x1b[2J"}}, "to"),
        ({"type": "lot.shipped", "data": {"to": "x" * 201}}, "to"),
        ({"type": "lot.shipped", "data": {"to": "\u202egnp"}}, "to"),
        ({"type": "hold.requested", "data": {"reason": "two words"}}, "reason"),
        ({"datacontenttype": "text/plain"}, "datacontenttype"),
        ({"data": {"x": "y" * MOST_EVENT_BYTES}}, "longer"),
    ],
)
def test_what_is_off_is_refused_with_a_reason_and_its_id(change: dict[str, Any], why: str) -> None:
    found = told(json.dumps(said(**change)).encode(), NOW)
    assert found.event is None and why in found.problem and found.id == "m1"
    assert found.problem.isprintable() and len(found.problem) <= 200


def test_what_has_no_id_is_named_by_its_bytes() -> None:
    for raw in (b"7", b"{}", b'{"id": ""}', json.dumps(said(id="a b")).encode(), b"[" * 5000 + b"]" * 5000):
        found = told(raw, NOW)
        assert found.event is None and found.problem and found.id.startswith("sha256:")
        assert found.id == told(raw, NOW).id


@pytest.mark.parametrize(
    "body",
    [b"", b"no", b"[]", b"{}", b'{"events": 1, "next": ""}', b'{"events": []}', b'{"events": [{]}, "next": "1"}',
     b'{"events": [], "next": "a\\u0000"}', b'{"events": [], "next": 5}', b"\xff\xfe", b"[" * 100_000],
)  # fmt: skip
def test_a_page_that_is_none_counts_for_nothing(body: bytes) -> None:
    with pytest.raises(MesError, match="not what it should be"):
        page(body, "", NOW)


@pytest.mark.parametrize(
    "fault", ["500", "timeout", "slow", "broken JSON", "reset", "half an answer", "endless", "302", "404", "not HTTP"]
)
async def test_a_poll_that_fails_is_an_error_and_the_next_one_goes_on(tmp_path: Path, fault: str) -> None:
    async with reference_mes() as mes, AsyncExitStack() as stack:
        client = MesClient(Mes(endpoint=mes.endpoint, answer_s=0.3, connect_s=0.2), "", SystemClock())
        stack.push_async_callback(client.aclose)
        store = Store(tmp_path)
        stack.push_async_callback(store.close)
        factory = HttpFactory(client, store, SteppedClock())
        mes.says.append(said())
        mes.poll_faults.append(fault)
        with pytest.raises(MesError):
            await factory.fetch()
        found = await factory.fetch()
        assert [one.id for one in found.told] == ["m1"] and found.more


async def test_the_place_up_to_which_it_was_heard_outlives_the_process(tmp_path: Path) -> None:
    async with reference_mes() as mes:
        mes.says += [said(), said(id="m2")]
        for _ in range(2):
            async with AsyncExitStack() as stack:
                client = MesClient(Mes(endpoint=mes.endpoint), "", SystemClock())
                stack.push_async_callback(client.aclose)
                store = Store(tmp_path)
                stack.push_async_callback(store.close)
                factory = HttpFactory(client, store, SteppedClock())
                await factory.taken(await factory.fetch())
                await store.delivered(1, "x")  # the outbox's place is another
        assert mes.asked == ["", "2"]
