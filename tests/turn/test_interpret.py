"""Templates first, the model only behind them; and a model's reading is never surer than the ear."""

from __future__ import annotations

import math

import pytest

from assistant.domain.values import MISSING, Command, Hypothesis, Session, Transcript
from assistant.turn.dialogue import Dialogue, State, step
from assistant.turn.interpret import Interpreter
from assistant.turn.memory import Memory
from assistant.turn.messages import NeedsSlot
from assistant.turn.policy import Policy
from assistant.turn.understand import Understander
from assistant.turn.verdict import Allowed, Declined, Missing
from assistant.turn.wording import wording
from tests.fakes.scripted_model import ScriptedModel
from tests.site import a_world, entities, the_hardware, the_intents, the_language, the_reader

KNOWN = entities(a_world())
IDLE = Dialogue()
SUPERVISOR = Session("SV-3")


def an_interpreter(model: ScriptedModel | None = None) -> Interpreter:
    understander = None if model is None else Understander(model, the_language(), the_intents())
    return Interpreter(the_reader(), understander)


async def typed(text: str, model: ScriptedModel | None = None, dialogue: Dialogue = IDLE) -> tuple[Command, ...]:
    transcript = Transcript("t", SUPERVISOR, (Hypothesis(text),))
    return await an_interpreter(model).interpret(transcript, dialogue, KNOWN)


async def heard(model: ScriptedModel | None, *said: tuple[str, float]) -> tuple[Command, ...]:
    hypotheses = tuple(Hypothesis(text, logprob) for text, logprob in said)
    return await an_interpreter(model).interpret(Transcript("t", SUPERVISOR, hypotheses, "voice"), IDLE, KNOWN)


def asking(command: Command, slot: str) -> Dialogue:
    """A conversation in which a slot of a command was just asked for."""
    dialogue, _ = step(IDLE, NeedsSlot(command, slot, "Well?", 0.0))
    assert dialogue.state is State.ASKING
    return dialogue


def a_policy() -> Policy:
    return Policy(the_intents(), the_hardware(), the_language(), a_world())


# ---- when the model is asked -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        *(spec.example for spec in the_intents().by_name.values()),
        "hold lot 4799, bridging",  # a template fits; that there is no such lot is no reason to guess
        "hold lot 4711, no, 4712",
        "stop the oven",
        "old lot 4712",
        "lot 4712",  # nothing but a name: asked about
    ],
)
async def test_the_model_is_not_asked_where_a_template_fits(said: str) -> None:
    model = ScriptedModel()
    assert await typed(said, model) == await typed(said)
    assert model.asked == []


async def test_the_model_is_asked_where_no_template_fits_and_is_shown_markers() -> None:
    model = ScriptedModel({"put lot1 aside, it's bridging": "hold lot1 bridging"})
    (command,) = await typed("put lot 4712 aside, it's bridging", model)
    assert model.asked == ["put lot1 aside, it's bridging"]
    assert (command.intent, command.slots, command.by) == ("hold", {"lot": "L4712", "reason": "bridging"}, "model")


async def test_the_model_is_not_asked_about_silence() -> None:
    model = ScriptedModel()
    assert [c.intent for c in await heard(model)] == ["unknown"]
    assert model.asked == []


async def test_the_model_is_not_asked_where_a_lower_hypothesis_fits_a_template() -> None:
    model = ScriptedModel({"stop of and two": "stop"})
    (command,) = await heard(model, ("stop of and two", -0.3), ("stop oven two", -0.35))
    assert (command.slots, command.by, model.asked) == ({"machine": "OVN-2"}, "template", [])


async def test_of_what_may_have_been_said_the_model_is_shown_the_likeliest() -> None:
    model = ScriptedModel()
    await heard(model, ("put lot 4712 aside", -0.1), ("but lot 4713 aside", -0.3))
    assert model.asked == ["put lot1 aside"]


@pytest.mark.parametrize("said", ["put lot 4712 aside", "don't stop oven two", "lot 4712", ""])
async def test_without_a_model_the_templates_serve_alone(said: str) -> None:
    (command,) = await typed(said)
    assert (command.intent, command.by) == ("unknown", "template")


@pytest.mark.parametrize("why", ["the language model died", "the language model did not answer within 2 s"])
async def test_a_model_that_fails_is_no_model(why: str) -> None:
    (command,) = await typed("put lot 4712 aside", ScriptedModel(fails=why))
    assert (command.intent, command.confidence) == ("unknown", 0.0)


# ---- a lost beginning ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("best", "rest"),
    [
        ("we put lot 4712 on hold", "put lot 4712 on hold"),
        ("we put lot4712 on hold", "put lot 4712 on hold"),
        ("an Maria can you stop printer one", "can you stop printer one"),
        ("dont you stop oven two", "stop oven two"),
        ("hold lot 4712 please don't", "hold lot 4712 please"),
    ],
)
async def test_the_likeliest_without_its_first_words_is_no_command(best: str, rest: str) -> None:
    assert [one.intent for one in await heard(None, (best, -0.1), (rest, -0.2))] == ["unknown"]
    # Heard so, and nothing before it, it is one.
    assert (await heard(None, (rest, -0.2)))[0].intent != "unknown"


@pytest.mark.parametrize(
    ("best", "other", "intent"),
    [
        ("stop of and two", "stop oven two", "stop"),  # other words, not fewer
        ("stop oven two at me", "stop oven two", "stop"),  # the end of it, which turns nothing around
        ("uh oh no", "no", "no"),  # whoever says no is believed
    ],
)
async def test_what_lost_nothing_at_its_beginning_is_one(best: str, other: str, intent: str) -> None:
    assert [one.intent for one in await heard(None, (best, -0.3), (other, -0.35))] == [intent]


@pytest.mark.parametrize(
    ("best", "other"),
    [
        ("stop oven one", "start oven one"),
        ("stop placer three", "who stopped placer three"),
        ("status of oven two", "stop oven two"),
        ("stop oven one", "don't stop oven one"),
    ],
)
async def test_where_either_of_two_deeds_was_said_neither_is_proposed(best: str, other: str) -> None:
    (command,) = await heard(ScriptedModel({"stop machine1": "stop machine1"}), (best, -0.2), (other, -0.3))
    assert (command.intent, command.slots) == ("unknown", {})
    verdict = a_policy().decide(command, SUPERVISOR, Memory(), 0.0)
    assert isinstance(verdict, Declined) and verdict.say == "Sorry, say that again?"
    # Much less likely, it leaves a doubt at most.
    (command,) = await heard(None, (best, -0.2), (other, -0.9))
    assert command.intent != "unknown"


@pytest.mark.parametrize(
    ("said", "other", "slot"),
    [
        ("hold lot 4712 void", "hold lot 47112 void", "lot"),
        ("hold lot 4712 void", "hold lot four double seven one two void", "lot"),
        ("scrap board 10231 damaged", "scrap board 102311 damaged", "board"),
    ],
)
async def test_an_id_of_which_one_of_two_like_digits_may_be_lost_is_asked_for(said: str, other: str, slot: str) -> None:
    (command,) = await heard(None, (said, -0.2), (other, -0.3))
    assert slot not in command.slots and command.options == {slot: ()}
    verdict = a_policy().decide(command, SUPERVISOR, Memory(), 0.0)
    assert isinstance(verdict, Missing) and (verdict.slot, verdict.question) == (slot, f"Which {slot}?")
    # Less likely, it leaves a doubt; and so do other digits.
    for less in ((other, -0.45), (said.replace("1", "9"), -0.45)):
        (command,) = await heard(None, (said, -0.2), less)
        assert slot in command.slots and command.options == {}


@pytest.mark.parametrize(
    ("said", "other", "slot"),
    [
        ("hold lot 4722", "hold lot 4772", "lot"),
        ("why is board 10231 on hold", "why is board 10931 on hold", "board"),
        ("hold that for me", "hold lot 2614 for me", "lot"),  # as little is it the one at hand
        ("hold lot 4712 for me", "hold that for me", "lot"),
    ],
)
async def test_an_id_beside_another_as_likely_that_does_not_exist_is_asked_for(
    said: str, other: str, slot: str
) -> None:
    """ "Four seven triple two" in noise comes as 4722 and, as likely, as 4772, 4702, 4732."""
    (command,) = await heard(None, (said, -0.3), (other, -0.5))
    assert slot not in command.slots and command.options == {slot: ()}
    (command,) = await heard(None, (said, -0.3), (other, -0.55))
    assert slot in command.slots and (command.options, command.doubt) == ({}, "hypotheses")


@pytest.mark.parametrize(
    ("said", "other", "slot"),
    [
        ("release lot 4711 please", "release lot 471 to over please", "lot"),  # "four seven one two oh"
        ("rework board 10231, void", "rework board 1023 on void", "board"),
    ],
)
async def test_an_id_whose_last_digit_may_begin_a_word_is_asked_for(said: str, other: str, slot: str) -> None:
    for order in (((said, -0.3), (other, -0.4)), ((other, -0.3), (said, -0.4))):
        (command,) = await heard(None, *order)
        assert slot not in command.slots and command.options == {slot: ()}
    # Less likely, or where the digits differ otherwise, it is asked back at most.
    for less in ((other, -0.6), (other.replace("1", "9"), -0.4)):
        (command,) = await heard(None, (said, -0.3), less)
        assert slot in command.slots and command.options == {}


@pytest.mark.parametrize(
    ("best", "said", "slots", "options"),
    [
        # "One oh two three, tombstone" may be heard so.
        ("hold board 10231 on", "hold board 10231", {}, {"board": ()}),
        ("hold board one oh two three two stone", "hold board one oh two three two", {}, {"board": ()}),
        ("hold lot 47 12 on", "hold lot 4712", {}, {"lot": ()}),
        # Of one digit nothing would be left; and no id stands at the end.
        ("stop placer two on", "stop placer two", {"machine": "PNP-2"}, {}),
        ("hold lot 4712 void on", "hold lot 4712 void", {"lot": "L4712", "reason": "void"}, {}),
    ],
)
async def test_an_id_after_which_more_was_heard_is_asked_for(
    best: str, said: str, slots: dict[str, str], options: dict[str, tuple[str, ...]]
) -> None:
    (command,) = await heard(None, (best, -0.3), (said, -0.4))
    assert (command.slots, command.options) == (slots, options)


@pytest.mark.parametrize(
    ("said", "other", "doubt"),
    [
        ("hold lot 4712", "when hold lot 4712", "hypotheses"),  # of a "don't"
        ("stop placer two", "can't stop placer two", "hypotheses"),
        ("hold lot 4712", "please hold lot 4712", ""),
        ("where is lot 4712", "and where is lot 4712", ""),  # a question
        ("hold lot 4712", "hold lot 4712 when", ""),
    ],
)
async def test_a_word_that_may_have_stood_before_a_deed_makes_it_doubtful(said: str, other: str, doubt: str) -> None:
    (command,) = await heard(None, (said, -0.1), (other, -0.4))
    assert (command.text, command.doubt) == (said, doubt)
    (command,) = await heard(None, (said, -0.1), (other, -0.7))
    assert (command.text, command.doubt) == (said, "")


async def test_of_two_about_as_likely_the_one_that_says_more_is_asked_back() -> None:
    (command,) = await heard(None, ("hold lot 4712", -0.1), ("hold lot 4712 void", -0.2))
    assert (command.slots, command.doubt) == ({"lot": "L4712", "reason": "void"}, "hypotheses")
    # Which lot is still the first question.
    said = (("hold lot 4712", -0.1), ("hold lot 4711", -0.15), ("hold lot 4712 void", -0.2))
    (command,) = await heard(None, *said)
    assert command.options == {"lot": ("L4712", "L4711")}
    for more in (("hold lot 4712 void", -0.6), ("hold lot 4799 void", -0.15), ("release lot 4712 now", -0.6)):
        (command,) = await heard(None, ("hold lot 4712", -0.1), more)
        assert command.slots == {"lot": "L4712"}


async def test_which_of_two_questions_was_asked_is_not_worth_a_question() -> None:
    (command,) = await heard(None, ("where is lot 4712", -0.2), ("status of lot 4712", -0.3))
    assert command.intent == "where"


# ---- negation --------------------------------------------------------------------------------------------


async def test_a_negated_sentence_that_the_model_takes_for_nothing_keeps_its_answer() -> None:
    model = ScriptedModel()
    (command,) = await typed("don't stop oven two", model)
    assert model.asked == ["don't stop machine1"]
    assert (command.intent, command.doubt) == ("unknown", "negated")
    verdict = a_policy().decide(command, SUPERVISOR, Memory(), 0.0)
    assert isinstance(verdict, Declined) and verdict.say == "Nothing was done."


async def test_a_negated_sentence_keeps_its_answer_when_the_model_fails() -> None:
    (command,) = await typed("don't stop oven two", ScriptedModel(fails="the language model died"))
    assert (command.intent, command.doubt) == ("unknown", "negated")


async def test_a_negated_sentence_that_the_model_takes_for_an_order_is_confirmed() -> None:
    (command,) = await typed("don't stop oven two", ScriptedModel({"don't stop machine1": "stop machine1"}))
    verdict = a_policy().decide(command, SUPERVISOR, Memory(), 0.0)
    assert isinstance(verdict, Allowed) and verdict.confirm


async def test_a_dont_that_the_likeliest_hypothesis_lost_is_not_lost_on_the_model() -> None:
    model = ScriptedModel({"kill machine1": "stop machine1"})
    commands = await heard(model, ("kill oven two", -0.3), ("don't kill oven two", -0.35))
    assert all(command.intent == "unknown" or command.doubt for command in commands)


# ---- how sure --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("acoustic", "model", "confidence"), [(0.6, 0.9, 0.6), (0.9, 0.6, 0.6), (1.0, 1.0, 1.0), (0.2, 1.0, 0.2)]
)
async def test_the_ear_caps_the_model(acoustic: float, model: float, confidence: float) -> None:
    scripted = ScriptedModel({"put lot1 aside": "hold lot1"}, (math.log(model),))
    (command,) = await heard(scripted, ("put lot 4712 aside", math.log(acoustic)))
    assert command.confidence == pytest.approx(confidence)


async def test_the_ear_caps_every_command_of_a_breath() -> None:
    model = ScriptedModel({"machine1 off and lot1 aside": "stop machine1; hold lot1"})
    commands = await heard(model, ("oven two off and lot 4712 aside", math.log(0.5)))
    assert [command.confidence for command in commands] == [pytest.approx(0.5)] * 2


@pytest.mark.parametrize(("probability", "intent"), [(0.6, "hold"), (0.4, "unknown")])
async def test_what_is_more_likely_wrong_than_right_is_left_alone(probability: float, intent: str) -> None:
    model = ScriptedModel({"put lot1 aside": "hold lot1"}, (math.log(probability),))
    (command,) = await typed("put lot 4712 aside", model)
    assert (command.intent, command.by) == (intent, "model")
    assert command.confidence == pytest.approx(0.6)


async def test_a_keyboard_caps_nothing() -> None:
    model = ScriptedModel({"put lot1 aside": "hold lot1"}, (math.log(0.8),))
    (command,) = await typed("put lot 4712 aside", model)
    assert command.confidence == pytest.approx(0.8)


# ---- while a slot is asked for ---------------------------------------------------------------------------

PENDING = Command("hold", {"lot": "L4713"}, text="hold lot 4713.")
WHY = "because the pads are touching each other"
WHOLE = {f"hold lot1, {WHY}": "hold lot1 bridging"}


async def test_free_words_fill_the_slot_that_was_asked_for() -> None:
    model = ScriptedModel(WHOLE)
    (command,) = await typed(WHY, model, asking(PENDING, "reason"))
    assert (command.intent, command.slots) == ("hold", {"lot": "L4713", "reason": "bridging"})
    assert (command.text, command.by) == (WHY, "model")
    assert model.asked == [WHY, f"hold lot1, {WHY}"]


async def test_a_plain_value_fills_the_slot_without_the_model() -> None:
    model = ScriptedModel(WHOLE)
    (command,) = await typed("bridging", model, asking(PENDING, "reason"))
    assert (command.slots["reason"], command.by, model.asked) == ("bridging", "template", [])


async def test_a_new_command_is_not_taken_for_the_answer() -> None:
    model = ScriptedModel({"bring machine1 to rest": "stop machine1", **WHOLE})
    (command,) = await typed("bring oven two to rest", model, asking(PENDING, "reason"))
    assert (command.intent, command.slots, len(model.asked)) == ("stop", {"machine": "OVN-2"}, 1)


async def test_free_words_mean_nothing_when_nothing_was_asked() -> None:
    model = ScriptedModel(WHOLE)
    (command,) = await typed(WHY, model)
    assert (command.intent, model.asked) == ("unknown", [WHY])


@pytest.mark.parametrize(
    "answer",
    ["unknown", "hold lot1", "scrap lot1 damaged", "hold lot1 bridging; stop", "hold lot1 tea", "hold lot2 void"],
)
async def test_words_that_do_not_fill_the_slot_leave_the_question_open(answer: str) -> None:
    model = ScriptedModel({f"hold lot1, {WHY}": answer})
    assert [c.intent for c in await typed(WHY, model, asking(PENDING, "reason"))] == ["unknown"]


async def test_what_is_filled_in_does_not_change_what_was_said_before() -> None:
    pending = Command("hold", {"lot": "L4713"}, text="hold lot 4713")
    model = ScriptedModel({"hold lot1, not lot2, it has a void": "hold lot2 void"})
    for command in await typed("not lot 4711, it has a void", model, asking(pending, "reason")):
        assert command.slots.get("lot") in (None, "L4713")


@pytest.mark.parametrize("logprob", [-0.5, -1.5])
async def test_the_ear_caps_what_is_filled_in(logprob: float) -> None:
    transcript = Transcript("t", SUPERVISOR, (Hypothesis(WHY, logprob),), "voice")
    (command,) = await an_interpreter(ScriptedModel(WHOLE)).interpret(transcript, asking(PENDING, "reason"), KNOWN)
    assert command.confidence == pytest.approx(math.exp(logprob))


async def test_an_answer_that_names_nothing_that_exists_is_told_so() -> None:
    pending = Command("hold", {"reason": "void"}, text="hold it, void")
    said = "what came in last, lot 4799 that is"
    model = ScriptedModel({"hold it, void, what came in last, lot1 that is": "hold lot1 void"})
    (command,) = await typed(said, model, asking(pending, "lot"))
    assert command.slots == {"lot": MISSING, "reason": "void"}
    verdict = a_policy().decide(command, SUPERVISOR, Memory(), 0.0)
    assert isinstance(verdict, Declined) and verdict.say == "There is no lot four seven double nine."


async def test_which_of_several_is_not_asked_again_once_it_is_said() -> None:
    pending = Command("stop", text="stop the oven", options={"machine": ("OVN-1", "OVN-2")})
    said = "I am talking of oven two of course"
    model = ScriptedModel({"stop the machine1, i am talking of machine2 of course": "stop machine2"})
    (command,) = await typed(said, model, asking(pending, "machine"))
    assert command.slots == {"machine": "OVN-2"}
    verdict = a_policy().decide(command, SUPERVISOR, Memory(), 0.0)
    assert isinstance(verdict, Allowed), verdict


# ---- which of the things named -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("release everything on line two except lot 4712", "exception"),
        ("stop line one but not the oven", "exception"),
        ("hold twenty boards of lot 4712", "part"),
        ("scrap half of lot 4712", "part"),
        ("three or four of lot 4712 need binning", "part"),
    ],
)
async def test_an_action_on_some_of_what_is_named_is_none(said: str, why: str) -> None:
    shown = wording(said, the_language(), KNOWN)
    model = ScriptedModel({shown.text: f"hold {next(iter(shown.mentions))}"})
    (command,) = await typed(said, model)
    assert (command.intent, command.doubt) == ("unknown", why)
    verdict = a_policy().decide(command, SUPERVISOR, Memory(), 0.0)
    assert isinstance(verdict, Declined) and "nothing was done" in verdict.say


async def test_a_question_about_some_of_a_lot_is_one() -> None:
    model = ScriptedModel({"how many boards of lot1 look poorly": "count failed lot1"})
    (command,) = await typed("how many boards of lot 4712 look poorly", model)
    assert (command.intent, command.slots) == ("count", {"lot": "L4712", "metric": "failed"})


@pytest.mark.parametrize("said", ["hold lot 4712, void, no way", "stop printer one. Certainly not."])
async def test_a_command_taken_back_in_the_same_breath_is_none(said: str) -> None:
    (command,) = await typed(said, ScriptedModel({}))
    assert (command.intent, command.doubt) == ("unknown", "withdrawn")
    verdict = a_policy().decide(command, SUPERVISOR, Memory(), 0.0)
    assert isinstance(verdict, Declined) and verdict.say == "Nothing was done."


async def test_the_same_asked_twice_in_a_breath_is_asked_once() -> None:
    (command,) = await typed("I'm stuck, what can I say", ScriptedModel({}))
    assert command.intent == "help"


async def test_what_follows_is_taken_back_with_all_of_it() -> None:
    (command,) = await typed("stop printer one and hold lot 4712, void, no way", ScriptedModel({}))
    assert (command.intent, command.doubt) == ("unknown", "withdrawn")


async def test_talk_about_a_part_of_a_lot_is_left_alone_when_spoken_and_answered_when_typed() -> None:
    said = "the sticker came out of lot 4712 they reckon"
    (heard_command,) = await heard(ScriptedModel({}), (said, -0.1))
    assert (heard_command.intent, heard_command.doubt) == ("unknown", "")
    (typed_command,) = await typed(said, ScriptedModel({}))
    assert (typed_command.intent, typed_command.doubt) == ("unknown", "part")


async def test_of_more_commands_than_anybody_says_in_a_breath_none_is_done() -> None:
    seven = " and ".join(f"hold board 1020{n}, void" for n in range(1, 8))
    model = ScriptedModel({seven: "hold board1 reason=void"})
    (command,) = await typed(seven, model)
    assert (command.intent, command.doubt) == ("unknown", "many")
    assert isinstance(a_policy().decide(command, SUPERVISOR, Memory(), 0.0), Declined)
    assert len(await typed(seven.rpartition(" and ")[0])) == 6


# ---- sound that begins in the midst of speech --------------------------------------------------------------


@pytest.mark.parametrize("cut", ["start", "end"])
async def test_an_action_whose_first_or_last_words_may_be_lost_is_confirmed(cut: str) -> None:
    """ "(Don't) stop oven two"."""
    transcript = Transcript("t", SUPERVISOR, (Hypothesis("stop oven two", -0.05),), "voice", cut=cut)
    (command,) = await an_interpreter().interpret(transcript, IDLE, KNOWN)
    verdict = a_policy().decide(command, SUPERVISOR, Memory(), 0.0)
    assert isinstance(verdict, Allowed)
    assert (verdict.confirm, verdict.rule) == (True, "confirm: unsure")


async def test_a_look_up_and_a_no_need_no_first_word() -> None:
    for said in ("where is lot 4712", "no"):
        transcript = Transcript("t", SUPERVISOR, (Hypothesis(said, -0.05),), "voice", cut="start")
        whole = Transcript("t", SUPERVISOR, (Hypothesis(said, -0.05),), "voice")
        first, second = [await an_interpreter().interpret(one, IDLE, KNOWN) for one in (transcript, whole)]
        assert [(one.intent, one.slots) for one in first] == [(one.intent, one.slots) for one in second]
        if said == "no":
            assert first == second


# ---- words that only sound like what was heard -------------------------------------------------------------


async def test_what_only_sounds_so_is_always_confirmed() -> None:
    said = (Hypothesis("stock place a two", -0.05), Hypothesis("stop placer two", -0.05, "stock place a two"))
    (command,) = await an_interpreter().interpret(Transcript("t", SUPERVISOR, said, "voice"), IDLE, KNOWN)
    assert (command.intent, command.slots, command.doubt) == ("stop", {"machine": "PNP-2"}, "sound")
    verdict = a_policy().decide(command, SUPERVISOR, Memory(), 0.0)
    assert isinstance(verdict, Allowed) and verdict.confirm


async def test_what_was_heard_whole_is_not_mended() -> None:
    said = (Hypothesis("stop placer two", -0.3), Hypothesis("stop placer one", -0.1, "stop pleased one"))
    (command,) = await an_interpreter().interpret(Transcript("t", SUPERVISOR, said, "voice"), IDLE, KNOWN)
    assert command.slots != {"machine": "PNP-1"}


@pytest.mark.parametrize("other", ["hold lot 4719, void", "hold lot 47122, void", "hold lot 472, void"])
async def test_an_id_that_may_have_been_another_that_does_not_exist_is_confirmed(other: str) -> None:
    (command,) = await heard(None, ("hold lot 4712, void", -0.2), (other, -0.5))
    assert (command.slots["lot"], command.doubt) == ("L4712", "hypotheses")
    verdict = a_policy().decide(command, SUPERVISOR, Memory(), 0.0)
    assert isinstance(verdict, Allowed) and verdict.confirm


@pytest.mark.parametrize("best", ["hold lot 4719, void", "hold lot 471, void", "hold lot 47112, void"])
async def test_the_neighbour_of_an_id_that_does_not_exist_is_not_looked_for_further_down(best: str) -> None:
    (command,) = await heard(None, (best, -0.3), ("hold lot 4711, void", -0.31))
    assert command.slots["lot"] == MISSING
