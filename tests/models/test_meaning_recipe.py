"""The recipe of the training sentences: repeatable, in the model's own form, and blind to what it is measured with."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

from assistant.settings import meaning, yaml
from assistant.turn.shape import parse
from tests.models.test_speech_clips import RESERVED
from tests.site import the_intents

ROOT = Path(__file__).parents[2]
RECIPE = ROOT / "models" / "meaning"
COUNT = 1500


def made(folder: Path, count: int = COUNT, seed: int = 3) -> list[dict[str, Any]]:
    output = folder / "train.jsonl"
    command = [sys.executable, str(RECIPE / "make_data.py"), "--count", str(count), "--seed", str(seed), str(output)]
    subprocess.run(command, check=True, capture_output=True, timeout=120, cwd=folder)
    return [json.loads(line) for line in output.read_text().splitlines()]


@cache
def some(tmp: Path) -> list[dict[str, Any]]:
    return made(tmp)


def test_the_same_seed_makes_the_same_sentences(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert made(tmp_path / "a", 60) == made(tmp_path / "b", 60)


def test_every_answer_is_one_that_the_parser_takes(tmp_path: Path) -> None:
    for row in made(tmp_path):
        proposals = parse(row["answer"], the_intents())
        assert proposals is not None, row
        for proposal in proposals:
            for value in proposal.slots.values():
                assert not value[-1:].isdigit() or value in row["text"].replace(",", "").split() or " " in value, row


def test_every_intent_is_there_and_a_third_is_not_for_us(tmp_path: Path) -> None:
    rows = made(tmp_path, 3000)
    intents = {row["answer"].split()[0].rstrip(";:") for row in rows}
    assert intents == {*the_intents().taught, "unknown"}
    assert sum(row["answer"] == "unknown" for row in rows) >= len(rows) / 3.3


def test_no_id_is_shown(tmp_path: Path) -> None:
    for row in made(tmp_path, 800):
        for word in row["text"].replace(",", " ").split():
            assert ":" in word or not word.isdigit(), row


def test_no_sentence_of_the_measurement_is_a_way_of_saying() -> None:
    """Verbatim, that is: what is alike in spirit is the point of a held-out set."""
    plans = " ".join(file.read_text().lower() for file in sorted((RECIPE / "plans").rglob("*.yaml")))
    files = [ROOT / "tests" / "meaning" / name for name in ("test.tsv", "fresh.tsv")]
    lines = [line for file in files for line in file.read_text().lower().splitlines()]
    texts = [line.split("\t")[0] for line in lines if line and not line.startswith("#")]
    # Of five words or more: shorter ones ("say again") anybody would write.
    known = [text for text in texts if len(text.split()) >= 5 and f'"{text}"' in plans]
    assert len(known) <= len(texts) / 100, known


def test_there_is_a_plan_for_every_intent_and_only_for_them() -> None:
    plans = {file.stem for file in (RECIPE / "plans").glob("*.yaml")} - {"together"}
    assert plans == {*the_intents().taught, "unknown"}


def test_what_is_said_in_one_breath_is_of_intents_that_there_are() -> None:
    plans = yaml.read(RECIPE / "plans" / "together.yaml", dict[str, list[dict[str, Any]]])["together"]
    assert {intent for plan in plans for intent in plan["intents"]} <= the_intents().taught.keys()
    assert all(say.count(" | ") == len(plan["intents"]) - 1 for plan in plans for say in plan["say"])


def test_the_card_speaks_of_this_sites_intents() -> None:
    loaded = meaning.load(ROOT / "models")
    assert loaded is not None
    card, adapter = loaded
    assert set(card.intents) == set(the_intents().taught)
    assert adapter.is_file() and adapter.stat().st_size < 16_000_000
    assert adapter.read_bytes()[:4] == b"GGUF"


def test_no_reserved_voice_taught_the_noise() -> None:
    tree = ast.parse((RECIPE / "learn_noise.py").read_text())
    strings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    assert not strings & RESERVED


def test_the_noise_is_words_for_words() -> None:
    noise = yaml.read(RECIPE / "noise.yaml", dict[str, Any])
    assert 0 < noise["rate"] < 1
    for said, written in noise["written"].items():
        assert said and all(isinstance(count, int) and count > 0 for count in written.values())
        assert not any(char.isdigit() for char in said + "".join(written))
