"""Who is where, and how they are spoken to: louder, softer, slower, faster, and not further; kept with the badge."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.domain.things import Voicing
from assistant.domain.values import Command, Decision, Session
from assistant.domain.world import World
from assistant.errors import LogError
from assistant.settings.intents import Adjust, Intents
from assistant.turn.messages import Noise
from assistant.turn.minutes import Breath, Minutes
from assistant.turn.read import UNKNOWN

ADJUSTED, MOST, NO_LOG = "adjusted", "refused: most", "refused: no log"
VOLUMES_DB = (-12.0, 9.0)
SPEEDS = (0.7, 1.6)
"""Slower drags, faster is not understood in noise."""


def adjusted(now: Voicing, by: Adjust) -> Voicing | None:
    """The way after it; None where it goes no further."""
    volume = _within(now.volume_db + by.volume_db, VOLUMES_DB)
    speed = _within(round(now.speed + by.speed, 3), SPEEDS)
    new = Voicing(volume, speed)
    return new if new != now else None


@dataclass(frozen=True, slots=True)
class People:
    """Of one core."""

    intents: Intents
    world: World
    minutes: Minutes

    def voicing(self, session: Session) -> Voicing:
        """How whoever speaks there is spoken to."""
        return self.world.voicings.get(session.badge or session.station, Voicing())

    async def adjust(self, command: Command, breath: Breath) -> tuple[Noise, str]:
        """Speak to this session in another way from now on; what is said of it, and the rule."""
        by = self.intents.by_name[command.intent].adjusts
        wanted = adjusted(self.voicing(breath.transcript.session), by) if by is not None else None
        if wanted is None:
            return Noise(Decision.REFUSED, self.intents.text(command.intent, "most", {})), MOST
        trouble = breath.trouble
        if not trouble:
            try:
                await self.minutes.voiced(wanted, breath)
            except LogError as exc:
                trouble = str(exc)
        if trouble:
            return Noise(Decision.REFUSED, self.intents.text(UNKNOWN, "no_log", {"reason": trouble})), NO_LOG
        return Noise(Decision.DONE, self.intents.text(command.intent, "done", {})), ADJUSTED


def _within(value: float, bounds: tuple[float, float]) -> float:
    return min(max(value, bounds[0]), bounds[1])
