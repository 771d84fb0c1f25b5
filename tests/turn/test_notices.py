"""What was announced is told to a session once, at rest, and is over once somebody says to have heard it."""

from __future__ import annotations

import uuid

import pytest

from assistant.bootstrap.core import LocalCore
from assistant.domain import events as e
from assistant.domain.values import Decision, Session
from assistant.turn.notices import CUT, SCREEN, VOICE
from tests.a_core import OPERATOR, QUALITY, Bench, a_core

HERE = Session("", "PRN-1")
HEARD = "announcement.heard"


async def announced(bench: Bench, words: str, to: str = "line", line: str = "SMT-1", key: str = "") -> str:
    """Its id."""
    made = e.AnnouncementMade("hold", key or words, words, to, line)
    event = e.Event(uuid.uuid4().hex, "/assistant", "PRN-1", bench.clock.now(), made)
    await bench.core.notices.minutes.recorder.record(event)
    bench.clock.step(1)
    return event.id


async def told(bench: Bench, session: Session = OPERATOR) -> list[str]:
    """All that is to be said to a session, said."""
    door, said = LocalCore(bench.core), list[str]()
    while (notice := await door.announcement(session)) is not None:
        said.append(notice.words)
        await door.told(session, notice.id, VOICE)
        bench.clock.step(1)
    return said


def open_ones(bench: Bench) -> list[str]:
    return [one.words for one in bench.core.notices.world.announcements.values()]


async def test_each_is_told_once_to_each_session_oldest_first_and_stays_open() -> None:
    async with a_core() as bench:
        await announced(bench, "First.")
        await announced(bench, "Second.")
        await announced(bench, "Elsewhere.", line="SMT-2")
        assert await told(bench) == ["First.", "Second."]
        assert await told(bench) == []
        assert await told(bench, HERE) == ["First.", "Second."]
        assert open_ones(bench) == ["First.", "Second.", "Elsewhere."]
        assert bench.types().count("announcement.told") == 4 and HEARD not in bench.types()


async def test_a_core_that_starts_again_tells_nobody_twice() -> None:
    async with a_core() as bench:
        await announced(bench, "First.")
        await told(bench)
        log = bench.log
    async with a_core(log) as bench:
        assert await told(bench) == [] and await told(bench, HERE) == ["First."]


@pytest.mark.parametrize(
    "said",
    ["got it", "Got it.", "okay got it", "understood", "I heard you", "thanks, noted", "ok, understood, thanks"],
)
async def test_heard_ends_what_was_told_last(said: str) -> None:
    async with a_core() as bench:
        await announced(bench, "First.")
        second = await announced(bench, "Second.")
        await told(bench)
        answer = await bench.say(said, turn="t1")
        assert (answer.intent, answer.decision, answer.rule) == ("heard", Decision.DONE, "heard")
        assert "Second." in answer.say and open_ones(bench) == ["First."]
        (event,) = [event for event in bench.log.events if event.type == HEARD]
        assert (event.subject, event.correlationid, event.data) == (second, "t1", e.AnnouncementHeard("OP-17", "PRN-1"))
        assert event.id in answer.events
        await bench.say(said)
        assert open_ones(bench) == []
        assert (await bench.say(said)).decision is Decision.IGNORED


async def test_what_this_session_was_not_told_it_cannot_have_heard() -> None:
    async with a_core() as bench:
        await announced(bench, "First.")
        await told(bench, HERE)
        assert (await bench.say("got it")).decision is Decision.IGNORED
        assert (await bench.say("got it", QUALITY)).decision is Decision.IGNORED
        assert open_ones(bench) == ["First."]


async def test_nobody_cannot_have_heard_it_for_everybody() -> None:
    async with a_core() as bench:
        await announced(bench, "First.")
        await told(bench, HERE)
        answer = await bench.say("got it", HERE)
        assert answer.decision is Decision.REFUSED and "checked in" in answer.say and open_ones(bench) == ["First."]


async def test_a_yes_is_a_yes_and_a_question_stands_beside_what_was_heard() -> None:
    async with a_core() as bench:
        await bench.say("hold lot 4712, bridging")
        await announced(bench, "First.", "quality")
        await told(bench, QUALITY)
        await bench.say("release lot 4712", QUALITY)
        assert (await bench.say("got it", QUALITY)).rule == "heard"
        assert "L4712" in bench.machines.simulation.holds
        await announced(bench, "Second.", "quality")
        assert (await bench.say("yes", QUALITY)).decision is Decision.DONE
        assert bench.machines.simulation.holds == {} and open_ones(bench) == ["Second."]
        assert (await bench.say("yes", QUALITY)).intent == "yes" and open_ones(bench) == ["Second."]


async def test_while_something_is_asked_or_it_sleeps_nothing_is_told() -> None:
    async with a_core() as bench:
        door = LocalCore(bench.core)
        await announced(bench, "First.", "quality")
        await bench.say("hold lot 4712, bridging")
        await bench.say("release lot 4712", QUALITY)
        assert await door.announcement(QUALITY) is None
        bench.clock.step(60)
        assert await door.announcement(QUALITY) is not None
        await bench.hear(("go to sleep", -0.1), session=QUALITY)
        assert await door.announcement(QUALITY) is None
        assert (await bench.hear(("got it", -0.1), session=QUALITY)).decision is Decision.IGNORED
        await bench.hear(("wake up", -0.1), session=QUALITY)
        assert await told(bench, QUALITY) == ["First."]


async def test_one_that_was_cut_off_is_told_again_and_can_have_been_heard_meanwhile() -> None:
    async with a_core() as bench:
        door, ident = LocalCore(bench.core), await announced(bench, "First.")
        await door.told(OPERATOR, ident, CUT)
        assert (await door.announcement(OPERATOR)) is not None
        assert (await bench.say("got it")).decision is Decision.DONE and open_ones(bench) == []


async def test_shown_on_the_screen_it_is_still_said() -> None:
    async with a_core() as bench:
        door, ident = LocalCore(bench.core), await announced(bench, "First.")
        await door.told(OPERATOR, ident, SCREEN)
        await door.told(OPERATOR, ident, SCREEN)
        assert bench.types().count("announcement.told") == 1
        assert await told(bench) == ["First."]
        await bench.say("got it")
        await door.told(OPERATOR, ident, SCREEN)  # over: nothing to write down
        assert bench.types().count("announcement.told") == 2


async def test_an_announced_call_is_over_when_the_call_is_answered() -> None:
    async with a_core() as bench:
        await bench.say("call quality to printer one")
        (call,) = bench.core.notices.world.calls
        await announced(bench, "Quality wanted.", "quality", key=f"call:{call}")
        await announced(bench, "Something else.", "quality")
        assert await told(bench, QUALITY) == ["Quality wanted.", "Something else."]
        await bench.say("acknowledge printer one", QUALITY)
        assert "call.answered" in bench.types() and open_ones(bench) == ["Something else."]


async def test_badly_heard_it_is_asked_again() -> None:
    async with a_core() as bench:
        await announced(bench, "First.")
        await told(bench)
        assert (await bench.hear(("got it", -2.0))).decision is not Decision.DONE
        assert open_ones(bench) == ["First."]
