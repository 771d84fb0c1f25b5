"""The log fails in the midst of a turn: what was not sent is told so, and what was sent is never told as nothing."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from assistant.domain.events import Event
from assistant.domain.values import Decision
from assistant.errors import LogError
from tests.a_core import a_core
from tests.fakes.memory_log import MemoryLog

APPENDS = 6
"""Of a hold: heard, requested, accepted, what the machine reports, done, answered."""


class FailingLog(MemoryLog):
    """Its Nth append fails, once or for good."""

    def __init__(self) -> None:
        super().__init__()
        self.left = 0
        """Appends until one fails; 0: none."""
        self.for_good = False

    def append(self, events: Sequence[Event]) -> Sequence[Event]:
        if self.left == 1:
            self.left = 1 if self.for_good else 0
            raise LogError("disk nearly full")
        self.left = max(0, self.left - 1)
        return super().append(events)


@pytest.mark.parametrize("for_good", [False, True])
@pytest.mark.parametrize("nth", range(1, APPENDS + 1))
async def test_whichever_append_fails_the_answer_agrees_with_the_machine(nth: int, for_good: bool) -> None:
    log = FailingLog()
    async with a_core(log) as bench:
        log.left, log.for_good = nth, for_good
        answer = await bench.say("hold lot 4712, bridging")
        held = bench.machines.simulation.holds == {"L4712": "bridging"}
        log.left = 0
        if nth <= 2:
            assert (answer.decision, held) == (Decision.REFUSED, False) and "did nothing" in answer.say
        else:
            assert held and answer.decision in (Decision.DONE, Decision.UNCERTAIN)
        done = [event for event in log.events if event.type == "order.done"]
        assert answer.decision is not Decision.DONE or done, "what is told as done is on disk"


async def test_there_are_no_more_appends_than_these() -> None:
    log = FailingLog()
    async with a_core(log) as bench:
        log.left = APPENDS + 1
        assert (await bench.say("hold lot 4712, bridging")).decision is Decision.DONE
        assert log.left == 1


async def test_an_order_whose_end_could_not_be_written_is_uncertain_for_the_next_core() -> None:
    log = FailingLog()
    async with a_core(log) as bench:
        log.left, log.for_good = 5, True
        answer = await bench.say("hold lot 4712, bridging")
        assert answer.decision is Decision.UNCERTAIN and "Check printer one" in answer.say
    log.left = 0
    async with a_core(log, bench.machines, bench.clock) as again:
        assert again.types().count("order.uncertain") == 1
        assert len(again.machines.sent) == 1
