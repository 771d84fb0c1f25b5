"""Where a headset's loop can be, what it remembers, and the ways that lead from one state to another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from assistant.turn.sounds import Effect, Heard, Message, Say, Speech, Start, Stop, Timer, Transcribe

AWAKE_S = 0.35
"""So long after the wake word nothing is played: mostly the command follows at once."""
LISTEN_S = 6.0
"""How long a woken headset waits for somebody to speak."""
FOLLOW_UP_S = 9.0
"""How long after a question no wake word is needed; the question is good for ten seconds from when it was made."""
TAIL_S = 0.5
"""After its last word what is heard may still be its own voice, and is held against what it said."""
WORKING_S = 1.0
"""Before the sound that says so, and between two."""
STILL_S = 5.0
"""Before it says that it is still at work, and between two."""
STEP_BACK_S = 0.5
"""A speech that was cut off by mistake goes on from a little before."""


class State(StrEnum):
    """Where a headset can be."""

    WAITING = "waiting"
    """For the wake word or the button."""
    LISTENING = "listening"
    """Whoever speaks now speaks to us."""
    CAPTURING = "capturing"
    """Somebody does."""
    HEARING = "hearing"
    """They are done; their words are not there yet."""
    THINKING = "thinking"
    """The turn is under way."""
    SPEAKING = "speaking"
    LOST = "lost"
    """There is no sound."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """One headset's state."""

    state: State = State.LOST
    voice: bool = False
    """Somebody speaks right now, to us or not."""
    void: bool = False
    """What they say cannot act."""
    paused: bool = False
    """Whoever speaks, not to us so far, is silent for a moment: the wake word may have been their last."""
    tail: bool = False
    """Its own last word may still be heard."""
    number: int = 0
    """Of the newest transcript that was asked for."""
    asked: bool = False
    """That transcript is on its way or there, and speech has not gone on since."""
    words: Heard | None = None
    """That transcript, once it is there."""
    woken: bool = False
    """The wake word was said in what is being said."""
    open: bool = False
    """A question waits for its answer, and its time is not over."""
    speech: Speech | None = None
    """What is being said, or is to be said once there is sound again."""
    said: Speech | None = None
    """What was said last."""
    echo: bool = False
    """What is being said began right after that: it may be its own last words, come back."""
    interrupted: Speech | None = None
    """What was being said when the wake word came; it goes on when nothing comes of that."""


Step = tuple[Conversation, tuple[Effect, ...]]
Handler = Callable[[Conversation, Message], Step]


@dataclass(frozen=True, slots=True)
class Row:
    """One cell of the table."""

    do: Handler
    to: tuple[State, ...]
    """Where it can lead; empty: it stays."""


# ---- ways from one state to another ------------------------------------------------------------------------


def stay(now: Conversation, message: Message) -> Step:
    return now, ()


def rest(now: Conversation, *effects: Effect) -> Step:
    """Nothing more to do: wait for the answer to a question, else for the wake word."""
    if now.interrupted is not None:
        return speak(now, now.interrupted, *effects)
    kept = replace(now, state=State.LISTENING if now.open else State.WAITING, words=None, asked=False, woken=False)
    return kept, effects


def listen(now: Conversation, *effects: Effect) -> Step:
    """Whoever speaks next speaks to us."""
    kept = replace(now, state=State.LISTENING, words=None, asked=False, woken=False)
    return kept, (*effects, Start(Timer.LISTEN, LISTEN_S))


def speak(now: Conversation, speech: Speech, *effects: Effect) -> Step:
    kept = replace(now, state=State.SPEAKING, speech=speech, interrupted=None, words=None, asked=False)
    return kept, (*effects, Stop(Timer.LISTEN), Stop(Timer.AWAKE), Stop(Timer.WORKING), Stop(Timer.STILL), Say(speech))


def transcribe(now: Conversation) -> Step:
    return replace(now, number=now.number + 1, asked=True, words=None), (Transcribe(now.number + 1),)
