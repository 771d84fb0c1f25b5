"""Checking in and out: whom a station's headset speaks for. A voice identifies nobody, a badge that was given does."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from assistant.domain import events as e
from assistant.domain.values import Session
from assistant.domain.world import World
from assistant.errors import UsageError
from assistant.ports import Clock
from assistant.turn.act import SOURCE
from assistant.turn.core import Core
from assistant.turn.record import Recorder


@dataclass(frozen=True, slots=True)
class Presence:
    """Writes it down, and sees that nobody says yes to what somebody else was asked."""

    core: Core
    world: World
    recorder: Recorder
    clock: Clock

    async def check_in(self, session: Session, how: str) -> None:
        """From now on the station's headset speaks for this badge; `how`: `terminal` or `voice`.

        Whoever it spoke for before, and the badge where it was, have nothing left to say yes to; without a badge or a
        station there is nobody to check in. Raises UsageError, LogError.
        """
        self.core.check(session)
        if not session.badge or not session.station:
            return
        here = self.world.checked_in.get(session.station, "")
        if here == session.badge:
            return
        await self._write(session, e.CheckedIn(session.station, how))
        self.core.void({here, session.badge} - {""})

    async def check_out(self, session: Session, how: str) -> None:
        """From now on the station's headset speaks for nobody. Raises UsageError, LogError."""
        self.core.check(session)
        if self.world.checked_in.get(session.station) != session.badge:
            raise UsageError(f"--as {session.badge}: is not checked in at {session.station}")
        await self._write(session, e.CheckedOut(session.station, how))
        self.core.void({session.badge})

    async def _write(self, session: Session, data: e.Payload) -> None:
        await self.recorder.record(e.Event(uuid.uuid4().hex, SOURCE, session.badge, self.clock.now(), data))
