"""Whoever has recorded something can ask the views for it at once, in this core and in the next one."""

from __future__ import annotations

from contextlib import AsyncExitStack

from assistant.bootstrap import start
from assistant.bootstrap.core import Parts
from assistant.domain.values import Hypothesis, Transcript
from tests.a_core import QUALITY, the_site
from tests.fakes.memory_log import MemoryLog
from tests.fakes.memory_machines import MemoryMachines
from tests.fakes.stepped_clock import SteppedClock
from tests.site import the_plant


async def _core(log: MemoryLog, clock: SteppedClock, stack: AsyncExitStack) -> Parts:
    parts = await start(the_site(), log, MemoryMachines(the_plant(), wall=clock.now), stack, clock)
    await parts.ingest.catch_up()
    return parts


async def test_what_was_done_is_in_the_views_when_it_is_answered() -> None:
    log, clock = MemoryLog(), SteppedClock()
    async with AsyncExitStack() as stack:
        parts = await _core(log, clock, stack)
        assert parts.views.holds.open() == []
        await parts.core.turn(Transcript("t1", QUALITY, (Hypothesis("hold lot 4713, bridging"),)))
        assert parts.views.position == log.events[-1].position == parts.world.position
        (hold,) = parts.views.holds.open()
        assert (hold.subject, hold.reason, hold.by) == ("L4713", "bridging", QUALITY.badge)
        told = parts.views.state()
    async with AsyncExitStack() as stack:
        again = await start(the_site(), log, MemoryMachines(the_plant(), wall=clock.now), stack, clock)
        assert again.views.holds.open() == [hold]
        assert again.views.state() == told
