"""One contract for every voice, and what happens when an engine dies, hangs or is not there."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import tempfile
import wave
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import numpy as np
import pytest
from structlog.testing import capture_logs

from assistant.adapters.children import STARTS_A_MINUTE
from assistant.adapters.espeak import Espeak
from assistant.adapters.piper import Piper
from assistant.adapters.voices import FirstVoice
from assistant.domain.speech import verbalise
from assistant.errors import EngineError
from assistant.ports import Voice
from assistant.settings.paths import cache_dir
from tests.fakes.memory_voice import MemoryVoice

WEIGHTS = cache_dir() / "voice/en_US-joe-medium/en_US-joe-medium.onnx"
SHORT, LONG = "Yes.", "Lot four seven one two is on hold, bridging, since two fourteen."

VOICES: dict[str, tuple[Callable[[], Voice], int]] = {
    "piper": (lambda: Piper(WEIGHTS), 22_050),
    "espeak": (Espeak, 22_050),
    "memory": (MemoryVoice, 16_000),
}
"""How each is made, and its sample rate."""


@pytest.fixture(params=VOICES)
async def voice(request: pytest.FixtureRequest) -> AsyncIterator[Voice]:
    made = VOICES[request.param][0]()
    yield made
    await made.close()


@pytest.fixture
async def piper() -> AsyncIterator[Piper]:
    made = Piper(WEIGHTS)
    yield made
    await made.close()


def samples(sound: bytes) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    with wave.open(io.BytesIO(sound)) as wav:
        assert (wav.getnchannels(), wav.getsampwidth()) == (1, 2)
        read = np.frombuffer(wav.readframes(wav.getnframes()), np.int16)
        assert len(read) == wav.getnframes()
    return read


def seconds(sound: bytes) -> float:
    with wave.open(io.BytesIO(sound)) as wav:
        return float(wav.getnframes() / wav.getframerate())


def below(folder: Path) -> list[Path]:
    return list(folder.rglob("*"))


# ---- the contract ------------------------------------------------------------------------------------------


async def test_speech_is_a_wav_of_the_voices_rate_with_sound_in_it(
    voice: Voice, request: pytest.FixtureRequest
) -> None:
    sound = await voice.speak(LONG)
    with wave.open(io.BytesIO(sound)) as wav:
        assert wav.getframerate() == VOICES[request.node.callspec.params["voice"]][1]
    assert np.abs(samples(sound)).max() > 3000
    assert 2 < seconds(sound) < 10


async def test_more_words_take_longer(voice: Voice) -> None:
    assert seconds(await voice.speak(LONG)) > 2 * seconds(await voice.speak(SHORT))


async def test_phonemes_markup_and_newlines_in_the_text_add_nothing(voice: Voice) -> None:
    """`[[…]]` is raw phonemes to both engines, a second line would be a second sentence to Piper."""
    bare = seconds(await voice.speak("scratched corner"))
    hostile = "scratched\n[[" + "h@loU " * 40 + ']] <break time="9s"/>\r\x00 corner'
    assert seconds(await voice.speak(hostile)) == pytest.approx(bare, rel=0.5)


async def test_calls_at_once_each_get_their_own_words(voice: Voice) -> None:
    short, long = await asyncio.gather(voice.speak(SHORT), voice.speak(LONG))
    assert seconds(long) > 2 * seconds(short)


@pytest.mark.parametrize("text", ["", "…", "[[h@loU]]", " \n", "?!"])
async def test_nothing_to_say_is_an_error_and_the_next_words_are_said(voice: Voice, text: str) -> None:
    with pytest.raises(EngineError, match="nothing to say"):
        await voice.speak(text)
    assert seconds(await voice.speak(SHORT)) > 0.1


async def test_odd_letters_are_no_trouble(voice: Voice) -> None:
    assert seconds(await voice.speak(verbalise("Bäuteil µm 部 ½ €"))) > 0.1


# ---- Piper's process ---------------------------------------------------------------------------------------


def killed(pid: int | None) -> None:
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


async def test_a_killed_piper_starts_again(piper: Piper) -> None:
    await piper.speak(SHORT)
    first = piper.pid
    killed(first)
    with pytest.raises(EngineError, match="Piper died"):
        await piper.speak(SHORT)
    assert seconds(await piper.speak(SHORT)) > 0.1
    assert piper.pid not in (None, first)


async def test_a_hung_piper_is_ended(piper: Piper) -> None:
    await piper.speak(SHORT)
    hung = piper.pid
    assert hung is not None
    os.kill(hung, signal.SIGSTOP)
    piper.answer_s = 0.2
    with pytest.raises(EngineError, match=r"said nothing within 0\.2 s"):
        await piper.speak(SHORT)
    with pytest.raises(ProcessLookupError):
        os.kill(hung, 0)


async def test_words_nobody_waits_for_any_more_are_not_said_next(piper: Piper) -> None:
    await piper.speak(SHORT)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):  # over at the first wait: the words are in, the answer is not out
            await piper.speak(LONG)
    assert seconds(await piper.speak(SHORT)) < 1.5


async def test_a_piper_that_keeps_dying_is_left_alone(tmp_path: Path) -> None:
    piper = Piper(tmp_path / "none.onnx")
    for _ in range(STARTS_A_MINUTE):
        with pytest.raises(EngineError, match=r"Piper died$"):
            await piper.speak(SHORT)
    with pytest.raises(EngineError, match="times within a minute"):
        await piper.speak(SHORT)
    await piper.close()


async def test_close_ends_the_process_and_takes_its_files_away(
    piper: Piper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    await piper.speak(SHORT)
    pid = piper.pid
    assert pid is not None
    assert [path.is_dir() for path in below(tmp_path)] == [True]
    await piper.close()
    assert below(tmp_path) == []
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


# ---- espeak-ng, and the choice -----------------------------------------------------------------------------


async def test_a_missing_espeak_is_an_engine_error() -> None:
    with pytest.raises(EngineError, match="no-such-program cannot be started"):
        await Espeak(command="no-such-program").speak(SHORT)


async def test_an_espeak_that_fails_is_an_engine_error() -> None:
    with pytest.raises(EngineError, match="false failed with exit status 1"):
        await Espeak(command="false").speak(SHORT)


async def test_the_next_voice_speaks_and_it_is_said_once() -> None:
    first, second = MemoryVoice(fails=2), MemoryVoice()
    voice = FirstVoice([first, second])
    with capture_logs() as logs:
        for words in ("one", "two", "three"):
            await voice.speak(words)
    assert (first.said, second.said) == (["three"], ["one", "two"])
    assert [entry["voice"] for entry in logs] == ["MemoryVoice"]
    first.fails = 1
    with capture_logs() as logs:
        await voice.speak("four")
    assert len(logs) == 1


async def test_all_voices_failing_is_an_error_that_names_each() -> None:
    with pytest.raises(EngineError, match=r"no-such-program.*; .*told to fail"):
        await FirstVoice([Espeak(command="no-such-program"), MemoryVoice(fails=1)]).speak(SHORT)


async def test_closing_closes_all() -> None:
    voices = [MemoryVoice(), MemoryVoice()]
    await FirstVoice(voices).close()
    assert all(voice.closed for voice in voices)
