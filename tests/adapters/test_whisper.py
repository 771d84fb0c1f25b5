"""The ear with its real engine: speech is heard, and nothing is made of nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from assistant.adapters import audiofile, endpoint
from assistant.adapters.audiofile import RATE, Samples
from assistant.adapters.ear import Ear
from assistant.adapters.repeats import looping, without_repeat
from assistant.adapters.whisper import MOST_PROMPT_TOKENS, Whisper, merged
from assistant.domain.values import Hypothesis, Utterance
from assistant.errors import ModelError

CLIPS = Path(__file__).parent.parent / "speech" / "commands"
LABELS = json.loads((CLIPS / "labels.json").read_text())


@pytest.fixture(scope="module")
def whisper(whisper_folder: Path) -> Whisper:
    return Whisper(whisper_folder)


def clip(intent: str) -> Samples:
    """The first clean clip of an intent."""
    label = next(x for x in LABELS if x["intent"] == intent and x["noise_db"] is None)
    return audiofile.read(CLIPS / label["file"])


def test_a_command_is_among_what_was_heard_best_first(whisper: Whisper) -> None:
    heard = whisper.transcribe(endpoint.trim(clip("note")))
    assert any("note" in hypothesis.text.lower() for hypothesis in heard)
    assert [h.logprob for h in heard] == sorted((h.logprob for h in heard), reverse=True)
    assert all(h.logprob < 0 for h in heard) and whisper.rejected == ""


def test_hearing_twice_is_hearing_the_same(whisper: Whisper) -> None:
    utterance = endpoint.trim(clip("hold"))
    assert whisper.transcribe(utterance) == whisper.transcribe(utterance)


NOISES: dict[str, Callable[[np.random.Generator], np.ndarray]] = {
    "silence": lambda random: np.zeros(3 * RATE),
    "white noise": lambda random: 0.1 * random.standard_normal(3 * RATE),
    "faint noise": lambda random: 0.001 * random.standard_normal(3 * RATE),
    "mains hum": lambda random: 0.3 * np.sin(2 * np.pi * 50 * np.arange(3 * RATE) / RATE),
    "a chord": lambda random: np.sin(2 * np.pi * np.outer((262, 330, 392), np.arange(3 * RATE) / RATE)).mean(axis=0),
    "clicks": lambda random: (random.random(3 * RATE) > 0.9995).astype(float),
}


@pytest.mark.parametrize("noise", NOISES)
def test_what_nobody_said_is_not_heard(whisper: Whisper, noise: str) -> None:
    for seed in range(3):
        samples = NOISES[noise](np.random.default_rng(seed)).astype(np.float32)
        assert whisper.transcribe(endpoint.trim(samples), ["bridging", "printer one"]) == ()
        assert whisper.rejected


def test_a_long_prompt_keeps_whole_names_only(whisper: Whisper) -> None:
    names = [f"contamination of feeder number {n}" for n in range(200)]
    head = whisper._head(names)
    assert len(head) <= MOST_PROMPT_TOKENS + 8
    assert whisper._tokenizer.decode(head).split()[-1].isdigit()
    assert whisper.transcribe(endpoint.trim(clip("hold")), names)


def test_speech_is_found_with_its_first_sound_and_silence_has_none() -> None:
    samples = clip("hold")
    padded = np.concatenate([np.zeros(2 * RATE, np.float32), samples, np.zeros(2 * RATE, np.float32)])
    utterance = endpoint.trim(padded)
    kept = np.asarray(utterance.samples)
    assert 0.4 < utterance.voiced_s < len(samples) / RATE
    assert len(kept) < len(samples) + RATE
    assert endpoint.trim(np.zeros(RATE, np.float32)).voiced_s == 0.0
    assert endpoint.trim(np.zeros(0, np.float32)).voiced_s == 0.0
    assert endpoint.trim(np.clip(samples * 100, -1, 1)).clipped > 0.1


@pytest.mark.parametrize("damage", ["cut", "swapped", "missing", "empty"])
def test_a_model_that_is_not_one_is_one_line(whisper_folder: Path, tmp_path: Path, damage: str) -> None:
    for file in whisper_folder.iterdir():
        if not file.name.startswith("."):
            (tmp_path / file.name).symlink_to(file)
    model = tmp_path / "model.bin"
    model.unlink()
    if damage == "cut":
        with (whisper_folder / "model.bin").open("rb") as whole:
            model.write_bytes(whole.read(1_000_000))
    elif damage == "swapped":
        model.write_bytes((whisper_folder / "tokenizer.json").read_bytes())
    elif damage == "empty":
        model.write_bytes(b"")
    with pytest.raises(ModelError) as caught:
        Whisper(tmp_path)
    assert str(tmp_path) in str(caught.value) and "\n" not in str(caught.value)


async def test_the_ear_loads_its_model_once_and_says_why_it_heard_nothing(whisper: Whisper) -> None:
    loads: list[int] = []

    def load() -> Whisper:
        loads.append(1)
        return whisper

    ear = Ear(load)
    silent = await ear.hear(np.zeros(RATE, np.float32))
    spoken = await ear.hear(clip("hold"))
    ear.close()
    assert (silent.hypotheses, silent.rejected) == ((), "silence")
    assert spoken.hypotheses and spoken.rejected == "" and len(loads) == 1


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Stop oven two. Stop oven two.", "Stop oven two."),
        ("Hold lot 4712. Hold lot.", "Hold lot 4712."),
        ("Yes. Yes. Yes.", "Yes."),
        ("release lot 4712 release lot 4712", "release lot 4712"),
        ("hold lot four seven four seven", "hold lot four seven four seven"),
        ("Hold lot 4712. No. 4713.", "Hold lot 4712. No. 4713."),
        ("Stop oven two", "Stop oven two"),
        ("", ""),
    ],
)
def test_a_sentence_said_again_by_the_machine_is_cut(said: str, meant: str) -> None:
    assert without_repeat(said) == meant


def test_a_loop_is_a_loop_and_an_id_is_not() -> None:
    assert looping("all right " * 12, "all right", 2.0)
    said = "hold lot four seven double one because of insufficient solder on line two"
    assert not looping(said, said, 5.0)


def test_what_differs_only_in_commas_is_one_hypothesis() -> None:
    heard = [Hypothesis("hold lot 4712, bridging", -0.3), Hypothesis("Hold lot 4712. Bridging.", -0.2)]
    assert merged(heard) == (Hypothesis("Hold lot 4712. Bridging.", -0.2),)


def test_an_utterance_too_short_to_be_a_word_is_not_decoded(whisper: Whisper) -> None:
    assert whisper.transcribe(Utterance(np.zeros(800, np.float32), 0.05)) == ()
    assert whisper.rejected == "silence"
