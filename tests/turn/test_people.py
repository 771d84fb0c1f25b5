"""How somebody wants to be spoken to: heard, written down with the badge, and kept."""

from __future__ import annotations

import pytest

from assistant.domain.things import Voicing
from assistant.domain.values import Decision, Session
from assistant.domain.world import World
from assistant.errors import UsageError
from tests.a_core import NOBODY, OPERATOR, QUALITY, a_core

LINE_TWO = Session("", "SMT-2")


@pytest.mark.parametrize(
    ("said", "voicing"),
    [
        ("louder", Voicing(3.0, 1.0)),
        ("softer", Voicing(-3.0, 1.0)),
        ("a bit faster", Voicing(0.0, 1.15)),
        ("slower", Voicing(0.0, 0.85)),
    ],
)
async def test_it_is_remembered_with_the_badge_and_for_nobody_else(said: str, voicing: Voicing) -> None:
    async with a_core() as bench:
        answer = await bench.say(said)
        assert answer.decision is Decision.DONE and answer.say
        assert bench.core.people.voicing(OPERATOR) == voicing
        assert bench.core.people.voicing(Session(OPERATOR.badge, "SMT-2")) == voicing
        assert bench.core.people.voicing(QUALITY) == bench.core.people.voicing(NOBODY) == Voicing()
        again = World()
        for event in bench.log.events:
            again.apply(event)
        assert again.voicings == {OPERATOR.badge: voicing}


async def test_without_a_badge_it_is_the_station_that_remembers() -> None:
    async with a_core() as bench:
        await bench.say("louder", LINE_TWO)
        assert bench.core.people.voicing(LINE_TWO).volume_db > 0
        assert bench.core.people.voicing(Session("", "SMT-1")) == Voicing()


@pytest.mark.parametrize("said", ["louder", "softer", "faster", "slower"])
async def test_it_goes_so_far_and_says_when_it_goes_no_further(said: str) -> None:
    async with a_core() as bench:
        answers = [await bench.say(said) for _ in range(8)]
        last = bench.core.people.voicing(OPERATOR)
        assert answers[-1].decision is Decision.REFUSED and answers[-1].say != answers[0].say
        assert bench.types().count("voice.adjusted") < 8
        await bench.say(said)
        assert bench.core.people.voicing(OPERATOR) == last


async def test_it_is_written_down_under_the_turn_that_asked_for_it() -> None:
    async with a_core() as bench:
        answer = await bench.say("louder", turn="t1")
        adjusted = next(event for event in bench.log.events if event.type == "voice.adjusted")
        heard = next(event for event in bench.log.events if event.type == "turn.heard")
        assert (adjusted.correlationid, adjusted.causationid) == ("t1", heard.id)
        assert adjusted.id in answer.events


async def test_it_keeps_what_was_asked() -> None:
    async with a_core() as bench:
        await bench.say("hold lot 4712, bridging")
        await bench.say("release lot 4712", QUALITY)
        assert (await bench.say("slower", QUALITY)).decision is Decision.DONE
        assert (await bench.say("yes", QUALITY)).decision is Decision.DONE
        assert bench.machines.simulation.holds == {}


async def test_badly_heard_it_is_asked_again_and_asleep_it_is_not_heard() -> None:
    async with a_core() as bench:
        assert (await bench.hear(("louder", -2.0))).decision is Decision.ASK
        await bench.hear(("go to sleep", -0.1))
        assert (await bench.hear(("louder", -0.1))).decision is Decision.IGNORED
        assert bench.core.people.voicing(OPERATOR) == Voicing() and "voice.adjusted" not in bench.types()


async def test_without_a_log_it_stays_as_it_was() -> None:
    async with a_core() as bench:
        bench.log.problem = "disk nearly full"
        answer = await bench.say("louder")
        assert answer.decision is Decision.REFUSED and "disk nearly full" in answer.say
        assert bench.core.people.voicing(OPERATOR) == Voicing()


async def test_a_badge_checks_in_once_and_the_next_one_takes_its_place() -> None:
    async with a_core() as bench:
        await bench.presence.check_in(OPERATOR, "terminal")
        await bench.presence.check_in(OPERATOR, "terminal")
        await bench.presence.check_in(Session("QA-5", OPERATOR.station), "voice")
        events = [event for event in bench.log.events if event.type == "badge.checked_in"]
        assert [event.subject for event in events] == ["OP-17", "QA-5"]
        with pytest.raises(UsageError):
            await bench.presence.check_in(Session("OP-99", "PRN-1"), "terminal")
