"""Whoever has recorded something can ask the views for it at once, in this core and in the next one."""

from __future__ import annotations

from contextlib import AsyncExitStack

from assistant.adapters.snapshots import fresh
from assistant.bootstrap import start
from assistant.bootstrap.answers import answers_from
from assistant.bootstrap.core import Parts
from assistant.domain.values import Command, Hypothesis, Transcript
from assistant.turn.lookups import answer
from tests.a_core import QUALITY, the_site
from tests.domain.views.week import the_events, views_of
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


def test_who_and_what_is_told_of_a_board_that_is_through_long_ago() -> None:
    known = fresh(views_of([]))
    for event in the_events(32_000, 2, 0.0):
        known.world.apply(event)
        known.views.apply(event)
    answers = answers_from(the_site(), known.world, known.views)
    told = 0
    for board in known.world.boards:
        deeds = [step for step in known.views.genealogy.board(board) if step.by and step.kind.startswith("board.")]
        if deeds and board not in known.world.boards.awake:
            reply = answer(answers, Command("who", {"board": board}), deeds[-1].time + 60.0)
            assert deeds[-1].by in reply.sentences[0] + reply.sentences[1]
            assert answer(answers, Command("history", {"board": board}), deeds[-1].time + 60.0).sentences[0]
            assert known.world.boards[board].verdict in ("passed", "failed")
            told += 1
    assert told > 3
