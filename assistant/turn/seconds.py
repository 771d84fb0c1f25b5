"""What somebody confirmed and a second person at the same station must agree to."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from assistant.domain.values import Command, Session
from assistant.ports import Clock
from assistant.turn.dialogue import State
from assistant.turn.memory import Talk

SECOND_WITHIN_S = 30.0
"""How long the second person has to say yes."""


@dataclass(frozen=True, slots=True)
class Second:
    """What somebody confirmed and another person at the station must agree to."""

    command: Command
    bound: str
    by: Session
    roles: tuple[str, ...]
    expires: float
    """Monotonic seconds."""
    turn: str = ""
    """The turn that confirmed it."""


class Seconds:
    """One at each station at most."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.waiting: dict[str, Second] = {}
        """By station; some may have run out."""

    def ask(self, command: Command, bound: str, by: Session, roles: tuple[str, ...], turn: str) -> None:
        """From now on a second person of these roles is waited for at the station of the first."""
        until = self._clock.monotonic() + SECOND_WITHIN_S
        self.waiting[by.station] = Second(command, bound, by, roles, until, turn)

    def standing(self, station: str) -> Second | None:
        """What waits at a station and has not run out."""
        second = self.waiting.get(station)
        return second if second is not None and self._clock.monotonic() <= second.expires else None

    def awaited(self, session: Session, talk: Talk) -> Second | None:
        """What somebody else at the station confirmed and waits for a second person, unless another question stands."""
        first = self.standing(session.station)
        if first is None or first.by.badge == session.badge or talk.dialogue.state is not State.IDLE:
            return None
        return first

    def drop(self, station: str) -> bool:
        """Wait no more at a station; whether anything waited there."""
        return self.waiting.pop(station, None) is not None

    def void(self, badges: Collection[str]) -> None:
        """What these people confirmed is no more to be agreed to."""
        self.waiting = {at: second for at, second in self.waiting.items() if second.by.badge not in badges}
