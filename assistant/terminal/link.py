"""The terminal's end of the core: turns go out over it, and it notices when the core is gone and when it is back.

Two connections: one for turns, which may take a while, one to ask whether the core is there at all. A core that does
not answer within DEAF_S is as good as none.
"""

from __future__ import annotations

import asyncio
import uuid
from contextlib import suppress

from assistant.domain.values import Answer, Hypothesis, Session, Transcript
from assistant.errors import AssistantError, CoreError, UsageError
from assistant.terminal.means import Door, Means, Started
from assistant.turn.notices import SCREEN

PULSE_S = 0.5
"""How often the core is asked whether it is there."""
DEAF_S = 5.0
"""How long it may take to say so."""
COMES_S = 60.0
"""How long a core that was started may take to come up: it loads its models first."""
HANG_UP_S = 0.5
"""How long a connection may take to close: nobody waits for it when the terminal quits."""
MOST_CHARACTERS = 2000
"""Longer than anybody speaks; more is refused, not cut."""


class Link:
    """To the core of one data folder, across its restarts."""

    def __init__(self, means: Means, deaf_s: float = DEAF_S) -> None:
        self._means, self.deaf_s = means, deaf_s
        self._turns: Door | None = None
        self._pulse: Door | None = None
        self.up: bool | None = None
        """Whether the core answers; None while that is not known yet."""
        self.why = ""
        """Why it does not, in a few words."""
        self.since = means.clock.now()
        """When that became so, Unix seconds UTC."""
        self._started: Started | None = None
        self._starts_until = 0.0
        self._busy = 0

    @property
    def starting(self) -> bool:
        """Whether a core was started from here and has had no time yet to come up."""
        waiting = not self.up and self._means.clock.monotonic() < self._starts_until
        return waiting and self.started is not None

    @property
    def started(self) -> int | None:
        """Process id of a core that was started from here and runs: it goes on when this process ends."""
        return self._started.pid if self._started is not None and self._started.poll() is None else None

    def start_core(self) -> None:
        """Start one in a process of its own. Raises CoreError."""
        if self._means.start is None or self.starting:
            return
        self._started = self._means.start()
        self._starts_until = self._means.clock.monotonic() + COMES_S

    async def beat(self) -> None:
        """Look once whether the core is there; `up` and `why` say what came of it."""
        try:
            if self._pulse is None:
                self._pulse = await self._means.connect()
            if self._pulse is None:
                await self._now(False, self._none())
                return
            async with asyncio.timeout(self.deaf_s):
                await self._pulse.check(Session())
            await self._now(True, "")
        except TimeoutError:
            await self._drop_pulse()
            await self._now(False, f"the core has not answered for {self.deaf_s:.0f} seconds")
        except AssistantError as exc:
            await self._drop_pulse()
            await self._now(False, str(exc))

    async def keep(self) -> None:
        """Look for ever."""
        while True:
            await self.beat()
            await asyncio.sleep(PULSE_S)

    async def check(self, session: Session) -> str:
        """Why this badge or station will not do here, or empty."""
        try:
            await (await self._door()).check(session)
        except UsageError as exc:
            return str(exc)
        except AssistantError:
            return ""  # no core: it is asked again with the first turn
        return ""

    async def say(self, text: str, session: Session) -> Answer:
        """Take typed words through a turn. Raises UsageError, CoreError when there is no core or it went away."""
        if len(text) > MOST_CHARACTERS:
            raise UsageError(f"{len(text)} characters; at most {MOST_CHARACTERS}")
        door = await self._door()
        self._busy += 1
        try:
            return await door.turn(Transcript(uuid.uuid4().hex, session, (Hypothesis(text),)))
        except CoreError:
            self._turns = None
            await _hung_up(door)
            raise
        finally:
            self._busy -= 1

    async def told(self, session: Session, ident: str) -> None:
        """Have it written down that it is on the screen, if the core is there; a turn need not end for it.

        Raises AssistantError when it could not be.
        """
        if not self.up or self._pulse is None:
            return
        try:
            async with asyncio.timeout(self.deaf_s):
                await self._pulse.told(session, ident, SCREEN)
        except TimeoutError as exc:
            await self._drop_pulse()
            raise CoreError(f"the core has not answered for {self.deaf_s:.0f} seconds") from exc
        except CoreError:
            await self._drop_pulse()
            raise

    async def close(self) -> None:
        """Hang up. The core goes on."""
        await _hung_up(self._turns)
        await _hung_up(self._pulse)
        self._turns = self._pulse = None

    def _none(self) -> str:
        if self._started is not None and self._started.poll() not in (None, 0):
            return "the core that was started ended at once: core.log in the data folder says why"
        return "no core is running on this data folder"

    async def _door(self) -> Door:
        if self._turns is None:
            fresh = await self._means.connect()
            if fresh is None:
                raise CoreError("no core is running on this data folder")
            self._turns = fresh
        return self._turns

    async def _drop_pulse(self) -> None:
        door, self._pulse = self._pulse, None
        await _hung_up(door)

    async def _now(self, up: bool, why: str) -> None:
        if up is not self.up:
            self.since = self._means.clock.now()
        if up and self.up is False and not self._busy:
            # What was open before leads nowhere; but one that only stood still may yet answer what it was asked.
            door, self._turns = self._turns, None
            await _hung_up(door)
        self.up, self.why = up, why


async def _hung_up(door: Door | None) -> None:
    if door is not None:
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(HANG_UP_S):
                await door.aclose()
