"""How hand-written sentences are judged; and a sample of them by the real model."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from assistant import bootstrap
from assistant.bench import sentences
from assistant.bench.sentences import Sentence, calibration_error, exact, wrong
from assistant.domain.values import Command
from assistant.errors import UsageError
from assistant.turn.interpret import Interpreter
from tests.site import the_intents

FOLDER = Path(__file__).parents[1] / "meaning"
FILES = ("dev.tsv", "test.tsv", "fresh.tsv")
UNITS = {"lot", "board", "machine", "line", "order", "product"}


def said(means: str, tmp_path: Path) -> Sentence:
    file = tmp_path / "one.tsv"
    file.write_text(f"a sentence\t{means}\n")
    (sentence,) = sentences.sentences(file)
    return sentence


def hold(**slots: str) -> Command:
    return Command("hold", slots)


@pytest.mark.parametrize(
    ("means", "commands", "right"),
    [
        ("hold lot=L4712", [hold(lot="L4712")], True),
        ("hold lot=L4712", [hold(lot="L4711")], False),
        ("hold lot=L4712", [hold(lot="L4712", reason="void")], False),
        ("hold lot=L4712 reason=void", [hold(lot="L4712")], False),
        ("hold unit=@here", [hold(lot="@here")], True),
        ("hold unit=@here", [hold(lot="L4712")], False),
        ("stop machine=*", [Command("stop", options={"machine": ("OVN-1", "OVN-2")})], True),
        ("stop machine=*", [Command("stop", {"machine": "OVN-1"})], False),
        ("unknown", [Command("unknown")], True),
        ("unknown", [hold(lot="L4712")], False),
        (
            "note lot=L4712 text=left corner, scratched",
            [Command("note", {"lot": "L4712", "text": "left corner scratched."})],
            True,
        ),
        ("note text=left corner", [Command("note", {"text": "right corner"})], False),
        ("hold lot=L4711 ; hold lot=L4712", [hold(lot="L4711"), hold(lot="L4712")], True),
        ("hold lot=L4711 ; hold lot=L4712", [hold(lot="L4711")], False),
    ],
)
def test_exact_is_all_of_it(means: str, commands: list[Command], right: bool, tmp_path: Path) -> None:
    assert exact(commands, said(means, tmp_path)) is right


@pytest.mark.parametrize(
    ("means", "commands", "bad"),
    [
        ("unknown", [hold(lot="L4712")], True),
        ("unknown", [Command("status", {"lot": "L4712"})], False),
        ("hold lot=L4712", [hold(lot="L4711")], True),
        ("hold lot=L4712", [Command("release", {"lot": "L4712"})], True),
        ("hold lot=L4712 reason=void", [hold(lot="L4712")], False),
        ("hold lot=L4712", [Command("unknown")], False),
        ("hold lot=L4712", [hold()], False),
        ("hold unit=@here", [hold(board="@here")], False),
        ("stop machine=PRN-1 ; hold lot=L4712", [Command("stop", {"machine": "PRN-1"})], False),
    ],
)
def test_a_wrong_action_is_another_deed_or_another_thing(
    means: str, commands: list[Command], bad: bool, tmp_path: Path
) -> None:
    assert wrong(commands, said(means, tmp_path), the_intents()) is bad


def test_a_calibration_error_is_the_gap_between_sure_and_right() -> None:
    assert calibration_error([(0.9, True)] * 9 + [(0.9, False)]) == pytest.approx(0.0)
    assert calibration_error([(0.95, False)] * 4) == pytest.approx(95.0)


def test_a_line_without_its_meaning_is_named(tmp_path: Path) -> None:
    file = tmp_path / "bad.tsv"
    file.write_text("# fine\nhold it\tunknown\nno tab here\n")
    with pytest.raises(UsageError, match=r"bad\.tsv:3"):
        sentences.sentences(file)


@pytest.mark.parametrize("file", (*FILES, "blind.tsv", "later.tsv"))
def test_what_sentences_mean_is_in_the_contract(file: str) -> None:
    specs, lists = the_intents().by_name, the_intents().lists
    for sentence in sentences.sentences(FOLDER / file):
        for intent, slots in sentence.commands:
            assert intent == "unknown" or intent in specs, sentence
            for slot, value in slots.items():
                assert slot == "unit" or slot in specs[intent].slots, sentence
                assert slot not in lists or value in lists[slot], sentence


def test_a_third_of_the_sentences_is_not_for_us() -> None:
    read = [sentence for file in FILES for sentence in sentences.sentences(FOLDER / file)]
    assert len(read) >= 1500 and len({sentence.text for sentence in read}) == len(read)
    assert sum(sentence.commands[0][0] == "unknown" for sentence in read) >= len(read) / 3
    assert {intent for sentence in read for intent, _ in sentence.commands} == {*the_intents().taught, "unknown"}


async def test_free_words_are_understood_by_the_real_model() -> None:
    """A sample of the half that may be looked at; the figures are `assistant bench meaning`'s business."""
    site = bootstrap.load_site(None)
    sample = sentences.sentences(FOLDER / "dev.tsv")[::7]
    entities = sentences.plant(site)
    async with AsyncExitStack() as stack:
        by = bootstrap.understander(site, stack)
        assert by is not None
        both = Interpreter(site.reader, by)
        read = [(sentence, await sentences.read(both, sentence.text, entities)) for sentence in sample]
    assert sum(exact(commands, sentence) for sentence, commands in read) >= 0.85 * len(read)
