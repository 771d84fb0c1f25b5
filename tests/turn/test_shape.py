"""What a language model may write: the grammar and the parser agree, and every answer has one reading."""

from __future__ import annotations

import re
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.domain.spoken.mentions import Entities
from assistant.ports import Match
from assistant.settings.paths import shipped_site
from assistant.turn import fewshot
from assistant.turn.read import MOST_COMMANDS, UNKNOWN
from assistant.turn.shape import IT, Proposal, grammar, parse, written
from tests.site import a_world, entities, the_intents, the_reader

INTENTS = the_intents()
KNOWN = entities(a_world())
TEMPLATE = (shipped_site() / "grammars" / "command.gbnf").read_text(encoding="utf-8")
HEAD = re.findall(r"^# (accepts|refuses): (.*)$", TEMPLATE, re.MULTILINE)
ACCEPTS, REFUSES = ([line for word, line in HEAD if word == wanted] for wanted in ("accepts", "refuses"))


@cache
def the_language_of_the_grammar() -> re.Pattern[str]:
    """The filled grammar as a regular expression; it has no recursion."""
    lines = [line.partition("::=") for line in grammar(TEMPLATE, INTENTS).splitlines() if "::=" in line]
    rules = {name.strip(): body for name, _, body in lines}
    piece = re.compile(r'"(?P<literal>[^"]*)"|(?P<chars>\[[^\]]*\])|(?P<name>[a-z][a-z0-9-]*)|(?P<group>\()')

    def expanded(match: re.Match[str]) -> str:
        if match["literal"] is not None:
            return re.escape(match["literal"])
        if match["name"] is not None:
            return f"(?:{pattern(match['name'])})"
        return match["chars"] or "(?:"

    def pattern(rule: str) -> str:
        # Blanks between the pieces mean nothing; those inside a literal are escaped and stay.
        return re.sub(r"(?<!\\) +", "", piece.sub(expanded, rules[rule]))

    return re.compile(pattern("root"))


# ---- the head of the grammar file ------------------------------------------------------------------------


def test_the_grammar_promises_something() -> None:
    assert len(ACCEPTS) > 3 and len(REFUSES) > 3


@pytest.mark.parametrize("answer", ACCEPTS)
def test_what_the_grammar_promises_to_accept_is_accepted(answer: str) -> None:
    assert parse(answer, INTENTS) is not None
    assert the_language_of_the_grammar().fullmatch(answer)


@pytest.mark.parametrize("answer", REFUSES)
def test_what_the_grammar_promises_to_refuse_is_refused(answer: str) -> None:
    assert parse(answer, INTENTS) is None


@pytest.mark.parametrize("answer", REFUSES)
def test_what_is_to_be_refused_cannot_be_written(answer: str) -> None:
    assert the_language_of_the_grammar().fullmatch(answer) is None


# ---- the grammar -----------------------------------------------------------------------------------------


def test_the_grammar_has_no_hole_and_no_loose_end() -> None:
    filled = grammar(TEMPLATE, INTENTS)
    assert "<<" not in filled and "#" not in filled
    defined = re.findall(r"^([a-z0-9-]+) +::=", filled, re.MULTILINE)
    assert len(set(defined)) == len(defined)
    bare = re.sub(r'"[^"]*"|\[[^\]]*\]|[a-z0-9-]+ +::=', "", filled)
    assert set(re.findall(r"[a-z][a-z0-9-]*", bare)) <= set(defined)
    assert set(defined) >= {f"i-{name.replace('_', '-')}" for name in INTENTS.taught}


def test_no_word_of_an_answer_stands_for_two_slots() -> None:
    for spec in INTENTS.taught.values():
        values = [value for slot in spec.slots for value in INTENTS.lists.get(slot, ())]
        assert len(set(values)) == len(values), spec.intent
        assert IT not in values and not any(re.fullmatch(r"[a-z]+\d", value) for value in values), spec.intent


# ---- the parser ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "proposals"),
    [
        ("unknown", ()),
        ("hold lot1 bridging", (Proposal("hold", {"lot": "lot1", "reason": "bridging"}),)),
        ("hold it", (Proposal("hold", {"unit": "it"}),)),
        ("hold it void", (Proposal("hold", {"unit": "it", "reason": "void"}),)),
        (
            "stop machine1; hold lot2 void",
            (Proposal("stop", {"machine": "machine1"}), Proposal("hold", {"lot": "lot2", "reason": "void"})),
        ),
        (
            "count failed line1 period1",
            (Proposal("count", {"metric": "failed", "line": "line1", "period": "period1"}),),
        ),
        ("note board1: one: two", (Proposal("note", {"board": "board1", "text": "one: two"}),)),
        ("note: it is lot2, broken", (Proposal("note", {"text": "it is lot2, broken"}),)),
        (
            "stop machine1; note: tea is ready",
            (Proposal("stop", {"machine": "machine1"}), Proposal("note", {"text": "tea is ready"})),
        ),
        ("stop", (Proposal("stop", {}),)),
    ],
)
def test_an_answer_is_its_commands(answer: str, proposals: tuple[Proposal, ...]) -> None:
    assert parse(answer, INTENTS) == proposals


@pytest.mark.parametrize(
    "answer",
    [
        "",
        " ",
        ";",
        "Unknown",
        "unknown ",
        "unknown: tea",
        "hold  lot1",
        " hold lot1",
        "hold lot1 ",
        "hold\tlot1",
        "hold lot1\nstop machine1",
        "hold lot1;stop machine1",
        "hold lot1; unknown",
        "hold lot1 lot2",
        "hold lot1 it",
        "count failed it",
        "hold it it",
        "hold lot0",
        "hold lot10",
        "hold lot",
        "hold L4712",
        "hold ?",
        "hold @here",
        "hold xlot1",
        "hold number1",
        "hold product1",
        "hold lot1 bridging void",
        "hold lot1: because it is bridging",
        "hold lot1 tea",
        "report it",
        "call it it",
        "note lot1:",
        "note lot1: ",
        "note lot1:   ",
        "note: tea; stop machine1",
        "note lot1 text",
        "yes it",
        "explode machine1",
        "; ".join(["stop machine1"] * (MOST_COMMANDS + 1)),
    ],
)
def test_what_is_no_answer_is_none(answer: str) -> None:
    assert parse(answer, INTENTS) is None


def test_as_many_commands_as_fit_in_one_breath() -> None:
    commands = parse("; ".join(["stop machine1"] * MOST_COMMANDS), INTENTS)
    assert commands == (Proposal("stop", {"machine": "machine1"}),) * MOST_COMMANDS


@st.composite
def matches(draw: st.DrawFn) -> Match:
    """What a template could have matched: an intent with some of its slots, in any order."""
    spec = INTENTS.taught[draw(st.sampled_from(sorted(INTENTS.taught)))]
    slots: dict[str, str] = {}
    order: list[str] = draw(st.permutations(spec.slots))
    for slot in order[: draw(st.integers(0, len(order)))]:
        if slot == spec.free:
            slots[slot] = draw(st.sampled_from(["left corner", "it is", "scratched: twice", "hold lot1", "a"]))
        elif slot in INTENTS.lists:
            slots[slot] = draw(st.sampled_from(sorted(INTENTS.lists[slot])))
        else:
            slots[slot] = f"x{slot}{draw(st.integers(1, 9))}"
    named = [slot for slot in spec.slots if slot in ("lot", "board", "machine", "line", "order")]
    if draw(st.booleans()) and named:
        slots["unit"] = "xunit1"
    return Match(spec.intent, slots, {})


WORDS = st.sampled_from(
    [
        *INTENTS.taught,
        *(value for values in INTENTS.lists.values() for value in values),
        *"it unknown lot1 lot2 board1 machine1 machine9 line1 order1 product1 period1 unit1".split(),
        *"text1 lot0 lot10 xlot1 tea".split(),
        *"left corner a : ; , lot1: note: hold; ;stop machine1; é \n".split(" "),
    ]
)
PIECES = st.lists(st.tuples(WORDS, st.sampled_from([" ", " ", " ", "; ", ": ", ";", ":", "\n"])), max_size=10)
ANSWERS = st.one_of(
    PIECES.map(lambda pieces: "".join(word + gap for word, gap in pieces)),
    PIECES.map(lambda pieces: "".join(gap + word for word, gap in pieces)[1:]),
    st.builds(lambda match, rest: written(match, INTENTS) + rest, matches(), st.text(" ;:1\nait", max_size=8)),
    st.text(" ;:1\nait", max_size=12).map("note lot1: tea".__add__),
    st.text(max_size=60),
)


@given(ANSWERS)
@settings(max_examples=500, deadline=None)
def test_any_text_at_all_is_commands_or_no_answer(answer: str) -> None:
    proposals = parse(answer, INTENTS)
    if proposals is None or not proposals:
        assert proposals is None or answer == UNKNOWN
        return
    assert len(proposals) <= MOST_COMMANDS
    for proposal in proposals:
        spec = INTENTS.taught[proposal.intent]
        assert proposal.slots.keys() <= {*spec.slots, "unit"}
        for slot, value in proposal.slots.items():
            if slot == "unit":
                assert value == IT
            elif slot in INTENTS.lists:
                assert value in INTENTS.lists[slot]
            elif slot != spec.free:
                assert re.fullmatch(rf"{slot}[1-9]", value)


@given(ANSWERS)
@settings(max_examples=500, deadline=None)
def test_two_answers_are_never_the_same_commands(answer: str) -> None:
    """What is accepted is spelled in the one way in which its commands are written, so there is no second reading."""
    proposals = parse(answer, INTENTS)
    if proposals:
        spelled = "; ".join(spelling(proposal) for proposal in proposals)
        # But for blanks around free text.
        assert re.sub(r": \s+", ": ", answer.rstrip(), count=1) == re.sub(r": \s+", ": ", spelled, count=1)


@given(ANSWERS)
@settings(max_examples=500, deadline=None)
def test_the_parser_accepts_nothing_that_the_grammar_forbids(answer: str) -> None:
    if parse(answer, INTENTS) is not None:
        assert the_language_of_the_grammar().fullmatch(answer)


def spelling(proposal: Proposal) -> str:
    """A command in the order of its intent's file."""
    spec = INTENTS.taught[proposal.intent]
    order = ["unit", *(slot for slot in spec.slots if slot != spec.free)]
    words = [proposal.slots[slot].replace(" ", "_") for slot in order if slot in proposal.slots]
    free = f": {proposal.slots[spec.free]}" if spec.free and spec.free in proposal.slots else ""
    return " ".join([proposal.intent, *words]) + free


# ---- there and back --------------------------------------------------------------------------------------


def proposed(match: Match) -> Proposal:
    """The command that a match is."""
    markers = {slot: value[1:] for slot, value in match.slots.items() if re.fullmatch(r"x[a-z]+\d", value)}
    return Proposal(match.intent, {**match.slots, **markers, **({"unit": IT} if "unit" in markers else {})})


@given(matches())
@settings(max_examples=300, deadline=None)
def test_what_is_written_for_a_sentence_is_read_as_that_sentence(match: Match) -> None:
    answer = written(match, INTENTS)
    assert parse(answer, INTENTS) == (proposed(match),)
    assert the_language_of_the_grammar().fullmatch(answer)


@given(st.lists(matches(), min_size=1, max_size=MOST_COMMANDS))
@settings(max_examples=200, deadline=None)
def test_what_is_written_for_several_sentences_is_read_as_all_of_them(breath: list[Match]) -> None:
    breath = [one for one in breath[:-1] if INTENTS.taught[one.intent].free not in one.slots] + breath[-1:]
    answer = "; ".join(written(match, INTENTS) for match in breath)
    assert parse(answer, INTENTS) == tuple(proposed(match) for match in breath)


@pytest.mark.parametrize("intent", INTENTS.taught)
def test_each_example_can_be_written(intent: str) -> None:
    match = the_reader().best(INTENTS.taught[intent].example, KNOWN)
    assert match is not None and match.intent == intent
    assert parse(written(match, INTENTS), INTENTS) == (proposed(match),)


# ---- the prompt that shows by example --------------------------------------------------------------------


def shots(known: Entities = KNOWN) -> list[tuple[str, str]]:
    """(what is shown, what is to be written) of a prompt's examples."""
    prompt = fewshot.before(the_reader(), INTENTS, known)
    return re.findall(rf"^Said: (.+){re.escape(fewshot.AFTER)}(.+)$", prompt, re.MULTILINE)


def test_each_intent_is_shown_once_by_its_example() -> None:
    answers = [answer for _, answer in shots()]
    commands = [parse(answer, INTENTS) for answer in answers]
    assert [one[0].intent for one in commands if one] == list(INTENTS.taught)
    assert answers.count(UNKNOWN) == len(INTENTS.shared.others) > 0
    assert None not in commands


def test_examples_are_shown_as_sentences_are() -> None:
    assert ("hold lot1, bridging", "hold lot1 bridging") in shots()
    assert ("note on lot1, left corner scratched", "note lot1: left corner scratched") in shots()
    assert not any(re.search(r"\d\d", said) for said, _ in shots())


def test_a_prompt_ends_where_the_words_begin() -> None:
    prompt = fewshot.before(the_reader(), INTENTS, KNOWN)
    assert prompt.startswith(fewshot.BEFORE + fewshot.HEAD) and prompt.endswith("\nSaid: ")
    assert fewshot.AFTER.endswith(" ") and fewshot.END == "\n"


def test_what_the_plant_does_not_have_is_left_out_and_not_shown_wrongly() -> None:
    nothing = Entities({}, {})
    assert set(shots(nothing)) <= set(shots()) | {(said, UNKNOWN) for said in INTENTS.shared.others}
    assert "stop" not in {answer.split()[0] for _, answer in shots(nothing)}
