"""The live endpointer on real sound: speech synthesised here, silence and noise around it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from assistant.adapters.audiofile import RATE, Samples, read
from assistant.adapters.silero import BEFORE, SileroEndpointer
from assistant.domain.endpointing import Words
from assistant.domain.values import Utterance
from assistant.errors import EngineError
from assistant.ports import FRAME, Frame, Mark

CLIPS = Path("tests/speech/commands")


def silence(seconds: float, rng: np.random.Generator | None = None) -> Samples:
    noise = (rng or np.random.default_rng(1)).standard_normal(int(seconds * RATE))
    return (0.0005 * noise).astype(np.float32)


def frames(samples: Samples) -> Iterator[Frame]:
    for at in range(0, len(samples) - FRAME + 1, FRAME):
        yield Frame(samples[at : at + FRAME], (at + FRAME) / RATE)


def marks(endpointer: SileroEndpointer, samples: Samples, words: Words | None = None) -> list[Mark]:
    found = []
    for frame in frames(samples):
        mark = endpointer.feed(frame)
        if mark is not None:
            found.append(mark)
            if mark.kind == "paused" and words is not None:
                endpointer.transcribed(words)
    return found


def ended(found: list[Mark]) -> list[tuple[Utterance, str]]:
    return [(mark.utterance, mark.why) for mark in found if mark.kind == "ended" and mark.utterance is not None]


@pytest.fixture(scope="module")
def endpointer() -> SileroEndpointer:
    return SileroEndpointer()


@pytest.fixture(autouse=True)
def fresh(endpointer: SileroEndpointer) -> None:
    endpointer.reset()


@pytest.fixture(scope="module")
def command() -> Samples:
    """Somebody saying one command, with 0.3 s before it."""
    return read(CLIPS / "01-hold.flac")


def word(tmp_path: Path, text: str, words_a_minute: int) -> Samples:
    file = tmp_path / "word.wav"
    subprocess.run(["espeak-ng", "-s", str(words_a_minute), "-w", str(file), text], check=True)
    return read(file)


def test_a_command_is_found_whole_with_half_a_second_before_it(endpointer: SileroEndpointer, command: Samples) -> None:
    stream = np.concatenate([silence(3), command, silence(3)])
    ((utterance, why),) = ended(marks(endpointer, stream))
    assert why == "silence"
    assert utterance.cut == ""
    kept = np.asarray(utterance.samples)
    loud = np.nonzero(np.abs(command) > 0.02 * np.abs(command).max())[0]
    said = command[loud[0] : loud[-1]]
    assert np.correlate(kept, said).max() == pytest.approx(float(said @ said), rel=0.05)
    first = int(np.argmax(np.abs(np.convolve(kept, said[::-1], "valid"))))
    assert first > 0.25 * RATE


def test_a_whole_command_ends_sooner_than_an_unfinished_one(endpointer: SileroEndpointer, command: Samples) -> None:
    lengths = []
    each: tuple[Words, ...] = ("complete", "open", "hanging")
    for words in each:
        endpointer.reset()
        found = marks(endpointer, np.concatenate([silence(1), command, silence(3)]), words)
        (utterance, _) = ended(found)[-1]
        lengths.append(len(np.asarray(utterance.samples)) / RATE)
    assert lengths == sorted(lengths)
    assert lengths[2] - lengths[0] > 0.8


@pytest.mark.parametrize("text", ["stop", "no", "yes", "oven one"])
@pytest.mark.parametrize("words_a_minute", [175, 260, 350])
def test_a_short_word_is_heard(endpointer: SileroEndpointer, tmp_path: Path, text: str, words_a_minute: int) -> None:
    """At 350 words a minute "stop" lasts 150 ms (pitfalls V3)."""
    stream = np.concatenate([silence(2), word(tmp_path, text, words_a_minute), silence(2)])
    assert len(ended(marks(endpointer, stream))) == 1


def test_speech_that_was_running_already_is_marked(endpointer: SileroEndpointer, command: Samples) -> None:
    loud = np.nonzero(np.abs(command) > 0.1 * np.abs(command).max())[0]
    assert ended(marks(endpointer, np.concatenate([command[loud[0] + 3000 :], silence(2)])))[0][0].cut == "start"
    endpointer.reset()
    assert ended(marks(endpointer, np.concatenate([command, silence(2)])))[0][0].cut == ""


def test_the_second_command_of_a_stream_was_not_running(endpointer: SileroEndpointer, command: Samples) -> None:
    stream = np.concatenate([command, silence(0.4), command, silence(2)])
    found = ended(marks(endpointer, stream, "complete"))
    assert len(found) >= 2
    assert [utterance.cut for utterance, _ in found] == [""] * len(found)


def test_what_goes_on_for_ever_ends_at_the_cap_and_is_marked(endpointer: SileroEndpointer, command: Samples) -> None:
    loud = np.nonzero(np.abs(command) > 0.1 * np.abs(command).max())[0]
    talk = np.concatenate([silence(1), np.tile(command[loud[0] : loud[-1]], 8), silence(3)])
    (first, why), *_ = ended(marks(endpointer, talk))
    assert (why, first.cut) == ("cap", "end")
    assert len(np.asarray(first.samples)) <= (8 + 1) * RATE


def test_lost_samples_make_what_is_being_said_void(endpointer: SileroEndpointer, command: Samples) -> None:
    found = []
    for number, frame in enumerate(frames(np.concatenate([silence(1), command, silence(3)]))):
        mark = endpointer.feed(Frame(frame.samples, frame.at, lost=200 if number == 60 else 0))
        found += [mark] if mark is not None else []
    assert [(mark.kind, mark.why) for mark in found][:2] == [("began", ""), ("ended", "lost")]


def test_lost_samples_in_silence_are_nothing(endpointer: SileroEndpointer) -> None:
    assert [endpointer.feed(Frame(frame.samples, frame.at, lost=512)) for frame in frames(silence(1))] == [None] * 31


@pytest.mark.parametrize("broken", [np.full(FRAME, np.nan, np.float32), np.zeros(FRAME - 1, np.float32)])
def test_a_broken_microphone_is_not_silence(endpointer: SileroEndpointer, broken: Samples) -> None:
    with pytest.raises(EngineError):
        endpointer.feed(Frame(broken, 0.0))


def test_commands_are_found_as_well_after_ten_minutes_of_noise(endpointer: SileroEndpointer, command: Samples) -> None:
    """The detector's memory is not reset meanwhile (pitfalls V1)."""
    rng = np.random.default_rng(5)
    time = np.arange(60 * RATE) / RATE
    hum = 0.02 * np.sin(2 * np.pi * 100 * time) + 0.01 * rng.standard_normal(len(time))
    for _ in range(10):
        assert ended(marks(endpointer, hum.astype(np.float32))) == []
    noise = hum[: len(command)].astype(np.float32)
    assert len(ended(marks(endpointer, np.concatenate([command + noise, hum[: 2 * RATE].astype(np.float32)])))) == 1


def test_a_minute_of_silence_before_it_keeps_half_a_second(endpointer: SileroEndpointer, command: Samples) -> None:
    ((utterance, _),) = ended(marks(endpointer, np.concatenate([silence(60), command, silence(3)])))
    assert len(np.asarray(utterance.samples)) < BEFORE * FRAME + len(command) + RATE
