"""Who is where, and how they like to be spoken to."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.domain.events.event import Payload


@dataclass(frozen=True, slots=True)
class VoiceAdjusted(Payload, type="voice.adjusted"):
    """Subject: the badge, or the station where nobody is checked in. From now on it is spoken to like this."""

    volume_db: float
    """Decibels above the headset's own loudness; negative: softer."""
    speed: float
    """1.2: a fifth faster than the voice's own."""
