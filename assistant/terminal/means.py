"""What the screen is given to work with. It makes none of it: bootstrap does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from assistant.domain.events import Event
from assistant.domain.evidence import Evidence
from assistant.domain.values import Answer, Session, Transcript
from assistant.domain.views import Views
from assistant.ports import Clock
from assistant.turn.policy import Policy
from assistant.turn.told import Sound


class Door(Protocol):
    """A connection to a core in another process."""

    async def check(self, session: Session) -> None:
        """Raise UsageError for a badge or station that the plant does not have, CoreError when the core is gone."""

    async def turn(self, transcript: Transcript) -> Answer:
        """Take one transcript to its answer. Raises CoreError when the core went away before it answered."""

    async def told(self, session: Session, ident: str, how: str) -> None:
        """Write down that an announcement was shown. Raises LogError, CoreError."""

    async def aclose(self) -> None:
        """Hang up."""


class Started(Protocol):
    """A process that was started and goes on by itself."""

    pid: int

    def poll(self) -> int | None:
        """Its exit status, or None while it runs."""


@dataclass(frozen=True, slots=True)
class Means:
    """Everything from outside that the terminal needs."""

    policy: Policy
    """The site's rules, over a world of the terminal's own: what could be said here and now."""
    views: Views
    """As far as that world is, of the terminal's own too."""
    before: Callable[[], tuple[Sequence[Event], Sequence[Event]]]
    """What was heard and answered last before that, and the newest events before it, as State takes them."""
    read: Callable[[int, int], Iterable[Event]]
    """(after, limit) -> events of the log after that position, in order. Raises LogError."""
    whole: Callable[[str], tuple[Evidence | None, Sound]]
    """A turn's id -> all that is kept of it. Raises LogError."""
    connect: Callable[[], Awaitable[Door | None]]
    """A new connection to the core, or None when none is up. Raises CoreError."""
    start: Callable[[], Started] | None
    """Start a core in a process of its own that outlives this one. None where that is not wanted. Raises CoreError."""
    clock: Clock
    """Wall and steady time."""
