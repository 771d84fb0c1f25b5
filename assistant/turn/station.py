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
from assistant.domain.spoken.address import addressed, without
from assistant.domain.values import Answer, Decision, Hypothesis, Session, Transcript, Utterance
from assistant.errors import AssistantError, EngineError
from assistant.ports import DeviceState, Frame, Maybe, Wakeword
from assistant.turn.conversation import Conversation, State
from assistant.turn.gear import Gear, Manner, Times
from assistant.turn.headset import TABLE, step
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
    Pressed,
    Reset,
    Resumed,
    Say,
    SayKey,
    Start,
    Stop,
    Take,
    Tell,
    TimedOut,
    Timer,
    Transcribe,
    Woke,
)
from assistant.turn.speaking import Mouth, pieces, sentences

CALLED = frozenset(state for state in State if TABLE[state, Woke].to)
"""Where a wake word changes anything: nowhere else is the ear kept from its work."""
CLAIMED_S = 30.0
"""How long a badge that was named can be confirmed."""
LOOK_S = 1.0
"""Between two looks for something to say by itself."""
AGAIN_S = 30.0
"""Before an announcement that was cut off or could not be said is begun again."""
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
        self._mouth = Mouth(gear, manner, self._task, self.take, lambda: self.now.state, tell, self._first)
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
                maybe = gear.wakeword.feed(frame.samples)
            except EngineError as exc:
                _log.warning("the wake word failed", why=str(exc))
                return
            if maybe is not None and self.now.state in CALLED:
                self._task(self._called(gear.wakeword, maybe))

    async def _called(self, wakeword: Wakeword, maybe: Maybe) -> None:
        """Whether the wake word was said, once the ear has heard it too."""
        likeness = None
        try:
            likeness = await self._gear.ears.likeness(maybe.sound, wakeword.phrase)
        except AssistantError as exc:
            _log.warning("no ear for the wake word", why=str(exc))
        if wakeword.said(maybe, likeness):
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
                self._mouth.say(speech)
            case SayKey(key):
                self._mouth.aside(key)
            case Play(earcon):
                self._mouth.earcon(earcon)
            case Hush():
                self._mouth.hush()
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
        kept = without(hypotheses, self._manner.phrase)
        called = bool(hypotheses) and addressed(hypotheses[0].text, self._manner.phrase) is not None
        if not kept and not called and self.now.state in (State.CAPTURING, State.HEARING):
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
                addressed=called,
            )
        )

    async def _turn(self, words: Heard) -> None:
        hypotheses, rejected, utterance = self._heard[words.number]
        transcript = Transcript(uuid.uuid4().hex, self.session, hypotheses, "voice", rejected, utterance.cut)
        self._tell(f"{self.session.station or '-'}: heard {words.texts[0]!r}")
        self._times = replace(self._times, turn=transcript.turn, said=words.texts[0])
        say = self._manner.text("broken", "")
        answered = Answered((say,), Decision.UNCERTAIN)
        try:
            if badge := self._manner.badge(words.texts[0]):
                self._claimed = (badge, self._gear.clock.monotonic() + CLAIMED_S)
                say = verbalise(self._manner.text("check_in_asked", badge))
                answered = Answered((say,), Decision.ANSWERED)
                return
            answer = await self._gear.turns.turn(transcript)
            self._keep(transcript.turn, utterance, answer)
            self._times.by = answer.by
            say = " ".join(one.say for one in (answer, *answer.also) if one.say)
            answered = _answered(answer, pieces(say, self._manner.opening))
            await self._refresh()
        except AssistantError as exc:
            self._tell(str(exc))
        finally:
            self._times.answered = self._gear.clock.monotonic()
            self._times.decision = answered.decision.value if answered.decision else ""
            self._tell(f"{self.session.station or '-'}: said  {say or '(nothing)'}")
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
        self._mouth.voicing = await self._gear.turns.voicing(self.session)

    def _first(self, made: float, handed: float, began: float) -> None:
        """The first piece of an answer was heard."""
        if self._times.turn:
            self._note(replace(self._times, made=made, handed=handed, began=began))
            self._times = Times()


def _answered(answer: Answer, say: tuple[str, ...]) -> Answered:
    decisions = [one.decision for one in (answer, *answer.also)]
    asks = next((one for one in decisions if one in (Decision.CONFIRM, Decision.ASK)), None)
    sleeps = answer.intent == "sleep" and answer.decision is Decision.DONE and "wake" not in answer.slots
    return Answered(say, asks or answer.decision, sleeps)
