"""What the assistant says by itself, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.domain.events.event import Payload


@dataclass(frozen=True, slots=True)
class AnnouncementMade(Payload, type="announcement.made"):
    """Subject: the lot, board, machine or line that it is about. The event's id is the announcement's."""

    rule: str
    """Which rule of the site's file."""
    key: str
    """What came about (`alarm:PRN-1:PRN-STENCIL-PRESSURE:1764288000.0`): said once of each."""
    words: str
    """As it is said."""
    to: str
    """For whom: a role (`supervisor`), or `line`: whoever is checked in at a station of that line."""
    line: str = ""
    """The line it is about, or empty."""
    by: str = ""
    """The badge that brought it about, who need not be told; or empty."""


@dataclass(frozen=True, slots=True)
class AnnouncementTold(Payload, type="announcement.told"):
    """Subject: the announcement. It was said or shown to somebody, who may or may not have taken it in."""

    badge: str
    station: str
    how: str
    """`voice`: said to its end, or until it was silenced; `cut`: the wake word cut it off; `screen`: shown."""


@dataclass(frozen=True, slots=True)
class AnnouncementHeard(Payload, type="announcement.heard"):
    """Subject: the announcement. Somebody it was for has said so."""

    badge: str
    station: str = ""


@dataclass(frozen=True, slots=True)
class AnnouncementEscalated(Payload, type="announcement.escalated"):
    """Subject: the announcement. Nobody said to have heard it, so somebody else is told too."""

    to: str
    """The role that is told now."""
