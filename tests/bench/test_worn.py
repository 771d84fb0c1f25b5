"""A headset on somebody's head, without the head: real PortAudio, ear, voice and core; PulseAudio is the hardware."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
import soundfile

from assistant import bootstrap
from assistant.adapters.audiofile import RATE, read
from assistant.adapters.sound import Headset, Wanted
from assistant.adapters.virtual import missing
from assistant.bench import headset, headset_faults
from assistant.bench.headset import NAME, Bench, Turn
from assistant.bootstrap.headset import a_station
from assistant.domain.values import Session
from assistant.settings.paths import shipped_site
from assistant.turn.conversation import State
from tests.bench.another_ear import digits, heard_from
from tests.recorded import recorded

pytestmark = [
    pytest.mark.skipif(bool(missing()), reason=f"no virtual headset: {missing()}"),
    pytest.mark.asyncio(loop_scope="module"),
]
CLIPS = shipped_site() / "models" / "speech" / "demo"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def worn(tmp_path_factory: pytest.TempPathFactory, whisper_folder: Path) -> AsyncIterator[Bench]:
    """Somebody wears it; plant, core, ear and voice are up."""
    async with headset.a_bench(tmp_path_factory.mktemp("worn"), bootstrap.load_site(None), None) as bench:
        yield bench


async def said(bench: Bench, file: str, *, press: bool = True) -> Turn:
    clip = next(clip for clip in headset.clips_of(CLIPS) if clip.file == file)
    return await bench.say(clip, CLIPS, press=press)


async def spoken(bench: Bench, words: str) -> None:
    """Say something with our own voice into the microphone."""
    file = bench.pulse.folder / "spoken.wav"
    file.write_bytes(await bench.engines.voice.speak(words))
    await asyncio.to_thread(bench.pulse.say, NAME, file)


async def until(bench: Bench, *states: State, within_s: float = 60.0) -> None:
    end = time.monotonic() + within_s
    while bench.station.now.state not in states:
        assert time.monotonic() < end, (bench.station.now, bench.told[-6:])
        await asyncio.sleep(0.02)


def heard(bench: Bench) -> list[str]:
    """Words that were taken for a turn so far."""
    return [line for line in bench.told if ": heard " in line]


async def test_what_is_said_is_done_and_the_answer_is_heard_from_the_ear_piece(worn: Bench, tmp_path: Path) -> None:
    file = tmp_path / "ear.wav"
    with worn.pulse.recorded(NAME, file):
        turn = await said(worn, "02-hold.flac")
        await until(worn, State.WAITING)
        await asyncio.sleep(1.0)  # what is on its way to the ear piece
    assert turn.decision == "done" and "lot four seven one two is on hold" in worn.told[-1].lower()
    shares = turn.shares
    assert shares and all(seconds >= 0 for seconds in shares.values())
    # What came out of the ear piece is heard again, by another ear.
    words = await heard_from(file)
    assert "hold" in words and "4712" in digits(words), words


async def test_a_question_needs_no_wake_word_for_its_answer(worn: Bench) -> None:
    await said(worn, "02-hold.flac")
    assert (await said(worn, "05-release.flac")).decision == "confirm"
    await until(worn, State.LISTENING)
    assert (await said(worn, "06-yes.flac", press=False)).decision == "done"
    await until(worn, State.WAITING)


async def test_without_wake_word_or_button_nobody_is_heard(worn: Bench) -> None:
    before = len(heard(worn))
    await spoken(worn, "Hold lot four seven one one, bridging.")
    await asyncio.sleep(2)
    assert len(heard(worn)) == before and worn.station.now.state is State.WAITING


async def test_while_it_speaks_a_command_does_nothing_and_stop_silences_it(worn: Bench) -> None:
    long = tuple(f"Sentence number {word} of a long report." for word in ("one", "two", "three", "four", "five", "six"))
    for words, over in (("Release lot four seven one two.", False), ("Stop.", True)):
        before = len(heard(worn))
        headset_faults.speak_now(worn, long)
        await asyncio.sleep(1.0)
        await spoken(worn, words)
        if over:
            await until(worn, State.WAITING)
            assert worn.station.now.speech is None
        else:
            await asyncio.sleep(2.0)
            assert worn.station.now.state is State.SPEAKING
            worn.station.press()
            await until(worn, State.WAITING)
        assert len(heard(worn)) == before


async def test_its_own_words_that_come_back_do_nothing(worn: Bench) -> None:
    assert not await headset_faults.echoed(worn, 0)


async def test_a_lost_headset_voids_what_was_being_said_and_comes_back(worn: Bench) -> None:
    assert await headset_faults.broken(worn, "unplugged") is not None
    assert (await said(worn, "01-status.flac")).decision == "answered"


async def test_louder_is_louder_from_then_on(worn: Bench, tmp_path: Path) -> None:
    levels = []
    for number in range(2):
        file = tmp_path / f"{number}.wav"
        with worn.pulse.recorded(NAME, file):
            turn = await said(worn, "16-where.flac")
            await asyncio.sleep(0.3)
        assert turn.decision == "answered"
        sound = 32768 * recorded(file).astype(np.float64)
        levels.append(float(np.percentile(np.abs(sound[np.abs(sound) > 100]), 90)))
        if not number:
            worn.station.press()
            await spoken(worn, "Louder.")
            await until(worn, State.SPEAKING, State.WAITING)
            await worn.ready()
            await asyncio.sleep(1)
            await worn.ready()
    assert levels[1] > 1.2 * levels[0], (levels, worn.told[-8:])


async def test_two_headsets_are_heard_at_once_and_neither_answers_for_the_other(worn: Bench) -> None:
    told: list[str] = []
    second = Headset(Wanted(match=("headset-two",)))
    other = a_station(Session("QA-5", "SMT-2"), second, second, None, worn.engines, worn.door, told.append)
    running = asyncio.create_task(other.run())
    try:
        for _ in range(600):
            if other.now.state is State.WAITING:
                break
            await asyncio.sleep(0.05)
        await said(worn, "02-hold.flac")
        one, two = worn.pulse.folder / "one.wav", worn.pulse.folder / "two.wav"
        soundfile.write(one, read(CLIPS / "05-release.flac"), RATE, subtype="PCM_16")
        soundfile.write(two, read(CLIPS / "16-where.flac"), RATE, subtype="PCM_16")
        worn.station.session = Session("QA-5", "SMT-1")
        before = len(worn.told)
        worn.station.press()
        other.press()
        await asyncio.gather(
            asyncio.to_thread(worn.pulse.say, NAME, one), asyncio.to_thread(worn.pulse.say, "headset-two", two)
        )
        await until(worn, State.LISTENING)
        for _ in range(600):
            if any(": said" in line for line in told) and other.now.state is State.WAITING:
                break
            await asyncio.sleep(0.05)
        assert any("Release lot four seven one two" in line for line in worn.told[before:])
        assert any("one zero two three one" in line for line in told), told
        # The question was asked into the first headset: a yes into the second one answers nothing.
        other.press()
        soundfile.write(two, read(CLIPS / "06-yes.flac"), RATE, subtype="PCM_16")
        await asyncio.to_thread(worn.pulse.say, "headset-two", two)
        for _ in range(600):
            if "asked" in told[-1] or "ask" in told[-1]:
                break
            await asyncio.sleep(0.05)
        assert not any("is released" in line for line in told + worn.told[before:])
    finally:
        running.cancel()
        await asyncio.wait({running})
        await second.close()
        await worn.ready()
