"""Intents that nothing comes of here: understood, said so, and nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import msgspec
import pytest

from assistant.domain.values import Decision, Hypothesis, Session, Transcript
from assistant.turn.words import DIALOGUE
from tests.a_core import NOBODY, OPERATOR, QUALITY, SUPERVISOR, Bench, a_core, the_site
from tests.site import the_intents

END = "That isn't connected here, so nothing was done."

LOOKUPS = ["alarms", "count", "downtime", "measure", "next", "oee", "report", "top_defects", "why", "yield"]
EXAMPLE = {name: the_intents().by_name[name].example for name in LOOKUPS}
SAID = {
    "yield on line one this shift": "yield, line one, shift",
    "yield": "yield",
    "yield since half past eight": "yield, since eight thirty",
    "O E E of line one overnight": "oee, line one, last shift",
    "downtime of printer one in the last hour and a half": "downtime, printer one, last 90 minutes",
    "downtime of printer one in the last two hours": "downtime, printer one, last 2 hours",
    "what happened yesterday": "report, yesterday",
    "how many boards failed": "count, failed",
    "what is the paste height at printer one": "measure, printer one, paste height",
    "alarms": "alarms",
}


@asynccontextmanager
async def nothing_looked_up() -> AsyncIterator[Bench]:
    """A core at a site that knows these questions and has nothing to answer them with."""
    intents = the_intents()
    dumb = {name: msgspec.structs.replace(intents.by_name[name], lookup="") for name in LOOKUPS}
    site = replace(the_site(), intents=msgspec.structs.replace(intents, by_name={**intents.by_name, **dumb}))
    async with a_core(site=site) as bench:
        yield bench


def what(say: str) -> str:
    """What an answer says that it understood."""
    assert say.startswith("I understood: ") and say.endswith(f". {END}"), say
    return say.removeprefix("I understood: ").removesuffix(f". {END}")


async def nothing_happens(bench: Bench, said: str, session: Session) -> str:
    """Say it; what the answer says that it understood. Nothing but the turn itself may be written down."""
    before = len(bench.log.events)
    answer = await bench.say(said, session)
    assert [event.type for event in bench.log.events[before:]] == ["turn.heard", "turn.answered"]
    assert {one.decision for one in (answer, *answer.also)} == {Decision.REFUSED}
    assert bench.machines.sent == []
    return what(answer.say)


def test_every_intent_is_answered_by_something() -> None:
    unanswered = {
        name
        for name, spec in the_intents().by_name.items()
        if not (name in DIALOGUE or spec.adjusts if spec.kind == "dialogue" else spec.connected)
    }
    assert unanswered == set()


@pytest.mark.parametrize("intent", EXAMPLE)
async def test_what_is_not_connected_is_understood_and_said_to_be_so(intent: str) -> None:
    async with nothing_looked_up() as bench:
        words = await nothing_happens(bench, EXAMPLE[intent], SUPERVISOR)
        assert words.split(", ")[0] == intent.replace("_", " ")


@pytest.mark.parametrize(("said", "words"), SAID.items())
async def test_what_was_understood_is_told_in_words(said: str, words: str) -> None:
    async with nothing_looked_up() as bench:
        assert await nothing_happens(bench, said, SUPERVISOR) == words


@pytest.mark.parametrize("session", [NOBODY, OPERATOR, QUALITY, SUPERVISOR])
@pytest.mark.parametrize("said", ["what is the paste height at printer one", "yield on line one"])
async def test_whoever_asks_is_told_the_same(said: str, session: Session) -> None:
    async with nothing_looked_up() as bench:
        await nothing_happens(bench, said, session)


@pytest.mark.parametrize("said", ["what is the paste height at printer one", "alarms"])
async def test_it_is_told_however_badly_it_was_heard_and_nothing_is_done(said: str) -> None:
    async with nothing_looked_up() as bench:
        answer = await bench.hear((said, -2.0), session=SUPERVISOR)
        assert answer.decision in (Decision.REFUSED, Decision.ASK)
        assert bench.types()[-2:] == ["turn.heard", "turn.answered"] and bench.machines.sent == []


async def test_each_of_several_is_told() -> None:
    async with nothing_looked_up() as bench:
        answer = await bench.say("yield on line one and then downtime on line two", QUALITY)
        told = [what(one.say) for one in (answer, *answer.also)]
        assert told == ["yield, line one", "downtime, line two"]


async def test_beside_something_that_is_done_it_is_still_refused() -> None:
    async with nothing_looked_up() as bench:
        answer = await bench.say("hold lot 4712 bridging and then yield on line one", QUALITY)
        assert [one.decision for one in (answer, *answer.also)] == [Decision.DONE, Decision.REFUSED]
        assert bench.machines.simulation.holds == {"L4712": "bridging"}


@pytest.mark.parametrize(
    ("said", "say"),
    [
        ("scrap board 10999, damaged", "There is no board one zero triple nine."),
        ("scrap board 102, damaged", "I heard one zero two. A board has 5 digits. Which board?"),
        ("any alarms on printer nine", "There is no printer nine."),
        ("downtime of line seven", "There is no line seven."),
    ],
)
async def test_what_does_not_exist_is_named_first(said: str, say: str) -> None:
    async with nothing_looked_up() as bench:
        answer = await bench.say(said, SUPERVISOR)
        assert (answer.decision, answer.say) == (Decision.ASK, say)
        assert bench.types()[-2:] == ["turn.heard", "turn.answered"]


@pytest.mark.parametrize(
    "said",
    ["yield until six", "yield on line one before half past eight", "downtime at six"],
)
async def test_a_time_that_is_not_understood_is_asked_about(said: str) -> None:
    async with nothing_looked_up() as bench:
        answer = await bench.say(said, SUPERVISOR)
        assert (answer.decision, answer.say) == (Decision.ASK, the_intents().text("yield", "which_period", {}))


@pytest.mark.parametrize("said", ["alarms on printer one", "yield on line one"])
async def test_a_command_that_is_not_connected_drops_what_was_asked_like_any_other(said: str) -> None:
    async with nothing_looked_up() as bench:
        await bench.say("hold lot 4712, bridging")
        await bench.say("release lot 4712", QUALITY)
        assert (await bench.say(said, QUALITY)).decision is Decision.REFUSED
        assert (await bench.say("yes", QUALITY)).decision is Decision.IGNORED
        assert "L4712" in bench.machines.simulation.holds


async def test_undo_does_not_take_it_for_a_deed() -> None:
    async with nothing_looked_up() as bench:
        await bench.say("hold lot 4712, bridging", QUALITY)
        await bench.say("yield on line one", QUALITY)
        assert (await bench.say("undo", QUALITY)).say == "Undone: lot four seven one two is no longer on hold."


async def test_repeat_repeats_it() -> None:
    async with nothing_looked_up() as bench:
        answer = await bench.say("yield on line one")
        assert (await bench.say("repeat")).say == answer.say


async def test_without_a_log_it_is_refused_all_the_same() -> None:
    async with nothing_looked_up() as bench:
        bench.log.problem = "disk nearly full"
        for said in ("yield on line one", "alarms"):
            answer = await bench.say(said, QUALITY)
            assert answer.decision is Decision.REFUSED and answer.say.endswith(END)


async def test_asleep_the_microphone_is_deaf_to_it() -> None:
    async with nothing_looked_up() as bench:
        await bench.hear(("go to sleep", -0.1))
        answer = await bench.hear(("yield on line one", -0.1))
        assert (answer.decision, answer.say) == (Decision.IGNORED, "")


async def test_only_parsed_it_is_a_command_like_any_other() -> None:
    async with nothing_looked_up() as bench:
        before = bench.types()
        answer = await bench.core.parse(Transcript("t", QUALITY, (Hypothesis("yield on line one"),)))
        assert (answer.intent, answer.slots) == ("yield", {"line": "SMT-1"})
        assert answer.decision is None and bench.types() == before
