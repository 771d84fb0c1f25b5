"""Hours in which nobody speaks to the assistant, through the whole chain of a headset, as fast as it takes them.

Wake word, endpointing, ear, gates, reading, policy and machines are the real ones. Stood in for are the microphone, the
ear piece, and the clock, which goes with the sound: while the ear or the core is at work, no sound comes. Before the
first hour and after each one somebody does speak to it, so that a chain that is broken is not taken for a quiet one.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

import msgspec
import numpy as np

from assistant import bootstrap
from assistant.adapters import eventlog
from assistant.adapters.audiofile import RATE, Samples, read
from assistant.adapters.opcua import OpcUaMachines
from assistant.adapters.silero import SileroEndpointer
from assistant.adapters.tasks import ended
from assistant.bench import Rate, Share
from assistant.bench.hall import FLOOR, PEOPLE, SHARES, Hall, Part
from assistant.bench.ids import sentences
from assistant.bench.load import the_plant
from assistant.bench.mute import Mute
from assistant.bench.soundclock import SoundClock, WorkClock
from assistant.bench.talkers import controls, others
from assistant.bootstrap import LocalCore, Site
from assistant.bootstrap.headset import common, manner
from assistant.domain.values import Answer, Hypothesis, Session, Transcript, Utterance
from assistant.errors import ModelError
from assistant.ports import FRAME, Clock, DeviceState, Ears, Frame, Maybe, Played, Wakeword
from assistant.turn.conversation import State
from assistant.turn.gear import Gear
from assistant.turn.station import Station

CONTROL = "spoken to"
"""Kind of the sound in which somebody does speak to it."""
SEED = 20261128
BEFORE_S, AFTER_S = 3.0, 12.0
"""Of near silence around that: afterwards its answer is over, and a question has run out."""
READY_S = 120.0
"""For the plant to be heard of."""
PATIENCE_S = 120.0
"""For an utterance's words and their meaning: no sound comes meanwhile, so a busy machine loses none."""
LEFT_ALONE = "ignored"
TOLD = ("turn.heard", "turn.answered")
"""Events of a turn that did nothing."""


@dataclass(slots=True)
class Counts:
    """What came of the hours, by kind of sound."""

    samples: Counter[str] = field(default_factory=Counter)
    """Of sound."""
    noticed: Counter[str] = field(default_factory=Counter)
    """What may have been the wake word; whether it was the ear said too."""
    wakes: Counter[str] = field(default_factory=Counter)
    utterances: Counter[str] = field(default_factory=Counter)
    """Given to the ear, those that went on after a pause again."""
    turns: dict[str, str] = field(default_factory=dict)
    """Turn -> kind."""
    decisions: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Kind and decision of each turn."""
    spoken_to: int = 0
    """How often somebody did speak to it."""


class _World(Mute):
    """Microphone, ear piece, wake word, ears, voice and core of the station, counting."""

    def __init__(
        self,
        hall: Hall,
        controls: Sequence[Samples],
        hours: float,
        ears: Ears,
        core: LocalCore,
        clock: SoundClock,
        *,
        always: bool,
    ) -> None:
        self.counts = Counts()
        self.station: Station | None = None
        self.wake: Wakeword | None = None
        self.spoke: IO[str] | None = None
        """Where each turn is written that it did not leave alone, for whoever looks."""
        self._hall, self._controls, self._hours, self._always = hall, controls, hours, always
        self._ears, self._core, self._clock = ears, core, clock
        self._kind = CONTROL
        self._busy = 0
        self._idle = asyncio.Event()

    async def frames(self) -> AsyncIterator[Frame | DeviceState]:
        yield DeviceState("open", "hall")
        rest = np.zeros(0, np.float32)
        for part in self._parts():
            self._note()
            self._kind = part.kind
            sound = np.concatenate([rest, part.sound])
            whole = len(sound) // FRAME * FRAME
            rest = sound[whole:]
            self.counts.samples[part.kind] += len(part.sound)
            for begin in range(0, whole, FRAME):
                self._clock.go_on(self._clock.at + FRAME / RATE)
                yield Frame(sound[begin : begin + FRAME], self._clock.at)
                await self._settled()
                self._press()

    def _note(self) -> None:
        """How far it has come, for whoever cannot wait for the end."""
        if self.spoke is not None:
            counts = self.counts
            hours = {kind: round(samples / RATE / 3600, 4) for kind, samples in counts.samples.items()}
            came = {f"{kind}: {decision}": n for (kind, decision), n in counts.decisions.items()}
            told = {"hours": hours, "wakes": counts.wakes, "given to the ear": counts.utterances, "turns": came}
            Path(self.spoke.name).with_name("so_far.json").write_text(json.dumps(told, indent=1), encoding="utf-8")

    def _parts(self) -> Iterator[Part]:
        heard, hour, parts = 0.0, 0, self._hall.parts()
        yield self._control(0)
        while heard < 3600 * self._hours:
            part = next(parts)
            heard += len(part.sound) / RATE
            yield part
            if heard >= 3600 * (hour + 1):
                hour += 1
                yield self._control(hour)

    def _control(self, number: int) -> Part:
        self.counts.spoken_to += 1
        rng = np.random.default_rng([SEED, number])
        clip = self._controls[number % len(self._controls)]
        sound = np.concatenate([np.zeros(int(BEFORE_S * RATE)), clip, np.zeros(int(AFTER_S * RATE))])
        return Part(CONTROL, np.asarray(sound + FLOOR * rng.standard_normal(len(sound)), np.float32))

    async def _settled(self) -> None:
        """Until nobody works: what an engine answers comes at once."""
        for _ in range(3):
            await asyncio.sleep(0)
            while self._busy:
                await self._idle.wait()
                await asyncio.sleep(0)

    def _press(self) -> None:
        """Whoever listens always keeps the button down."""
        assert self.station is not None
        if self._always and self.station.now.state is State.WAITING and not self.station.now.voice:
            self.station.press()

    @contextmanager
    def _work(self) -> Iterator[None]:
        self._busy += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._busy -= 1
            if not self._busy:
                self._idle.set()

    @property
    def phrase(self) -> str:
        assert self.wake is not None
        return self.wake.phrase

    def feed(self, samples: object) -> Maybe | None:
        """See ports.Wakeword."""
        assert self.wake is not None
        maybe = self.wake.feed(samples)
        self.counts.noticed[self._kind] += maybe is not None
        return maybe

    def said(self, maybe: Maybe, likeness: float | None) -> bool:
        assert self.wake is not None
        woke = self.wake.said(maybe, likeness)
        self.counts.wakes[self._kind] += woke
        return woke

    async def likeness(self, sound: object, phrase: str) -> float:
        with self._work():
            return await self._ears.likeness(sound, phrase)

    async def words(self, utterance: Utterance, prompt: Sequence[str]) -> tuple[Sequence[Hypothesis], str]:
        self.counts.utterances[self._kind] += 1
        with self._work():
            return await self._ears.words(utterance, prompt)

    async def turn(self, transcript: Transcript) -> Answer:
        with self._work():
            answer = await self._core.turn(transcript)
        decision = answer.decision.value if answer.decision else ""
        self.counts.turns[transcript.turn] = self._kind
        self.counts.decisions[self._kind, decision] += 1
        if decision != LEFT_ALONE and self.spoke is not None:
            line = {"at": round(self._clock.at, 1), "kind": self._kind, "heard": transcript.hypotheses[0].text}
            line |= {"read": answer.intent, "slots": dict(answer.slots), "decision": decision, "said": answer.say}
            print(json.dumps(line, ensure_ascii=False), file=self.spoke, flush=True)
        return answer

    async def play(self, sound: bytes, gain: float = 1.0) -> Played:
        return Played(0.01, self._clock.at)


async def measure(
    site: Site, chosen: Path | None, real: Path | None, folder: Path, hours: float, *, always: bool
) -> AsyncIterator[Share | Rate | tuple[str, str]]:
    """So many hours, with the wake word in use or (`always`) as if its button were held down all the time.

    `real`: recordings of people who say nothing to it; `folder` is empty, and keeps log, ledger and what was not left
    alone (spoke.jsonl). Raises AudioError, ModelError, SiteError.
    """
    heard = bootstrap.wakeword(chosen)
    if heard is None and not always:
        raise ModelError("no wake word here, so there is nothing to measure")
    people = _recordings(real) if real is not None else []
    data, sound = folder / "data", SoundClock()
    data.mkdir(mode=0o700)
    async with AsyncExitStack() as stack:
        endpoint = stack.enter_context(the_plant(folder / "ledger.jsonl"))
        ears = bootstrap.ear(chosen, None, site, within_s=PATIENCE_S)
        stack.callback(ears.close)
        await ears.load()
        patient = replace(site, meaning=replace(site.meaning, answer_s=PATIENCE_S) if site.meaning else None)
        core = await stack.enter_async_context(_core(patient, endpoint, data, WorkClock(sound)))
        who = Session(_mightiest(site), site.plant.machines[0].id)
        clips = await asyncio.to_thread(others, chosen, _answers(site))
        world = _World(Hall({PEOPLE: people, **clips}, SEED), controls(), hours, ears, core, sound, always=always)
        world.wake = None if always else heard
        gear = Gear(world, world, SileroEndpointer(), world if world.wake else None, world, world, world, sound)
        world.station = Station(who, gear, manner(chosen, site))
        with (folder / "spoke.jsonl").open("w", encoding="utf-8") as world.spoke:
            await world.station.run()
    acted = Counter(world.counts.turns.get(turn, "") for turn in _deeds(data))
    for row in _report(world.counts, acted, always=always):
        yield row


@asynccontextmanager
async def _core(site: Site, endpoint: str, data: Path, clock: Clock) -> AsyncIterator[LocalCore]:
    """A core on a log on disk and the plant."""
    async with AsyncExitStack() as stack:
        log = eventlog.SqliteLog(data)
        stack.callback(log.close)
        hardware = msgspec.structs.replace(site.hardware, endpoint=endpoint)
        machines = OpcUaMachines(hardware, [machine.id for machine in site.plant.machines])
        stack.push_async_callback(machines.close)
        parts = await bootstrap.start(replace(site, hardware=hardware), log, machines, stack, clock)
        for work in (parts.ingest.follow(), parts.ingest.compare()):
            stack.push_async_callback(ended, asyncio.create_task(work))
        async with asyncio.timeout(READY_S):
            await parts.ingest.first.wait()
        yield LocalCore(parts.core, presence=parts.presence)


def _recordings(folder: Path) -> list[Samples]:
    return [read(file) for file in sorted(folder.iterdir()) if file.suffix in (".flac", ".wav")]


def _mightiest(site: Site) -> str:
    """The badge that may do most: whatever is misheard may be done."""
    roles = Counter(role for spec in site.intents.by_name.values() for role in spec.roles)
    return max(site.plant.operators, key=lambda one: roles[one.role]).id


def _answers(site: Site) -> list[str]:
    """What it says all day: its own words, and answers about one thing or another."""
    names = [*(lot.id for lot in site.plant.lots), *(machine.name for machine in site.plant.machines)]
    about = [text.format(unit=names[number % len(names)]) for number, text in enumerate(sentences(site))]
    return list(dict.fromkeys([*common(site), *about]))


def _deeds(data: Path) -> set[str]:
    """Turns that led to anything but words."""
    return {event.correlationid for event in eventlog.read(data) if event.type not in TOLD and event.correlationid}


def _report(counts: Counts, acted: Counter[str], *, always: bool) -> Iterator[Share | Rate | tuple[str, str]]:
    """Row by row."""
    name = "always listening" if always else "wake word in use"
    quiet = [kind for kind in SHARES if counts.samples[kind]]
    hours = {kind: counts.samples[kind] / RATE / 3600 for kind in quiet}
    turns = Counter(counts.turns.values())
    did = sum(counts.decisions[CONTROL, decision] for decision in ("done", "answered", "refused"))
    yield Share(f"{name}: somebody did speak to it, and it did, answered or refused", did, counts.spoken_to)
    rows = [("turns", turns), ("actions", acted)]
    if not always:
        rows = [("times the ear was asked for the wake word", counts.noticed), ("wakes", counts.wakes), *rows]
    for what, found in rows:
        yield Rate(f"{name}: {what}", sum(found[kind] for kind in quiet), sum(hours.values()))
        yield from (Rate(f"  {what}, {kind}", found[kind], hours[kind]) for kind in quiet if found[kind])
    yield f"{name}: hours", ", ".join(f"{kind} {hours[kind]:.2f}" for kind in quiet)
    yield f"{name}: given to the ear", str(sum(counts.utterances[kind] for kind in quiet))
    came = Counter[str]()
    for (kind, decision), count in counts.decisions.items():
        came[decision] += count if kind != CONTROL else 0
    yield f"{name}: what the turns came to", ", ".join(f"{n} {what}" for what, n in came.most_common() if n) or "-"
