"""What a headset's loop is told (messages) and what it asks for (effects)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from assistant.domain.values import Decision


class Timer(StrEnum):
    """What can run out."""

    AWAKE = "awake"
    """The wake word was said, and no command followed at once."""
    LISTEN = "listen"
    """Somebody woke it and says nothing."""
    WINDOW = "window"
    """A question was asked, and its answer may come without the wake word."""
    TAIL = "tail"
    """Its own last word may still be heard."""
    WORKING = "working"
    STILL = "still"


@dataclass(frozen=True, slots=True)
class Speech:
    """Something to say."""

    sentences: tuple[str, ...] = ()
    """In words, as the voice reads them."""
    key: str = ""
    """Instead of them: a word of the loop's own, by its name in intents/shared.yaml."""
    asks: bool = False
    """It ends with a question."""
    sleeps: bool = False
    """It is the last before sleep."""
    announces: str = ""
    """It answers nobody: the id of the announcement that it is."""
    at: int = 0
    """The sentence that is being said, or with which it goes on."""
    offset: float = 0.0
    """Seconds of that sentence that were heard already."""


# ---- messages --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Message:
    """Base of all."""


@dataclass(frozen=True, slots=True)
class Woke(Message):
    """The wake word was heard."""


@dataclass(frozen=True, slots=True)
class Pressed(Message):
    """The button that stands for it."""


@dataclass(frozen=True, slots=True)
class Began(Message):
    """Somebody began to speak."""


@dataclass(frozen=True, slots=True)
class Paused(Message):
    """They pause: a transcript is worth its time."""


@dataclass(frozen=True, slots=True)
class Resumed(Message):
    """They go on."""


@dataclass(frozen=True, slots=True)
class Ended(Message):
    """They are done."""

    why: str
    """As in ports.Mark."""


@dataclass(frozen=True, slots=True)
class Heard(Message):
    """A transcript that was asked for."""

    number: int
    """Which."""
    texts: tuple[str, ...]
    """Best first, without the wake word; empty: no words."""
    silences: bool = False
    """It is a word that silences and does nothing else."""
    cancels: bool = False
    """It is a word that silences and says no."""
    addressed: bool = False
    """It began with the wake word."""


@dataclass(frozen=True, slots=True)
class Answered(Message):
    """The turn is over."""

    sentences: tuple[str, ...]
    """What is to be said; empty: nothing."""
    decision: Decision | None = None
    sleeps: bool = False
    """Nothing more is wanted for now."""


@dataclass(frozen=True, slots=True)
class Announced(Message):
    """There is something to be said that nobody asked for; where it is no moment for it, it is offered again."""

    ident: str
    """The announcement's id."""
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Played(Message):
    """A sentence was heard to its end."""

    sentence: int


@dataclass(frozen=True, slots=True)
class Silenced(Message):
    """It was made to stop."""

    sentence: int
    """In this one."""
    seconds: float
    """After so much of it."""


@dataclass(frozen=True, slots=True)
class Spoke(Message):
    """All was said, or could not be said."""


@dataclass(frozen=True, slots=True)
class TimedOut(Message):
    """Time is up."""

    timer: Timer


@dataclass(frozen=True, slots=True)
class Lost(Message):
    """There is no sound any more."""

    why: str
    """As in ports.DeviceState."""


@dataclass(frozen=True, slots=True)
class Back(Message):
    """There is."""

    name: str
    """The device."""


MESSAGES: tuple[type[Message], ...] = (
    Woke,
    Pressed,
    Began,
    Paused,
    Resumed,
    Ended,
    Heard,
    Answered,
    Announced,
    Played,
    Silenced,
    Spoke,
    TimedOut,
    Lost,
    Back,
)


# ---- effects ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Play:
    """One of the short sounds."""

    earcon: str


@dataclass(frozen=True, slots=True)
class Say:
    """Say it, from `speech.at` and `speech.offset` on."""

    speech: Speech


@dataclass(frozen=True, slots=True)
class SayKey:
    """A word of the loop's own, by its name in intents/shared.yaml; it is no answer and nobody waits for its end."""

    key: str


@dataclass(frozen=True, slots=True)
class Hush:
    """Be silent at once."""


@dataclass(frozen=True, slots=True)
class Reset:
    """Whatever is being said, listen anew."""


@dataclass(frozen=True, slots=True)
class Transcribe:
    """Make a transcript of what was said so far."""

    number: int


@dataclass(frozen=True, slots=True)
class Judge:
    """Tell the endpointer how these words look."""

    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Take:
    """Take the turn with this transcript."""

    words: Heard


@dataclass(frozen=True, slots=True)
class Start:
    """Start a timer, anew if it runs."""

    timer: Timer
    seconds: float


@dataclass(frozen=True, slots=True)
class Stop:
    """Stop a timer."""

    timer: Timer


@dataclass(frozen=True, slots=True)
class Tell:
    """Say something on the terminal, by its name in intents/shared.yaml."""

    key: str
    what: str = ""


@dataclass(frozen=True, slots=True)
class Gave:
    """An announcement was said."""

    ident: str
    cut: bool = False
    """Not to its end: the wake word or the button came."""


Effect = Play | Say | SayKey | Hush | Reset | Transcribe | Judge | Take | Start | Stop | Tell | Gave
