"""A headset on somebody's head that is called by name, and that speaks by itself: through real PortAudio."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio
import soundfile

from assistant import bootstrap
from assistant.adapters.audiofile import RATE, Samples, read
from assistant.adapters.virtual import missing
from assistant.bench import headset
from assistant.bench.headset import NAME, Bench
from assistant.bootstrap.wake import wakeword
from assistant.domain.values import Decision, Hypothesis, Session, Transcript
from assistant.settings.paths import shipped_site
from assistant.turn.conversation import State
from tests.bench.another_ear import digits, heard_from

pytestmark = [
    pytest.mark.skipif(bool(missing()), reason=f"no virtual headset: {missing()}"),
    pytest.mark.asyncio(loop_scope="module"),
]
WAKE = shipped_site() / "tests" / "speech" / "wake"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def worn(tmp_path_factory: pytest.TempPathFactory, whisper_folder: Path) -> AsyncIterator[Bench]:
    """It hears its wake word, and says by itself what the site wants said."""
    site, folder = bootstrap.load_site(None), tmp_path_factory.mktemp("awake")
    async with headset.a_bench(folder, site, None, wakeword(None), site.announce) as bench:
        yield bench


async def until(bench: Bench, so: Callable[[], bool], within_s: float = 60.0) -> None:
    end = time.monotonic() + within_s
    while not so():
        assert time.monotonic() < end, (bench.station.now, bench.told[-8:])
        await asyncio.sleep(0.02)


def at_rest(bench: Bench) -> bool:
    return bench.station.now.state is State.WAITING and not bench.station.now.voice


async def said_into_it(bench: Bench, sound: Samples) -> None:
    file = bench.pulse.folder / "into.wav"
    soundfile.write(file, sound, RATE, subtype="PCM_16")
    await asyncio.to_thread(bench.pulse.say, NAME, file)


async def spoken(bench: Bench, words: str) -> None:
    """Say something with our own voice into the microphone."""
    file = bench.pulse.folder / "spoken.wav"
    file.write_bytes(await bench.engines.voice.speak(words))
    await asyncio.to_thread(bench.pulse.say, NAME, file)


async def test_called_by_its_name_it_answers_what_is_said_in_the_same_breath(worn: Bench, tmp_path: Path) -> None:
    await until(worn, lambda: at_rest(worn))
    worn.station.session = Session("OP-17", "SMT-1")
    told, file = len(worn.told), tmp_path / "ear.wav"
    with worn.pulse.recorded(NAME, file):
        await said_into_it(worn, read(WAKE / "af_nova-3.flac"))
        await until(worn, lambda: any(": said " in line for line in worn.told[told:]))
        await until(worn, lambda: at_rest(worn))
        await asyncio.sleep(1.0)  # what is on its way to the ear piece
    assert "Lot four seven one two is not on hold." in worn.told[-1]
    heard = await heard_from(file)
    assert "4712" in digits(heard), heard


async def test_the_same_words_without_its_name_do_nothing(worn: Bench) -> None:
    await until(worn, lambda: at_rest(worn))
    told = len(worn.told)
    await spoken(worn, "Stop oven one.")
    await asyncio.sleep(2.0)
    assert not any(": heard " in line for line in worn.told[told:])


async def test_what_it_says_by_itself_waits_for_silence_is_heard_and_answered(worn: Bench, tmp_path: Path) -> None:
    await until(worn, lambda: at_rest(worn))
    worn.station.session = Session("QA-5", "SMT-1")
    told, file = len(worn.told), tmp_path / "ear.wav"
    hold = Transcript(
        uuid.uuid4().hex, Session("OP-17", "SMT-1"), (Hypothesis("hold lot 4711, solder ball"),), "terminal"
    )
    with worn.pulse.recorded(NAME, file):
        talk = asyncio.create_task(
            spoken(worn, "And then he told me that the whole delivery would have to wait for Friday.")
        )
        await until(worn, lambda: worn.station.now.voice)
        assert (await worn.door.turn(hold)).decision is Decision.DONE
        while worn.station.now.voice:
            # Somebody speaks: it holds its tongue.
            assert worn.station.now.state is State.WAITING
            await asyncio.sleep(0.02)
        await talk
        await until(worn, lambda: any(": told " in line for line in worn.told[told:]))
        await until(worn, lambda: at_rest(worn))
        await asyncio.sleep(1.0)
    assert any("L4711" in line and "hold" in line for line in worn.told[told:] if ": told " in line)
    heard = await heard_from(file)
    assert "hold" in heard and "4711" in digits(heard), heard
    worn.station.press()
    await spoken(worn, "Announcement received.")
    await until(worn, lambda: any(": said " in line for line in worn.told[told:]))
    assert any(": said  Noted: " in line for line in worn.told[told:]), worn.told[told:]
    await until(worn, lambda: at_rest(worn))
    await asyncio.sleep(3.0)
    assert sum(": told " in line for line in worn.told[told:]) == 1  # once
