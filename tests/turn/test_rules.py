"""Each way that a turn ends has its name, and the name stands in the log with what led to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from assistant.domain import events as e
from assistant.domain.values import Session
from tests.a_core import NOBODY, OPERATOR, QUALITY, SUPERVISOR, Bench, a_core

HOLD, RELEASE = "hold lot 4712, bridging", "release lot 4712"
Said = tuple[str, Session]


def answered(bench: Bench) -> list[e.TurnAnswered]:
    return [event.data for event in bench.log.events if isinstance(event.data, e.TurnAnswered)]


def heard(bench: Bench) -> list[e.TurnHeard]:
    return [event.data for event in bench.log.events if isinstance(event.data, e.TurnHeard)]


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ([(HOLD, OPERATOR)], "acts at once"),
        ([("status of lot 4712", NOBODY)], "looked up"),
        ([(HOLD, OPERATOR), (RELEASE, QUALITY)], "confirm: always"),
        ([(HOLD, OPERATOR), (RELEASE, QUALITY), ("yes", QUALITY)], "confirmed"),
        ([(HOLD, OPERATOR), (RELEASE, QUALITY), ("no", QUALITY)], "cancelled"),
        ([("yes", QUALITY)], "nothing asked"),
        ([("scrap board 10231, void", QUALITY)], "digits"),
        ([("scrap board 10231, void", QUALITY), ("yes", QUALITY)], "digits"),
        ([("scrap board 10231, void", QUALITY), ("three two", QUALITY)], "wrong digits"),
        ([("scrap board 10231, void", QUALITY), ("three one", QUALITY)], "confirmed"),
        ([("scrap boards 10231 and 10232, void", QUALITY)], "refused: one by one"),
        ([(HOLD, NOBODY)], "refused: nobody"),
        ([(RELEASE, OPERATOR)], "refused: role"),
        ([(RELEASE, QUALITY)], "refused: check held"),
        ([(HOLD, OPERATOR), (HOLD, OPERATOR)], "refused: check not_held"),
        ([("hold lot 4713", OPERATOR)], "asked: reason"),
        ([("stop line", SUPERVISOR)], "asked: which line"),
        ([("hold lot 4719, void", OPERATOR)], "asked: no such lot"),
        ([("hold it, void", Session("OP-17"))], "asked: which lot"),
        ([("oven two", OPERATOR)], "asked: what with"),
        ([("undo", OPERATOR)], "refused: nothing to undo"),
        ([("note on lot 4712: seen", OPERATOR), ("undo", OPERATOR)], "refused: cannot be undone"),
        ([("don't stop oven two", SUPERVISOR)], "negated"),
        ([("the line was asleep all night", OPERATOR)], "not understood"),
        ([("louder", OPERATOR)], "adjusted"),
        ([("repeat", OPERATOR)], "repeat"),
        ([("go to sleep", OPERATOR)], "sleep"),
    ],
)
async def test_each_end_has_its_rule(said: Sequence[Said], rule: str) -> None:
    async with a_core() as bench:
        for text, session in said:
            answer = await bench.say(text, session)
        assert answer.rule == rule
        assert answered(bench)[-1].rule == rule


async def test_what_was_hardly_heard_is_confirmed_or_asked_for_again() -> None:
    async with a_core() as bench:
        assert (await bench.hear((HOLD, -0.9))).rule == "confirm: unsure"
        assert (await bench.hear((HOLD, -1.3))).rule == "asked: say again"
        assert (await bench.hear(("hold lot 4712 void", -0.2), ("hold lot 4711 void", -0.6))).rule == "confirm: unsure"
        assert heard(bench)[-1].doubt == "hypotheses"


async def test_a_sleeping_microphone_says_so_in_the_log() -> None:
    async with a_core() as bench:
        await bench.hear(("go to sleep", -0.1))
        assert (await bench.hear((HOLD, -0.1))).rule == "asleep"


async def test_a_question_that_ran_out_is_named_in_the_record() -> None:
    async with a_core() as bench:
        await bench.say(HOLD)
        await bench.say(RELEASE, QUALITY, turn="asked")
        bench.clock.step(11)
        assert (await bench.say("yes", QUALITY)).rule == "expired"
        assert (heard(bench)[-1].asked, heard(bench)[-1].ran_out) == ("", "asked")
        await bench.say("yes", QUALITY)
        assert (heard(bench)[-1].asked, heard(bench)[-1].ran_out) == ("", "")


async def test_a_yes_names_the_turn_that_asked_through_noise_in_between() -> None:
    async with a_core() as bench:
        await bench.say(HOLD)
        await bench.say(RELEASE, QUALITY, turn="asked")
        await bench.say("repeat", QUALITY)
        await bench.say("yes", QUALITY)
        assert [one.asked for one in heard(bench)] == ["", "", "asked", "asked"]
        await bench.say("status of lot 4713", QUALITY)
        assert heard(bench)[-1].asked == "" and heard(bench)[-1].about == "L4712"


async def test_a_yes_to_what_changed_is_refused_by_that_name() -> None:
    async with a_core() as bench:
        await bench.say(HOLD)
        await bench.say(RELEASE, QUALITY)
        await bench.say("undo")
        await bench.say("hold lot 4712, contamination", SUPERVISOR)
        assert (await bench.say("yes", QUALITY)).rule.startswith("refused: ")


async def test_several_of_one_breath_each_have_their_reading_and_their_rule() -> None:
    async with a_core() as bench:
        await bench.say(HOLD)
        await bench.say("hold lots 4712 and 4713, void")
        (also,) = heard(bench)[-1].also
        assert (also.intent, also.slots) == ("hold", {"lot": "L4713", "reason": "void"})
        last = answered(bench)[-1]
        assert (last.decision, last.rule) == ("refused", "refused: check not_held")
        assert last.also == (("done", "acts at once"),)


async def test_hypotheses_are_kept_of_what_was_for_us_and_of_nothing_else() -> None:
    async with a_core() as bench:
        offered = (("stop of and two", -0.3), ("stop oven two", -0.35))
        await bench.hear(*offered, session=SUPERVISOR)
        assert heard(bench)[-1].hypotheses == offered
        await bench.hear(("did you scrap that board or send it to rework", -0.1), ("did you wrap that", -0.4))
        assert heard(bench)[-1].hypotheses == () and heard(bench)[-1].text == ""
        await bench.say("status of lot 4712")
        assert heard(bench)[-1].hypotheses == (), "typed words are the text"


@pytest.mark.parametrize("trouble", [lambda bench: setattr(bench.log, "problem", "disk full")])
async def test_without_a_log_the_answer_still_says_by_which_rule(trouble: Callable[[Bench], None]) -> None:
    async with a_core() as bench:
        trouble(bench)
        assert (await bench.say(HOLD)).rule == "refused: no log"


async def test_a_turn_that_comes_again_is_refused_by_name() -> None:
    async with a_core() as bench:
        await bench.say(HOLD, turn="t1")
        assert (await bench.say(HOLD, turn="t1")).rule == "refused: already"
