"""A site's sentences as a closed grammar, and the peer that hears nothing else."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from assistant.adapters import audiofile, sphinx
from assistant.adapters.audiofile import RATE
from assistant.adapters.sentences import Automaton, least
from assistant.bench.closed import grammar
from assistant.bootstrap import first_entities, first_world, load_site
from assistant.settings.paths import shipped_site

COFFEE = Path(__file__).parents[1] / "sites" / "coffee"


@cache
def of_site(folder: Path | None) -> Automaton:
    site = load_site(folder)
    return grammar(site, first_entities(first_world(site.plant), site.reader.language))


@pytest.mark.parametrize(
    ("said", "taken"),
    [
        ("i'd like a large dark roast mocha with a bit of skim milk and sugar", True),
        ("large mocha with sugar", True),
        ("mocha large with sugar and a lot of milk please", True),
        ("large mocha large", False),  # each part once
        ("large", False),
        ("a latte with oat milk", False),
        ("", False),
    ],
)
def test_the_orders_of_a_counter_are_its_sentences(said: str, taken: bool) -> None:
    assert of_site(COFFEE).takes(said.split()) is taken


@pytest.mark.parametrize(
    ("said", "taken"),
    [
        ("hold lot four seven one two bridging", True),
        ("hold lot forty seven twelve because of bridging", True),
        ("release lot four seven double one", True),
        ("where is board one oh two three one", True),
        ("stop printer one please", True),
        ("how many boards were held in the last two hours", True),
        ("hold lot four eight one two bridging", False),  # no such lot
        ("hold lot four seven one", False),
        ("hold the line", False),
    ],
)
def test_a_closed_grammar_has_the_ids_that_exist_and_no_others(said: str, taken: bool) -> None:
    assert of_site(None).takes(said.split()) is taken


def test_the_least_automaton_has_the_same_sentences() -> None:
    # "a b", "c b", and both again by another way.
    steps = [[("a", 1), ("c", 2), ("", 3)], [("b", 5)], [("b", 5)], [("a", 4)], [("", 1)], []]
    found = least((steps, 5))
    assert len(found.steps) == 3
    assert all(found.takes(said.split()) is taken for said, taken in {"a b": True, "c b": True, "a": False}.items())


@pytest.mark.skipif(bool(sphinx.missing()), reason=sphinx.missing())
def test_the_peer_hears_a_sentence_of_the_grammar_and_nothing_else() -> None:
    words = [["undo", "that"], ["stop", "printer", "one"], ["release", "lot"]]
    steps: list[list[tuple[str, int]]] = [[], []]
    for said in words:
        at = 0
        for word in said[:-1]:
            steps.append([])
            steps[at].append((word, len(steps) - 1))
            at = len(steps) - 1
        steps[at].append((said[-1], 1))
    small = least((steps, 1))
    peer = sphinx.Sphinx(small.steps, small.ends, lambda word: word)
    assert peer.added == []
    clips = shipped_site() / "tests" / "speech" / "commands"
    assert peer.transcribe(audiofile.read(clips / "09-undo.flac")) == "undo that"
    assert peer.transcribe(audiofile.read(clips / "04-stop.flac")) == "stop printer one"
    assert peer.transcribe(np.zeros(RATE, np.float32)) in {"", *(" ".join(said) for said in words)}
