"""What can happen in a conversation, and what is to be done about it: the words of the dialogue's table."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.domain.values import Command, Decision, Session

# ---- messages: what can happen ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Proceed:
    """Policy lets a command pass at once."""

    command: Command


@dataclass(frozen=True, slots=True)
class NeedsYes:
    """Policy wants to hear "yes" first."""

    commands: tuple[Command, ...]
    question: str
    now: float
    """Monotonic seconds."""
    bound: tuple[str, ...] = ()
    """For each command what exactly was asked about: its orders and the state that they were made for."""


@dataclass(frozen=True, slots=True)
class NeedsDigits:
    """Policy wants to hear the last digits of an id first: nobody says them by habit."""

    command: Command
    question: str
    digits: str
    """All digits of the id."""
    now: float
    """Monotonic seconds."""
    bound: str = ""
    """As in NeedsYes."""


@dataclass(frozen=True, slots=True)
class NeedsSlot:
    """Something is missing that must be asked for."""

    command: Command
    slot: str
    question: str
    now: float
    """Monotonic seconds."""


@dataclass(frozen=True, slots=True)
class Told:
    """A command that ends in words: looked up, refused, nothing to do."""

    decision: Decision
    say: str


@dataclass(frozen=True, slots=True)
class Noise:
    """Not for us, or not understood: changes nothing that is pending."""

    decision: Decision
    say: str


@dataclass(frozen=True, slots=True)
class Yes:
    """Said "yes"."""


@dataclass(frozen=True, slots=True)
class Matched:
    """Said the digits that were asked for."""


@dataclass(frozen=True, slots=True)
class Mismatched:
    """Said other digits."""


@dataclass(frozen=True, slots=True)
class Seconded:
    """Another person agreed to what somebody at this station asked for and confirmed."""

    command: Command
    bound: str
    by: Session
    """Who asked."""


@dataclass(frozen=True, slots=True)
class No:
    """Said "no"."""


@dataclass(frozen=True, slots=True)
class Finished:
    """What an Act effect came to."""

    decision: Decision
    say: str


@dataclass(frozen=True, slots=True)
class Expired:
    """The pending question is too old."""


@dataclass(frozen=True, slots=True)
class Sleep:
    """Asked to be quiet."""

    say: str


@dataclass(frozen=True, slots=True)
class Wake:
    """Woken."""

    say: str


Message = (
    Proceed
    | NeedsYes
    | NeedsDigits
    | NeedsSlot
    | Told
    | Noise
    | Yes
    | Matched
    | Mismatched
    | Seconded
    | No
    | Finished
    | Expired
    | Sleep
    | Wake
)
MESSAGES: tuple[type[Message], ...] = (
    Proceed,
    NeedsYes,
    NeedsDigits,
    NeedsSlot,
    Told,
    Noise,
    Yes,
    Matched,
    Mismatched,
    Seconded,
    No,
    Finished,
    Expired,
    Sleep,
    Wake,
)


# ---- effects: what is to be done -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Act:
    """Carry this out, and come back with Finished."""

    command: Command
    confirmed: bool
    """Whether the session said yes to exactly this."""
    bound: str = ""
    """What the yes was for; anything else now voids it."""
    by: Session | None = None
    """Who asked, where the one who says yes is the second person."""


@dataclass(frozen=True, slots=True)
class Say:
    """Answer with these words; `key` names a shared answer where the words are the site's."""

    decision: Decision
    text: str = ""
    key: str = ""


Effect = Act | Say
