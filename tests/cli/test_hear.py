"""`assistant hear`: real engines, many files in one process, and bad files that cost nobody else their turn."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from assistant.adapters.audiofile import RATE
from assistant.cli.awake import NO_WAKE_WORD, NOTHING_ELSE, Awake
from assistant.domain.values import Answer, Decision, Hypothesis, Session
from assistant.settings.paths import shipped_site
from tests.processes import Line, one_line_of_trouble, run

CLIPS = shipped_site() / "models" / "speech" / "demo"
LABELS = json.loads((CLIPS / "labels.json").read_text())


@pytest.mark.usefixtures("whisper_folder", "voice_folder")
def test_speech_goes_in_and_speech_comes_out(line: Line, tmp_path: Path) -> None:
    hold = next(label for label in LABELS if label["intent"] == "hold")
    samples, rate = soundfile.read(CLIPS / hold["file"])
    stereo = tmp_path / "stereo 44k.wav"
    soundfile.write(stereo, np.stack([np.repeat(samples, 3), np.repeat(samples, 3)], 1), rate * 3, subtype="PCM_24")
    done = run(
        *("hear", "--data", str(tmp_path / "d"), "--as", "OP-17", "--at", "PRN-1", "--json"),
        *("--say-to", str(tmp_path / "said"), str(CLIPS / hold["file"]), str(stereo)),
        env=line.env,
    )
    assert done.returncode == 0, done.stderr
    first, again = (json.loads(answer) for answer in done.stdout.splitlines())
    assert (first["intent"], first["slots"], first["decision"]) == ("hold", hold["slots"], "done")
    assert again["decision"] == "refused" and "on hold already" in again["say"]
    assert first["transcript"] == first["nbest"][0]["text"] and first["nbest"][0]["logprob"] < 0
    assert set(first["ms"]) == {"transcribe", "parse", "act", "speak"}
    said, rate = soundfile.read(tmp_path / "said" / f"{hold['file']}.wav")
    assert len(said) > rate and np.abs(said).max() > 0.05


@pytest.mark.usefixtures("whisper_folder")
def test_bad_files_are_named_and_the_others_are_heard(tmp_path: Path) -> None:
    silence, noise, long, empty, text, cut = (
        tmp_path / f"{name}.wav" for name in "silence noise long empty text cut".split()
    )
    soundfile.write(silence, np.zeros(32000), 16000)
    soundfile.write(noise, np.random.default_rng(1).normal(0, 0.1, 32000), 16000)
    soundfile.write(long, np.zeros(8000 * 600, np.int16), 8000)
    empty.write_bytes(b"")
    text.write_text("hold lot 4712, bridging")
    cut.write_bytes((CLIPS / LABELS[0]["file"]).read_bytes()[:30])
    good = CLIPS / LABELS[0]["file"]
    files = [silence, noise, long, empty, text, cut, tmp_path / "gone.wav", tmp_path, good]
    done = run("hear", "--parse-only", "--json", "--data", str(tmp_path / "d"), *map(str, files))
    assert done.returncode == 1 and "Traceback" not in done.stderr
    heard = [json.loads(answer) for answer in done.stdout.splitlines()]
    assert [answer["intent"] for answer in heard] == ["unknown", "unknown", "status"]
    troubles = [line for line in done.stderr.splitlines() if line.startswith("assistant: ")]
    assert len(troubles) == 6
    for file, words in zip(
        files[2:8], ("600 s long", "empty", "not a sound file", "not a sound file", "no such", "folder"), strict=True
    ):
        assert any(str(file) in line and words in line for line in troubles), (file, troubles)


def test_a_model_that_is_not_there_or_not_whole_is_one_line(tmp_path: Path) -> None:
    clip = str(CLIPS / LABELS[0]["file"])
    missing = {"LINE_ASSISTANT_MODELS": str(tmp_path / "none")}
    one_line_of_trouble(run("hear", "--parse-only", clip, env=missing), 1, "model.bin", "missing", "models pull")
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "model.bin").write_bytes(b"x" * 1000)
    one_line_of_trouble(run("hear", "--parse-only", "--model", str(tmp_path / "m"), clip), 1, str(tmp_path / "m"))
    one_line_of_trouble(run("hear", "--parse-only", "--model", "enormous", clip), 2, "enormous", "base")


@pytest.mark.usefixtures("whisper_folder")
def test_what_does_not_begin_with_the_wake_word_is_for_it_only_when_asked_so(tmp_path: Path) -> None:
    plain = str(shipped_site() / "tests" / "speech" / "commands" / "08-status.flac")
    called = str(CLIPS / next(label["file"] for label in LABELS if label["intent"] == "status"))
    same = ("hear", "--parse-only", "--json", "--data", str(tmp_path / "d"))
    passed_over, heard = (json.loads(line) for line in run(*same, plain, called).stdout.splitlines())
    assert (passed_over["intent"], passed_over["rejected"]) == ("unknown", "no wake word")
    assert passed_over["transcript"] and not passed_over["text"]
    assert (heard["intent"], heard["slots"], heard["rejected"]) == ("status", {"lot": "L4712"}, "")
    taken = json.loads(run(*same, "--no-wake", plain).stdout)
    assert taken["intent"] == "status" and taken["rejected"] == ""


def test_an_answer_to_a_question_needs_no_wake_word_and_only_from_whoever_was_asked() -> None:
    awake, here, there = Awake("hey foreman"), Session("QA-5", "SMT-1"), Session("QA-5", "SMT-2")
    yes = (Hypothesis("Yes."), Hypothesis("yes, yes"))
    assert awake.heard(yes, here) == ((), NO_WAKE_WORD)
    asked, told, left_alone = (
        Answer("", "release", {}, 1.0, "template", decision, "")
        for decision in (Decision.CONFIRM, Decision.DONE, Decision.IGNORED)
    )
    awake.answered(asked, here)
    assert awake.heard(yes, there) == ((), NO_WAKE_WORD)
    awake.answered(left_alone, here)
    assert awake.heard(yes, here) == (yes, "")
    awake.answered(told, here)
    assert awake.heard(yes, here) == ((), NO_WAKE_WORD)


def test_the_wake_word_alone_is_followed_by_words_that_need_none() -> None:
    awake, here = Awake("hey foreman"), Session("OP-17", "SMT-1")
    assert awake.heard((Hypothesis("Hey foreman."),), here) == ((), NOTHING_ELSE)
    assert awake.heard((Hypothesis("Stop oven two."),), here) == ((Hypothesis("Stop oven two."),), "")
    assert awake.heard((), here) == ((), "")
    said = (Hypothesis("Hey, Forman, stop oven two.", -0.2), Hypothesis("Hey for men stop oven two", -0.4))
    words, why = Awake("hey foreman").heard(said, here)
    assert [one.text for one in words] == ["stop oven two.", "stop oven two"] and why == ""
    assert words[0].logprob == -0.2 and words[1].logprob < -0.4


@pytest.mark.usefixtures("whisper_folder")
def test_whatever_a_file_is_called_its_trouble_is_one_line(tmp_path: Path) -> None:
    odd = tmp_path / "two\nlines\x1b[31m.wav"
    odd.write_bytes(b"no sound")
    silent = tmp_path / os.fsdecode(b"not utf-8 \xff.wav")
    soundfile.write(silent.open("wb"), np.zeros(RATE), RATE, format="WAV")
    done = run("hear", "--parse-only", "--data", str(tmp_path / "d"), str(odd), str(silent))
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert len([line for line in done.stderr.splitlines() if line.startswith("assistant: ")]) == 1
    assert len(done.stdout.splitlines()) == 1 and "\x1b" not in done.stderr + done.stdout
