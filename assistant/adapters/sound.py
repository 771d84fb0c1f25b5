"""A headset by PortAudio, in a process of its own (adapters.sound_child): lost devices come back by themselves.

Whatever happens to device or process, frames go on after it; what came between is said once as a DeviceState, and
the frame after a gap says how much was lost.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import struct
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace

import msgspec
import numpy as np

from assistant.adapters.children import killed
from assistant.adapters.sound_child import FRAME_HEAD, HEAD, PLAY_HEAD
from assistant.errors import AudioError
from assistant.ports import FRAME, DeviceState, Frame, Played

MOST_FRAMES = 320
"""Ten seconds: what the rest may be late before the oldest are dropped, and counted."""
START_S = 10.0
"""A new process may be silent for so long."""
STALL_S = 1.0
"""One whose device is open, for so long."""
BEAT_S = 4.0
"""One that looks for its device, for so long."""
AGAIN_S = (0.05, 0.3, 1.0, 3.0)
"""Before a new process: the first time, and while it dies before anything was heard."""
LIST_S = 15.0
ENDS_S = 0.2
"""For a process that closed its pipe to be gone."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which device, and how loud."""

    match: tuple[str, ...]
    """Regular expressions, best first; the first device whose name one of them finds is taken."""
    ear_match: tuple[str, ...] = ()
    """The same for the ear piece; empty: those of `match`."""
    only: str = ""
    """What the name must also hold; empty: anything."""
    host_api: str = ""
    """PortAudio's name of the sound interface; empty: any."""
    microphone: str = ""
    """The very name; set once a device was opened, so that no other takes its place."""
    ear: str = ""
    """The same for the ear piece."""
    microphone_gain: float = 1.0
    speaker_gain: float = 1.0
    side_tone: float = 0.0
    silent: bool = False
    """It gave nothing but zeros before: not to be said again."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A device as PortAudio lists it."""

    name: str
    host_api: str
    inputs: int
    """Channels in."""
    outputs: int
    """Channels out."""
    rate: float
    """Its default, Hz."""


class _Event(msgspec.Struct, frozen=True):
    event: str
    microphone: str = ""
    ear: str = ""
    why: str = ""
    number: int = 0
    seconds: float = 0.0
    began: float = 0.0
    problem: str = ""


async def devices() -> list[Listed]:
    """What PortAudio sees now, asked by a process of its own. Raises AudioError."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "assistant.adapters.sound_child", "--list"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(LIST_S):
            out, _ = await child.communicate()
    except TimeoutError as exc:
        raise AudioError("PortAudio did not list its devices") from exc
    finally:
        with suppress(ProcessLookupError):
            child.kill()
        await child.wait()
    try:
        return msgspec.json.decode(out, type=list[Listed])
    except msgspec.DecodeError as exc:
        with suppress(msgspec.DecodeError):
            raise AudioError(msgspec.json.decode(out, type=_Event).why) from exc
        raise AudioError("PortAudio could not list its devices") from exc


class Headset:
    """ports.Microphone and ports.Speaker. Its process starts with the first frame that is asked for.

    One task reads the process, starts a new one where it ended, and hands frames over through a bounded queue.
    """

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._queue: asyncio.Queue[Frame | DeviceState | AudioError] = asyncio.Queue()
        self._child: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None
        self._open = False
        self._said_lost = False
        self._dropped = 0
        self._numbers = itertools.count(1)
        self._playing: dict[int, asyncio.Future[Played]] = {}
        self.dropped = 0
        """Frames that nobody took in time, in all."""
        self.starts = 0
        """Processes so far."""

    @property
    def pid(self) -> int | None:
        """The process's id, or None while there is none."""
        return self._child.pid if self._child is not None else None

    def start(self) -> None:
        """Look for the device now."""
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    async def frames(self) -> AsyncIterator[Frame | DeviceState]:
        """See ports.Microphone."""
        self.start()
        while True:
            item = await self._queue.get()
            if isinstance(item, AudioError):
                raise item
            if isinstance(item, Frame) and self._dropped:
                # What was dropped was older than all that waits: it is missing just before this one.
                item, self._dropped = replace(item, lost=item.lost + self._dropped), 0
            yield item

    def forget(self) -> None:
        """Drop what was heard and not taken yet; what became of the device stays."""
        kept = [
            item for item in (self._queue.get_nowait() for _ in range(self._queue.qsize())) if type(item) is not Frame
        ]
        for item in kept:
            self._queue.put_nowait(item)

    async def play(self, sound: bytes, gain: float = 1.0) -> Played:
        """See ports.Speaker."""
        number = next(self._numbers)
        done: asyncio.Future[Played] = asyncio.get_running_loop().create_future()
        self._playing[number] = done
        try:
            await self._send(b"P", PLAY_HEAD.pack(number, gain) + sound)
            return await done
        except asyncio.CancelledError:
            with suppress(AudioError):
                await self._send(b"S", b"")
            raise
        finally:
            self._playing.pop(number, None)

    async def stop(self) -> None:
        """See ports.Speaker."""
        with suppress(AudioError):
            await self._send(b"S", b"")

    async def close(self) -> None:
        """End the process."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await self._end()

    async def _send(self, letter: bytes, content: bytes) -> None:
        child = self._child
        if child is None or child.stdin is None or child.returncode is not None:
            raise AudioError("no headset")
        try:
            child.stdin.write(HEAD.pack(letter, len(content)) + content)
            await child.stdin.drain()
        except (OSError, RuntimeError) as exc:
            raise AudioError("the headset is gone") from exc

    # ---- the task ------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        failures = 0
        while True:
            heard = False
            try:
                await self._begin()
                heard = await self._listen()
            except AudioError as exc:
                self._queue.put_nowait(exc)
                return
            finally:
                await self._end()
            failures = 0 if heard else failures + 1
            await asyncio.sleep(AGAIN_S[min(failures, len(AGAIN_S) - 1)])

    async def _begin(self) -> None:
        self.starts += 1
        try:
            self._child = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", "assistant.adapters.sound_child"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for us; the child ends with its standard input
            )
        except OSError as exc:
            raise AudioError(f"the headset's process cannot be started: {exc.strerror or exc}") from exc
        await self._send(b"O", json.dumps(asdict(self._wanted)).encode())

    async def _listen(self) -> bool:
        """Packets until the process ends or hangs; whether anything was heard. Raises AudioError."""
        assert self._child is not None and self._child.stdout is not None
        pipe, within, heard = self._child.stdout, START_S, False
        while True:
            try:
                async with asyncio.timeout(within):
                    head = await pipe.readexactly(HEAD.size)
                    letter, length = HEAD.unpack(head)
                    content = await pipe.readexactly(length)
            except TimeoutError:
                self._lose("hung")
                return heard
            except (asyncio.IncompleteReadError, OSError, struct.error):
                self._lose("gone")
                return heard
            if letter == b"F":
                heard, within = True, STALL_S
                self._put(content)
            elif letter == b"H":
                within = BEAT_S
            elif letter == b"J":
                self._event(msgspec.json.decode(content, type=_Event))
                within = STALL_S if self._open else BEAT_S

    def _event(self, event: _Event) -> None:
        match event.event:
            case "open":
                self._open, self._said_lost = True, False
                # From now on this headset and no other: a second one of the kind must be asked for.
                self._wanted = replace(self._wanted, microphone=event.microphone, ear=event.ear, silent=False)
                self._tell(DeviceState("open", event.microphone))
            case "absent":
                self._lose("gone")
            case "lost":
                if event.why == "silent":
                    self._wanted = replace(self._wanted, silent=True)
                self._lose(event.why)
            case "played":
                done = self._playing.get(event.number)
                if done is not None and not done.done():
                    if event.problem:
                        done.set_exception(AudioError(f"no sound: {event.problem}"))
                    else:
                        done.set_result(Played(event.seconds, event.began))
            case "unable":
                raise AudioError(event.why)

    def _put(self, content: bytes) -> None:
        at, lost = FRAME_HEAD.unpack_from(content)
        samples = np.frombuffer(content, np.float32, FRAME, FRAME_HEAD.size)
        if self._queue.qsize() >= MOST_FRAMES:
            oldest = self._queue.get_nowait()
            if isinstance(oldest, Frame):
                self.dropped += 1
                self._dropped += FRAME + oldest.lost
            else:
                self._queue.put_nowait(oldest)
        self._queue.put_nowait(Frame(samples, at, lost))

    def _lose(self, why: str) -> None:
        """Say once that it is lost, and whatever is played is over."""
        self._open = False
        for done in self._playing.values():
            if not done.done():
                done.set_exception(AudioError("the headset is gone"))
        if not self._said_lost:
            self._said_lost = True
            self._tell(DeviceState("lost", self._wanted.microphone, why))

    def _tell(self, state: DeviceState) -> None:
        self._queue.put_nowait(state)

    async def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            # One that has just ended by itself is waited for, not killed: two who wait for one process get in each
            # other's way.
            with suppress(TimeoutError):
                await asyncio.wait_for(child.wait(), ENDS_S)
        await killed(child)
