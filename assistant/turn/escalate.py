"""Calls that nobody answers: after a while somebody else is called too, once."""

from __future__ import annotations

import uuid

import structlog

from assistant.domain import events as e
from assistant.domain.world import World
from assistant.errors import LogError
from assistant.ports import Clock
from assistant.settings.intents import Intents
from assistant.turn.act import SOURCE
from assistant.turn.record import Recorder

EVERY_S = 1.0
"""How often the open calls are looked at."""
_log = structlog.get_logger(__name__)


class Escalation:
    """One task runs `follow`; `look` is one look, for whoever has the time."""

    def __init__(self, intents: Intents, world: World, recorder: Recorder, clock: Clock) -> None:
        self._rules = [spec.escalate for spec in intents.by_name.values() if spec.escalate is not None]
        self._world, self._recorder, self._clock = world, recorder, clock

    async def follow(self) -> None:
        """For ever."""
        while self._rules:
            try:
                await self.look()
            except LogError as exc:
                _log.warning("an escalation cannot be written", why=str(exc))
            await self._clock.sleep(EVERY_S)

    async def look(self) -> None:
        """Escalate what is due. Raises LogError."""
        now = self._clock.now()
        for rule in self._rules:
            for call in list(self._world.calls.values()):
                if not call.escalated and call.who != rule.to and now - call.at >= rule.after_s:
                    data = e.CallEscalated(call.id, rule.to)
                    await self._recorder.record(
                        e.Event(uuid.uuid4().hex, SOURCE, call.unit, now, data, causationid=call.id)
                    )
