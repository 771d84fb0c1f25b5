"""An event that the factory's own system refused, sent again because a named person says that it may be taken now."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

from assistant.domain import events as e
from assistant.domain.values import Answer, Decision, Session
from assistant.domain.world import World
from assistant.errors import UsageError
from assistant.ports import Clock
from assistant.turn.act import SOURCE
from assistant.turn.record import Recorder

Parked = tuple[str, str, str]
"""Of the event: its id; `delivered`, `refused` or `later`; and what the other side said."""
_DECISIONS = {"delivered": Decision.DONE, "refused": Decision.REFUSED}


@dataclass(frozen=True, slots=True)
class Resend:
    """Asks who wants it, has it sent, and writes down what came of it."""

    world: World
    recorder: Recorder
    clock: Clock
    roles: Collection[str]
    """Who may."""
    again: Callable[[int], Awaitable[Parked]]
    """Sends what is parked at this place in the log. Raises MesError where nothing is."""

    async def resend(self, position: int, session: Session) -> Answer:
        """Once, now. Raises UsageError for somebody who may not, MesError, LogError."""
        operator = self.world.operators.get(session.badge)
        if operator is None or operator.role not in self.roles:
            raise UsageError(f"--as {session.badge or '(nobody)'}: only {', '.join(self.roles)} may send events again")
        ident, outcome, reason = await self.again(position)
        data = e.EventResent(position, session.badge, outcome, reason)
        await self.recorder.record(e.Event(uuid.uuid4().hex, SOURCE, ident, self.clock.now(), data))
        say = f"position {position}: {outcome}{f', {reason}' if reason else ''}"
        return Answer("", "resend", {}, 1.0, "template", _DECISIONS.get(outcome, Decision.FAILED), say)
