"""What the factory's own system (MES) asks for, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.domain.events.event import Payload

FACTORY = "/mes"
"""Source of what the factory's own system says; never sent back to it."""


@dataclass(frozen=True, slots=True)
class HoldRequested(Payload, type="hold.requested"):
    """Subject: the lot, board or machine that is to be held. The event's id is the request's id."""

    reason: str
    """Why, in the site's words."""


@dataclass(frozen=True, slots=True)
class EventResent(Payload, type="mes.event_resent"):
    """Subject: the id of an event that the factory's own system had refused, and that somebody had sent again."""

    position: int
    """Its place in the log."""
    badge: str
    """Who wanted it."""
    outcome: str
    """`delivered`; `refused`, for good, again; or `later`: it could not be asked now."""
    reason: str = ""
    """What it said, when it was not delivered."""


@dataclass(frozen=True, slots=True)
class RequestAnswered(Payload, type="mes.request_answered"):
    """Subject: what it was about, or `/mes` when that could not be read. Said once of a request, and for good."""

    request: str
    """The id of what the factory's own system sent."""
    kind: str
    """Its type, as sent."""
    outcome: str
    """`done` (observed at the machine), `refused` or `failed` (nothing was done), or `uncertain` (it may have been)."""
    reason: str = ""
    """Why, when not done."""
