"""What machines did comes into the log: many who wait for it at once, and one reading for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from assistant.domain import events as e
from assistant.errors import LogError
from assistant.ports import Happening
from tests.a_core import a_core
from tests.fakes.memory_machines import MemoryMachines
from tests.site import the_plant


class SlowJournal(MemoryMachines):
    """Its journal is read at once and answered when a test lets it."""

    reads = 0

    def __init__(self) -> None:
        super().__init__(the_plant())
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def journal(self, after: Mapping[str, int]) -> Sequence[Happening]:
        """See ports.Machines."""
        self.reads += 1
        found = await super().journal(after)
        await self.go_on.wait()
        return found


async def test_many_who_catch_up_share_a_reading_that_began_after_the_last_of_them_asked() -> None:
    machines = SlowJournal()
    async with a_core(machines=machines) as bench:
        machines.go_on.clear()
        before, first = machines.reads, asyncio.create_task(bench.ingest.catch_up())
        await asyncio.sleep(0)
        machines.simulation.report("PRN-1", "L4713", e.LotHeld("PRN-1", "void"))
        others = [asyncio.create_task(bench.ingest.catch_up()) for _ in range(20)]
        await asyncio.sleep(0)
        machines.go_on.set()
        await first
        assert "L4713" not in [event.subject for event in bench.log.events if event.type == "lot.held"]
        await asyncio.gather(*others)
        assert [event.subject for event in bench.log.events if event.type == "lot.held"] == ["L4713"]
        assert machines.reads == before + 2


async def test_who_cannot_write_leaves_it_to_the_next_who_waits() -> None:
    machines = SlowJournal()
    async with a_core(machines=machines) as bench:
        machines.simulation.report("PRN-1", "L4713", e.LotHeld("PRN-1", "void"))
        bench.log.problem = "disk nearly full"
        with pytest.raises(LogError):
            await bench.ingest.catch_up()
        bench.log.problem = ""
        await bench.ingest.catch_up()
        assert [event.subject for event in bench.log.events if event.type == "lot.held"] == ["L4713"]
