"""The real recogniser on real sound: what it hears, what it must not hear, and what it refuses to load."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from structlog.testing import capture_logs
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

from assistant.adapters.audiofile import RATE, Samples, read, resampled
from assistant.adapters.endpoint import trim
from assistant.adapters.repeats import words
from assistant.adapters.whisper import CLEAR as CLEARLY
from assistant.adapters.whisper import FIRST_MERGE, LASTING, LONGEST_S, N_BEST, Whisper, mended, merged, refusal
from assistant.bench.noise import machines, mixed
from assistant.domain.values import Hypothesis, Utterance
from assistant.errors import ModelError
from assistant.ports import Transcriber
from assistant.settings.paths import shipped_site

CLIPS = Path("tests/speech/commands")
NAMES = ("printer one", "oven one", "placer one", "line two", "bridging", "tombstone", "board 58147", "lot 5814")
CLEAR = [clip for clip in json.loads((CLIPS / "labels.json").read_text()) if clip["noise_db"] is None]


@pytest.fixture(scope="module")
def whisper(whisper_folder: Path) -> Whisper:
    return Whisper(whisper_folder)


def hear(whisper: Transcriber, file: Path, prompt: Sequence[str] = ()) -> Sequence[Hypothesis]:
    return whisper.transcribe(trim(read(file)), prompt)


def misses(text: str, heard: Sequence[Hypothesis]) -> int:
    """Words of a sentence, apart from numbers, that the best hypothesis lacks."""
    numbers = words("oh zero one two three four five six seven eight nine ten thirteen thirty forty double triple")
    return len(set(words(text)) - set(numbers) - {word for best in heard[:1] for word in words(best.text)})


@pytest.mark.parametrize("clip", CLEAR, ids=lambda clip: clip["file"])
def test_every_clear_command_is_heard_as_speech(whisper: Whisper, clip: dict[str, str]) -> None:
    heard = hear(whisper, CLIPS / clip["file"], NAMES)
    assert whisper.rejected == ""
    assert 1 <= len(heard) <= N_BEST
    assert [one.logprob for one in heard] == sorted((one.logprob for one in heard), reverse=True)
    assert all(one.logprob <= 0 for one in heard)
    assert len({tuple(words(one.text)) for one in heard}) == len(heard)


def missed(whisper: Whisper, prompt: Sequence[str]) -> float:
    """Share of the words of all clear clips."""
    said = sum(len(set(words(clip["text"]))) for clip in CLEAR)
    return sum(misses(clip["text"], hear(whisper, CLIPS / clip["file"], prompt)) for clip in CLEAR) / said


@pytest.mark.parametrize("prompt", [(), NAMES], ids=["no prompt", "names"])
def test_most_words_are_right(whisper: Whisper, prompt: Sequence[str]) -> None:
    assert missed(whisper, prompt) < 0.1


def test_names_in_the_prompt_help_an_ear_that_was_not_taught_them(base_folder: Path) -> None:
    whisper = Whisper(base_folder)
    assert missed(whisper, NAMES) < min(0.15, missed(whisper, ()))


def test_the_same_sound_is_heard_the_same_way_again(whisper: Whisper) -> None:
    assert hear(whisper, CLIPS / "01-hold.flac", NAMES) == hear(whisper, CLIPS / "01-hold.flac", NAMES)


def noises() -> dict[str, Samples]:
    rng, time = np.random.default_rng(5), np.arange(3 * RATE) / RATE
    pink = np.fft.irfft(np.fft.rfft(rng.standard_normal(len(time))) / np.sqrt(np.arange(len(time) // 2 + 1) + 1))
    steps = 220 * 2 ** (rng.integers(0, 24, 12) / 12)
    melody = np.sin(2 * np.pi * np.cumsum(np.repeat(steps, len(time) // 12)) / RATE)
    sounds = {
        "nothing": np.zeros(len(time)),
        "white": 0.1 * rng.standard_normal(len(time)),
        "pink": 0.5 * pink / np.abs(pink).max(),
        "hum": 0.3 * sum(np.sin(2 * np.pi * 50 * h * time) / h for h in range(1, 12)),
        "chord": 0.2 * sum(np.sin(2 * np.pi * f * time) for f in (440, 554, 659)),
        "melody": 0.4 * melody,
        "beeps": 0.4 * np.sin(2 * np.pi * 1000 * time) * (time % 0.5 < 0.2),
        "clicks": (rng.random(len(time)) < 0.001) * 0.8,
    }
    return {name: np.asarray(sound, np.float32) for name, sound in sounds.items()}


@pytest.mark.parametrize("prompt", [(), NAMES], ids=["no prompt", "names"])
@pytest.mark.parametrize("name", list(noises()))
def test_no_words_are_made_of_noise_even_where_it_is_taken_for_voice(
    whisper: Whisper, name: str, prompt: Sequence[str]
) -> None:
    assert whisper.transcribe(Utterance(noises()[name], voiced_s=1.0), prompt) == ()
    assert whisper.rejected in {"no speech", "unsure", "no words"}


def test_without_voice_nothing_is_recognised(whisper: Whisper) -> None:
    assert whisper.transcribe(trim(np.zeros(RATE, np.float32)), NAMES) == ()
    assert whisper.rejected == "silence"
    command = read(CLIPS / "01-hold.flac")
    assert whisper.transcribe(Utterance(command, voiced_s=0.05), NAMES) == ()
    assert whisper.rejected == "silence"


def test_what_is_too_long_is_refused_whole(whisper: Whisper) -> None:
    command = read(CLIPS / "01-hold.flac")
    long = np.tile(command, int(LONGEST_S * RATE / len(command)) + 1)
    assert whisper.transcribe(Utterance(long, voiced_s=20), NAMES) == ()
    assert whisper.rejected == "too long"
    assert whisper.transcribe(Utterance(long[: int(LONGEST_S * RATE)], voiced_s=20), NAMES)


def test_the_reason_of_one_call_is_gone_with_the_next(whisper: Whisper) -> None:
    whisper.transcribe(Utterance(np.zeros(0, np.float32), 0.0), ())
    assert whisper.rejected == "silence"
    assert hear(whisper, CLIPS / "01-hold.flac")
    assert whisper.rejected == ""


def test_names_that_do_not_fit_are_left_out_whole_and_counted(whisper: Whisper) -> None:
    many = [*NAMES, *(f"machine number {n}" for n in range(200))]
    with capture_logs() as logs:
        heard = hear(whisper, CLIPS / "01-hold.flac", many)
    assert misses("Hold lot four seven one two, bridging.", heard) == 0
    (log,) = logs
    assert log["kept"] + log["left_out"] == len(many)
    assert len(NAMES) < log["kept"] < len(many)


def test_a_name_cannot_speak_to_the_decoder(whisper: Whisper) -> None:
    spelled = ("<|endoftext|>", "<|startoftranscript|><|fr|><|translate|>", *NAMES)
    assert hear(whisper, CLIPS / "01-hold.flac", spelled) == hear(whisper, CLIPS / "01-hold.flac", ("", "", *NAMES))


@pytest.mark.parametrize(
    ("text", "logprob", "no_speech", "why"),
    [
        ("hold lot 4712", -0.4, 0.01, ""),
        ("yes", -1.0, 0.3, ""),
        ("release board 10231", -0.41, 0.71, ""),
        ("thank you", -0.6, 0.7, "no speech"),
        ("oh", -1.0, 0.55, "no speech"),
        ("oh yeah", -1.5, 0.1, "unsure"),
        ("printer one", -1.0, 0.1, "unsure"),
        ("printer one", -0.8, 0.1, ""),
        ("stop printer one", -1.0, 0.1, ""),
    ],
)
def test_evidence(text: str, logprob: float, no_speech: float, why: str) -> None:
    assert refusal(Hypothesis(text, logprob), no_speech, NAMES) == why


def test_hypotheses_of_the_same_words_are_one() -> None:
    heard = [Hypothesis("Hold lot 4712", -0.5), Hypothesis("hold lot 4712.", -0.3), Hypothesis("Hold lot 47 12", -0.4)]
    assert merged(heard) == (heard[1], heard[2])


@pytest.fixture
def copied(whisper_folder: Path, tmp_path: Path) -> Path:
    """The model's folder with a model.bin that is none of its own."""
    for file in whisper_folder.iterdir():
        if file.is_file() and file.name != "model.bin":
            shutil.copy(file, tmp_path)
    return tmp_path


def refused(folder: Path) -> str:
    with pytest.raises(ModelError) as raised:
        Whisper(folder)
    line = str(raised.value)
    assert str(folder) in line
    assert "\n" not in line
    return line


@pytest.mark.parametrize("size", [0, 1, 40, 1000, 1_000_000, 40_000_000])
def test_a_cut_off_model_is_refused(whisper_folder: Path, copied: Path, size: int) -> None:
    with (whisper_folder / "model.bin").open("rb") as whole:
        (copied / "model.bin").write_bytes(whole.read(size))
    refused(copied)


def test_a_missing_file_is_named(copied: Path) -> None:
    assert "model.bin is missing" in refused(copied)
    assert "model.bin is missing" in refused(copied / "nowhere")


@pytest.mark.parametrize("name", ["model.bin", "tokenizer.json", "config.json"])
def test_a_file_that_is_something_else_is_refused(whisper_folder: Path, copied: Path, name: str) -> None:
    (copied / "model.bin").symlink_to(whisper_folder / "model.bin")
    (copied / name).unlink()
    (copied / name).write_bytes(b"not a model" * 1000)
    refused(copied)


def test_a_tokenizer_of_another_model_is_refused(whisper_folder: Path, copied: Path) -> None:
    (copied / "model.bin").symlink_to(whisper_folder / "model.bin")
    other = Tokenizer(WordLevel({"lot": 0, "<|endoftext|>": 1}, unk_token="lot"))
    other.save(str(copied / "tokenizer.json"))
    assert "belongs to another model" in refused(copied)


# ---- what is offered for words that make no sentence --------------------------------------------------------


REWORK = CLIPS / "07-rework.flac"
NEARLY = "send board 10231 to rework to me"
"""What is heard in it in much noise."""


class Offering:
    """ports.Mender that offers the same whatever was heard, and keeps what it was asked with."""

    def __init__(self, *texts: str, settled: bool = False) -> None:
        self.texts, self.is_settled = texts, settled
        self.again: list[Sequence[Hypothesis]] = []

    def settled(self, heard: Sequence[Hypothesis]) -> bool:
        return self.is_settled

    def offer(self, heard: Sequence[Hypothesis], again: Sequence[Hypothesis] = ()) -> Sequence[Hypothesis]:
        self.again.append(again)
        return [Hypothesis(text, -9.0, heard[0].text) for text in self.texts]


def in_noise(file: Path, decibels: float) -> Utterance:
    sound = read(file)
    return trim(mixed(sound, machines(len(sound), 7, 1), decibels))


def test_what_is_offered_is_scored_against_the_sound(whisper: Whisper) -> None:
    said, other = "hold lot 4712 tombstone", "hold lot 4712 bridging"
    mender = Offering(said, other, "release board 10231")
    heard = whisper.transcribe(trim(read(CLIPS / "01-hold.flac")), NAMES, mender)
    offered = [one for one in heard if one.heard]
    # The clip says "bridging": that is as likely as what was decoded; what the sound has nothing of is left out.
    assert offered[0].text == other
    assert offered[0].logprob == pytest.approx(heard[0].logprob, abs=0.3)
    assert "release board 10231" not in [one.text for one in offered]
    assert all(one.heard == heard[0].text for one in offered)
    assert not any(one.heard for one in heard[: len(heard) - len(offered)])


def test_nothing_is_offered_for_silence(whisper: Whisper) -> None:
    mender = Offering("stop oven one")
    assert whisper.transcribe(Utterance(np.zeros(RATE, np.float32), 0.0), NAMES, mender) == ()
    assert mender.again == []


def test_what_is_unclear_and_makes_no_sense_is_heard_again(whisper: Whisper) -> None:
    mender = Offering()
    heard = whisper.transcribe(in_noise(REWORK, -3.0), NAMES, mender)
    first, again = mender.again
    assert first == () and again and heard[0].logprob < CLEARLY
    # Another look, not the same once more.
    assert [one.logprob for one in again] != [one.logprob for one in heard]


def test_what_is_unclear_is_heard_again_by_the_other_ear(whisper_folder: Path, base_folder: Path) -> None:
    sound, other = in_noise(REWORK, -2.0), Whisper(base_folder)
    alone, beside = Offering(), Offering()
    heard = Whisper(whisper_folder).transcribe(sound, NAMES, alone)
    assert Whisper(whisper_folder, second=other).transcribe(sound, NAMES, beside) == heard
    # It is the other one that hears it faster, and nobody else hears it so.
    quicker = replace(sound, samples=resampled(np.asarray(sound.samples, np.float32), round(RATE / LASTING)))
    assert beside.again[-1] == other.transcribe(quicker, NAMES) != alone.again[-1]


def test_what_is_clear_is_heard_by_one_ear_alone(whisper_folder: Path, base_folder: Path) -> None:
    mender = Offering()
    ears = Whisper(whisper_folder, second=Whisper(base_folder))
    assert ears.transcribe(in_noise(REWORK, 60.0), NAMES, mender) and mender.again in ([], [()])


def test_what_is_as_long_as_may_be_is_heard_again_too(whisper: Whisper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.adapters.whisper.CLEAR", 0.0)  # nothing is clear enough
    mender = Offering()
    sound = np.concatenate([np.asarray(in_noise(REWORK, -3.0).samples)] * 10)[: int(LONGEST_S * RATE)]
    assert whisper.transcribe(Utterance(sound, voiced_s=15.0), NAMES, mender)
    assert len(mender.again) == 2 and mender.again[-1]


def test_heard_again_it_is_the_mean_of_both_that_counts(whisper: Whisper) -> None:
    said = "send board 10231 to rework tombstone"
    mender = Offering(said, "stop the line")
    heard = whisper.transcribe(in_noise(REWORK, -3.0), NAMES, mender)
    # Offered each time, it stands there once; what neither look has anything of does not.
    assert [one.text for one in heard if one.heard] == [said]


@pytest.mark.parametrize(
    ("decibels", "mender"), [(-3.0, Offering(settled=True)), (60.0, Offering()), (-3.0, Offering(NEARLY))]
)
def test_what_makes_sense_and_what_is_clear_is_heard_once(whisper: Whisper, decibels: float, mender: Offering) -> None:
    whisper.transcribe(in_noise(REWORK, decibels), NAMES, mender)
    assert mender.again in ([], [()])


def test_words_that_begin_with_t_are_spelled_as_whisper_learnt_them(whisper_folder: Path) -> None:
    file = (whisper_folder / "tokenizer.json").read_text(encoding="utf-8")
    whole = Tokenizer.from_str(mended(file))
    assert whole.encode(" two", add_special_tokens=False).tokens == ["\u0120two"]
    assert json.loads(mended(mended(file)))["model"]["merges"].count(FIRST_MERGE) == 1


def test_a_phrase_is_likely_where_it_was_said_and_not_where_other_words_were(whisper: Whisper) -> None:
    called = read(shipped_site() / "models" / "wake" / "hey_foreman.flac")
    said = whisper.likeness(called, "hey foreman")
    assert said > -0.5
    assert whisper.likeness(called, "good evening computer") < said - 2.0
    other = read(CLIPS / CLEAR[0]["file"])[:RATE]
    assert whisper.likeness(other, "hey foreman") < said - 2.0
    assert whisper.likeness(np.zeros(RATE, np.float32), "hey foreman") < said - 2.0
