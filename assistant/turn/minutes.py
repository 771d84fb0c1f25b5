"""What is written down of a turn: how it was heard, before anything is done about it, and how it was answered."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from assistant.domain import events as e
from assistant.domain.things import Voicing
from assistant.domain.values import Answer, Command, Session, Transcript
from assistant.errors import LogError
from assistant.ports import Clock
from assistant.turn.act import SOURCE
from assistant.turn.memory import Talk
from assistant.turn.read import UNKNOWN
from assistant.turn.record import Recorder


@dataclass(slots=True)
class Breath:
    """What a turn has come to so far."""

    transcript: Transcript
    heard: str
    """Id of its turn.heard event; empty when it could not be written."""
    trouble: str = ""
    """Why nothing can be written down, or empty."""
    rest: list[str] = field(default_factory=list)
    """Sentences of its answers that are too much to be said at once."""


@dataclass(frozen=True, slots=True)
class Minutes:
    """Keeps them."""

    recorder: Recorder
    clock: Clock

    async def heard(
        self, transcript: Transcript, commands: Sequence[Command], talk: Talk, asked: str, ran_out: str
    ) -> Breath:
        """Write down what was said and how it is read; `asked`, `ran_out`: as in TurnHeard."""
        first = commands[0]
        # What was not meant for us is not ours to keep: its words are left out.
        kept = first.intent != UNKNOWN or transcript.channel != "voice"
        offered = transcript.hypotheses if kept and transcript.channel == "voice" else ()
        payload = e.TurnHeard(
            first.text if kept else "",
            transcript.channel,
            transcript.session.badge,
            transcript.session.station,
            first.intent,
            dict(first.slots),
            round(first.confidence, 3),
            first.by,
            transcript.note,
            hypotheses=tuple((one.text, round(one.logprob, 5)) for one in offered),
            doubt=first.doubt,
            also=tuple(
                e.Further(one.intent, dict(one.slots), round(one.confidence, 3), one.by, one.doubt)
                for one in commands[1:]
            ),
            about=talk.memory.unit,
            asked=asked,
            ran_out=ran_out,
            sounds_like=tuple(one.heard for one in offered) if any(one.heard for one in offered) else (),
            cut=transcript.cut,
        )
        event = self._event(transcript, payload)
        try:
            await self.recorder.record(event)
        except LogError as exc:
            return Breath(transcript, "", trouble=str(exc))
        return Breath(transcript, event.id)

    async def answered(self, answers: Sequence[Answer], say: str, breath: Breath, expires_s: float = 0.0) -> None:
        """Write down what a turn came to, by which rule, and for how long its question stands."""
        first, *others = answers
        if breath.trouble or first.decision is None:
            return
        also = tuple((one.decision.value if one.decision else "", one.rule) for one in others)
        payload = e.TurnAnswered(first.decision.value, say, first.rule, also, round(expires_s, 3))
        try:
            await self.recorder.record(self._event(breath.transcript, payload, cause=breath.heard))
        except LogError:
            # The deed is on disk by its own events; that the answer is not must not take it back.
            return

    async def voiced(self, voicing: Voicing, breath: Breath) -> None:
        """Write down how somebody wants to be spoken to. Raises LogError."""
        session = breath.transcript.session
        payload = e.VoiceAdjusted(voicing.volume_db, voicing.speed)
        event = self._event(breath.transcript, payload, cause=breath.heard)
        await self.recorder.record(replace(event, subject=session.badge or session.station))

    async def announced(self, ident: str, session: Session, how: str) -> None:
        """Write down that an announcement was said or shown to somebody. Raises LogError."""
        payload = e.AnnouncementTold(session.badge, session.station, how)
        await self.recorder.record(
            e.Event(uuid.uuid4().hex, SOURCE, ident, self.clock.now(), payload, causationid=ident)
        )

    async def taken_in(self, ident: str, breath: Breath) -> None:
        """Write down that somebody says to have heard an announcement. Raises LogError."""
        session = breath.transcript.session
        payload = e.AnnouncementHeard(session.badge, session.station)
        await self.recorder.record(replace(self._event(breath.transcript, payload, cause=breath.heard), subject=ident))

    def _event(self, transcript: Transcript, payload: e.Payload, cause: str = "") -> e.Event:
        return e.Event(
            uuid.uuid4().hex,
            SOURCE,
            transcript.turn,
            self.clock.now(),
            payload,
            correlationid=transcript.turn,
            causationid=cause,
        )
