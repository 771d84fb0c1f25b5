"""The core: one log, one plant, many sessions; every turn through the same stages, every path to an Answer."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import replace

import structlog

from assistant.domain import declare
from assistant.domain.speech import verbalise
from assistant.domain.spoken.mentions import Entities, Name
from assistant.domain.values import Answer, Command, Decision, Session, Transcript
from assistant.domain.views import Views
from assistant.domain.world import World
from assistant.errors import LogError, UsageError
from assistant.ports import Clock
from assistant.settings.stations import Channel
from assistant.turn import lookups, naming
from assistant.turn.checks import parted
from assistant.turn.dialogue import State, expired
from assistant.turn.dialogue import step as take
from assistant.turn.interpret import Interpreter
from assistant.turn.memory import Memory, Talk
from assistant.turn.messages import (
    Act,
    Expired,
    Finished,
    Matched,
    Message,
    Mismatched,
    NeedsDigits,
    NeedsSlot,
    NeedsYes,
    No,
    Noise,
    Proceed,
    Say,
    Told,
    Wake,
    Yes,
)
from assistant.turn.minutes import Breath, Minutes
from assistant.turn.notices import HEARD, Notices
from assistant.turn.people import ADJUSTED, NO_LOG, People
from assistant.turn.perform import Performer
from assistant.turn.policy import AT_ONCE, Policy
from assistant.turn.read import UNKNOWN
from assistant.turn.record import Recorder
from assistant.turn.sayings import subject
from assistant.turn.seconds import Seconds
from assistant.turn.settle import by_person
from assistant.turn.timed import timed
from assistant.turn.verdict import GRAVITY, Allowed, Declined, Missing
from assistant.turn.words import DIALOGUE, Words


class Core:
    """Answers transcripts. Built by bootstrap, which also starts what feeds the log with what machines do."""

    def __init__(
        self,
        world: World,
        recorder: Recorder,
        interpreter: Interpreter,
        policy: Policy,
        performer: Performer,
        clock: Clock,
        known: lookups.Known | None = None,
    ) -> None:
        """`known`: what look-ups answer from; without it they know the world and no view."""
        self._world, self._minutes = world, Minutes(recorder, clock)
        self._interpreter, self._policy, self._performer, self._clock = interpreter, policy, performer, clock
        self._intents = policy.intents
        self._known = known or lookups.Known(world, Views(), policy.intents, policy.language, policy.calendar)
        self.people = People(policy.intents, world, self._minutes)
        self.notices = Notices(policy.intents, world, self._minutes)
        self._talks: dict[Session, Talk] = {}
        self.seconds = Seconds(clock)
        self._words = Words(policy.intents, world, self.seconds)
        self._names: tuple[int, dict[tuple[str, ...], Name]] = (-1, {})

    def check(self, session: Session) -> None:
        """Raise UsageError for a badge or station that this plant does not have."""
        if session.badge and session.badge not in self._world.operators:
            raise UsageError(f"--as {session.badge}: no such badge here")
        if session.station and session.station not in self._world.machines | self._world.lines:
            raise UsageError(f"--at {session.station}: no such station here")

    def entities(self) -> Entities:
        """What words can name right now."""
        if self._names[0] != self._world.names_version:
            numbers = self._interpreter.reader.language.numbers
            self._names = (self._world.names_version, declare.names(self._world, numbers))
        return declare.entities(self._world, self._names[1])

    async def parse(self, transcript: Transcript) -> Answer:
        """How a transcript would be read; decides nothing, touches nothing."""
        started = time.perf_counter()
        talk = self._talks.get(transcript.session, Talk())
        commands = await self._read(transcript, talk)
        ms = {"parse": _ms(started)}
        answers = [_answer(command, None, "") for command in commands]
        return replace(answers[0], also=tuple(answers[1:]), ms=ms)

    def talk(self, session: Session) -> Talk:
        """A session's conversation so far."""
        return self._talks.setdefault(session, Talk())

    def at_rest(self, session: Session) -> bool:
        """Whether a session can be told something: it is awake, no turn is under way, and nothing is asked there."""
        talk, waits = self.talk(session), self.seconds.standing(session.station) is not None
        asked = bool(talk.dialogue.question) and not expired(talk.dialogue, self._clock.monotonic())
        return not (talk.lock.locked() or asked or waits or talk.dialogue.state is State.ASLEEP)

    async def turn(self, transcript: Transcript) -> Answer:
        """Take one transcript to its answer."""
        talk = self.talk(transcript.session)
        recorder = self._minutes.recorder
        async with talk.lock:
            with structlog.contextvars.bound_contextvars(turn=transcript.turn):
                wrote = recorder.watch(transcript.turn)
                try:
                    return replace(await self._turn(transcript, talk), events=tuple(wrote))
                finally:
                    recorder.unwatch(transcript.turn)

    async def _turn(self, transcript: Transcript, talk: Talk) -> Answer:
        if transcript.turn in self._world.turns:
            say = self._intents.text(UNKNOWN, "already", {})
            return _answer(Command(UNKNOWN, text=_text(transcript)), Decision.REFUSED, say, "refused: already")
        started = time.perf_counter()
        too_late, ran_out = expired(talk.dialogue, self._clock.monotonic()), ""
        if too_late:
            talk.dialogue, _ = take(talk.dialogue, Expired())
            talk.asked, ran_out = "", talk.asked
        if transcript.channel == "text" and talk.dialogue.state is State.ASLEEP:
            # Whoever types is awake; only the microphone sleeps.
            talk.dialogue, _ = take(talk.dialogue, Wake(""))
        now, language, calendar = self._clock.now(), self._policy.language, self._policy.calendar
        commands = [timed(command, language, calendar, now) for command in await self._read(transcript, talk)]
        parsed = _ms(started)
        breath = await self._minutes.heard(transcript, commands, talk, self._asked_by(transcript, talk), ran_out)
        acting, pending = time.perf_counter(), talk.dialogue
        answers = await self._answers(commands, talk, breath, too_late=too_late)
        if talk.dialogue != pending:
            talk.asked = transcript.turn if talk.dialogue.commands else ""
        first = answers[0]
        say = " ".join(answer.say for answer in answers if answer.say)
        if say:
            talk.memory = replace(talk.memory, said=say)
        stands = self._stands(talk, transcript)
        await self._minutes.answered(answers, say, breath, stands)
        ms = {"parse": parsed, "act": _ms(acting)}
        return replace(first, also=tuple(answers[1:]), ms=ms, expires_s=stands)

    def _stands(self, talk: Talk, transcript: Transcript) -> float:
        """For how many seconds a question still stands after this turn, to this session or to a second person."""
        second = self.seconds.waiting.get(transcript.session.station)
        asked = talk.dialogue.expires if talk.dialogue.question else 0.0
        until = asked or (second.expires if second is not None and second.turn == transcript.turn else 0.0)
        return max(0.0, until - self._clock.monotonic())

    async def _read(self, transcript: Transcript, talk: Talk) -> list[Command]:
        commands = await self._interpreter.interpret(transcript, talk.dialogue, self.entities())
        whole = [self._policy.at_station(command, transcript.session) for command in commands]
        return [one for command in whole for one in parted(self._world, command)]

    async def settle(self, order: str, outcome: str, session: Session) -> Answer:
        """End an uncertain order by the word of somebody who looked. Raises UsageError, LogError."""
        found = [ident for ident in self._world.uncertain if ident.startswith(order)] if order else []
        if len(found) != 1:
            raise UsageError(f"{order}: {'more than one' if found else 'no'} uncertain order begins so")
        request, operator = self._world.requested[found[0]][0], self._world.operators.get(session.badge)
        specs = [spec for spec in self._intents.by_name.values() if spec.order and spec.order.method == request.method]
        if operator is None or not any(operator.role in spec.roles for spec in specs or self._intents.by_name.values()):
            raise UsageError(
                f"--as {session.badge or '(nobody)'}: may not do a {request.method}, so may not settle one"
            )
        await self._minutes.recorder.record(by_person(self._world, found[0], outcome, session.badge, self._clock.now()))
        say = self._shared("settled", outcome=outcome.replace("_", " "))
        return Answer("", "settle", {"order": found[0]}, 1.0, "template", Decision.DONE, say)

    def void(self, badges: Collection[str]) -> None:
        """What was asked of them is asked no more."""
        for session, talk in self._talks.items():
            if session.badge in badges and talk.dialogue.commands:
                talk.dialogue, _ = take(talk.dialogue, Expired())
                talk.asked = ""
        self.seconds.void(badges)

    # ---- the stages ----------------------------------------------------------------------------------------

    async def _answers(
        self, commands: Sequence[Command], talk: Talk, breath: Breath, *, too_late: bool
    ) -> list[Answer]:
        """One answer a command; what needs a yes is asked for all together, at the end."""
        answers: dict[int, Answer] = {}
        waiting: list[tuple[int, Command, NeedsYes | NeedsDigits, str]] = []
        breath.rest.clear()
        for index, command in enumerate(commands):
            message, rule = self._message(command, talk, breath)
            if talk.dialogue.state is not State.ASLEEP:
                if rule == ADJUSTED:
                    message, rule = await self.people.adjust(command, breath)
                elif rule == HEARD:
                    message, rule = await self.notices.heard(breath)
            if isinstance(message, NeedsYes | NeedsDigits):
                waiting.append((index, command, message, rule))
                continue
            if too_late and isinstance(message, Yes | No | Matched | Mismatched):
                message, rule = Told(Decision.IGNORED, self._shared("expired")), "expired"
            answers[index] = await self._take(message, rule, command, talk, breath)
            talk.memory = self._spoken_of(talk.memory, command)
        if waiting:
            asked, instead = self._asked([message for _, _, message, _ in waiting])
            for place, (index, command, _, rule) in enumerate(waiting):
                if place == 0:
                    answers[index] = await self._take(asked, instead or rule, command, talk, breath)
                else:
                    answers[index] = _answer(command, answers[waiting[0][0]].decision, "", instead or rule)
                talk.memory = self._spoken_of(talk.memory, command)
        return [answers[index] for index in sorted(answers)]

    def _asked_by(self, transcript: Transcript, talk: Talk) -> str:
        """The turn whose question this one may answer: one of its own, or one to a second person at the station."""
        first = self.seconds.awaited(transcript.session, talk)
        return talk.asked if first is None else first.turn

    def _asked(self, questions: Sequence[NeedsYes | NeedsDigits]) -> tuple[Message, str]:
        """The questions of one breath as one; and the rule that refuses them, or empty."""
        if len(questions) == 1:
            return questions[0], ""
        together = [question for question in questions if isinstance(question, NeedsYes)]
        if len(together) < len(questions):
            # Whose digits were said would be anybody's guess.
            return Told(Decision.REFUSED, self._shared("one_by_one")), "refused: one by one"
        commands = tuple(command for one in together for command in one.commands)
        message = NeedsYes(
            commands,
            self._policy.sayings.together(commands) or " ".join(one.question for one in together),
            together[0].now,
            tuple(bound for one in together for bound in one.bound),
        )
        return message, ""

    def _message(self, command: Command, talk: Talk, breath: Breath) -> tuple[Message, str]:
        """What a command means to the dialogue, and by which rule."""
        word = DIALOGUE.get(command.intent)
        spec = self._intents.by_name.get(command.intent)
        if word is None and spec is not None and spec.adjusts is not None:
            if command.doubt or command.confidence < spec.confidence.ask:
                return Noise(Decision.ASK, self._shared("say_again")), SAY_AGAIN
            return Noise(Decision.DONE, ""), ADJUSTED
        if word is None and spec is not None and spec.kind == "dialogue":
            return Noise(Decision.REFUSED, self._policy.sayings.not_connected(command)), "not connected"
        if word is not None and spec is not None:
            if command.doubt or command.confidence < spec.confidence.ask:
                return Noise(Decision.ASK, self._shared("say_again")), SAY_AGAIN
            message = word(self._words, command, talk, breath.transcript.session)
            return message, "cancelled" if isinstance(message, Told) else command.intent
        spoken = _channel(breath.transcript)
        verdict = self._policy.decide(command, breath.transcript.session, talk.memory, self._clock.now(), spoken)
        now = self._clock.monotonic()
        match verdict:
            case Missing():
                return NeedsSlot(verdict.command, verdict.slot, verdict.question, now), verdict.rule
            case Declined():
                kind = Noise if verdict.command.intent == UNKNOWN else Told
                return kind(verdict.decision, verdict.say), verdict.rule
            case Allowed() if self._intents.by_name[command.intent].kind == "lookup":
                return Told(Decision.ANSWERED, self._looked_up(verdict.command, talk, breath)), verdict.rule
            case Allowed() if breath.trouble:
                return Told(Decision.REFUSED, self._shared("no_log", reason=breath.trouble)), NO_LOG
            case Allowed(confirm=True) if verdict.digits:
                return NeedsDigits(command, verdict.question, verdict.digits, now, verdict.bound), verdict.rule
            case Allowed(confirm=True):
                return NeedsYes((command,), verdict.question, now, (verdict.bound,)), verdict.rule
        return Proceed(command), verdict.rule

    async def _take(self, message: Message, rule: str, command: Command, talk: Talk, breath: Breath) -> Answer:
        """Step the dialogue and do what it asks for, until it has an answer. `rule`: by which `message` came about."""
        talk.dialogue, effects = take(talk.dialogue, message)
        said: list[tuple[Say, str]] = []
        for effect in effects:
            if isinstance(effect, Say):
                said.append((effect, KEYS.get(effect.key, rule)))
                continue
            finished, by = Finished(Decision.UNCERTAIN, self._shared("broken")), "broken"
            try:
                finished, by = await self._act(effect, talk, breath)
            finally:
                # Whatever became of it, the session goes on: nobody is left talking to a wall.
                talk.dialogue, (told,) = take(talk.dialogue, finished)
            assert isinstance(told, Say)
            said.append((told, by))
        words = [one.text or (self._shared(one.key) if one.key else "") for one, _ in said]
        nothing = (Say(Decision.IGNORED), rule)
        gravest, by = max(said, key=lambda one: GRAVITY.index(one[0].decision), default=nothing)
        return _answer(command, gravest.decision, verbalise(" ".join(word for word in words if word)), by)

    async def _act(self, act: Act, talk: Talk, breath: Breath) -> tuple[Finished, str]:
        """Decide once more, on what is so now, and carry it out; and the rule by which."""
        session = act.by or breath.transcript.session
        # What the first person asked for where they were allowed to, the second only agrees to.
        spoken: Channel = "terminal" if act.by is not None else _channel(breath.transcript)
        verdict = self._policy.decide(act.command, session, talk.memory, self._clock.now(), spoken)
        if not isinstance(verdict, Allowed):
            say = verdict.say if isinstance(verdict, Declined) else verdict.question
            return Finished(Decision.REFUSED, say), verdict.rule
        if verdict.confirm and not act.confirmed:
            return Finished(Decision.REFUSED, verdict.question), verdict.rule
        if act.confirmed and act.bound != verdict.bound:
            unit = naming.unit(self._world, verdict.unit)
            return Finished(Decision.REFUSED, self._shared("changed", unit=unit)), "refused: changed"
        if breath.trouble:
            return Finished(Decision.REFUSED, self._shared("no_log", reason=breath.trouble)), NO_LOG
        roles, said_in = self._intents.by_name[act.command.intent].second, breath.transcript
        if roles and act.by is None:
            self.seconds.ask(act.command, verdict.bound, session, roles, said_in.turn)
            return Finished(Decision.CONFIRM, self._shared("second", roles=naming.roles(roles))), "confirm: second"
        second = said_in.session.badge if act.by is not None else ""
        try:
            decision, say = await self._performer.perform(verdict, session, said_in.turn, breath.heard, second)
        except LogError as exc:
            return Finished(Decision.REFUSED, self._shared("no_log", reason=str(exc))), NO_LOG
        return Finished(decision, say), "seconded" if second else "confirmed" if act.confirmed else AT_ONCE

    # ---- small things --------------------------------------------------------------------------------------

    def _looked_up(self, command: Command, talk: Talk, breath: Breath) -> str:
        """What is recorded, with its age when it is old; what is too much to be said at once is kept for "more"."""
        say, rest = lookups.answer(self._known, command, self._clock.now()).cut()
        breath.rest += rest
        talk.memory = replace(talk.memory, rest=tuple(breath.rest))
        return self._performer.dated(say)

    def _spoken_of(self, memory: Memory, command: Command) -> Memory:
        unit = subject(command)
        return replace(memory, unit=unit) if self._world.kind_of(unit) else memory

    def _shared(self, key: str, **holes: str) -> str:
        return self._intents.text(UNKNOWN, key, holes)


SAY_AGAIN, ASLEEP = "asked: say again", "asleep"
KEYS = {
    "cancelled": "cancelled",
    "nothing_asked": "nothing asked",
    "say_again": SAY_AGAIN,
    "say_digits": "digits",
    "wrong_digits": "wrong digits",
    "asleep": ASLEEP,
}
"""Words of the dialogue's own -> the rule that they stand for."""


def _answer(command: Command, decision: Decision | None, say: str, rule: str = "") -> Answer:
    slots = dict(command.slots)
    return Answer(command.text, command.intent, slots, command.confidence, command.by, decision, say, rule=rule)


def _channel(transcript: Transcript) -> Channel:
    return "headset" if transcript.channel == "voice" else "terminal"


def _text(transcript: Transcript) -> str:
    return transcript.hypotheses[0].text if transcript.hypotheses else ""


def _ms(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 1)
