"""What happens to a headset at work: its device fails, and its own voice comes back."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from dataclasses import replace

from assistant.bench.headset import NAME, SETTLE_S, Bench, until
from assistant.domain.values import Decision
from assistant.turn.conversation import State
from assistant.turn.sounds import Answered

FAULTS = ("unplugged", "back at another rate", "daemon killed", "nothing comes", "its process killed")


async def broken(bench: Bench, fault: str) -> float | None:
    """One fault of the device; seconds from its end to the headset's return, None when it did not return as it should.

    As it should: lost once, back once, and no turn.
    """
    await bench.ready()
    await asyncio.sleep(SETTLE_S)
    states, told, pulse = len(bench.tap.states), len(bench.told), bench.pulse
    match fault:
        case "unplugged" | "back at another rate":
            await asyncio.to_thread(pulse.unplug, NAME)
        case "daemon killed":
            await asyncio.to_thread(pulse.kill)
        case "nothing comes":
            await asyncio.to_thread(pulse.suspend, NAME, on=True)
        case _:
            if bench.headset.pid is not None:
                os.kill(bench.headset.pid, signal.SIGKILL)
    if not await until(lambda: len(bench.tap.states) > states):
        return None
    match fault:
        case "unplugged":
            await asyncio.to_thread(pulse.plug, NAME)
        case "back at another rate":
            await asyncio.to_thread(pulse.plug, NAME, 16_000)
        case "daemon killed":
            await asyncio.to_thread(pulse.start)
        case "nothing comes":
            await asyncio.to_thread(pulse.suspend, NAME, on=False)
    there = time.monotonic()
    if not await until(lambda: bench.tap.states[-1].state == "open"):
        return None
    seconds = time.monotonic() - there
    kinds = [state.state for state in bench.tap.states[states:]]
    acted = [line for line in bench.told[told:] if ": heard " in line]
    return seconds if kinds == ["lost", "open"] and not acted else None


def speak_now(bench: Bench, sentences: tuple[str, ...]) -> None:
    """It says this, as if a turn had come to it."""
    bench.station.now = replace(bench.station.now, state=State.THINKING)
    bench.station.take(Answered(sentences, Decision.DONE))


async def echoed(bench: Bench, number: int) -> bool:
    """It speaks, and its own words and a command in its own voice come back meanwhile; whether that did anything."""
    await bench.ready()
    command = ECHOES[number % len(ECHOES)]
    for name, words in (("own.wav", ANSWER), ("command.wav", command)):
        (bench.pulse.folder / name).write_bytes(await bench.engines.voice.speak(words))
    asked = len(bench.told)
    speak_now(bench, (ANSWER, ANSWER))
    for name in ("command.wav", "own.wav"):
        await asyncio.to_thread(bench.pulse.say, NAME, bench.pulse.folder / name)
    await until(lambda: bench.station.now.state is not State.SPEAKING)
    await asyncio.sleep(1.5)
    await bench.ready()
    return any(": heard " in line for line in bench.told[asked:])


ANSWER = "Lot four seven one two is on hold since six o'clock, by O P one seven, because of bridging between the pads."
ECHOES = (
    "hold lot four seven one two, bridging",
    "hey foreman, stop oven two",
    "release lot four seven one two",
    "yes",
    "hey foreman, scrap board one oh two three one, damaged",
)
