"""A station over fakes: what its effects do, and how it says what."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence

import numpy as np
import pytest

from assistant.adapters.clock import SystemClock
from assistant.bootstrap.headset import badges, common, manner, opening, openings
from assistant.domain.things import Notice, Voicing
from assistant.domain.values import Answer, Decision, Hypothesis, Session, Transcript, Utterance
from assistant.errors import AudioError, CoreError, EngineError
from assistant.ports import FRAME, DeviceState, Frame, Mark, Maybe, Played
from assistant.turn.conversation import State
from assistant.turn.gear import Gear
from assistant.turn.sounds import Answered, Began, Ended, Woke
from assistant.turn.speaking import pieces, sentences
from assistant.turn.station import LOOK_S, Station
from tests.a_core import the_site
from tests.fakes.memory_voice import MemoryVoice

LONG = 20_000
"""Bytes; a short sound has fewer."""
SOUND = Utterance(np.zeros(RATE := 16_000, np.float32), 0.8)


class Head:
    """A microphone, an ear piece and an endpointer that do as they are told."""

    def __init__(self) -> None:
        self.items: asyncio.Queue[Frame | DeviceState] = asyncio.Queue()
        self.marks: list[Mark | None] = []
        self.played: list[bytes] = []
        self.judged: list[str] = []
        self.gone = False
        self.endless = False
        self._stopped = asyncio.Event()

    async def frames(self) -> AsyncIterator[Frame | DeviceState]:
        while True:
            yield await self.items.get()

    async def play(self, sound: bytes, gain: float = 1.0) -> Played:
        if self.gone:
            raise AudioError("gone")
        self.played.append(sound)
        self._stopped.clear()
        await asyncio.sleep(0.1)
        if self.endless and len(sound) > LONG:
            await self._stopped.wait()
        return Played(0.7, 1.0)

    async def stop(self) -> None:
        self._stopped.set()

    async def close(self) -> None:
        return

    def feed(self, frame: Frame) -> Mark | None:
        return self.marks.pop(0)

    def transcribed(self, state: str) -> None:
        self.judged.append(state)

    def reset(self) -> None:
        return

    async def say(self) -> None:
        """Somebody says one thing."""
        for mark in (Mark("began"), Mark("paused", SOUND), None, Mark("ended", SOUND, "complete")):
            self.marks.append(mark)
            self.items.put_nowait(Frame(np.zeros(FRAME, np.float32), 1.0))
            await asyncio.sleep(0.02)


class Ear:
    def __init__(self) -> None:
        self.texts: list[str | Exception] = []
        self.likenesses: list[float | Exception] = []
        self.looked: list[tuple[object, str]] = []

    async def likeness(self, sound: object, phrase: str) -> float:
        self.looked.append((sound, phrase))
        await asyncio.sleep(0)
        likeness = self.likenesses.pop(0)
        if isinstance(likeness, Exception):
            raise likeness
        return likeness

    async def words(self, utterance: Utterance, prompt: Sequence[str]) -> tuple[Sequence[Hypothesis], str]:
        text = self.texts.pop(0)
        if isinstance(text, Exception):
            raise text
        return ([Hypothesis(text, -0.1)], "") if text else ((), "no speech")


class Phrase:
    """ports.Wakeword: what it notices is told to it; it takes what an ear finds likely, or what nobody looked at."""

    phrase = "hey foreman"

    def __init__(self) -> None:
        self.noticed: list[Maybe | Exception | None] = []
        self.asked: list[tuple[Maybe, float | None]] = []

    def feed(self, samples: object) -> Maybe | None:
        found = self.noticed.pop(0) if self.noticed else None
        if isinstance(found, Exception):
            raise found
        return found

    def said(self, maybe: Maybe, likeness: float | None) -> bool:
        self.asked.append((maybe, likeness))
        return likeness is None or likeness > -1.0


class Turns:
    def __init__(self) -> None:
        self.taken: list[Transcript] = []
        self.say = "Lot four seven one two is on hold. It has been there since six."
        self.fails = False
        self.checked: list[tuple[Session, str]] = []
        self.waiting: list[Notice] = []
        self.given: list[tuple[Session, str, str]] = []
        self.asked = 0

    async def turn(self, transcript: Transcript) -> Answer:
        await asyncio.sleep(0.1)
        if self.fails:
            raise CoreError("the core went away before it answered")
        self.taken.append(transcript)
        return Answer(transcript.hypotheses[0].text, "hold", {}, 1.0, "template", Decision.DONE, self.say)

    async def voicing(self, session: Session) -> Voicing:
        return Voicing()

    async def check_in(self, session: Session, how: str) -> None:
        self.checked.append((session, how))

    async def announcement(self, session: Session) -> Notice | None:
        self.asked += 1
        if self.fails:
            raise CoreError("the core went away before it answered")
        return self.waiting[0] if self.waiting else None

    async def told(self, session: Session, ident: str, how: str) -> None:
        self.given.append((session, ident, how))
        self.waiting = [one for one in self.waiting if one.id != ident or how != "voice"]


class World:
    """All of it."""

    def __init__(self) -> None:
        self.head, self.ear, self.turns, self.voice = Head(), Ear(), Turns(), MemoryVoice()
        self.told: list[str] = []
        self.phrase = Phrase()
        gear = Gear(self.head, self.head, self.head, self.phrase, self.ear, self.voice, self.turns, SystemClock())
        self.station = Station(Session("", "SMT-1"), gear, manner(None, the_site()), self.told.append)

    async def until(self, state: State) -> None:
        for _ in range(400):
            if self.station.now.state is state:
                return
            await asyncio.sleep(0.01)
        raise AssertionError(self.station.now)

    async def after(self, met: Callable[[], bool]) -> None:
        for _ in range(400):
            if met():
                return
            await asyncio.sleep(0.01)
        raise AssertionError(self.station.now)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    built = World()
    running = asyncio.create_task(built.station.run())
    built.head.items.put_nowait(DeviceState("open", "usb"))
    await built.until(State.WAITING)
    yield built
    running.cancel()
    await asyncio.wait({running})


async def say(world: World, text: str | Exception) -> None:
    world.ear.texts.append(text)
    world.station.press()
    await world.head.say()


async def test_a_turn_is_heard_taken_and_said_sentence_by_sentence(world: World) -> None:
    await say(world, "hold lot 4712, bridging")
    await world.until(State.SPEAKING)
    await world.until(State.WAITING)
    (taken,) = world.turns.taken
    assert (taken.channel, taken.session) == ("voice", Session("", "SMT-1"))
    assert taken.hypotheses[0].text == "hold lot 4712, bridging"
    assert world.voice.said == ["Lot four seven one two,", "is on hold.", "It has been there since six."]
    assert any(
        line.endswith("said  Lot four seven one two is on hold. It has been there since six.") for line in world.told
    )
    assert world.head.judged == ["complete"]


MAYBE = Maybe(0.5, np.zeros(16, np.float32))


async def hush(world: World, maybe: Maybe | Exception) -> None:
    """A frame in which nobody speaks, and what the wake word makes of it."""
    world.phrase.noticed.append(maybe)
    world.head.marks.append(None)
    world.head.items.put_nowait(Frame(np.zeros(FRAME, np.float32), 1.0))


@pytest.mark.parametrize("likeness", [-0.2, EngineError("the recogniser took longer than 1.5 s")])
async def test_what_may_be_the_wake_word_wakes_when_the_ear_hears_it_or_cannot_say(
    world: World, likeness: float | Exception
) -> None:
    world.ear.likenesses.append(likeness)
    await hush(world, MAYBE)
    await world.until(State.LISTENING)
    assert world.ear.looked == [(MAYBE.sound, "hey foreman")]
    assert world.phrase.asked == [(MAYBE, None if isinstance(likeness, Exception) else likeness)]


async def test_what_the_ear_does_not_hear_as_the_wake_word_is_left_alone_and_makes_no_sound(world: World) -> None:
    world.ear.likenesses.append(-3.0)
    await asyncio.sleep(0.15)  # the sound that says it is there is over
    before = len(world.head.played)
    await hush(world, MAYBE)
    await world.after(lambda: bool(world.phrase.asked))
    await asyncio.sleep(0.05)
    assert world.station.now.state is State.WAITING and len(world.head.played) == before


async def test_the_ear_is_not_asked_where_a_wake_word_changes_nothing(world: World) -> None:
    world.turns.fails = True
    await say(world, "hold lot 4712, bridging")
    await world.until(State.THINKING)
    await hush(world, MAYBE)
    await world.after(lambda: not world.phrase.noticed)
    assert world.ear.looked == []


async def test_a_wake_word_that_fails_leaves_the_button(world: World) -> None:
    await hush(world, EngineError("the wake word's model failed"))
    await say(world, "hold lot 4712, bridging")
    await world.until(State.SPEAKING)
    assert len(world.turns.taken) == 1


async def test_a_recogniser_that_fails_is_not_understood_and_said_on_the_terminal(world: World) -> None:
    await say(world, EngineError("the recogniser took longer than 20 s"))
    await world.until(State.WAITING)
    assert world.turns.taken == [] and "the recogniser took longer than 20 s" in world.told


async def test_a_core_that_is_gone_is_said_aloud(world: World) -> None:
    world.turns.fails = True
    await say(world, "hold lot 4712, bridging")
    await world.until(State.SPEAKING)
    await world.until(State.WAITING)
    assert "broke" in world.voice.said[0]


async def test_a_voice_that_fails_leaves_nobody_waiting(world: World) -> None:
    world.voice.fails = 9
    await say(world, "hold lot 4712, bridging")
    await world.until(State.THINKING)
    await world.until(State.WAITING)
    assert any("on hold" in line for line in world.told)


async def test_a_voice_that_gives_no_sound_leaves_nobody_waiting(world: World) -> None:
    world.voice.empty = True
    await say(world, "hold lot 4712, bridging")
    await world.until(State.SPEAKING)
    await world.until(State.WAITING)


async def test_an_ear_piece_that_fails_leaves_nobody_waiting(world: World) -> None:
    world.head.gone = True
    await say(world, "hold lot 4712, bridging")
    await world.until(State.SPEAKING)
    await world.until(State.WAITING)


async def test_the_wake_word_cuts_it_off_and_it_knows_where(world: World) -> None:
    world.head.endless = True
    await say(world, "hold lot 4712, bridging")
    await world.until(State.SPEAKING)
    await asyncio.sleep(0.3)
    # While the first sentence is heard the second one is made.
    assert len(world.voice.said) == 2 and world.station.now.state is State.SPEAKING
    world.station.take(Woke())
    await asyncio.sleep(0.1)
    interrupted = world.station.now.interrupted
    assert interrupted is not None and (interrupted.at, round(interrupted.offset, 2)) == (0, 0.2)


async def test_a_badge_named_into_it_is_checked_in_once_somebody_confirms_it(world: World) -> None:
    assert not await world.station.confirm()
    await say(world, "Check in badge OP 1 7.")
    await world.until(State.SPEAKING)
    await world.until(State.WAITING)
    assert world.turns.taken == [] and world.station.session.badge == ""
    assert "O P one seven" in world.voice.said[0]
    assert await world.station.confirm()
    assert world.turns.checked == [(Session("OP-17", "SMT-1"), "voice")] and world.station.session.badge == "OP-17"
    assert not await world.station.confirm()


@pytest.mark.parametrize(
    ("said", "badge"),
    [
        ("Check in badge OP-17.", "OP-17"),
        ("check in O P one seven", "OP-17"),
        ("My badge is Q A 5", "QA-5"),
        ("badge s v three", "SV-3"),
        ("check in badge OP-99", ""),
        ("check in", ""),
        ("hold lot 4712", ""),
        ("badge OP-17 and then some", ""),
    ],
)
def test_only_a_badge_of_this_plant_and_nothing_else_checks_in(said: str, badge: str) -> None:
    assert badges(the_site())(said) == badge


async def test_an_answer_of_the_loops_own_is_not_taken_for_a_turn(world: World) -> None:
    world.station.take(Answered(("Hello there.",), Decision.DONE))
    await world.until(State.WAITING)
    assert world.turns.taken == []


@pytest.mark.parametrize(
    ("say", "parts"),
    [
        ("", ()),
        ("Done.", ("Done.",)),
        ("One. Two? Three!", ("One.", "Two?", "Three!")),
        ("It is 2.5 millimetres. Done.", ("It is 2.5 millimetres.", "Done.")),
        (
            "Lot four seven one two is on hold since six, by O P one seven, because of bridging on it.",
            ("Lot four seven one two is on hold since six,", "by O P one seven, because of bridging on it."),
        ),
    ],
)
def test_what_is_said_first_is_short(say: str, parts: tuple[str, ...]) -> None:
    assert sentences(say) == parts


@pytest.mark.parametrize(
    ("say", "parts"),
    [
        ("", ()),
        (
            "Lot four seven one two is on hold, bridging. It waits.",
            ("Lot four seven one two,", "is on hold, bridging.", "It waits."),
        ),
        (
            "Release lot four seven one two, held for bridging?",
            ("Release lot four seven one two,", "held for bridging?"),
        ),
        (
            "Undone: lot four seven one three is no longer on hold.",
            ("Undone: lot four seven one three,", "is no longer on hold."),
        ),
        ("The board one zero two zero seven is scrapped.", ("The board one zero two zero seven,", "is scrapped.")),
        (
            "Undone: the board one zero two zero seven is started again.",
            ("Undone: the board one zero two zero seven,", "is started again."),
        ),
        ("Oven two is stopped.", ("Oven two,", "is stopped.")),
        ("Printer one: stencil pressure low.", ("Printer one: stencil pressure low.",)),
        ("Release lot four seven one two?", ("Release lot four seven one two?",)),
        ("There is no lot four seven one nine.", ("There is no lot four seven one nine.",)),
    ],
)
def test_an_answer_begins_with_the_name_of_what_it_is_about(say: str, parts: tuple[str, ...]) -> None:
    assert pieces(say, opening(the_site())) == parts


def test_what_answers_begin_with_is_prepared_in_the_very_words_in_which_it_is_said() -> None:
    site = the_site()
    ready = {*openings(site), *common(site)}
    for say in (
        "Lot four seven one two is on hold.",
        "Oven two is stopped.",
        "Going to sleep. Say wake up when you need me.",
    ):
        assert pieces(say, opening(site))[0] in ready


async def test_what_is_announced_is_said_once_at_rest_and_that_is_written_down(world: World) -> None:
    world.turns.waiting = [Notice("a1", "Lot L4712 was put on hold, bridging, by OP-17.")]
    await world.until(State.SPEAKING)
    await world.until(State.WAITING)
    assert " ".join(world.voice.said) == "Lot four seven one two was put on hold, bridging, by O P one seven."
    await world.after(lambda: bool(world.turns.given))
    assert world.turns.given == [(Session("", "SMT-1"), "a1", "voice")] and world.turns.taken == []
    assert any("told" in line and "L4712" in line for line in world.told)


async def test_what_is_announced_waits_until_somebody_has_done_speaking(world: World) -> None:
    world.station.take(Began())
    world.turns.waiting = [Notice("a1", "Quality wanted.")]
    asked = world.turns.asked
    await asyncio.sleep(2.5 * LOOK_S)
    assert world.turns.asked == asked and world.voice.said == []
    world.station.take(Ended("silence"))
    await world.until(State.SPEAKING)


async def test_what_could_not_be_said_was_not_told_and_is_not_tried_again_at_once(world: World) -> None:
    world.voice.fails = 1
    world.turns.waiting = [Notice("a1", "Quality wanted.")]
    await world.after(lambda: world.voice.fails == 0)
    await world.until(State.WAITING)
    asked = world.turns.asked
    await world.after(lambda: world.turns.asked > asked)
    assert world.turns.given == [] and world.voice.said == []


async def test_cut_off_by_the_wake_word_it_was_told_in_part(world: World) -> None:
    world.head.endless = True
    world.turns.waiting = [Notice("a1", "First-pass yield on line one is 80 percent over the last 60 boards.")]
    await world.until(State.SPEAKING)
    world.station.take(Woke())
    await world.after(lambda: bool(world.turns.given))
    assert world.turns.given == [(Session("", "SMT-1"), "a1", "cut")] and world.station.now.state is State.LISTENING


async def test_a_core_that_is_gone_leaves_the_headset_at_work(world: World) -> None:
    world.turns.fails = True
    asked = world.turns.asked
    await world.after(lambda: world.turns.asked > asked)
    world.turns.fails = False
    world.turns.waiting = [Notice("a1", "Quality wanted.")]
    await world.until(State.SPEAKING)
