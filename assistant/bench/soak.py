"""Hours of a headset in minutes: the station and its endpointer, fed with hours of sound as fast as they take it.

Ear, voice and core are stood in for by ones that answer at once, so what grows here is ours: memory, file handles,
tasks, or utterances that are no longer heard in the last hour.
"""

from __future__ import annotations

import asyncio
import os
import resource
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import numpy as np

from assistant.adapters.audiofile import RATE, Samples, read
from assistant.adapters.clock import SystemClock
from assistant.adapters.silero import SileroEndpointer
from assistant.bench import Share
from assistant.bench.headset import clips_of
from assistant.bench.mute import Mute
from assistant.bootstrap import Site
from assistant.bootstrap.headset import manner
from assistant.domain.values import Answer, Decision, Hypothesis, Session, Transcript, Utterance
from assistant.ports import FRAME, DeviceState, Frame
from assistant.turn.conversation import State
from assistant.turn.gear import Gear
from assistant.turn.station import Station

EVERY_S = 30.0
"""From one utterance to the next."""
ROOM = 0.0005
"""Level of the noise between them."""
TURNS_S = 5.0
"""An utterance that came to no turn so long after it is lost; real seconds, for tasks need some."""


class _World(Mute):
    """Microphone, ear piece, ear, voice and core of the station, and the station's only visitor."""

    def __init__(self, clips: Sequence[Samples], hours: float) -> None:
        self._clips, self._hours = clips, hours
        self.station: Station | None = None
        self.said: list[int] = []
        """How many utterances in each hour."""
        self.taken: list[int] = []
        """How many of them came to a turn."""
        self.sizes: list[tuple[float, int, int]] = []
        """After each hour: memory in MiB, open files, tasks."""
        self._turns = 0

    async def frames(self) -> AsyncIterator[Frame | DeviceState]:
        rng = np.random.default_rng(11)
        room = (ROOM * rng.standard_normal(int(EVERY_S * RATE) // FRAME * FRAME)).astype(np.float32)
        assert self.station is not None
        yield DeviceState("open", "soak")
        at = 0.0
        for number in range(int(self._hours * 3600 / EVERY_S)):
            if number % round(3600 / EVERY_S) == 0:
                self._count()
            clip = self._clips[number % len(self._clips)]
            sound = room.copy()
            sound[RATE : RATE + len(clip)] += clip
            before = self._turns
            self.station.press()
            for start in range(0, len(sound), FRAME):
                at += FRAME / RATE
                yield Frame(sound[start : start + FRAME], at)
                await asyncio.sleep(0)
            self.said[-1] += 1
            self.taken[-1] += await self._turned(before)
        self._count()

    async def _turned(self, before: int) -> bool:
        """Whether it came to a turn, and the station rests again."""
        assert self.station is not None
        for _ in range(int(TURNS_S / 0.005)):
            if self._turns > before and self.station.now.state in (State.WAITING, State.LISTENING):
                return True
            await asyncio.sleep(0.005)
        return False

    def _count(self) -> None:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        handles = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 (a count)
        self.sizes.append((pages * resource.getpagesize() / 2**20, handles, len(asyncio.all_tasks())))
        self.said.append(0)
        self.taken.append(0)

    async def words(self, utterance: Utterance, prompt: Sequence[str]) -> tuple[Sequence[Hypothesis], str]:
        return [Hypothesis("what is the status of lot 4712", -0.1)], ""

    async def likeness(self, sound: object, phrase: str) -> float:
        return 0.0  # the button stands for the wake word here

    async def turn(self, transcript: Transcript) -> Answer:
        self._turns += 1
        text = transcript.hypotheses[0].text
        return Answer(text, "status", {}, 1.0, "template", Decision.ANSWERED, "Not on hold.")


async def soak(site: Site, chosen: Path | None, folder: Path, hours: float) -> AsyncIterator[Share | tuple[str, str]]:
    """So many hours of sound, an utterance every half minute."""
    world = _World([read(folder / clip.file) for clip in clips_of(folder)], hours)
    gear = Gear(world, world, SileroEndpointer(), None, world, world, world, SystemClock())
    world.station = Station(Session("", ""), gear, manner(chosen, site))
    await world.station.run()
    count = len(world.sizes) - 1
    yield Share(f"headset, {hours:g} hours of sound: utterances heard", sum(world.taken), sum(world.said))
    yield Share("headset: of these in the first hour", world.taken[0], world.said[0])
    yield Share("headset: and in the last", world.taken[count - 1], world.said[count - 1])
    for name, place, unit in (("memory", 0, " MiB"), ("open files", 1, ""), ("tasks", 2, "")):
        after = world.sizes[min(1, count)][place]
        grown = f"{after:.0f}{unit}, {world.sizes[-1][place]:.0f}{unit}"
        yield f"headset: {name} after the first hour and at the end", grown
