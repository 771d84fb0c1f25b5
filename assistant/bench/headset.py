"""A headset at work without hardware: sound goes in and out through real PortAudio, on a PulseAudio daemon of our own.

What is said are recordings; when the last voiced sample of one was taken is found in the very frames that the
microphone gave, so neither the player's nor the daemon's delays are counted as ours.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec
import numpy as np
import soundfile

from assistant import bootstrap
from assistant.adapters.audiofile import RATE, Samples, read
from assistant.adapters.endpoint import AFTER_S, BEFORE_S, trim
from assistant.adapters.sound import Headset, Wanted
from assistant.adapters.virtual import Pulse, a_pulse
from assistant.bench.load import the_plant
from assistant.bootstrap import Door, Site
from assistant.bootstrap.headset import Engines, a_station, open_engines
from assistant.domain.values import Session
from assistant.errors import SiteError
from assistant.ports import DeviceState, Frame, Wakeword
from assistant.settings.announce import Announce
from assistant.turn.conversation import State
from assistant.turn.gear import Times
from assistant.turn.station import Station

NAME = "headset-one"
KEPT_FRAMES = 1500
"""Of what the microphone gave: 48 s, longer than any turn."""
END_S, ALIKE = 0.8, 0.5
"""How much of a clip's end is looked for, and how like it must be what is found."""
TURN_S = 40.0
"""A turn that takes longer is lost; a busy machine gets the time."""
SETTLE_S = 0.3


class Clip(msgspec.Struct, frozen=True, rename={"badge": "as", "station": "at"}):
    """One utterance, from labels.json."""

    file: str
    text: str
    badge: str
    station: str
    intent: str
    slots: dict[str, str]
    decision: str


@dataclass(frozen=True, slots=True)
class Turn:
    """What became of one utterance."""

    clip: Clip
    times: Times | None
    """None when nothing was said in answer."""
    spoken: float
    """When its last voiced sample was taken; 0 when the clip was not found in what was heard."""
    heard: str
    """The words that were heard; empty for a lost one."""
    decision: str
    why: str = ""
    """Of a lost one: what the station said and where it was."""

    @property
    def shares(self) -> Mapping[str, float]:
        """Seconds of each stage, in order; they add up to the time from the last voiced sample to the first audio."""
        if self.times is None or not self.spoken or not self.times.began:
            return {}
        times = self.times
        begun = max(times.ended, times.heard)
        return {
            "end of speech": times.ended - self.spoken,
            "words": begun - times.ended,
            "turn": times.answered - begun,
            "voice": max(0.0, times.made - times.answered),
            "short sound before it": times.handed - max(times.made, times.answered),
            "device": times.began - times.handed,
        }


class Tap:
    """ports.Microphone over another, that keeps what it gave last."""

    def __init__(self, headset: Headset) -> None:
        self._headset = headset
        self.frames_kept: deque[Frame] = deque(maxlen=KEPT_FRAMES)
        self.states: list[DeviceState] = []
        self.lost = 0
        """Samples that were lost, in all."""

    async def frames(self) -> AsyncIterator[Frame | DeviceState]:
        """See ports.Microphone."""
        async for item in self._headset.frames():
            if isinstance(item, DeviceState):
                self.states.append(item)
            else:
                self.frames_kept.append(item)
                self.lost += item.lost
            yield item

    async def close(self) -> None:
        """See ports.Microphone."""
        await self._headset.close()

    def last_voiced(self, clip: Samples) -> float:
        """When the last voiced sample of a clip was taken that was just played; 0 when it is not in there."""
        frames = list(self.frames_kept)
        if not frames:
            return 0.0
        sound = np.concatenate([np.asarray(frame.samples) for frame in frames])
        # Its end is looked for: where the player stumbled before that, it is no matter here.
        last = _last_voiced(clip)
        end = clip[max(0, last - int(END_S * RATE)) : last + 1]
        if len(sound) < len(end):
            return 0.0
        size = 1 << (len(sound) + len(end)).bit_length()
        match = np.fft.irfft(np.fft.rfft(sound, size) * np.conj(np.fft.rfft(end, size)), size)
        place = int(match[: len(sound) - len(end) + 1].argmax())
        part = sound[place : place + len(end)]
        if float(part @ end) < ALIKE * float(np.linalg.norm(part) * np.linalg.norm(end)):
            return 0.0
        at = place + len(end) - 1
        frame = frames[at // len(np.asarray(frames[0].samples))]
        return frame.at - (len(np.asarray(frame.samples)) - 1 - at % len(np.asarray(frame.samples))) / RATE


def _last_voiced(clip: Samples) -> int:
    """Its place in a clip, in samples."""
    kept = np.asarray(trim(clip).samples)
    # trim keeps a margin after the last voiced sample, as far as the clip has one.
    start = int(np.correlate(clip, kept, "valid").argmax()) if len(kept) < len(clip) else 0
    end = start + len(kept)
    return max(0, end - int(AFTER_S * RATE)) if end < len(clip) or len(kept) > (AFTER_S + BEFORE_S) * RATE else end - 1


@dataclass
class Bench:
    """A running station with a virtual headset, and what came of it."""

    pulse: Pulse
    tap: Tap
    station: Station
    headset: Headset
    engines: Engines
    door: Door
    told: list[str] = field(default_factory=list)
    notes: list[Times] = field(default_factory=list)

    async def ready(self, within_s: float = TURN_S) -> bool:
        """Until nothing is going on and the headset is there."""
        for _ in range(int(within_s / 0.02)):
            if self.station.now.state in (State.WAITING, State.LISTENING) and not self.station.now.voice:
                return True
            await asyncio.sleep(0.02)
        return False

    async def say(self, clip: Clip, folder: Path, *, press: bool = True) -> Turn:
        """Say one into the microphone and wait for what comes of it."""
        samples, wav = read(folder / clip.file), self.pulse.folder / "said.wav"
        soundfile.write(wav, samples, RATE, subtype="PCM_16")
        self.station.session = Session(clip.badge, clip.station)
        told, notes, before = len(self.told), len(self.notes), self.station.now.state
        if press:
            self.station.press()
        await asyncio.to_thread(self.pulse.say, NAME, wav)
        heard = said = ""
        for _ in range(int(TURN_S / 0.05)):
            lines = self.told[told:]
            heard = next((line.partition(": heard ")[2] for line in lines if ": heard " in line), "")
            said = next((line.partition(": said  ")[2] for line in lines if ": said  " in line), "")
            if said and (len(self.notes) > notes or said == "(nothing)"):
                break
            await asyncio.sleep(0.05)
        await self.ready()
        times = self.notes[notes] if len(self.notes) > notes else None
        why = "" if heard else f"({'; '.join(self.told[told:])}; {before} at first, {self.station.now.state} at last)"
        decision = times.decision if times else "ignored"
        return Turn(clip, times, self.tap.last_voiced(samples), heard, decision, why)


@asynccontextmanager
async def a_bench(
    folder: Path, site: Site, chosen: Path | None, wakeword: Wakeword | None = None, announce: Announce | None = None
) -> AsyncIterator[Bench]:
    """Plant, core, daemon, headset and station; `folder` is empty, `chosen` the site's folder.

    `announce`: what it may say by itself, which would fall among answers that are measured.
    """
    data = folder / "data"
    data.mkdir(mode=0o700)
    async with AsyncExitStack() as stack:
        endpoint = stack.enter_context(the_plant(folder / "ledger.jsonl"))
        wired = msgspec.structs.replace(site.hardware, endpoint=endpoint)
        site = replace(site, hardware=wired, announce=announce or Announce())
        door = await stack.enter_async_context(bootstrap.host_core(site, data))
        engines = await stack.enter_async_context(open_engines(chosen, site))
        yield await stack.enter_async_context(a_virtual(engines, door, wakeword))


@asynccontextmanager
async def a_virtual(engines: Engines, door: Door, wakeword: Wakeword | None = None) -> AsyncIterator[Bench]:
    """Daemon, headset and station over a core that is there."""
    async with AsyncExitStack() as stack:
        pulse = stack.enter_context(a_pulse(NAME, "headset-two"))
        stack.enter_context(_environment(pulse.env))
        headset = Headset(Wanted(match=(NAME,)))
        stack.push_async_callback(headset.close)
        tap, told, notes = Tap(headset), list[str](), list[Times]()
        station = a_station(Session(), tap, headset, wakeword, engines, door, told.append, note=notes.append)
        running = asyncio.create_task(station.run())
        try:
            bench = Bench(pulse, tap, station, headset, engines, door, told, notes)
            await bench.ready()
            await asyncio.sleep(SETTLE_S)
            if engines.preparing is not None:
                # A shift lasts hours, and this a minute: what is measured is not its first seconds.
                await asyncio.wait({engines.preparing})
            yield bench
        finally:
            running.cancel()
            await asyncio.wait({running})


@contextmanager
def _environment(names: Mapping[str, str]) -> Iterator[None]:
    """What sound processes are started with, for a while."""
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(names)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def clips_of(folder: Path) -> Sequence[Clip]:
    """The utterances of a folder. Raises SiteError."""
    labels = folder / "labels.json"
    try:
        return msgspec.json.decode(labels.read_bytes(), type=list[Clip])
    except (OSError, msgspec.DecodeError) as exc:
        raise SiteError(labels, f"no recordings there: {exc}") from exc


async def utterances(bench: Bench, folder: Path, count: int) -> AsyncIterator[Turn]:
    """So many in a row, the folder's over and over; the answer to a question needs no button."""
    clips = clips_of(folder)
    asked = False
    for number in range(count):
        turn = await bench.say(clips[number % len(clips)], folder, press=not asked)
        asked = turn.decision in ("confirm", "ask")
        yield turn


async def until(so: Callable[[], bool], within_s: float = TURN_S) -> bool:
    until = time.monotonic() + within_s
    while not so():
        if time.monotonic() > until:
            return False
        await asyncio.sleep(0.02)
    return True
