"""What the turn needs of the world. Each port has one adapter per engine and one fake, under one contract suite."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from assistant.domain.events import Event
from assistant.domain.values import Hypothesis, Order, Reading, Receipt, Utterance


class EventLog(Protocol):
    """Append-only, hash-chained, one writer."""

    def append(self, events: Sequence[Event]) -> Sequence[Event]:
        """Store all or none, durably, and return them with position, prev and hash.

        An event whose (source, id) is already stored is skipped and returned as it was stored. Returns only
        after COMMIT. Raises LogError when it could not be made durable.
        """

    def read(self, after: int = 0, limit: int | None = None) -> Iterable[Event]:
        """Events with position > `after`, in order."""

    def close(self) -> None:
        """Let go of the file."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One entry of a machine's own journal: history, in order, never lost in between."""

    journal: str
    """Which journal (a plant's run); empty for what the adapter itself noticed (a lost connection)."""
    sequence: int
    """Its place in that journal, from 1, without gaps."""
    event: Event
    """What happened, ready for the log (position 0)."""


class Machines(Protocol):
    """The machines of one site: a session that observes, another that commands."""

    async def send(self, order: Order) -> Receipt:
        """Hand an order to its machine and return its immediate answer.

        Raises NotSent when it is certain that nothing left this box, Uncertain when an answer is missing.
        Never sends twice, never sends after the order's deadline.
        """

    async def observe(self, machine: str) -> Reading:
        """Read the machine's variables now. Raises NotObserved (gone, stale, bad or uncertain quality)."""

    async def journal(self, after: Mapping[str, int]) -> Sequence[Happening]:
        """Happenings after these sequence numbers (by journal), oldest first, at once; empty when out of reach."""

    def happenings(self, after: Mapping[str, int]) -> AsyncIterator[Sequence[Happening]]:
        """The same, for ever: yields each batch as it comes, across lost connections."""

    def age(self) -> float:
        """Seconds since the machines were last heard of; infinity when never."""


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that the factory's own system (MES) says, as far as it could be read."""

    id: str
    """Its CloudEvents id; where there is none, a name made from its bytes."""
    type: str
    """Its type as sent, or empty."""
    subject: str
    """What it is about as sent, or empty."""
    event: Event | None
    """Ready for the log (position 0); None when it is not what it should be."""
    problem: str = ""
    """Why not."""


@dataclass(frozen=True, slots=True)
class Page:
    """What the factory's own system says in one answer, oldest first."""

    told: Sequence[Told]
    """One by one; what is wrong with one is no matter of the others."""
    next: str
    """Its name for the place after them."""
    more: bool
    """Whether to ask again at once."""


class FactorySystem(Protocol):
    """The factory's own system, which also makes lots, orders and holds. It may say a thing twice."""

    async def fetch(self) -> Page:
        """What it has to say after the last page that was taken. Raises MesError."""

    async def taken(self, page: Page) -> None:
        """All of it is in the log: go on after it, also in the next process. Raises MesError."""


FRAME = 512
"""Samples of a frame of sound: 32 ms at 16 kHz, what the voice detector takes at a time."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A short stretch of sound from a microphone."""

    samples: object
    """float32 mono in [-1, 1], shape (FRAME,), 16 kHz (a numpy array)."""
    at: float
    """When its last sample was taken, seconds by Clock.monotonic."""
    lost: int = 0
    """Samples that were lost just before it: what is being said is void."""


@dataclass(frozen=True, slots=True)
class DeviceState:
    """What became of the headset itself, between two frames: nothing said before it goes on after it."""

    state: Literal["open", "lost"]
    """It is heard from now on; or it is not, until it is open again."""
    name: str
    """As the system calls it; empty where none was found yet."""
    why: str = ""
    """Of `lost`: `gone`, `silent` (nothing but zeros), `swapped`, `rate` or `hung`."""


class Microphone(Protocol):
    """Sound from a headset, at the device's own rate inside, 16 kHz outside."""

    def frames(self) -> AsyncIterator[Frame | DeviceState]:
        """Frames as they come, for ever, across lost devices. Raises AudioError when there can be none at all."""

    async def close(self) -> None:
        """End its process."""


@dataclass(frozen=True, slots=True)
class Played:
    """What was heard of one sound."""

    seconds: float
    """How much: all of it, or what came before `stop`."""
    began: float
    """When its first sample was heard, seconds by Clock.monotonic; 0 for never."""


class Speaker(Protocol):
    """A headset's ear piece."""

    async def play(self, sound: bytes, gain: float = 1.0) -> Played:
        """Play a WAV file (16 bit, mono) instead of what is being played, and wait for its end or for `stop`.

        Raises AudioError when the device is gone.
        """

    async def stop(self) -> None:
        """Be silent at once."""

    async def close(self) -> None:
        """End its process."""


@dataclass(frozen=True, slots=True)
class Maybe:
    """A phrase that may just have been said."""

    odds: float
    """Natural log odds that it was, by whoever noticed."""
    sound: object
    """What was heard of it: float32 mono, 16 kHz, its loudest sample one half (a numpy array)."""


class Wakeword(Protocol):
    """Notices one phrase."""

    @property
    def phrase(self) -> str:
        """Its words."""

    def feed(self, samples: object) -> Maybe | None:
        """What may have been the phrase, once, when it is over. `samples`: a frame's, one after the other.

        Raises EngineError.
        """

    def said(self, maybe: Maybe, likeness: float | None) -> bool:
        """Whether it was, with what an ear says of the same sound (Ears.likeness); None: no ear could say."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What an endpointer noticed with the newest frame."""

    kind: Literal["began", "paused", "resumed", "ended"]
    """Speech began; it pauses (make a transcript of it now); it goes on (throw that transcript away); it is over."""
    utterance: Utterance | None = None
    """At `paused` and `ended`: all of it so far, with what came just before its first voiced sample."""
    why: str = ""
    """At `ended`: `complete`, `silence`, `hanging`, `cap` or `lost`."""


class Endpointer(Protocol):
    """Where a command begins and ends in a stream of frames."""

    def feed(self, frame: Frame) -> Mark | None:
        """What the frame brought about, if anything. Raises EngineError."""

    def transcribed(self, state: Literal["complete", "hanging", "open"]) -> None:
        """What the transcript made at `paused` looks like: one whole command, an unfinished one, or neither."""

    def reset(self) -> None:
        """Forget what was said: the next frame begins a new stretch."""


class Mender(Protocol):
    """What may have been meant by words that make no sentence of the site."""

    def settled(self, heard: Sequence[Hypothesis]) -> bool:
        """Whether nothing of it is to be mended: it makes sense as it is, or says not to do something."""

    def offer(self, heard: Sequence[Hypothesis], again: Sequence[Hypothesis] = ()) -> Sequence[Hypothesis]:
        """Sentences of the site that sound like what was heard, for the ear to score; none where it is settled.

        `again`: what was heard of the same sound when it was heard otherwise, once more; then what that sounds like.
        """


class Transcriber(Protocol):
    """An ear: speech to words."""

    rejected: str
    """Why the last call heard nothing (`silence`, `no speech`, `unsure`, `loop`), or empty."""

    def transcribe(
        self, utterance: Utterance, prompt: Sequence[str], mender: Mender | None = None
    ) -> Sequence[Hypothesis]:
        """n-best, best first, then what `mender` makes of them; empty when nothing was said.

        `prompt`: names (never verbs) that may occur. One call at a time. Raises EngineError.
        """

    def likeness(self, sound: object, phrase: str) -> float:
        """How much likelier a phrase is than what it would write of a short sound itself, natural log a token.

        About 0 where it would write the phrase, far below where not. `sound`: float32 mono, 16 kHz, shape (n,). One
        call at a time. Raises EngineError.
        """


class Ears(Protocol):
    """A transcriber away from the event loop, shared by all who listen: first come, first served."""

    async def words(self, utterance: Utterance, prompt: Sequence[str]) -> tuple[Sequence[Hypothesis], str]:
        """n-best, best first, and why there are none (Transcriber.rejected). Raises EngineError, ModelError."""

    async def likeness(self, sound: object, phrase: str) -> float:
        """See Transcriber. Raises EngineError, ModelError."""


class Voice(Protocol):
    """A mouth: words to speech."""

    async def speak(self, text: str) -> bytes:
        """A WAV file (16 bit, mono) that says `text`. Raises EngineError."""

    async def close(self) -> None:
        """End its process."""


@dataclass(frozen=True, slots=True)
class Match:
    """One sentence template that fits all of a text."""

    intent: str
    """Which intent."""
    slots: Mapping[str, str]
    """Slot -> list value, or the wildcard's text as it stands in the matched text."""
    spans: Mapping[str, tuple[int, int]]
    """Slot -> start and end in the matched text."""
    slip: bool = False
    """The template is one for a recogniser's slip ("whole lot" for "hold lot")."""


class Matcher(Protocol):
    """Strict sentence templates, data of the site."""

    def match(self, text: str) -> Sequence[Match]:
        """Every template that fits the whole text; empty when none does."""

    def match_slot(self, slot: str, text: str) -> str | None:
        """The list value that `text` names for a slot, for the answer to a question ("bridging")."""


@dataclass(frozen=True, slots=True)
class Completion:
    """What a language model wrote."""

    answer: str
    """Its text."""
    logprobs: tuple[float, ...]
    """Natural-log probability of each of its tokens, the end included, among all that it could have written."""


class LanguageModel(Protocol):
    """Words in, a short answer out, in a fixed shape."""

    async def complete(self, text: str) -> Completion:
        """The likeliest answer to `text`, the same for the same text. One call at a time. Raises EngineError."""

    async def close(self) -> None:
        """End its process."""


class Clock(Protocol):
    """Time, so that logic never asks the system."""

    def now(self) -> float:
        """Unix seconds UTC, for records."""

    def monotonic(self) -> float:
        """Seconds that never step, for deadlines."""

    async def sleep(self, seconds: float) -> None:
        """Let so much of `monotonic` go by."""
