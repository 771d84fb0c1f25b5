"""Stories: the question of each in five phrasings, heard, answered over its log, the numbers compared.

What is true the plant wrote down itself (plant.stories), from what it did and not from what it reported.

The folder holds `labels.json` (see bench.hearing), each recording with its `story`. The clock stands where the question
is asked in the story; no machine is connected, so an answer is from the log alone.
"""

from __future__ import annotations

import asyncio
import re
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from assistant import bootstrap
from assistant.adapters import audiofile, eventlog
from assistant.adapters.ear import Ear
from assistant.adapters.opcua import OpcUaMachines
from assistant.bench import Share
from assistant.bench.hearing import labels_of
from assistant.bootstrap import Site
from assistant.domain import events as e
from assistant.domain.speech import DIGITS, TEENS, clock, verbalise
from assistant.domain.values import Answer, Decision, Hypothesis, Session, Transcript
from assistant.plant.stories import Fact
from assistant.plant.weeks import alone, played
from assistant.ports import Voice
from assistant.settings import stories

ORIGIN = datetime(2026, 11, 25, 1, 0, tzinfo=UTC).timestamp()
SEED = 7
LONGEST_S = 120.0
"""Of an answer as sound."""
HEARD_S = 12.0
"""So much of it is heard again, its first sentence."""
_DIGITS = {word: f"{number}" for number, word in enumerate((*DIGITS, *TEENS))}
MOST_MORE = 30
"""Nobody says "more" so often."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One thing that an answer must say."""

    what: str
    """In a few words."""
    pattern: str
    """Finds it in the answer; with a group, that is a number."""
    value: float | None = None
    """What the number is; None where the words are enough."""
    within: float = 0.0
    """So far off it may be, in its unit."""
    further: bool = False
    """It may also come after "more"."""

    def missing(self, said: str, whole: str) -> str:
        """Why the answer is not true, or empty. `whole`: with all that "more" told."""
        found = re.search(self.pattern, whole if self.further else said)
        if found is None:
            return f"{self.what} is not said"
        if self.value is not None and abs(float(found[1]) - self.value) > self.within:
            return f"{self.what} is {found[1]} and should be {self.value:g}"
        return ""


@dataclass(frozen=True, slots=True)
class Told:
    """What came of one recording."""

    story: str
    file: str
    said: str
    """What was said into the microphone."""
    heard: str
    answer: str
    wrong: tuple[str, ...]
    """What is not true of the answer; empty where all is."""
    seconds: float
    """How long the answer is as sound; 0 without a voice."""
    again: bool | None
    """Whether its first number was heard again in that sound; None where nobody listened."""


@dataclass(frozen=True, slots=True)
class Story:
    """A story that was told alone."""

    name: str
    facts: tuple[Fact, ...]
    events: tuple[e.Event, ...]

    def fact(self, what: str, where: str = "") -> Fact:
        """The first of that kind."""
        return next(one for one in self.facts if one.what == what and where in ("", one.where))


def played_alone(site: Site, folder: Path, name: str) -> Story:
    """A story of a site's `hardware/`, played once. Raises SiteError, UsageError."""
    facts: list[Fact] = []
    story = stories.chosen(stories.load(folder, site.plant), name)
    programme = alone(story, lambda fact: facts.append(fact.moved(ORIGIN)))
    events = [*bootstrap.declarations(site.plant, ORIGIN - 3600), *played(site.plant, SEED, programme, ORIGIN, "story")]
    return Story(name, tuple(facts), tuple(events))


async def measure(
    site: Site, chosen: Path | None, hardware: Path, clips: Path, work: Path, only: Sequence[str] = ()
) -> AsyncIterator[Told]:
    """Every recording of a folder; `work` is empty. `only`: these stories. Raises AudioError, SiteError."""
    site = replace(site, calendar=replace(site.calendar, zone=UTC))
    labels = labels_of(clips)
    names = list(dict.fromkeys(label["story"] for label in labels))
    async with AsyncExitStack() as stack:
        ear = bootstrap.ear(chosen, None, site)
        stack.callback(ear.close)
        voice = bootstrap.voice(chosen)
        stack.push_async_callback(voice.close)
        for name in names:
            if only and name not in only:
                continue
            data = work / name
            data.mkdir(mode=0o700)
            async for told in _asked(site, played_alone(site, hardware, name), labels, clips, data, ear, voice):
                yield told


async def _asked(
    site: Site, story: Story, labels: Iterable[dict[str, Any]], clips: Path, data: Path, ear: Ear, voice: Voice
) -> AsyncIterator[Told]:
    name = story.name
    ask_at, wants = QUESTIONS[name]
    at = ask_at(story)
    prompt, session = bootstrap.vocabulary(site), Session(site.plant.operators[-1].id)
    async with AsyncExitStack() as stack:
        log = eventlog.SqliteLog(data)
        stack.callback(log.close)
        log.append([event for event in story.events if event.time <= at])
        parts = await bootstrap.start(site, log, OpcUaMachines(site.hardware, ()), stack, _Then(at + 1))
        for number, label in enumerate(one for one in labels if one["story"] == name):
            heard = await ear.hear(audiofile.read(clips / label["file"]), prompt)
            transcript = Transcript(
                uuid.uuid4().hex, session, heard.hypotheses, "voice", heard.rejected, heard.utterance.cut
            )
            answer = await parts.core.turn(transcript)
            said = answer.say
            wanted = wants(story)
            whole = said
            if answer.decision is Decision.ANSWERED and any(one.further for one in wanted):
                whole = f"{said} {await _more(parts.core.turn, session)}"
            wrong = tuple(filter(None, (one.missing(said, whole) for one in wanted)))
            sound = await _spoken(voice, said, data / f"{label['file']}.wav")
            again = None
            key = _key(wanted, said)
            if number == 0 and key:
                again = key in _plain((await ear.hear(sound[: int(HEARD_S * audiofile.RATE)])).hypotheses)
            words = heard.hypotheses[0].text if heard.hypotheses else ""
            yield Told(name, label["file"], label["text"], words, said, wrong, len(sound) / audiofile.RATE, again)


async def _spoken(voice: Voice, said: str, file: Path) -> audiofile.Samples:
    """An answer as sound; nothing of nothing."""
    if not said:
        return np.zeros(0, np.float32)
    sound = await voice.speak(said)
    await asyncio.to_thread(file.write_bytes, sound)
    return audiofile.read(file, LONGEST_S)


async def _more(turn: Callable[[Transcript], Awaitable[Answer]], session: Session) -> str:
    """All that is left of an answer."""
    told: list[str] = []
    for _ in range(MOST_MORE):
        answer = await turn(Transcript(uuid.uuid4().hex, session, (Hypothesis("tell me more"),)))
        told.append(answer.say)
        if answer.say in told[:-1] or not answer.say:
            break
    return " ".join(told)


def _key(wanted: Sequence[Wanted], said: str) -> str:
    """The first number that was asked for, as it was said; empty where there is none."""
    for one in wanted:
        found = re.search(one.pattern, said)
        if found is not None and one.value is not None and not one.further:
            return found[1]
    return ""


def _plain(heard: Sequence[Hypothesis]) -> list[str]:
    """The numbers that a recogniser wrote, in digits."""
    words = re.findall(r"[a-z]+|\d+", heard[0].text.lower() if heard else "")
    return [_DIGITS.get(word, word) for word in words]


class _Then:
    """ports.Clock that stands at a time of the story, and only measures how long things take."""

    def __init__(self, wall: float) -> None:
        self._wall = wall

    def now(self) -> float:
        """See ports.Clock."""
        return self._wall

    def monotonic(self) -> float:
        """See ports.Clock."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """See ports.Clock."""
        await asyncio.sleep(seconds)


# ---- what is true of each -------------------------------------------------------------------------------------------


def _oclock(seconds: float) -> str:
    wall = datetime.fromtimestamp(seconds, UTC)
    return clock(wall.hour, wall.minute)


def _clog(story: Story) -> list[Wanted]:
    down, alarm, seen = story.fact("down", "PRN-1"), story.fact("alarm", "PRN-1"), story.fact("acknowledged")
    return [
        Wanted("how long it stood", r"for (\d+) minutes", round(down.value / 60)),
        Wanted("when it stopped", f"[Pp]rinter one stopped at {_oclock(down.since)} "),
        Wanted("how often the alarm came", r"stencil pressure low came (\d+) times", alarm.count),
        Wanted("who acknowledged it", f"{verbalise(seen.by)} acknowledged it"),
    ]


def _reel(story: Story) -> list[Wanted]:
    bad, stood = story.fact("reel"), story.fact("stood")
    found = next(one for one in story.facts if one.what == "defects" and one.name == "tombstone")
    return [
        Wanted("how many tombstones", r"tombstone (\d+) times, mostly at U seven", found.count),
        # The inspection sees some on good boards, too, and one of these may have had a part of that reel.
        Wanted("how many of the reel", r"(\d+) of \d+ findings of tombstone are at U seven", stood.count, 2),
        Wanted("of all", r"\d+ of (\d+) findings of tombstone", found.count),
        Wanted("which reel", f"on parts of reel {verbalise(bad.name)}, on placer three"),
        Wanted("when it was on", f"from {_oclock(bad.since)} to {_oclock(bad.until)}"),
    ]


def _nozzle(story: Story) -> list[Wanted]:
    drift = story.fact("drift")
    rate = drift.value * 3600 / (drift.until - drift.since)
    return [
        # What is measured of a board is the largest of its offsets, and that is not always this one.
        Wanted("how fast it rises", r"It rises by (\d+) micrometres an hour", rate, rate / 3),
        Wanted("which place", f"That is {verbalise(drift.part)}: from "),
        Wanted("how far it has come", r"from \d+ to (\d+) micrometres", 15 + drift.value, 4),
    ]


def _jam(story: Story) -> list[Wanted]:
    down = story.fact("down", "PNP-4")
    return [
        Wanted("how long it stood", r"for (\d+) minutes", round(down.value / 60)),
        Wanted("how often", "[Pp]lacer four stood once, "),
        Wanted("what for", "board jammed at the conveyor"),
    ]


def _changeover(story: Story) -> list[Wanted]:
    over = story.fact("changeover")
    ready = next(
        event.time
        for event in story.events
        if isinstance(event.data, e.MachineSetUp) and event.subject == "PRN-1" and event.time > over.since
    )
    return [Wanted("when it was set up, and for what", f"set up for the gateway at {_oclock(ready)}", further=True)]


def _handover(story: Story) -> list[Wanted]:
    until = story.fact("told").until
    made = sum(
        isinstance(event.data, e.BoardDeparted) and event.data.machine in ("AOI-1", "AOI-2") and event.time <= until
        for event in story.events
    )
    notes = [one for one in story.facts if one.what == "note"]
    said = [
        Wanted("a note", f"{verbalise(one.by)} noted of .*{re.escape(verbalise(one.name))}", further=True)
        for one in notes
    ]
    return [Wanted("how many boards were made", r"(\d+) boards were made", made), *said]


def _told(story: Story) -> float:
    return story.fact("told").until


QUESTIONS: Mapping[str, tuple[Callable[[Story], float], Callable[[Story], list[Wanted]]]] = {
    "clog": (_told, _clog),
    "reel": (_told, _reel),
    "nozzle": (lambda story: story.fact("drift").until, _nozzle),
    "jam": (_told, _jam),
    "changeover": (_told, _changeover),
    "handover": (_told, _handover),
}
"""Story -> when it is asked about, and what must be said."""


def shares(told: Sequence[Told]) -> Iterator[Share]:
    """What came of them, story by story and in all."""
    for name in dict.fromkeys(one.story for one in told):
        mine = [one for one in told if one.story == name]
        yield Share(f"spoken, the true answer: {name}", sum(not one.wrong for one in mine), len(mine))
    yield Share("spoken, the true answer", sum(not one.wrong for one in told), len(told))
    yield Share("answers made as sound", sum(one.seconds > 0.5 for one in told), len(told))
    again = [one.again for one in told if one.again is not None]
    yield Share("answers heard again with their first number", sum(again), len(again))
