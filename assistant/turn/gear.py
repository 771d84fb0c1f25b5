"""What a headset's station works with, and what a site says of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from assistant.domain.endpointing import Words
from assistant.domain.things import Notice, Voicing
from assistant.domain.values import Answer, Session, Transcript
from assistant.ports import Clock, Ears, Endpointer, Microphone, Speaker, Voice, Wakeword


class Turns(Protocol):
    """A core, as far as a headset needs it."""

    async def turn(self, transcript: Transcript) -> Answer:
        """Take one transcript to its answer. Raises AssistantError."""

    async def check_in(self, session: Session, how: str) -> None:
        """Write down who is where. Raises AssistantError."""

    async def voicing(self, session: Session) -> Voicing:
        """How whoever speaks there is spoken to. Raises AssistantError."""

    async def announcement(self, session: Session) -> Notice | None:
        """The oldest announcement that is to be said to it now, or None. Raises AssistantError."""

    async def told(self, session: Session, ident: str, how: str) -> None:
        """Write down that it was said, as in announcement.told. Raises AssistantError."""


@dataclass(slots=True)
class Times:
    """When what happened in one turn, seconds by Clock.monotonic; 0 for what did not happen."""

    turn: str = ""
    paused: float = 0.0
    """The last frame of the pause in which the transcript was begun."""
    ended: float = 0.0
    """The last frame of the command."""
    heard: float = 0.0
    """Its words were there."""
    answered: float = 0.0
    made: float = 0.0
    """The first piece of it was sound."""
    handed: float = 0.0
    """The short sound before it was over: it was handed to the device."""
    began: float = 0.0
    """Its first sample was heard."""
    said: str = ""
    """The words that were heard."""
    decision: str = ""
    by: str = ""
    """What read the words, as in Answer."""


@dataclass(frozen=True, slots=True)
class Manner:
    """What a site says of it."""

    silences: frozenset[str]
    """Words that silence it, small letters, no punctuation."""
    cancels: frozenset[str]
    """Words that silence it and say no."""
    text: Callable[[str, str], str]
    """A word of the loop's own, by name, with what it is about."""
    judge: Callable[[str], Words]
    """How words look that were said so far."""
    phrase: str
    """The wake word."""
    badge: Callable[[str], str] = lambda said: ""
    """The badge that words ask to check in; empty for any other words."""
    prompt: Sequence[str] = ()
    """Names for the recogniser."""
    earcons: Mapping[str, bytes] = field(default_factory=dict)
    """Short sounds by name."""
    shaped: Callable[[bytes, float, float], bytes] = lambda sound, speed, offset: sound
    """A WAV file at another speed, from so many seconds of it on."""
    closed: Callable[[bytes, float], bytes] = lambda sound, pause: sound
    """A WAV file with no more than so many seconds of silence at its end."""
    opening: Callable[[str], str] = lambda sentence: ""
    """The name of a thing with which a sentence begins, with one word before it at most; empty for none."""


@dataclass(frozen=True, slots=True)
class Gear:
    """What it works with; ears, voice and core are shared with other stations."""

    microphone: Microphone
    speaker: Speaker
    endpointer: Endpointer
    wakeword: Wakeword | None
    ears: Ears
    voice: Voice
    turns: Turns
    clock: Clock
