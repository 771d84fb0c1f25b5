"""A week of two lines, asked for in one sentence: how soon the words are ready, and how soon they begin to be heard.

The week is the reference plant's own, with its stories, straight into a log (as `assistant line --days 7 --straight`).
The core is the one that a box runs, the plant's machines are a process beside it, and the sentences are typed; their
first words are said by the site's voice. Of the way to the ear the sound device is left out: `bench headset` has it.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from assistant import bootstrap
from assistant.bench import Share, Spread, Value, percentile
from assistant.bench.load import the_plant
from assistant.bootstrap import Site
from assistant.domain.values import Answer, Decision, Hypothesis, Session, Transcript
from assistant.plant import weeks
from assistant.settings import stories
from assistant.settings.paths import site_folder
from assistant.turn.speaking import sentences

SENTENCES = (
    "what happened this week",
    "what happened in the last seven days",
    "what happened on both lines in the past week",
    "give me the hand-over report for the last seven days",
    "summarise the last seven days",
)
TIMES = 20
"""How often each is said."""
SOON_S = 1.0
"""By then the first sound is to be there."""
SEED = 7
STAGES = {"parse": "read", "act": "looked up", "log": "written down, and all else"}
"""Stages of a turn as an answer has them, and what is left of it."""


async def measure(
    site: Site, chosen: Path | None, folder: Path, days: float = 7.0, times: int = TIMES
) -> AsyncIterator[Value | Spread | Share]:
    """All figures; `folder` is an empty one and is filled. `chosen`: the folder of the site's files."""
    data = folder / "data"
    data.mkdir(mode=0o700)
    count, took = _write(site, chosen, data, days)
    name = f"{days:g} days of {len(site.plant.lines)} lines"
    yield Value(f"{name}: events in the log", count, "events")
    yield Value(f"{name}: made and written", took, "s")
    with the_plant(folder / "ledger.jsonl") as endpoint:
        wired = replace(site, hardware=msgspec.structs.replace(site.hardware, endpoint=endpoint))
        for what in ("the first start, without a snapshot", "the next start"):
            async with AsyncExitStack() as stack:
                started = time.perf_counter()
                door = await stack.enter_async_context(bootstrap.host_core(wired, data))
                yield Value(f"{name}: {what}", time.perf_counter() - started, "s")
        async with AsyncExitStack() as stack:
            door = await stack.enter_async_context(bootstrap.host_core(wired, data))
            async for figure in _ask(site, chosen, door, stack, name, times):
                yield figure


def _write(site: Site, chosen: Path | None, data: Path, days: float) -> tuple[int, float]:
    """How many events, in how many seconds."""
    plant, started = site.plant, time.perf_counter()
    told = stories.load(site_folder(chosen, "hardware"), plant)
    origin = time.time() - days * weeks.DAY_S
    zone = datetime.now().astimezone().tzinfo or UTC
    programme = weeks.several(days, told.values(), origin, zone, lambda fact: None)
    count = bootstrap.write_days(plant, weeks.played(plant, SEED, programme, origin, uuid.uuid4().hex[:12]), data)
    return count, time.perf_counter() - started


async def _ask(
    site: Site, chosen: Path | None, door: bootstrap.Door, stack: AsyncExitStack, name: str, times: int
) -> AsyncIterator[Spread | Share]:
    voice = bootstrap.voice(chosen)
    stack.push_async_callback(voice.close)
    await voice.speak("ready")  # the voice's process loads its model with its first words, once a day
    session = Session(site.plant.operators[-1].id, site.plant.lines[0].id)
    words: list[float] = []
    heard: list[float] = []
    sound: list[float] = []
    stages: dict[str, list[float]] = {stage: [] for stage in STAGES}
    first = ""
    for _ in range(times):
        for said in SENTENCES:
            started = time.perf_counter()
            answer = await door.turn(Transcript(uuid.uuid4().hex, session, (Hypothesis(said),)))
            ready = time.perf_counter()
            first = sentences(_told(said, answer))[0]
            await voice.speak(first)
            there = time.perf_counter()
            words.append(1000 * (ready - started))
            heard.append(1000 * (there - started))
            sound.append(1000 * (there - ready))
            for stage, spent in _spent(answer.ms, words[-1]).items():
                stages[stage].append(spent)
    yield _median(f"{name}, asked for in one sentence: words ready", words)
    for stage, what in STAGES.items():
        yield _median(f"{name}: of that, {what}", stages[stage])
    yield _median(f"{name}: first words said ({len(first.split())} of them)", sound)
    yield _median(f"{name}, asked for in one sentence: first audio", heard)
    yield percentile(f"{name}: first audio, 95th percentile", heard, 0.95, "ms")
    yield Share(f"{name}: first audio within {SOON_S:g} s", sum(one <= 1000 * SOON_S for one in heard), len(heard))


def _median(name: str, times: Sequence[float]) -> Spread:
    """Their median."""
    return percentile(f"{name}, median", times, 0.5, "ms")


def _told(said: str, answer: Answer) -> str:
    """What was answered. Raises AssertionError where it was no report of that time."""
    if answer.intent != "report" or answer.decision is not Decision.ANSWERED or not sentences(answer.say):
        raise AssertionError(f"{said}: {answer.intent} {answer.slots}, {answer.say}")
    return answer.say


def _spent(ms: Mapping[str, float], whole: float) -> dict[str, float]:
    return {stage: ms.get(stage, 0.0) if stage in ms else whole - sum(ms.values()) for stage in STAGES}
