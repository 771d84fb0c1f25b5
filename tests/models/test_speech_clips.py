"""The made speech: labels, sentence files and sounds agree, and voices kept for the final measurement are absent."""

from __future__ import annotations

import ast
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from assistant.domain.spoken.address import addressed
from assistant.settings import yaml
from tests.site import a_world, entities, the_reader

ROOT = Path(__file__).parents[2]
MADE = {
    "demo": ROOT / "models/speech/demo",
    "commands": ROOT / "tests/speech/commands",
    "stories": ROOT / "tests/speech/stories",
}
RESERVED = {"hm_omega", "hf_beta", "af_nova", "bm_lewis", "am_onyx", "im_nicola", "ef_dora", "zf_xiaoni"}
RATE = 16_000
PHRASE = "hey foreman"
MOST_BYTES = 3_000_000

sentences = pytest.mark.parametrize("name", MADE)


@cache
def plan(name: str) -> dict[str, Any]:
    return yaml.read(ROOT / f"models/speech/{name}.yaml", dict[str, Any])


@cache
def labels(name: str) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = json.loads((MADE[name] / "labels.json").read_text())
    return made


@sentences
def test_every_label_has_its_sound_and_every_sound_its_label(name: str) -> None:
    assert [label["file"] for label in labels(name)] == sorted(file.name for file in MADE[name].glob("*.flac"))


@sentences
def test_labels_say_what_the_sentence_file_says(name: str) -> None:
    badges = plan(name).get("badges", {})
    written = [{"noise_db": None, "speaker": badges.get(clip.get("as"))} | clip for clip in plan(name)["clips"]]
    assert [{k: v for k, v in label.items() if k != "file"} for label in labels(name)] == written


@sentences
def test_sounds_are_mono_16_khz_and_long_enough_for_their_words(name: str) -> None:
    for label in labels(name):
        info = soundfile.info(MADE[name] / label["file"])
        assert (info.samplerate, info.channels, info.format) == (RATE, 1, "FLAC"), label["file"]
        assert 0.15 < (info.duration - 0.8) / len(label["text"].split()) < 1.2, label["file"]


@sentences
def test_nothing_is_silent_or_clipped(name: str) -> None:
    for label in labels(name):
        samples, _ = soundfile.read(MADE[name] / label["file"])
        assert 0.4 < np.abs(samples).max() < 0.6, label["file"]
        assert np.sqrt(np.mean(samples**2)) > 0.01, label["file"]


@sentences
def test_noise_is_there_where_the_label_says_so(name: str) -> None:
    for label in labels(name):
        samples, _ = soundfile.read(MADE[name] / label["file"])
        before = np.sqrt(np.mean(samples[: RATE // 4] ** 2))  # the lead, without words
        assert (before > 1e-3) == (label["noise_db"] is not None), label["file"]


@sentences
def test_words_perfectly_heard_mean_what_the_label_says(name: str) -> None:
    """So that a wrong answer to a clip is the ear's, not the label's. Free text: all its words are there."""
    known = entities(a_world())
    for label in labels(name):
        called = addressed(label["text"], PHRASE)
        (command,) = the_reader().read(called.rest if called else label["text"], known)
        want, got = dict(label["slots"]), dict(command.slots)
        assert want.pop("text", "") in got.pop("text", ""), label["text"]
        assert (command.intent, got) == (label["intent"], want), label["text"]


def test_the_demo_begins_with_the_wake_word_but_for_answers_and_what_is_not_for_it() -> None:
    plain = {label["intent"] for label in labels("demo") if addressed(label["text"], PHRASE) is None}
    assert plain == {"yes", "unknown"}


@sentences
def test_no_reserved_speaker(name: str) -> None:
    assert not {label["speaker"] for label in labels(name)} & RESERVED


def test_the_recipe_refuses_reserved_speakers() -> None:
    (held,) = [
        ast.literal_eval(line.value)
        for line in ast.parse((ROOT / "models/make_speech.py").read_text()).body
        if isinstance(line, ast.Assign) and getattr(line.targets[0], "id", "") == "RESERVED"
    ]
    assert held == RESERVED


def test_twelve_speakers_half_of_them_noisy() -> None:
    speakers = [label["speaker"] for label in labels("commands")]
    assert {speakers.count(speaker) for speaker in speakers} == {5}
    assert len(speakers) == 60
    assert sum(label["noise_db"] is None for label in labels("commands")) == 30


def test_a_badge_keeps_its_voice() -> None:
    badges = {(label["as"], label["speaker"]) for label in labels("demo")}
    assert len(badges) == len({badge for badge, _ in badges}) == 4


def test_commands_stay_small() -> None:
    assert sum(file.stat().st_size for file in MADE["commands"].iterdir()) < MOST_BYTES
