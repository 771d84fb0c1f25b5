"""Announcements on their way to people: what a session is still to be told, that it was told, that it was taken in."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.domain.things import Notice
from assistant.domain.values import Decision, Session
from assistant.domain.world import World
from assistant.errors import LogError
from assistant.settings.intents import Intents
from assistant.turn.announce import meant_for
from assistant.turn.messages import Noise
from assistant.turn.minutes import Breath, Minutes
from assistant.turn.people import NO_LOG
from assistant.turn.read import UNKNOWN

INTENT, HEARD, NOTHING, NOBODY = "heard", "heard", "nothing told", "refused: nobody"
VOICE, CUT, SCREEN = "voice", "cut", "screen"
"""How somebody was told (announcement.told)."""


@dataclass(frozen=True, slots=True)
class Notices:
    """Of one core."""

    intents: Intents
    world: World
    minutes: Minutes

    def next(self, session: Session, how: str = VOICE) -> Notice | None:
        """The oldest that a session is to be told in this way and was not; None for none."""
        for ident in meant_for(self.world, session):
            one = self.world.announcements[ident]
            if not one.told_to(session, how):
                return Notice(ident, one.words)
        return None

    async def told(self, session: Session, ident: str, how: str) -> None:
        """It was said or shown; once is enough, and what is over needs none. Raises LogError."""
        one = self.world.announcements.get(ident)
        if one is not None and not one.told_to(session, how):
            await self.minutes.announced(ident, session, how)

    async def heard(self, breath: Breath) -> tuple[Noise, str]:
        """Somebody says to have heard what they were told last; what is said of it, and the rule."""
        session = breath.transcript.session
        told = [
            (telling.at, place, ident)
            for place, (ident, one) in enumerate(self.world.announcements.items())
            for telling in one.told
            if (telling.badge, telling.station) == (session.badge, session.station)
        ]
        if not told:
            return Noise(Decision.IGNORED, self.intents.text(INTENT, "nothing", {})), NOTHING
        if not session.badge:
            # It would end the announcement for everybody, and nobody could say who had heard it.
            return Noise(Decision.REFUSED, self.intents.text(UNKNOWN, "nobody", {})), NOBODY
        _, _, ident = max(told)
        words, trouble = self.world.announcements[ident].words, breath.trouble
        if not trouble:
            try:
                await self.minutes.taken_in(ident, breath)
            except LogError as exc:
                trouble = str(exc)
        if trouble:
            return Noise(Decision.REFUSED, self.intents.text(UNKNOWN, "no_log", {"reason": trouble})), NO_LOG
        return Noise(Decision.DONE, self.intents.text(INTENT, "done", {"words": words})), HEARD
