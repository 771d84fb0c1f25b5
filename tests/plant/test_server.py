"""The plant as an OPC UA server: who may do what, and what becomes of calls that are no orders."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from assistant.errors import AssistantError, UsageError
from tests.fakes.running_plant import free_endpoint, running_plant
from tests.site import the_hardware


@asynccontextmanager
async def client(endpoint: str) -> AsyncIterator[Any]:
    """A foreign client; gives a function from a node's name to the node."""
    from asyncua.client.client import Client

    async with Client(endpoint) as connected:
        index = await connected.get_namespace_index(the_hardware().namespace)
        yield lambda name: connected.get_node(f"ns={index};s={name}")


@pytest.mark.parametrize("endpoint", ["opc.tcp://0.0.0.0:4840/x", "opc.tcp://192.0.2.1/x", "http://127.0.0.1:4840/x"])
async def test_plant_stays_on_this_box(endpoint: str) -> None:
    with pytest.raises(UsageError, match="--endpoint"):
        async with running_plant(endpoint):
            pass


async def test_port_in_use_is_one_clear_line() -> None:
    endpoint = free_endpoint()
    async with running_plant(endpoint):
        with pytest.raises(AssistantError, match="address already in use"):
            async with running_plant(endpoint):
                pass


async def test_nobody_writes_what_a_machine_shows() -> None:
    from asyncua import ua
    from asyncua.ua.uaerrors import BadUserAccessDenied

    endpoint = free_endpoint()
    async with running_plant(endpoint), client(endpoint.replace("//", "//admin@")) as node:
        with pytest.raises(BadUserAccessDenied):
            await node("PRN-1.Held").write_value(ua.Variant(["L4712"], ua.VariantType.String, is_array=True))
        assert await node("PRN-1.Held").read_value() == []


async def test_call_that_is_no_order_is_refused_with_a_reason_and_leaves_no_trace(tmp_path: Path) -> None:
    from asyncua import ua

    text, moment, number = ua.VariantType.String, ua.VariantType.DateTime, ua.VariantType.Int64
    due = ua.Variant(datetime.now(UTC) + timedelta(seconds=3), moment)
    name = ua.Variant("order-1", text)
    endpoint, ledger = free_endpoint(), tmp_path / "ledger.jsonl"
    async with running_plant(endpoint, ledger=ledger), client(endpoint) as node:
        for inputs in (
            [name],
            [name, due, name, name, name],
            [name, ua.Variant(5, number), name, name],
            [name, due, ua.Variant(None, text), name],
            [ua.Variant(None, text), due, name, name],
            [name, due, ua.Variant(5, number), name],
        ):
            accepted, reason = await node("PRN-1").call_method(node("PRN-1.Hold"), *inputs)
            assert (accepted, bool(reason)) == (False, True)
        assert ledger.read_text() == ""


async def test_heartbeat_counts_up_and_every_variable_bears_its_machines_time() -> None:
    from tests.fakes.running_plant import until

    endpoint, wired = free_endpoint(), the_hardware()
    async with running_plant(endpoint), client(endpoint) as node:
        heart = node("ICT-1.Heartbeat")
        first = await heart.read_data_value()

        async def beaten() -> bool:
            return bool(await heart.read_value() > first.Value.Value)

        await until(beaten)
        for pattern in wired.variables.values():
            value = await node(pattern.format(machine="ICT-1")).read_data_value()
            assert value.SourceTimestamp > first.SourceTimestamp
