"""The plant as an OPC UA server: who may do what, and what becomes of calls that are no orders."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from assistant.adapters.opcua import OpcUaMachines
from assistant.adapters.tasks import ended
from assistant.domain import events as e
from assistant.errors import AssistantError, UsageError
from assistant.plant.ledger import Ledger
from assistant.plant.server import PlantServer
from assistant.plant.stories import Fact
from assistant.plant.weeks import Programme, alone
from assistant.ports import Happening
from assistant.settings import stories
from assistant.settings.paths import shipped_site
from tests.fakes.running_plant import free_endpoint, running_plant, until
from tests.site import the_hardware, the_plant


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


async def test_nothing_is_seen_of_an_order_before_the_ledger_can_tell_of_it_though_the_power_fails(
    tmp_path: Path,
) -> None:
    from asyncua import ua

    class Slow(Ledger):
        """On a disk that takes its time."""

        release = threading.Event()
        asked = threading.Event()

        def sync(self) -> None:
            self.asked.set()
            assert self.release.wait(20)
            super().sync()

    endpoint, file = free_endpoint(), tmp_path / "ledger.jsonl"
    book = Slow(file)
    with book:
        server = PlantServer(the_plant(), the_hardware(), book, seed=7, speed=1.0)
        ready = asyncio.Event()
        serving = asyncio.create_task(server.run(endpoint, ready.set))
        await ready.wait()
        try:
            async with client(endpoint) as node:
                due = ua.Variant(datetime.now(UTC) + timedelta(seconds=3), ua.VariantType.DateTime)

                async def hold(*texts: str) -> bool:
                    order, *args = (ua.Variant(text, ua.VariantType.String) for text in texts)
                    return bool((await node("PRN-1").call_method(node("PRN-1.Hold"), order, due, *args))[0])

                assert await hold("one", "L4712", "bridging"), "the answer does not wait for the disk"
                await until(book.asked.is_set)
                at = datetime.now(UTC)
                head = await node("Journal.Head").read_value()
                await asyncio.sleep(0.3)  # the machine takes 0.05 s for it
                assert await hold("two", "L4713", "bridging")
                results = [json.loads(line)["result"] for line in file.read_text().splitlines()]
                assert results == ["accepted", "done", "accepted"], "the first is done, and nobody may see it yet"
                assert await node("PRN-1.Held").read_value() == []
                assert not await node("Journal").call_method(node("Journal.Read"), head, 500)
                book.release.set()

                async def held() -> bool:
                    return bool(await node("PRN-1.Held").read_value() == ["L4712", "L4713"])

                await until(held)
                shown = await node("PRN-1.Held").read_data_value()
                assert shown.SourceTimestamp.replace(tzinfo=UTC) > at, "it bears the time at which it was so"
        finally:
            book.release.set()
            await ended(serving)


# ---- a programme -------------------------------------------------------------------------------------------------


async def test_programme_ends_by_itself_in_the_present_once_its_journal_was_read() -> None:
    endpoint = free_endpoint()
    opcua = OpcUaMachines(
        msgspec.structs.replace(the_hardware(), endpoint=endpoint), [machine.id for machine in the_plant().machines]
    )
    happenings: list[Happening] = []
    with Ledger(None) as book:
        server = PlantServer(the_plant(), the_hardware(), book, seed=7, speed=3000.0, programme=Programme(3600.0))
        ready = asyncio.Event()
        serving = asyncio.create_task(server.run(endpoint, ready.set))
        await ready.wait()
        seen: dict[str, int] = {}

        async def follow() -> None:
            async for batch in opcua.happenings(seen):
                happenings.extend(batch)
                seen.update({happening.journal: happening.sequence for happening in batch if happening.journal})

        following = asyncio.create_task(follow())
        await serving
        await ended(following)
        await opcua.close()
    events = [happening.event for happening in happenings if happening.journal]
    assert len(events) == server.entries > 5000
    first, last = server.origin - 300.0, server.origin + 3600.0
    assert all(first - 2.0 <= event.time <= last + 0.1 for event in events), "a second or two to come up"
    assert events[-1].time > last - 30.0
    assert last <= time.time() + 0.1, "machine time is never ahead of the clock"
    measured = {type(event.data) for event in events}
    assert {e.PasteMeasured, e.PartsPlaced, e.BoardHeated, e.LotCreated, e.WorkOrderCreated} < measured


async def test_story_is_told_over_the_wire_with_the_same_truth() -> None:
    story = stories.load(shipped_site() / "hardware", the_plant())["jam"]
    facts: list[Fact] = []
    endpoint = free_endpoint()
    async with running_plant(endpoint, speed=3000.0, programme=alone(story, facts.append)) as plant:
        await until(lambda: plant.ended)
        async with client(endpoint) as node:
            entries: list[str] = []
            while len(entries) < plant.entries:
                entries += await node("Journal").call_method(node("Journal.Read"), len(entries), 5000)
        events = [json.loads(entry) for entry in entries]
        down = next(fact for fact in facts if fact.what == "down").moved(plant.origin)
    states = [event for event in events if event["type"] == "machine.state_changed" and event["subject"] == "PNP-4"]
    went = next(event for event in states if event["data"]["state"] == "down" and event["data"]["cause"] == down.name)
    came = states[states.index(went) + 1]
    assert came["time"] - went["time"] == pytest.approx(down.value, abs=0.1) == 25 * 60
    assert went["time"] == pytest.approx(down.since, abs=0.01)
