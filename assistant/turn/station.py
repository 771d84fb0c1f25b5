"""One headset at work: its loop's effects are done here, through ports, and come back as messages.

Everything runs on one event loop: a message is taken at once and whole, and what takes time is a task that sends
another message when it is done.
"""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Any

import structlog

from assistant.domain.speech import verbalise
from assistant.domain.things import Voicing
from assistant.domain.values import Answer, Decision, Hypothesis, Session, Transcript, Utterance
from assistant.errors import AssistantError, AudioError, EngineError
from assistant.ports import DeviceState, Frame
from assistant.turn.conversation import Conversation, State
from assistant.turn.gear import Gear, Manner, Times
from assistant.turn.headset import step
from assistant.turn.notices import CUT, VOICE
from assistant.turn.sounds import (
    Announced,
    Answered,
    Back,
    Began,
    Effect,
    Ended,
    Gave,
    Heard,
    Hush,
    Judge,
    Lost,
    Message,
    Paused,
    Play,
    Played,
    Pressed,
    Reset,
    Resumed,
    Say,
    SayKey,
    Silenced,
    Speech,
    Spoke,
    Start,
    Stop,
    Take,
    Tell,
    TimedOut,
    Timer,
    Transcribe,
    Woke,
)

WOKEN = 0.5
"""From this on a wake word was heard (ports.Wakeword)."""
SHORT = 12
"""Words of a first sentence that is said in one piece; of a longer one the first part is made, and heard, first."""
CLAIMED_S = 30.0
"""How long a badge that was named can be confirmed."""
GONE_S = 1.5
"""After a sound could not be played, for the device to be noticed as lost."""
LOOK_S = 1.0
"""Between two looks for something to say by itself."""
AGAIN_S = 30.0
"""Before an announcement that was cut off or could not be said is begun again."""
_SENTENCE = re.compile(r"(?<=[.?!…])\s+(?=[^\s])")
_CLAUSE = re.compile(r"(?<=[,;:])\s+")
_log = structlog.get_logger(__name__)


class Station:
    """A badge at a station with a headset. Whoever runs it may also press its button."""

    def __init__(
        self,
        session: Session,
        gear: Gear,
        manner: Manner,
        tell: Callable[[str], None] = lambda line: None,
        keep: Callable[[str, Utterance, Answer], None] = lambda turn, utterance, answer: None,
        note: Callable[[Times], None] = lambda times: None,
    ) -> None:
        """`tell`: a line for the terminal. `keep`: the sound of a turn. `note`: when what happened, once it spoke."""
        self.session = session
        self._gear, self._manner, self._tell, self._keep, self._note = gear, manner, tell, keep, note
        self.now = Conversation()
        self._utterance: Utterance | None = None
        self._heard: dict[int, tuple[tuple[Hypothesis, ...], str, Utterance]] = {}
        self._timers: dict[Timer, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._mouth: asyncio.Task[None] | None = None
        self._hushes = 0
        self._voicing = Voicing()
        self._claimed = ("", 0.0)
        """A badge that asked to be checked in, and until when that can be confirmed."""
        self._times = Times()

    async def run(self) -> None:
        """For ever. Raises AudioError when there can be no sound at all."""
        try:
            await self._refresh()
            self._task(self._speak_up())
            async for item in self._gear.microphone.frames():
                if isinstance(item, DeviceState):
                    self._device(item)
                else:
                    self._frame(item)
        finally:
            for task in [*self._tasks, *self._timers.values()]:
                task.cancel()

    def press(self) -> None:
        """The button that stands for the wake word."""
        self.take(Pressed())

    async def confirm(self) -> bool:
        """Somebody at the terminal says that the badge that was named is here; whether there was one.

        Raises AssistantError.
        """
        (badge, until), self._claimed = self._claimed, ("", 0.0)
        if not badge or self._gear.clock.monotonic() > until:
            return False
        session = Session(badge, self.session.station)
        await self._gear.turns.check_in(session, "voice")
        self.session = session
        await self._refresh()
        self._tell(self._manner.text("checked_in", badge))
        if self.now.state is State.WAITING:
            self.take(Answered((verbalise(self._manner.text("checked_in", badge)),), Decision.DONE))
        return True

    def take(self, message: Message) -> None:
        """One message, and what follows from it."""
        before = self.now.state
        self.now, effects = step(self.now, message)
        if self.now.state is not before:
            _log.debug(
                "headset", station=self.session.station, was=before, now=self.now.state, why=type(message).__name__
            )
        for effect in effects:
            self._do(effect)

    # ---- what comes in -------------------------------------------------------------------------------------

    def _device(self, state: DeviceState) -> None:
        self._gear.endpointer.reset()
        self.take(Back(state.name) if state.state == "open" else Lost(f"{state.name or 'none'} ({state.why})"))

    def _frame(self, frame: Frame) -> None:
        gear = self._gear
        try:
            mark = gear.endpointer.feed(frame)
        except EngineError as exc:
            _log.warning("the microphone's sound cannot be used", why=str(exc))
            self.take(Ended("lost"))
            return
        if mark is not None:
            self._utterance = mark.utterance or self._utterance
            match mark.kind:
                case "began":
                    self.take(Began())
                case "paused":
                    self._times.paused = frame.at
                    self.take(Paused())
                case "resumed":
                    self.take(Resumed())
                case "ended":
                    self._times.ended = frame.at
                    self.take(Ended(mark.why))
        if gear.wakeword is not None:
            try:
                woken = gear.wakeword.feed(frame.samples) >= WOKEN
            except EngineError as exc:
                _log.warning("the wake word failed", why=str(exc))
                return
            if woken:
                self.take(Woke())

    # ---- effects -------------------------------------------------------------------------------------------

    def _do(self, effect: Effect) -> None:
        match effect:
            case Transcribe(number):
                if self._utterance is not None:
                    self._task(self._transcribe(number, self._utterance))
                else:
                    self.take(Heard(number, ()))
            case Judge(texts):
                if texts:
                    self._gear.endpointer.transcribed(self._manner.judge(texts[0]))
            case Take(words):
                self._task(self._turn(words))
            case Say(speech):
                self._mouth = self._task(self._speak(speech, self._mouth, self._hushes))
            case SayKey(key):
                self._mouth = self._task(self._aside(key, self._mouth, self._hushes))
            case Play(earcon):
                self._mouth = self._task(self._earcon(earcon, self._mouth, self._hushes))
            case Hush():
                self._hushes += 1
                self._task(self._gear.speaker.stop())
            case Reset():
                self._gear.endpointer.reset()
            case Start(timer, seconds):
                self._stop(timer)
                self._timers[timer] = self._task(self._count(timer, seconds))
            case Stop(timer):
                self._stop(timer)
            case Gave(ident, cut):
                self._task(self._gave(ident, CUT if cut else VOICE))
            case Tell(key, what):
                self._tell(self._manner.text(key, what))

    def _task(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (problem := task.exception()) is not None:
            _log.error("a headset's task failed", station=self.session.station, exc_info=problem)

    def _stop(self, timer: Timer) -> None:
        if (task := self._timers.pop(timer, None)) is not None:
            task.cancel()

    async def _count(self, timer: Timer, seconds: float) -> None:
        await self._gear.clock.sleep(seconds)
        self._timers.pop(timer, None)
        self.take(TimedOut(timer))

    # ---- hearing -------------------------------------------------------------------------------------------

    async def _transcribe(self, number: int, utterance: Utterance) -> None:
        hypotheses: Sequence[Hypothesis] = ()
        try:
            hypotheses, rejected = await self._gear.ears.words(utterance, self._manner.prompt)
        except AssistantError as exc:
            # Not understood, and whoever spoke hears so; what is wrong is for the terminal.
            rejected = "engine"
            self._tell(str(exc))
        finally:
            self._times.heard = self._gear.clock.monotonic()
        rests = [(one, self._manner.after(one.text)) for one in hypotheses]
        addressed = bool(rests) and rests[0][1] is not None
        kept = tuple(replace(one, text=one.text if rest is None else rest) for one, rest in rests)
        if kept and not kept[0].text:
            kept = ()
        kept = tuple(one for one in kept if one.text)
        if not kept and not addressed and self.now.state in (State.CAPTURING, State.HEARING):
            self._tell(f"{self.session.station or '-'}: no words ({rejected})")
        self._heard = {old: words for old, words in self._heard.items() if old > number - 3}
        self._heard[number] = (kept, rejected, utterance)
        plain = " ".join(re.findall(r"[\w']+", kept[0].text.lower())) if kept else ""
        self.take(
            Heard(
                number,
                tuple(one.text for one in kept),
                silences=plain in self._manner.silences,
                cancels=plain in self._manner.cancels,
                addressed=addressed,
            )
        )

    async def _turn(self, words: Heard) -> None:
        hypotheses, rejected, utterance = self._heard[words.number]
        transcript = Transcript(uuid.uuid4().hex, self.session, hypotheses, "voice", rejected, utterance.cut)
        self._tell(f"{self.session.station or '-'}: heard {words.texts[0]!r}")
        self._times = replace(self._times, turn=transcript.turn, said=words.texts[0], made=0.0, began=0.0)
        answered = Answered((self._manner.text("broken", ""),), Decision.UNCERTAIN)
        try:
            if badge := self._manner.badge(words.texts[0]):
                self._claimed = (badge, self._gear.clock.monotonic() + CLAIMED_S)
                answered = Answered((verbalise(self._manner.text("check_in_asked", badge)),), Decision.ANSWERED)
                return
            answer = await self._gear.turns.turn(transcript)
            self._keep(transcript.turn, utterance, answer)
            answered = _answered(answer)
            await self._refresh()
        except AssistantError as exc:
            self._tell(str(exc))
        finally:
            self._times.answered = self._gear.clock.monotonic()
            self._times.decision = answered.decision.value if answered.decision else ""
            self._tell(f"{self.session.station or '-'}: said  {' '.join(answered.sentences) or '(nothing)'}")
            self.take(answered)

    # ---- speaking up ---------------------------------------------------------------------------------------

    async def _speak_up(self) -> None:
        """For ever: what is meant for whoever is here, one at a time, at a moment when nobody speaks."""
        begun: dict[tuple[Session, str], float] = {}
        while True:
            await self._gear.clock.sleep(LOOK_S)
            session, now = self.session, self._gear.clock.monotonic()
            if self.now.state is not State.WAITING or self.now.voice:
                continue
            try:
                notice = await self._gear.turns.announcement(session)
            except AssistantError as exc:
                _log.debug("no announcements", why=str(exc))  # what is said next meets the same, and is answered
                continue
            if notice is None or session != self.session or now < begun.get((session, notice.id), now):
                continue
            self.take(Announced(notice.id, sentences(verbalise(notice.words))))
            if self.now.speech is not None and self.now.speech.announces == notice.id:
                begun[session, notice.id] = now + AGAIN_S
                self._tell(f"{session.station or '-'}: told  {notice.words}")

    async def _gave(self, ident: str, how: str) -> None:
        try:
            await self._gear.turns.told(self.session, ident, how)
        except AssistantError as exc:
            self._tell(str(exc))

    async def _refresh(self) -> None:
        self._voicing = await self._gear.turns.voicing(self.session)

    # ---- speaking ------------------------------------------------------------------------------------------

    async def _speak(self, speech: Speech, before: asyncio.Task[None] | None, hushes: int) -> None:
        """All of it, the next sentence being made while one is heard."""
        sentences = speech.sentences or (self._manner.text(speech.key, ""),)
        making = self._made(sentences[speech.at]) if speech.at < len(sentences) else None
        await _after(before)
        for index in range(speech.at, len(sentences)):
            assert making is not None
            try:
                sound = await making
            except EngineError as exc:
                self._tell(str(exc))
                break
            self._times.made = self._times.made or self._gear.clock.monotonic()
            offset = speech.offset if index == speech.at else 0.0
            making = self._made(sentences[index + 1]) if index + 1 < len(sentences) else None
            if self._hushes != hushes:
                self.take(Silenced(index, offset))
                return
            try:
                played = await self._played(sound, offset)
            except AudioError as exc:
                # Mostly the device is gone, which is noticed on its own; otherwise nobody may wait for ever.
                await self._gear.clock.sleep(GONE_S)
                _log.warning("it could not be said", why=str(exc))
                break
            self._first(played)
            if self._hushes != hushes:
                self.take(Silenced(index, offset + played))
                return
            self.take(Played(index))
        if self._hushes == hushes and self.now.state is State.SPEAKING:
            self.take(Spoke())

    def _made(self, sentence: str) -> asyncio.Task[bytes]:
        task = asyncio.create_task(self._gear.voice.speak(sentence))
        task.add_done_callback(lambda done: done.cancelled() or done.exception())  # it may be wanted no more
        return task

    async def _played(self, sound: bytes, offset: float) -> float:
        shaped = self._manner.shaped(sound, self._voicing.speed, offset)
        played = await self._gear.speaker.play(shaped, 10 ** (self._voicing.volume_db / 20))
        self._times.began = self._times.began or played.began
        return played.seconds

    def _first(self, played: float) -> None:
        if self._times.turn:
            self._note(self._times)
            self._times = Times()

    async def _aside(self, key: str, before: asyncio.Task[None] | None, hushes: int) -> None:
        making = self._made(self._manner.text(key, ""))
        await _after(before)
        try:
            sound = await making
            if self._hushes == hushes:
                await self._gear.speaker.play(sound, 10 ** (self._voicing.volume_db / 20))
        except (EngineError, AudioError) as exc:
            _log.warning("it could not be said", what=key, why=str(exc))

    async def _earcon(self, name: str, before: asyncio.Task[None] | None, hushes: int) -> None:
        await _after(before)
        sound = self._manner.earcons.get(name)
        if sound is None or self._hushes != hushes or self.now.state is State.CAPTURING:
            return
        try:
            await self._gear.speaker.play(sound, 10 ** (self._voicing.volume_db / 20))
        except AudioError:
            return  # the device is gone, which is said elsewhere


async def _after(task: asyncio.Task[None] | None) -> None:
    """One mouth: what came before is said first, whatever becomes of it."""
    if task is not None:
        await asyncio.wait({task})


def _answered(answer: Answer) -> Answered:
    say = " ".join(one.say for one in (answer, *answer.also) if one.say)
    decisions = [one.decision for one in (answer, *answer.also)]
    asks = next((one for one in decisions if one in (Decision.CONFIRM, Decision.ASK)), None)
    sleeps = answer.intent == "sleep" and answer.decision is Decision.DONE and "wake" not in answer.slots
    return Answered(sentences(say), asks or answer.decision, sleeps)


def sentences(say: str) -> tuple[str, ...]:
    """An answer as it is said: sentence by sentence, a long first one in parts, so that it begins soon."""
    whole = [part for part in _SENTENCE.split(say.strip()) if any(char.isalnum() for char in part)]
    if whole and len(whole[0].split()) > SHORT:
        first, *rest = _CLAUSE.split(whole[0])
        whole[0:1] = [first, " ".join(rest)] if rest and len(first.split()) > 2 else whole[0:1]
    return tuple(whole)
