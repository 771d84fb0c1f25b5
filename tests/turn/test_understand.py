"""Words through a language model: what it says counts only as far as somebody said it."""

from __future__ import annotations

import asyncio
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.domain.spoken.mentions import Mention
from assistant.domain.values import HERE, MISSING, Command, Session
from assistant.turn.ground import ANY_UNIT, grounded
from assistant.turn.memory import Memory
from assistant.turn.policy import Policy
from assistant.turn.shape import written
from assistant.turn.understand import Calibration, Understander
from assistant.turn.verdict import Allowed, Missing
from assistant.turn.wording import wording
from tests.fakes.scripted_model import ScriptedModel
from tests.site import a_world, entities, the_hardware, the_intents, the_language, the_reader

KNOWN = entities(a_world())


def an_understander(model: ScriptedModel, calibration: Calibration | None = None) -> Understander:
    return Understander(model, the_language(), the_intents(), calibration or Calibration())


async def understood(said: str, answer: str) -> tuple[Command, ...]:
    """What becomes of a sentence when the model writes `answer` for it."""
    shown = wording(said, the_language(), KNOWN).text
    return await an_understander(ScriptedModel({shown: answer})).understand(said, KNOWN)


async def one(said: str, answer: str) -> Command:
    (command,) = await understood(said, answer)
    return command


# ---- no answer, or none that counts ----------------------------------------------------------------------


@pytest.mark.parametrize("why", ["the language model died", "the language model did not answer within 2 s"])
async def test_a_model_that_fails_or_is_late_has_understood_nothing(why: str) -> None:
    model = ScriptedModel({"put lot1 aside": "hold lot1"}, fails=why)
    (command,) = await an_understander(model).understand("put lot 4712 aside", KNOWN)
    assert (command.intent, command.confidence, command.text) == ("unknown", 0.0, "put lot 4712 aside")
    assert command.by == "template", "no model has read this"


async def test_a_model_that_failed_is_asked_again_the_next_time() -> None:
    model = ScriptedModel({"put lot1 aside": "hold lot1"}, fails="the language model died")
    understander = an_understander(model)
    await understander.understand("put lot 4712 aside", KNOWN)
    model.fails = ""
    (command,) = await understander.understand("put lot 4712 aside", KNOWN)
    assert command.slots == {"lot": "L4712"}


@pytest.mark.parametrize("said", ["", "...", "um, er"])
async def test_a_model_is_not_asked_about_nothing(said: str) -> None:
    model = ScriptedModel()
    (command,) = await an_understander(model).understand(said, KNOWN)
    assert command.intent == "unknown" and model.asked == []


async def test_what_the_model_takes_for_no_command_is_none_and_says_how_sure_it_is() -> None:
    model = ScriptedModel({}, (math.log(0.9),))
    (command,) = await an_understander(model).understand("did you see the match last night", KNOWN)
    assert (command.intent, command.by) == ("unknown", "model")
    assert command.confidence == pytest.approx(0.9)


@pytest.mark.parametrize(
    "answer",
    ["", " ", "Hold lot1", "hold lot4712", "hold L4712", "I would hold lot1.", "hold lot1 because", "hold lot1;", "{}"],
)
async def test_nonsense_is_worth_nothing_however_sure_it_is(answer: str) -> None:
    command = await one("put lot 4712 aside", answer)
    assert (command.intent, command.slots, command.confidence, command.by) == ("unknown", {}, 0.0, "model")


@pytest.mark.parametrize(
    "answer", ["hold lot2", "hold board1", "stop machine1", "hold lot1; stop machine1", "hold lot9"]
)
async def test_a_marker_that_nobody_said_makes_the_whole_answer_nothing(answer: str) -> None:
    command = await one("put lot 4712 aside", answer)
    assert (command.intent, command.slots, command.confidence) == ("unknown", {}, 0.0)


@pytest.mark.parametrize(
    "said", ["put lot 4712 aside", "quarantine the batch from before", "stop what broke this morning"]
)
async def test_an_it_that_nobody_said_makes_the_whole_answer_nothing(said: str) -> None:
    answer = "stop it" if said.startswith("stop") else "hold it"
    assert (await one(said, answer)).intent == "unknown"


@pytest.mark.parametrize(
    "said", ["put it aside", "it's to be put aside", "that's not good, put that aside", "put this one by"]
)
async def test_an_it_is_what_was_last_spoken_of(said: str) -> None:
    command = await one(said, "hold it void")
    assert (command.intent, command.slots) == ("hold", {"lot": HERE, "reason": "void"})
    assert command.heard == {"lot": ANY_UNIT}


# ---- what was said ---------------------------------------------------------------------------------------


async def test_a_marker_is_the_thing_that_it_stands_for() -> None:
    command = await one("put lot four seven one two aside, it's bridging", "hold lot1 bridging")
    assert command == Command(
        "hold",
        {"lot": "L4712", "reason": "bridging"},
        1.0,
        "model",
        "put lot four seven one two aside, it's bridging",
    )


async def test_a_period_and_a_value_are_slots_like_any_other() -> None:
    command = await one("boards that failed on line one since six, how many", "count failed line1 period1")
    assert command.slots == {"metric": "failed", "line": "SMT-1", "period": "since:06:00"}


async def test_several_commands_are_read_in_their_order() -> None:
    commands = await understood("oven two off and lot 4712 aside", "stop machine1; hold lot1")
    assert [(c.intent, dict(c.slots)) for c in commands] == [("stop", {"machine": "OVN-2"}), ("hold", {"lot": "L4712"})]


async def test_a_list_of_lots_is_a_command_for_each() -> None:
    commands = await understood("put lots 4712, 4713 and 4721 aside, voids", "hold lot1 void")
    assert [dict(c.slots) for c in commands] == [{"lot": f"L{n}", "reason": "void"} for n in (4712, 4713, 4721)]
    assert {(c.intent, c.doubt) for c in commands} == {("hold", "")}


@pytest.mark.parametrize(
    ("said", "answer", "slot", "heard"),
    [
        ("put lot 4799 aside", "hold lot1", "lot", "4799"),
        ("put lot four seven one aside", "hold lot1", "lot", "471"),
        ("board 10999 to the bench please", "rework board1", "board", "10999"),
        ("bring printer nine to a standstill", "stop machine1", "machine", "printer nine"),
        ("how good were we last Tuesday", "yield period1", "period", "last tuesday"),
    ],
)
async def test_what_does_not_exist_is_missing_and_keeps_what_was_heard(
    said: str, answer: str, slot: str, heard: str
) -> None:
    command = await one(said, answer)
    assert (command.slots[slot], command.heard[slot]) == (MISSING, heard)


async def test_a_missing_lot_in_a_list_keeps_its_own_words() -> None:
    commands = await understood("put lots 4712 and 4799 aside", "hold lot1")
    assert [(dict(c.slots), dict(c.heard)) for c in commands] == [
        ({"lot": "L4712"}, {}),
        ({"lot": MISSING}, {"lot": "4799"}),
    ]


async def test_a_name_that_leaves_open_which_offers_all() -> None:
    command = await one("bring the oven to a standstill", "stop machine1")
    assert command.slots == {} and command.options == {"machine": ("OVN-1", "OVN-2")}


async def test_a_number_put_together_from_slips_is_doubted() -> None:
    command = await one("put lot for 712 aside", "hold lot1")
    assert (command.slots["lot"], command.doubt) == ("L4712", "slip")


# ---- a kind of machine, and the line that says which one it is ---------------------------------------------


@pytest.mark.parametrize(
    ("said", "answer", "slots"),
    [
        ("what has the oven been doing on line two", "status machine1", {"machine": "OVN-2"}),
        ("what has the oven been doing on line two", "status line1", {"machine": "OVN-2"}),
        ("what has the oven been doing on line two", "status", {"machine": "OVN-2"}),
        ("what has the oven lost on line one since six", "downtime", {"machine": "OVN-1", "period": "since:06:00"}),
        ("who has been at the oven, line two is down", "who line1", {"line": "SMT-2"}),
    ],
)
async def test_a_line_that_says_which_machine_is_no_scope_of_its_own(
    said: str, answer: str, slots: dict[str, str]
) -> None:
    command = await one(said, answer)
    assert (dict(command.slots), dict(command.options)) == (slots, {})


async def test_an_action_on_the_line_beside_a_machine_is_not_turned_into_one_on_the_machine() -> None:
    command = await one("the oven is smoking on line two, all off", "stop line1")
    assert (dict(command.slots), command.doubt) == ({"line": "SMT-2"}, "left out")


async def test_a_machine_told_by_a_line_apart_from_it_is_asked_about() -> None:
    """Two words that lie apart may not belong together."""
    command = await one("the oven can go off on line two", "stop machine1")
    assert (dict(command.slots), command.doubt) == ({"machine": "OVN-2"}, "left out")
    call = await one("get maintenance, the oven is down on line two", "call maintenance machine1 line1")
    assert dict(call.slots) == {"who": "maintenance", "machine": "OVN-2"}


# ---- free text -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "answer", "text"),
    [
        (
            "put down about lot 4712 that the LEFT corner is, um, scratched!",
            "note lot1: the left corner is, scratched",
            "the LEFT corner is, um, scratched!",
        ),
        (
            "put down about lot 4712 to check Lot 4711, it's odd",
            "note lot1: check lot2, it's odd",
            "check Lot 4711, it's odd",
        ),
        ("squeegee is worn: write that about printer one", "note machine1: squeegee is worn", "squeegee is worn"),
        ("jot this down, tea tea and tea", "note: tea and tea", "tea tea and tea"),
    ],
)
async def test_a_note_is_kept_word_for_word_as_it_was_said(said: str, answer: str, text: str) -> None:
    command = await one(said, answer)
    assert (command.intent, command.slots["text"]) == ("note", text)


@pytest.mark.parametrize(
    "text",
    ["right corner scratched", "left corner is scratched", "corner left", "scratched left", "left corner lot2", "."],
)
async def test_a_note_that_nobody_said_makes_the_whole_answer_nothing(text: str) -> None:
    command = await one("put down about lot 4712 that the left corner scratched", f"note lot1: {text}")
    assert (command.intent, command.slots) == ("unknown", {})


async def test_a_long_note_is_kept_to_its_end() -> None:
    told = " ".join(f"and {word} again" for word in ["left", "right", "front", "rear"] * 3)
    said = f"put down about lot 4712 the following {told} the end."
    shown = wording(said, the_language(), KNOWN).text
    command = await one(said, f"note lot1: {shown.partition('following ')[2]}")
    assert command.slots["text"] == f"{told} the end."


async def test_what_is_named_in_a_note_is_not_left_out() -> None:
    assert (await one("put down about lot 4712 to check lot 4711", "note lot1: check lot2")).doubt == ""


# ---- doubt -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        "oven two, don't let it run dry, off",
        "whatever you do never let oven two off",
        "Oven two must not be off",
        "dont oven two",
    ],
)
async def test_an_action_in_a_sentence_with_a_dont_is_doubted(said: str) -> None:
    assert (await one(said, "stop machine1")).doubt == "negation"


async def test_a_question_with_a_dont_in_it_is_answered() -> None:
    assert (await one("why don't you say what oven two is at", "status machine1")).doubt == ""


async def test_a_yes_with_a_dont_in_it_is_doubted() -> None:
    """A yes lets machines move."""
    assert (await one("well I don't really want that", "yes")).doubt


async def test_an_action_out_of_a_question_is_doubted() -> None:
    assert (await one("lot 4712, good to go?", "release lot1")).doubt == "question"
    assert (await one("Could you let lot 4712 go?", "release lot1")).doubt == ""
    assert (await one("lot 4712, good to go?", "status lot1")).doubt == ""


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("put lot 4712 aside", "hold"),
        ("put lot 4712 aside instead of lot 4711", "hold lot1"),
        ("put lot 4712 aside, oven two is hot", "hold lot1"),
        ("how is lot 4711, and put lot 4712 aside", "hold lot2"),
        ("everything off on line two but not oven two", "stop line1"),
        ("undo what you did to lot 4712", "undo"),
    ],
)
async def test_an_action_that_leaves_out_what_was_named_is_doubted(said: str, answer: str) -> None:
    assert (await one(said, answer)).doubt


async def test_an_action_on_what_was_corrected_to_a_number_is_doubted() -> None:
    assert (await one("lot 4711 aside, no, the twelve", "hold lot1")).doubt == "corrected"
    assert (await one("lot 4711 aside, the twelve on it are bridged", "hold lot1")).doubt == ""
    assert (await one("sorry, put lot 4711 aside, twelve boards", "hold lot1")).doubt == ""
    noted = await one("put down about lot 4711: no paste on twelve", "note lot1: no paste on number1")
    assert (noted.slots["text"], noted.doubt) == ("no paste on twelve", "")


async def test_every_command_of_a_doubted_breath_is_doubted() -> None:
    commands = await understood(
        "lots 4712 and 4713 aside, oven two off, oh and board 10231", "hold lot1; stop machine1"
    )
    assert [c.doubt for c in commands] == ["left out"] * 3


async def test_what_is_said_twice_in_a_breath_is_one_command() -> None:
    (command,) = await understood("nothing more from lot 4712, put the lot aside", "hold lot1; hold lot1")
    assert command.slots == {"lot": "L4712"}
    missing = await understood("lot 4798 aside and lot 4799 aside", "hold lot1; hold lot2")
    assert [command.heard["lot"] for command in missing] == ["4798", "4799"]


async def test_a_question_may_leave_out_what_was_named() -> None:
    assert (await one("how is lot 4712 doing beside lot 4711", "status lot1")).doubt == ""


async def test_what_is_no_machine_lot_or_board_may_be_left_out() -> None:
    assert (await one("put lot 4712 aside for this shift, all ten", "hold lot1")).doubt == ""


# ---- how sure it is --------------------------------------------------------------------------------------


async def test_an_answer_is_as_likely_as_all_of_its_tokens_together() -> None:
    model = ScriptedModel({"put lot1 aside": "hold lot1"}, (math.log(0.9), math.log(0.5), 0.0))
    (command,) = await an_understander(model).understand("put lot 4712 aside", KNOWN)
    assert command.confidence == pytest.approx(0.45)


@pytest.mark.parametrize("logprob", [math.nan, -math.inf, -1e9])
async def test_a_probability_that_is_none_gives_no_confidence(logprob: float) -> None:
    model = ScriptedModel({"put lot1 aside": "hold lot1"}, (-0.1, logprob))
    (command,) = await an_understander(model).understand("put lot 4712 aside", KNOWN)
    assert command.confidence == pytest.approx(0.0)


async def test_a_probability_above_one_is_one() -> None:
    model = ScriptedModel({"put lot1 aside": "hold lot1"}, (0.1,))
    (command,) = await an_understander(model).understand("put lot 4712 aside", KNOWN)
    assert command.confidence == 1.0


async def test_confidence_is_what_such_answers_were_worth() -> None:
    calibration = Calibration(((0.0, 0.0), (0.5, 0.2), (1.0, 0.9)))
    model = ScriptedModel({"put lot1 aside": "hold lot1"}, (math.log(0.75),))
    (command,) = await an_understander(model, calibration).understand("put lot 4712 aside", KNOWN)
    assert command.confidence == pytest.approx(0.55)


SHARES = st.lists(st.floats(0, 1), min_size=2, max_size=6).map(sorted)


@given(SHARES, SHARES, st.floats(0, 1), st.floats(0, 1))
def test_more_probable_is_never_less_sure(xs: list[float], ys: list[float], one: float, two: float) -> None:
    points = tuple(zip(xs, ys, strict=False))
    calibration = Calibration(points)
    low, high = sorted((one, two))
    assert points[0][1] <= calibration.confidence(low) <= calibration.confidence(high) + 1e-9
    assert calibration.confidence(high) <= points[-1][1] + 1e-9


@pytest.mark.parametrize("points", [((0.0, 0.0), (1.0, 1.0)), ((0.2, 0.1), (0.5, 0.4), (0.9, 0.8))])
def test_a_measured_point_is_met(points: tuple[tuple[float, float], ...]) -> None:
    first, last = points[0], points[-1]
    assert Calibration(points).confidence(first[0]) == pytest.approx(first[1])
    assert Calibration(points).confidence(last[0]) == pytest.approx(last[1])


# ---- the same as the templates ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        *(spec.example for spec in the_intents().taught.values()),
        "hold it, bridging",
        "hold this lot, bridging",
        "hold lots 4712, 4713 and 4721, bridging",
        "hold lot 4799, void",
        "stop the oven",
        "stop printer one and placer one",
        "note on it: scratched",
        "note on lot 4712: please check lot 4711",
        "note on lot 4712: it is odd, hold it",
        "yield between six and half past eight on line one",
    ],
)
async def test_a_model_that_writes_what_a_template_read_is_read_as_the_template(said: str) -> None:
    match = the_reader().best(said, KNOWN)
    assert match is not None
    read = the_reader().read(said, KNOWN)
    commands = await understood(said, written(match, the_intents()))
    assert [(c.intent, dict(c.slots), dict(c.heard), dict(c.options)) for c in commands] == [
        (c.intent, dict(c.slots), dict(c.heard), dict(c.options)) for c in read
    ]


PIECES = st.sampled_from(
    "lot 4712 4711 4799 lots and board 10231 oven two line one it don't not this morning printer nine , no that".split()
)
PARTS = st.sampled_from(
    "hold stop note yes it lot1 lot2 board1 machine1 line1 bridging void period1 unknown count failed".split()
)


@given(st.lists(PIECES, max_size=12).map(" ".join), st.lists(PARTS, max_size=5), st.sampled_from([" ", "; ", ": "]))
@settings(max_examples=300, deadline=None)
def test_whatever_is_answered_to_whatever_is_said_names_only_what_was_said(
    said: str, parts: list[str], gap: str
) -> None:
    commands = asyncio.run(understood(said, gap.join(parts)))
    shown = wording(said, the_language(), KNOWN)
    named = {value for mention in shown.mentions.values() for value in mention.values} | {HERE, MISSING}
    assert commands
    for command in commands:
        for slot, value in command.slots.items():
            assert value in named or slot in the_intents().lists or (slot == "text" and value in said)


# ---- from markers to things (turn.ground) ----------------------------------------------------------------


def lots(*digits: str, missing: tuple[str, ...] = ()) -> Mention:
    values = tuple(MISSING if one in missing else f"L{one}" for one in digits)
    return Mention("lot", values, 0, 1, heard=digits)


def test_a_command_about_nothing_stays_as_it_is() -> None:
    command = Command("count", {"metric": "failed"}, 0.4, "model", "how many")
    assert grounded(command, {}) == (command,)


def test_a_lot_named_twice_is_one_command() -> None:
    assert len(grounded(Command("hold"), {"lot": lots("4712", "4712")})) == 1


def test_each_of_several_missing_things_keeps_what_was_heard() -> None:
    commands = grounded(Command("hold"), {"lot": lots("4798", "4712", "4799", missing=("4798", "4799"))})
    assert [c.heard.get("lot") for c in commands if c.slots["lot"] == MISSING] == ["4798", "4799"]


def test_nothing_of_two_lists_is_left_out() -> None:
    boards = Mention("board", ("B10201", "B10202"), 2, 3, heard=("10201", "10202"))
    commands = grounded(Command("hold"), {"lot": lots("4711", "4712"), "board": boards})
    assert {value for c in commands for value in c.slots.values()} == {"L4711", "L4712", "B10201", "B10202"}


def test_what_is_said_of_all_is_said_of_each() -> None:
    machine = Mention("machine", ("OVN-1",), 3, 4, heard=("oven one",))
    commands = grounded(
        Command("hold", {"reason": "void"}, 0.5, "model", "…", doubt="slip"),
        {"lot": lots("4711", "4712"), "machine": machine},
    )
    assert [(dict(c.slots), c.confidence, c.by, c.text, c.doubt) for c in commands] == [
        ({"lot": lot, "machine": "OVN-1", "reason": "void"}, 0.5, "model", "…", "slip") for lot in ("L4711", "L4712")
    ]


# ---- "it" in the eyes of policy --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "answer", "spoken_of", "slot"),
    [
        ("put it aside", "hold it void", "L4713", "lot"),
        ("bring it to a standstill", "stop it", "OVN-2", "machine"),
        ("jot down about it that it is scratched", "note it: it is scratched", "L4713", "lot"),
        ("jot down about it that it is scratched", "note it: it is scratched", "OVN-2", "machine"),
    ],
)
async def test_it_is_whatever_was_spoken_of_that_the_intent_takes(
    said: str, answer: str, spoken_of: str, slot: str
) -> None:
    policy = Policy(the_intents(), the_hardware(), the_language(), a_world())
    verdict = policy.decide(await one(said, answer), Session("SV-3"), Memory(unit=spoken_of), 0.0)
    assert not isinstance(verdict, Missing), verdict.question
    assert verdict.command.slots[slot] == spoken_of
    assert isinstance(verdict, Allowed)


async def test_it_beside_a_value_of_a_list_is_not_lost() -> None:
    command = await one("get somebody from maintenance over to it", "call it maintenance")
    assert command.slots["who"] == "maintenance"
    assert HERE in command.slots.values()


async def test_it_never_stands_for_a_value_of_a_list() -> None:
    command = await one("get somebody over to it", "call it")
    assert command.slots.get("who") != HERE
