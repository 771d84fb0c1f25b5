"""The small parts of a headset: short sounds, speech at another speed, answers kept ready, a button, a sound check."""

from __future__ import annotations

import asyncio
import io
import os
import wave
from pathlib import Path

import numpy as np
import pytest

from assistant.adapters import earcons as made
from assistant.adapters.audiofile import RATE, Samples, read
from assistant.adapters.button import EVENT, watched
from assistant.adapters.readyvoice import ReadyVoice
from assistant.adapters.soundcheck import advice, measured
from assistant.adapters.stretch import closed, shaped, stretched
from assistant.errors import AudioError, EngineError
from assistant.settings import earcons
from assistant.settings.paths import shipped_site
from tests.fakes.memory_voice import MemoryVoice

CLIP = Path("models/speech/demo/02-hold.flac")


def as_wav(samples: Samples) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setparams((1, 2, RATE, len(samples), "NONE", ""))
        wav.writeframes((samples * 32767).astype("<i2").tobytes())
    return file.getvalue()


def seconds(sound: bytes) -> float:
    with wave.open(io.BytesIO(sound)) as wav:
        return float(wav.getnframes() / wav.getframerate())


# ---- short sounds ----------------------------------------------------------------------------------------


def test_each_short_sound_is_short_soft_and_different() -> None:
    sounds = made.sounds(earcons.load(shipped_site() / "hardware"))
    assert all(0.02 < seconds(sound) < 0.4 for sound in sounds.values())
    assert len(set(sounds.values())) == len(sounds) == len(earcons.NAMES)
    for sound in sounds.values():
        samples = np.frombuffer(sound[44:], "<i2") / 32768
        assert 0.1 < np.abs(samples).max() < 0.5 and abs(samples[0]) < 0.01 and abs(samples[-1]) < 0.01


# ---- speed -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("speed", [0.7, 0.85, 1.15, 1.6])
def test_faster_is_shorter_and_keeps_its_pitch(speed: float) -> None:
    time = np.arange(2 * RATE) / RATE
    tone = (9000 * np.sin(2 * np.pi * 200 * time)).astype(np.float32)
    sound = stretched(tone, speed, RATE)
    assert len(sound) / RATE == pytest.approx(2 / speed, abs=0.05)
    middle = sound[RATE // 4 : RATE // 4 + RATE // 2]
    assert np.argmax(np.abs(np.fft.rfft(middle))) * RATE / len(middle) == pytest.approx(200, abs=4)
    assert np.abs(middle).max() < 1.2 * 9000 and np.sqrt(np.mean(middle**2)) > 0.8 * 9000 / np.sqrt(2)


def test_a_sound_goes_on_where_it_was() -> None:
    sound = as_wav(read(CLIP))
    assert shaped(sound, 1.0, 0.0) is sound
    assert seconds(shaped(sound, 1.0, 1.0)) == pytest.approx(seconds(sound) - 1.0, abs=0.01)
    assert seconds(shaped(sound, 1.25, 0.5)) == pytest.approx(seconds(sound) / 1.25 - 0.5, abs=0.05)
    assert seconds(shaped(sound, 1.0, 60.0)) == 0
    with pytest.raises(AudioError):
        shaped(b"no sound", 1.2, 0.0)


def test_a_piece_in_mid_sentence_is_said_without_the_silence_around_it() -> None:
    silence, tone = np.zeros(RATE // 5, np.float32), 0.3 * np.sin(np.arange(RATE) / 5).astype(np.float32)
    sound = as_wav(np.concatenate([silence, tone, silence]))
    assert seconds(closed(sound, 0.05)) == pytest.approx(1.06, abs=0.01)
    assert seconds(closed(as_wav(silence), 0.05)) == pytest.approx(0.2, abs=0.001)
    with pytest.raises(AudioError):
        closed(b"no sound", 0.05)


def test_a_sound_too_short_to_stretch_is_left_as_it_is() -> None:
    assert len(stretched(np.ones(100, np.float32), 1.5, RATE)) == 100


# ---- ready answers ---------------------------------------------------------------------------------------


async def test_what_was_said_before_is_not_made_again() -> None:
    under = MemoryVoice()
    voice = ReadyVoice(under)
    await voice.prepare(["All right, nothing was done.", "Sorry, say that again?"])
    first = await voice.speak("Sorry, say that again?")
    assert await voice.speak("Sorry, say that again?") is first and voice.made == 2
    await voice.speak("Lot four seven one two is on hold.")
    assert under.said[-1] == "Lot four seven one two is on hold." and voice.made == 3
    await voice.close()
    assert under.closed


async def test_it_keeps_only_so_much_and_forgets_what_was_said_longest_ago() -> None:
    voice = ReadyVoice(MemoryVoice(), most_bytes=70_000)
    for words in ("one sentence here", "another sentence", "one sentence here", "a third sentence"):
        await voice.speak(words)
    made_so_far = voice.made
    await voice.speak("one sentence here")
    assert voice.made == made_so_far
    await voice.speak("another sentence")
    assert voice.made == made_so_far + 1


async def test_a_voice_that_fails_while_it_prepares_is_asked_again_when_it_is_wanted() -> None:
    voice = ReadyVoice(MemoryVoice(fails=1))
    await voice.prepare(["Cancelled."])
    assert await voice.speak("Cancelled.")


async def test_a_failing_voice_says_so() -> None:
    with pytest.raises(EngineError):
        await ReadyVoice(MemoryVoice(fails=1)).speak("Cancelled.")


# ---- a button --------------------------------------------------------------------------------------------


async def test_each_press_of_the_key_is_told_and_nothing_else_is(tmp_path: Path) -> None:
    file, presses = tmp_path / "event0", list[int]()
    os.mkfifo(file)
    async with watched(str(file), 164, lambda: presses.append(1)):
        await asyncio.sleep(0.1)
        with file.open("wb", buffering=0) as out:
            for kind, key, value in ((1, 164, 1), (1, 164, 2), (1, 164, 0), (1, 163, 1), (4, 164, 1), (1, 164, 1)):
                out.write(EVENT.pack(0, 0, kind, key, value))
            for _ in range(200):
                if len(presses) == 2:
                    break
                await asyncio.sleep(0.02)
            await asyncio.sleep(0.1)
    assert len(presses) == 2


async def test_a_button_that_is_not_there_is_waited_for(tmp_path: Path) -> None:
    async with watched(str(tmp_path / "none"), 164, lambda: None):
        await asyncio.sleep(0.05)


# ---- a sound check ---------------------------------------------------------------------------------------


def quiet(level: float) -> Samples:
    noise: Samples = (level * np.random.default_rng(1).standard_normal(3 * RATE)).astype(np.float32)
    return noise


def spoken(gain: float, noise: float) -> Samples:
    voice = read(CLIP) * np.float32(gain)
    rest = np.random.default_rng(2).standard_normal(len(voice)).astype(np.float32) * np.float32(noise)
    return np.clip(voice + rest, -1, 1)


@pytest.mark.parametrize(
    ("gain", "noise", "says"),
    [
        (1.0, 0.0005, ""),
        (0.02, 0.00002, "Too soft"),
        (40.0, 0.0005, "distorts"),
        (1.0, 0.02, "noise"),
        (0.0, 0.001, "nobody"),
    ],
)
def test_what_is_wrong_is_said_in_plain_words(gain: float, noise: float, says: str) -> None:
    found = advice(measured(quiet(noise), spoken(gain, noise)))
    assert (not found) if not says else any(says in one for one in found), found
