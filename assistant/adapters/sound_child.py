"""A headset's own process: `python -m assistant.adapters.sound_child`. Sound in and out by PortAudio.

Native sound code hangs, loops and crashes when a device is pulled out (pitfalls D2); all of that ends here. Packets
both ways: one letter, the length (4 bytes, little endian), the content.

in   O  what is wanted, JSON (adapters.sound.Wanted); the first one
     P  number (4 bytes), gain (4, float), a WAV file: play it, and nothing else any more
     S  nothing: be silent
out  F  time (8, float), lost (4), 512 samples (float32): a frame (ports.Frame)
     J  {"event": "open", "microphone": name, "ear": name} | {"event": "lost", "why": …} | {"event": "absent"}
        | {"event": "played", "number": n, "seconds": s, "began": time} | {"event": "unable", "why": …}
     H  nothing: there is no sound, and this process is well

`--list` prints all devices as one line of JSON and ends. The device is chosen by name and sound interface, never by
number: PortAudio's list is of the moment when it was started, so it is started anew while the device is not there,
and this process ends when it is lost.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import queue
import struct
import sys
import threading
import time
import wave
from collections import deque
from typing import Any, BinaryIO

import numpy as np

from assistant.adapters.audiofile import RATE, Samples
from assistant.adapters.sound_devices import find, listed, settings, stable
from assistant.ports import FRAME

HEAD = struct.Struct("<cI")
FRAME_HEAD = struct.Struct("<dI")
PLAY_HEAD = struct.Struct("<If")
BLOCK_S = 0.02
MOST_BLOCKS = 100
"""Two seconds: what the rest may be late before samples are dropped, and counted."""
BURST_S = 0.25
"""So much asked for at once is no buffer that is filled: a sound server that wakes up throws it away."""
STALL_S = 0.5
"""No sound from the device for so long: it is gone."""
FIRST_S = 3.0
"""For the first sound after opening."""
ZEROS_S = 2.0
"""Nothing but exact zeros for so long: no microphone is so quiet (pitfalls D5)."""
LOOK_S = 0.4
"""Between two looks for a device that is not there."""
REOPEN_S = 10.0
"""A device that was silent from the start is opened anew so often."""
RATE_WITHIN = 0.2
"""How far what comes may be from the rate that was promised, as a share, over RATE_OVER_S."""
RATE_OVER_S = 3.0


class Listening:
    """What the microphone gives -> frames of 16 kHz."""

    def __init__(self, rate: float, gain: float) -> None:
        self._rate, self._gain = rate, gain
        self._stream: Any = None
        if round(rate) != RATE:
            import soxr

            self._stream = soxr.ResampleStream(rate, RATE, 1, dtype="float32", quality="MQ")
        self._rest: Samples = np.zeros(0, np.float32)
        self.zeros_s = 0.0
        """How long it has been nothing but zeros."""
        self._began, self._got = 0.0, 0

    def take(self, block: Samples, at: float) -> list[tuple[float, Samples]]:
        """Frames that are complete with this block, and when the last sample of each was taken.

        `block`: mono, the device's rate; `at`: when its last sample was taken.
        """
        self.zeros_s = 0.0 if block.any() else self.zeros_s + len(block) / self._rate
        sound = self._stream.resample_chunk(block) if self._stream is not None else block
        if not np.isfinite(sound).all():
            sound = np.nan_to_num(sound, nan=0.0, posinf=0.0, neginf=0.0)
        self._rest = np.concatenate([self._rest, np.clip(sound * self._gain, -1.0, 1.0).astype(np.float32)])
        whole = len(self._rest) // FRAME
        frames = []
        for number in range(whole):
            left = (len(self._rest) - (number + 1) * FRAME) / RATE
            frames.append((at - left, self._rest[number * FRAME : (number + 1) * FRAME]))
        self._rest = self._rest[whole * FRAME :]
        return frames

    def rate_is_off(self, count: int, now: float) -> bool:
        """Whether much more or less comes than the rate says. `count`: samples of the newest block."""
        if not self._began:
            self._began = now
            return False
        self._got += count
        seconds = now - self._began
        if seconds < RATE_OVER_S:
            return False
        off = abs(self._got / (seconds * self._rate) - 1) > RATE_WITHIN
        self._began, self._got = now, 0
        return off


class Playing:
    """One sound on its way out."""

    def __init__(self, number: int, samples: Samples) -> None:
        self.number, self.samples = number, samples
        self.at = 0
        """Samples handed over."""
        self.began = 0.0
        """When the first one was heard; 0 before."""
        self.steady = 0
        """`at`, when the device last asked at its own pace."""

    def back(self) -> None:
        """Begin again where the device last asked at its own pace."""
        self.at = self.steady

    def take(self, count: int) -> Samples:
        """The next samples, fewer at the end."""
        part = self.samples[self.at : self.at + count]
        self.at += len(part)
        return part


def out_samples(wav: bytes, rate: float, gain: float) -> Samples:
    """A WAV file (16 bit, mono) at the device's rate. Raises ValueError."""
    try:
        with wave.open(io.BytesIO(wav)) as file:
            if file.getsampwidth() != 2 or file.getnchannels() != 1:
                raise ValueError("not 16 bit mono")
            own, raw = file.getframerate(), file.readframes(file.getnframes())
    except (wave.Error, EOFError) as exc:
        raise ValueError(str(exc)) from exc
    samples = np.frombuffer(raw, "<i2").astype(np.float32) / 32768.0
    if own != round(rate) and len(samples):
        import soxr

        samples = soxr.resample(samples, own, rate, quality="MQ").astype(np.float32)
    quieter: Samples = np.clip(samples * gain, -1.0, 1.0)
    return quieter


class Device:
    """Both streams of a headset, their callbacks, and what is between them and the pipes."""

    def __init__(self, sd: Any, want: dict[str, Any], ears: BinaryIO) -> None:
        self._sd, self._want, self._out = sd, want, ears
        self._writing = threading.Lock()
        self._blocks: queue.SimpleQueue[tuple[bytes, float]] = queue.SimpleQueue()
        self._lost = 0
        self._playing: Playing | None = None
        self._over: queue.SimpleQueue[tuple[Playing, float]] = queue.SimpleQueue()
        self._side: deque[Samples] = deque(maxlen=50)
        self._ear_rate, self._ear_channels = 0.0, 1
        self._asked_at, self._burst = 0.0, 0
        self._own: Samples = np.zeros(0, np.float32)

    # ---- the callbacks: copy, stamp, hand over -------------------------------------------------------------

    def _heard(self, data: Any, frames: int, when: Any, status: Any) -> None:
        now = time.monotonic()
        if status.input_overflow:
            self._lost += frames
        if self._blocks.qsize() >= MOST_BLOCKS:
            self._lost += frames
            return
        age = when.currentTime - when.inputBufferAdcTime
        taken = now - age if 0 <= age < 1 else now - frames / self._rate
        self._blocks.put((bytes(data), taken + frames / self._rate))

    def _asked(self, data: Any, frames: int, when: Any, status: Any) -> None:
        playing, room = self._playing, np.frombuffer(data, np.float32).reshape(frames, self._ear_channels)
        room[:] = 0.0
        now = time.monotonic()
        at_once = now - self._asked_at < 0.25 * frames / self._ear_rate
        self._asked_at = now
        self._burst = self._burst + frames if at_once else 0
        if playing is not None and at_once and self._burst > BURST_S * self._ear_rate:
            # What was handed over in this burst is said again after it.
            playing.back()
        elif playing is not None:
            if not at_once:
                playing.steady = playing.at
            wait = when.outputBufferDacTime - when.currentTime
            wait = wait if 0 <= wait < 1 else 0.0
            playing.began = playing.began or now + wait
            part = playing.take(frames)
            room[: len(part)] = part[:, None]
            if playing.at >= len(playing.samples):
                self._playing = None
                self._over.put((playing, now + wait + len(part) / self._ear_rate))
        while self._side:
            self._own = np.concatenate([self._own, self._side.popleft()])
        # The blocks that come and those that are asked for need not be of one length: what is left is for the next, and
        # of more than two blocks the oldest is dropped, for a late voice of one's own is worse than none.
        self._own = self._own[-(frames + round(2 * BLOCK_S * self._ear_rate)) :]
        own, self._own = self._own[:frames], self._own[frames:]
        room[: len(own)] += own[:, None]

    # ---- opening -------------------------------------------------------------------------------------------

    def open(self, microphone: int, ear: int) -> tuple[str, str]:
        """Both streams, running; the names of the devices that they are on. Raises what sounddevice raises."""
        sd = self._sd
        in_info, out_info = sd.query_devices(microphone), sd.query_devices(ear)
        self._rate, self._channels = settings(sd, sd.check_input_settings, microphone, in_info, "input")
        self._ear_rate, self._ear_channels = settings(sd, sd.check_output_settings, ear, out_info, "output")
        self.listening = Listening(self._rate, self._want["microphone_gain"])
        inward = sd.RawInputStream(
            samplerate=self._rate,
            blocksize=round(self._rate * BLOCK_S),
            device=microphone,
            channels=self._channels,
            dtype="float32",
            latency="high",
            callback=self._heard,
        )
        outward = sd.RawOutputStream(
            samplerate=self._ear_rate,
            blocksize=round(self._ear_rate * BLOCK_S),
            device=ear,
            channels=self._ear_channels,
            dtype="float32",
            latency="high",
            callback=self._asked,
        )
        outward.start()
        inward.start()
        self._streams = inward, outward
        names = tuple(sd.query_devices(stream.device)["name"] for stream in self._streams)
        if names != (in_info["name"], out_info["name"]):
            self.leave("swapped")
        return stable(names[0]), stable(names[1])

    # ---- the work ------------------------------------------------------------------------------------------

    def run(self, names: tuple[str, str]) -> None:
        """Frames out until the device is lost."""
        opened, since, last = False, time.monotonic(), time.monotonic()
        stall = FIRST_S
        told_silent = bool(self._want["silent"])
        beat = 0.0
        while True:
            self._tell_played()
            try:
                data, at = self._blocks.get(timeout=0.05)
            except queue.Empty:
                if time.monotonic() - last > stall or not all(stream.active for stream in self._streams):
                    self.leave("gone")
                continue
            last, stall = time.monotonic(), STALL_S
            block = np.frombuffer(data, np.float32).reshape(-1, self._channels).mean(axis=1)
            if self._want["side_tone"] and self._rate == self._ear_rate:
                self._side.append(block * np.float32(self._want["side_tone"]))
            if self.listening.rate_is_off(len(block), last):
                self.leave("rate")
            frames = self.listening.take(block, at)
            if not opened:
                if not block.any():
                    if last - beat > LOOK_S:
                        beat = last
                        self.beat()
                    if last - since > REOPEN_S:
                        os._exit(0)
                    if last - since > ZEROS_S and not told_silent:
                        told_silent = True
                        self.say(event="lost", why="silent")
                    continue
                opened = True
                self.say(event="open", microphone=names[0], ear=names[1])
            elif self.listening.zeros_s >= ZEROS_S:
                self.leave("silent")
            for taken, frame in frames:
                lost, self._lost = self._lost, 0
                self._send(b"F", FRAME_HEAD.pack(taken, lost) + frame.tobytes())

    def order(self, letter: bytes, content: bytes) -> None:
        """One packet from the other side."""
        if letter == b"P":
            number, gain = PLAY_HEAD.unpack_from(content)
            try:
                samples = out_samples(content[PLAY_HEAD.size :], self._ear_rate, gain * self._want["speaker_gain"])
            except ValueError as exc:
                self.say(event="played", number=number, seconds=0.0, began=0.0, problem=str(exc))
                return
            self._replace(Playing(number, samples))
        elif letter == b"S":
            self._replace(None)

    def _replace(self, new: Playing | None) -> None:
        old, self._playing = self._playing, new
        if old is not None:
            self._over.put((old, 0.0))

    def _tell_played(self) -> None:
        waiting = []
        while not self._over.empty():
            playing, until = self._over.get()
            if until > time.monotonic():
                waiting.append((playing, until))
                continue
            seconds = playing.at / self._ear_rate
            self.say(event="played", number=playing.number, seconds=round(seconds, 3), began=playing.began)
        for one in waiting:
            self._over.put(one)

    def say(self, **event: Any) -> None:
        """One JSON packet."""
        self._send(b"J", json.dumps(event).encode())

    def beat(self) -> None:
        """A sign of life where there are no frames."""
        self._send(b"H", b"")

    def leave(self, why: str) -> None:
        """Say why, and end without asking PortAudio, which may hang (pitfalls D2)."""
        self.say(event="lost", why=why)
        os._exit(0)

    def _send(self, letter: bytes, content: bytes) -> None:
        with self._writing:
            try:
                self._out.write(HEAD.pack(letter, len(content)) + content)
                self._out.flush()
            except OSError:
                os._exit(0)  # nobody listens any more


def _read(stream: BinaryIO) -> tuple[bytes, bytes]:
    head = stream.read(HEAD.size)
    if len(head) < HEAD.size:
        os._exit(0)
    letter, length = HEAD.unpack(head)
    return letter, stream.read(length)


def _orders(device: Device, stream: BinaryIO) -> None:
    while True:
        letter, content = _read(stream)
        device.order(letter, content)


def main() -> None:
    """See the module."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not be taken for a packet
    try:
        import sounddevice as sd
    except OSError as exc:
        why = json.dumps({"event": "unable", "why": f"PortAudio is not installed (libportaudio2): {exc}"}).encode()
        out.write(why + b"\n" if "--list" in sys.argv else HEAD.pack(b"J", len(why)) + why)
        out.flush()
        return
    if "--list" in sys.argv:
        out.write(json.dumps(listed(sd)).encode() + b"\n")
        out.flush()
        return
    with contextlib.suppress(OSError):
        os.nice(-10)  # sound cannot wait; where that is not allowed it is tried without
    inward = os.fdopen(os.dup(0), "rb")
    _, wanted = _read(inward)
    want = json.loads(wanted)
    device = Device(sd, want, out)
    told, orders = False, threading.Thread(target=_orders, args=(device, inward), daemon=True)
    orders.start()
    while True:
        found = find(sd, want)
        if found is not None:
            try:
                names = device.open(*found)
                break
            except (sd.PortAudioError, ValueError):
                os._exit(0)  # half open: only a new process is sure to be clean
        if not told:
            told = True
            device.say(event="absent")
        device.beat()
        time.sleep(LOOK_S)
        sd._terminate()  # nothing is open: the one moment when the list may be made anew
        sd._initialize()
    device.run(names)


if __name__ == "__main__":
    main()
