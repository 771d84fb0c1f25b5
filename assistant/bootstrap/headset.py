"""Headsets of a box: which devices they are, and a station for each, over one core, one ear and one voice."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from assistant.adapters import earcons as made
from assistant.adapters.button import watched
from assistant.adapters.clock import SystemClock
from assistant.adapters.ear import Ear
from assistant.adapters.readyvoice import ReadyVoice
from assistant.adapters.recordings import Recordings
from assistant.adapters.silero import SileroEndpointer
from assistant.adapters.sound import Headset, Listed, Wanted
from assistant.adapters.stretch import closed, shaped
from assistant.adapters.tasks import ended
from assistant.bootstrap.core import Door
from assistant.bootstrap.engines import ear, voice
from assistant.bootstrap.site import Site, first_entities, first_world, vocabulary
from assistant.bootstrap.wake import wake_phrase
from assistant.domain.endpointing import Words
from assistant.domain.speech import DIGITS, NOUNS, verbalise
from assistant.domain.values import Answer, Session, Utterance
from assistant.errors import AudioError, ModelError, UsageError
from assistant.ports import Ears, Microphone, Speaker, Voice, Wakeword
from assistant.settings import earcons, headsets
from assistant.settings.headsets import Button, Headsets, Profile
from assistant.settings.paths import site_folder
from assistant.turn.complete import Completeness
from assistant.turn.core import ASLEEP
from assistant.turn.gear import Gear, Manner, Times
from assistant.turn.naming import cap, unit
from assistant.turn.read import UNKNOWN
from assistant.turn.speaking import sentences
from assistant.turn.station import Station


@dataclass(frozen=True, slots=True)
class Place:
    """One headset to be served."""

    session: Session
    wanted: Wanted
    profile: str
    """Name of its profile."""
    button: Button | None = None


def load_headsets(site: Path | None) -> Headsets:
    """Profiles and stations of a site. Raises SiteError."""
    return headsets.load(site_folder(site, "hardware"))


def places(known: Headsets, listed: Sequence[Listed], session: Session, device: str = "") -> list[Place]:
    """What is to be served: the stations that the site names, else the first headset that is there; empty for none.

    `device`: a regular expression that the device's name must fit. Raises UsageError for what is no expression.
    """
    if known.stations and not device:
        return [
            Place(
                Session(session.badge if station.at == session.station else "", station.at),
                wanted(known.profile(station.headset), station.device),
                station.headset,
                station.button or known.profile(station.headset).button,
            )
            for station in known.stations
        ]
    try:
        re.compile(device)
    except re.error as exc:
        raise UsageError(f"--device {device}: no regular expression ({exc})") from exc
    for profile in known.profiles:
        if any(_fits(profile, device, one) for one in listed):
            return [Place(session, wanted(profile, device), profile.headset, profile.button)]
    if device and any(re.search(device, one.name, re.IGNORECASE) for one in listed):
        # Named by hand: no profile needs to know it.
        return [Place(session, Wanted(match=(device,)), "(none)")]
    return []


def profile_of(known: Headsets, listed: Listed) -> str:
    """The profile that fits a device best, or empty."""
    return next((profile.headset for profile in known.profiles if _fits(profile, "", listed)), "")


def _fits(profile: Profile, device: str, listed: Listed) -> bool:
    named = any(re.search(pattern, listed.name, re.IGNORECASE) for pattern in profile.match)
    there = listed.inputs and (listed.outputs or profile.ear)
    api = not profile.host_api or listed.host_api == profile.host_api
    return bool(named and there and api and re.search(device, listed.name, re.IGNORECASE))


def wanted(profile: Profile, only: str = "") -> Wanted:
    """What the sound process looks for."""
    return Wanted(
        match=profile.match,
        ear_match=profile.ear,
        only=only,
        host_api=profile.host_api,
        microphone_gain=profile.microphone_gain,
        speaker_gain=profile.speaker_gain,
        side_tone=profile.side_tone,
    )


@dataclass(frozen=True, slots=True)
class Engines:
    """What all stations of a box share."""

    ears: Ears
    voice: Voice
    manner: Manner
    preparing: asyncio.Task[None] | None = None
    """Loads the ear and makes the common answers; done when all is there."""


@asynccontextmanager
async def open_engines(folder: Path | None, site: Site, model: str | None = None) -> AsyncIterator[Engines]:
    """Ear and voice, and the common answers made beforehand. Raises SiteError; what fails later is not understood."""
    async with AsyncExitStack() as stack:
        listens = ear(folder, model, site)
        stack.callback(listens.close)
        speaks = ReadyVoice(voice(folder))
        stack.push_async_callback(speaks.close)
        preparing = asyncio.create_task(_prepared(listens, speaks, site))
        stack.push_async_callback(ended, preparing)
        yield Engines(listens, speaks, manner(folder, site), preparing)


async def _prepared(listens: Ear, speaks: ReadyVoice, site: Site) -> None:
    with suppress(ModelError):  # whoever speaks first meets the same, and is told
        await listens.load()
    await speaks.prepare([*common(site), *openings(site)])


def common(site: Site) -> list[str]:
    """Answers that are always the same words, in the pieces in which they are said."""
    answers = [*site.intents.shared.answers.values()]
    answers += [answer for spec in site.intents.by_name.values() for answer in spec.answers.values()]
    same = [answer for answer in answers if answer and "{" not in answer and "(" not in answer]
    return list(dict.fromkeys(piece for answer in same for piece in sentences(verbalise(answer))))


def openings(site: Site) -> list[str]:
    """With what answers about the things of this plant begin."""
    world = first_world(site.plant)
    things = [*world.lots, *world.machines, *world.lines]
    return [f"{cap(verbalise(unit(world, thing)))}," for thing in things]


def opening(site: Site) -> Callable[[str], str]:
    """What finds the name of a thing at the beginning of a sentence as it is said (Manner.opening)."""
    world = first_world(site.plant)
    named = sorted((verbalise(unit(world, thing)) for thing in (*world.machines, *world.lines)), key=len, reverse=True)
    digit = "|".join(DIGITS)
    names = [*map(re.escape, named), *(rf"{noun}(?: (?:{digit}))+" for noun in sorted(NOUNS.values()))]
    begins = re.compile(rf"(?:[a-z]+:? )?(?:the )?(?:{'|'.join(names)})(?![a-z])", re.IGNORECASE)

    def found(sentence: str) -> str:
        match = begins.match(sentence)
        return match[0] if match else ""

    return found


def manner(folder: Path | None, site: Site) -> Manner:
    """What a site's files say of a headset's loop. Raises SiteError."""
    intents, whole = site.intents, Completeness(site.reader, site.intents)
    entities = first_entities(first_world(site.plant), site.reader.language)

    def judge(text: str) -> Words:
        return whole.of(text, entities)

    def text(key: str, what: str) -> str:
        return intents.text(UNKNOWN, key, {"what": what}) if key in intents.shared.answers else ""

    return Manner(
        silences=frozenset(intents.shared.silences),
        cancels=frozenset(intents.shared.cancels),
        text=text,
        judge=judge,
        phrase=wake_phrase(folder),
        badge=badges(site),
        prompt=vocabulary(site),
        earcons=made.sounds(earcons.load(site_folder(folder, "hardware"))),
        shaped=shaped,
        closed=closed,
        opening=opening(site),
    )


def badges(site: Site) -> Callable[[str], str]:
    """What finds the badge that words ask to check in ("check in badge O P one seven")."""
    words, digits = site.intents.shared.checks_in, site.reader.language.numbers.digits
    known = {_letters(operator.id, {}): operator.id for operator in site.plant.operators}
    asks = sorted((_letters(phrase, {}) for phrase in words), key=len, reverse=True)

    def badge(said: str) -> str:
        spelled = _letters(said, {word: str(digit) for word, digit in digits.items()})
        rests = (spelled.removeprefix(ask) for ask in asks if spelled.startswith(ask))
        return next((known[rest] for rest in rests if rest in known), "")

    return badge


def _letters(said: str, digits: Mapping[str, str]) -> str:
    """Letters and digits alone, digit words as digits, o as a zero: `badge O P one seven` -> `badge0p17`."""
    words = re.findall(r"[a-z0-9]+", said.lower())
    return "".join(digits.get(word, word) for word in words).replace("o", "0")


def a_station(
    session: Session,
    microphone: Microphone,
    speaker: Speaker,
    wakeword: Wakeword | None,
    engines: Engines,
    door: Door,
    tell: Callable[[str], None],
    kept: Recordings | None = None,
    note: Callable[[Times], None] = lambda times: None,
) -> Station:
    """A station over these. `kept`: where the sound of its turns is kept, as far as the site keeps any."""
    gear = Gear(microphone, speaker, SileroEndpointer(), wakeword, engines.ears, engines.voice, door, SystemClock())

    def keep(turn: str, utterance: Utterance, answer: Answer) -> None:
        # As `hear` does: what was not meant for us is not ours to keep.
        if kept is None or answer.intent == UNKNOWN or answer.rule == ASLEEP:
            return
        try:
            kept.keep(turn, utterance, time.time())
        except AudioError as exc:
            tell(str(exc))

    return Station(session, gear, engines.manner, tell, keep, note)


@asynccontextmanager
async def open_stations(
    served: Sequence[Place],
    engines: Engines,
    doors: Sequence[Door],
    tell: Callable[[str], None],
    kept: Recordings | None = None,
    wakeword: Callable[[], Wakeword | None] = lambda: None,
) -> AsyncIterator[list[Station]]:
    """A station for each place, on the door of its own, its button watched.

    Raises UsageError for a badge or station unknown here.
    """
    async with AsyncExitStack() as stack:
        stations = []
        for place, door in zip(served, doors, strict=True):
            await door.check(place.session)
            headset = Headset(place.wanted)
            stack.push_async_callback(headset.close)
            station = a_station(place.session, headset, headset, wakeword(), engines, door, tell, kept)
            await door.check_in(place.session, "terminal")
            if place.button is not None:
                await stack.enter_async_context(watched(place.button.device, place.button.code, station.press))
            stations.append(station)
        yield stations
