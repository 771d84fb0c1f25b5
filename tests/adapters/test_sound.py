"""A headset through real PortAudio: what is said into it, what it says, and everything that can happen to a device."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import time
import wave
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from assistant.adapters.audiofile import RATE, Samples, read
from assistant.adapters.sound import Headset, Wanted, devices
from assistant.adapters.sound_child import ZEROS_S, Listening, out_samples
from assistant.adapters.sound_devices import stable
from assistant.adapters.virtual import Pulse, a_pulse, missing
from assistant.errors import AudioError
from assistant.ports import FRAME, DeviceState, Frame
from tests.recorded import recorded

CLIP = Path("models/speech/demo/02-hold.flac")
pulseaudio = pytest.mark.skipif(bool(missing()), reason=f"no virtual headset: {missing()}")


def tone(hertz: float, rate: float, seconds: float = 1.0) -> Samples:
    time = np.arange(int(rate * seconds)) / rate
    wavy: Samples = (0.5 * np.sin(2 * np.pi * hertz * time)).astype(np.float32)
    return wavy


def as_wav(samples: Samples, rate: int = RATE) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setparams((1, 2, rate, len(samples), "NONE", ""))
        wav.writeframes((samples * 32767).astype("<i2").tobytes())
    return file.getvalue()


def heard(samples: Samples, rate: float) -> Samples:
    """What comes of it, fed in blocks as a device gives them."""
    listening, size = Listening(rate, 1.0), round(rate / 50)
    frames = [frame for at in range(0, len(samples), size) for _, frame in listening.take(samples[at : at + size], 0.0)]
    return np.concatenate(frames)


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000])
def test_a_tone_keeps_its_pitch_whatever_the_rate_of_the_device(rate: int) -> None:
    sound = heard(tone(1000, rate), rate)[4000:12000]
    assert np.argmax(np.abs(np.fft.rfft(sound))) * RATE / len(sound) == pytest.approx(1000, abs=3)


def test_what_is_above_speech_does_not_fold_back_into_it() -> None:
    assert np.abs(heard(tone(11_000, 48_000), 48_000)[4000:]).max() < 0.01


def test_each_frame_is_stamped_with_the_time_of_its_last_sample() -> None:
    listening = Listening(RATE, 1.0)
    frames = listening.take(np.ones(FRAME * 2 + 160, np.float32), 100.0)
    assert [round(at, 4) for at, _ in frames] == [round(100 - 0.01 - 0.032, 4), round(100 - 0.01, 4)]


def test_the_gain_is_applied_and_nothing_leaves_the_range() -> None:
    assert np.abs(Listening(RATE, 4.0).take(tone(300, RATE), 0.0)[3][1]).max() == 1.0


def test_zeros_are_counted_and_one_sample_ends_them() -> None:
    listening = Listening(RATE, 1.0)
    for _ in range(50):
        listening.take(np.zeros(320, np.float32), 0.0)
    assert listening.zeros_s == pytest.approx(1.0)
    listening.take(np.full(320, 1e-5, np.float32), 0.0)
    assert listening.zeros_s == 0


@pytest.mark.parametrize(("given", "off"), [(48_000, False), (44_100, False), (16_000, True), (96_000, True)])
def test_a_device_that_gives_another_rate_than_it_says_is_noticed(given: int, off: bool) -> None:
    listening = Listening(48_000, 1.0)
    found = [listening.rate_is_off(given // 50, tick / 50) for tick in range(50 * 7)]
    assert any(found) is off


def test_sound_goes_out_at_the_rate_of_the_device() -> None:
    assert len(out_samples(as_wav(tone(300, 22_050), 22_050), 48_000, 1.0)) == pytest.approx(48_000, abs=50)
    assert np.abs(out_samples(as_wav(tone(300, RATE)), RATE, 0.5)).max() == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize("wav", [b"", b"RIFF", b"nothing of the kind at all, and rather long for that"])
def test_what_is_no_sound_is_refused(wav: bytes) -> None:
    with pytest.raises(ValueError):
        out_samples(wav, RATE, 1.0)


@pytest.mark.parametrize(
    ("name", "kept"),
    [("USB Audio (hw:1,0)", "USB Audio"), ("Jabra (X): - (hw:12,3)", "Jabra (X): -"), ("pulse", "pulse")],
)
def test_a_name_is_kept_without_the_number_that_it_has_only_today(name: str, kept: str) -> None:
    assert stable(name) == kept


# ---- through PortAudio -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def daemon() -> Iterator[Pulse]:
    with a_pulse("headset-one", "headset-two") as running:
        yield running


@pytest.fixture
def pulse(daemon: Pulse, monkeypatch: pytest.MonkeyPatch) -> Pulse:
    for name, value in daemon.env.items():
        monkeypatch.setenv(name, value)
    return daemon


class Ear:
    """A headset, and all that came from it so far."""

    def __init__(self, headset: Headset) -> None:
        self.headset = headset
        self.frames: list[Frame] = []
        self.states: list[DeviceState] = []

    async def follow(self) -> None:
        async for item in self.headset.frames():
            if isinstance(item, DeviceState):
                self.states.append(item)
            else:
                self.frames.append(item)

    async def until(self, so: Callable[[], bool], what: str) -> None:
        """Wait for it; far longer than it may take, for the machine may be busy."""
        for _ in range(600):
            if so():
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"{what}: {self.states}")

    async def open(self) -> None:
        await self.until(lambda: bool(self.states) and self.states[-1].state == "open", "open")

    async def lost(self) -> DeviceState:
        await self.until(lambda: bool(self.states) and self.states[-1].state == "lost", "lost")
        return self.states[-1]


@asynccontextmanager
async def an_ear(name: str = "headset-one", side_tone: float = 0.0) -> AsyncIterator[Ear]:
    ear = Ear(Headset(Wanted(match=(name,), side_tone=side_tone)))
    task = asyncio.create_task(ear.follow())
    try:
        yield ear
    finally:
        task.cancel()
        await ear.headset.close()


@pulseaudio
async def test_devices_are_listed_by_name(pulse: Pulse) -> None:
    listed = {device.name: device for device in await devices()}
    assert {"headset-one", "headset-two"} <= listed.keys()
    assert listed["headset-one"].host_api == "ALSA" and listed["headset-one"].inputs and listed["headset-one"].outputs


AHEAD_S = 0.5
SAID = 3
"""Times; on a busy machine the virtual headset itself leaves something out of one."""


@pulseaudio
async def test_what_is_said_into_it_arrives_whole_and_stamped(pulse: Pulse, tmp_path: Path) -> None:
    words, file = read(CLIP), tmp_path / "said.wav"
    file.write_bytes(as_wav(words))
    async with an_ear() as ear:
        await ear.open()
        for _ in range(SAID):
            ear.frames.clear()
            began = time.monotonic()
            await asyncio.to_thread(pulse.say, "headset-one", file)
            await asyncio.sleep(0.5)
            ended = time.monotonic()
            sound = np.concatenate([np.asarray(frame.samples) for frame in ear.frames])
            stamps = np.array([frame.at for frame in ear.frames])
            assert not any(frame.lost for frame in ear.frames)
            # The whole clip is in it, at one place, as it was said.
            match = np.correlate(sound, words, "valid")
            place = int(match.argmax())
            part = sound[place : place + len(words)]
            likeness = float(part @ words) / float(np.linalg.norm(part) * np.linalg.norm(words))
            if likeness > 0.95:
                break
    assert likeness > 0.95
    # Stamps say when it was said, as far as PulseAudio's sink does, which makes its sound a little ahead of time. On a
    # busy machine it stumbles, and frames are further apart than they are long; nearer they are never for long.
    first, last = stamps[place // FRAME], stamps[(place + len(words)) // FRAME]
    assert began - AHEAD_S < first < last < ended
    apart = np.diff(stamps)
    assert apart.min() > 0 and apart.mean() > 0.9 * FRAME / RATE


@pulseaudio
async def test_what_it_says_is_heard_and_it_says_how_long(pulse: Pulse, tmp_path: Path) -> None:
    words, file = read(CLIP), tmp_path / "heard.wav"
    async with an_ear() as ear:
        await ear.open()
        with pulse.recorded("headset-one", file):
            await asyncio.sleep(0.5)
            played = await ear.headset.play(as_wav(words))
            await asyncio.sleep(0.5)
    assert played.seconds == pytest.approx(len(words) / RATE, abs=0.05) and played.began > 0
    sound = recorded(file)
    part = sound[int(np.correlate(sound, words, "valid").argmax()) :][: len(words)]
    assert float(part @ words) / float(np.linalg.norm(part) * np.linalg.norm(words)) > 0.9


@pulseaudio
async def test_with_side_tone_one_hears_oneself(pulse: Pulse, tmp_path: Path) -> None:
    words, said, file = read(CLIP), tmp_path / "said.wav", tmp_path / "heard.wav"
    said.write_bytes(as_wav(words))
    async with an_ear(side_tone=0.5) as ear:
        await ear.open()
        with pulse.recorded("headset-one", file):
            await asyncio.to_thread(pulse.say, "headset-one", said)
    sound = recorded(file)
    # Two devices with clocks of their own: here and there a block is left out, so it is the loudness of 50 ms after
    # 50 ms that is held against what was said, not the wave.
    spoken, heard = (_loudness(one) for one in (words, sound))
    alike = np.correlate(heard, spoken, "full").max() / (np.linalg.norm(heard) * np.linalg.norm(spoken) + 1e-9)
    assert alike > 0.7, alike


def _loudness(sound: Samples) -> Samples:
    """Root mean square of each 50 ms, less its mean."""
    steps = sound[: len(sound) // 800 * 800].reshape(-1, 800)
    levels = np.sqrt(np.mean(steps.astype(np.float64) ** 2, axis=1))
    return np.asarray(levels - levels.mean(), np.float32)


@pulseaudio
async def test_stop_silences_it_and_what_was_heard_is_told(pulse: Pulse) -> None:
    async with an_ear() as ear:
        await ear.open()
        playing = asyncio.create_task(ear.headset.play(as_wav(tone(440, RATE, 50.0))))
        await asyncio.sleep(3.0)
        await ear.headset.stop()
        assert 0 < (await playing).seconds < 45


@pulseaudio
@pytest.mark.parametrize("fault", ["unplugged", "the daemon is killed", "nothing comes", "its process is killed"])
async def test_a_lost_headset_is_said_once_and_comes_back_by_itself(pulse: Pulse, fault: str) -> None:
    async with an_ear() as ear:
        await ear.open()
        playing = asyncio.create_task(ear.headset.play(as_wav(tone(440, RATE, 60.0))))
        await asyncio.sleep(0.2)
        match fault:
            case "unplugged":
                pulse.unplug("headset-one")
            case "the daemon is killed":
                pulse.kill()
            case "nothing comes":
                pulse.suspend("headset-one", on=True)
            case _:
                assert ear.headset.pid is not None
                os.kill(ear.headset.pid, signal.SIGKILL)
        lost = await ear.lost() if fault != "its process is killed" else DeviceState("lost", "headset-one", "gone")
        with pytest.raises(AudioError):  # whoever waits for the end of a sound waits no longer
            await playing
        assert lost == DeviceState("lost", "headset-one", "gone")
        # The other headset is there all the while, and is not this one.
        await asyncio.sleep(1.0)
        match fault:
            case "unplugged":
                pulse.plug("headset-one", rate=44_100)
            case "the daemon is killed":
                pulse.start()
            case "nothing comes":
                pulse.suspend("headset-one", on=False)
        await ear.open()
        assert [(state.state, state.name) for state in ear.states] == [
            ("open", "headset-one"),
            ("lost", "headset-one"),
            ("open", "headset-one"),
        ]


@pulseaudio
async def test_nothing_but_zeros_is_a_lost_microphone(pulse: Pulse) -> None:
    async with an_ear() as ear:
        await ear.open()
        pulse.hush("headset-one")
        lost = await ear.lost()
        assert lost.why == "silent"
        await asyncio.sleep(ZEROS_S + 1)  # a new process finds it silent too, and says nothing
        pulse.noise("headset-one")
        await ear.open()
        assert [state.state for state in ear.states] == ["open", "lost", "open"]


@pulseaudio
async def test_frames_that_nobody_takes_are_dropped_and_counted(pulse: Pulse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.adapters.sound.MOST_FRAMES", 5)
    headset = Headset(Wanted(match=("headset-one",)))
    try:
        headset.start()
        for _ in range(600):
            await asyncio.sleep(0.05)
            if headset.dropped > 10:
                break
        frames = [item async for item in _first(headset, 12)]
        assert sum(frame.lost for frame in frames) >= 10 * FRAME
    finally:
        await headset.close()


@pulseaudio
async def test_without_a_headset_it_says_so_once_and_waits(pulse: Pulse) -> None:
    async with an_ear("no-such-headset") as ear:
        assert (await ear.lost()).why == "gone"
        await asyncio.sleep(1.5)
        assert len(ear.states) == 1 and ear.frames == []


async def test_a_sound_for_a_headset_that_was_never_looked_for_is_refused() -> None:
    with pytest.raises(AudioError, match="no headset"):
        await Headset(Wanted(match=("any",))).play(as_wav(tone(440, RATE)))


async def _first(headset: Headset, count: int) -> AsyncIterator[Frame]:
    async for item in headset.frames():
        if isinstance(item, Frame):
            count -= 1
            yield item
        if not count:
            return
