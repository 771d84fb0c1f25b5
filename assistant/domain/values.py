"""The values of a turn, in the order in which they flow: each stage takes one and returns the next.

Utterance -> Transcript -> Command -> Verdict -> Order -> Outcome -> Answer
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

HERE = "@here"
"""Slot value: what the operator is working on."""

MISSING = "?"
"""Slot value: an id was named and does not exist."""


@dataclass(frozen=True, slots=True)
class Session:
    """A badge at a station; whoever speaks there is this session."""

    badge: str = ""
    """Operator's badge, or empty: nobody is checked in."""
    station: str = ""
    """Machine or line id, or empty."""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One thing that may have been said."""

    text: str
    """The words."""
    logprob: float = 0.0
    """Mean natural-log probability a token, 0 for typed words."""
    heard: str = ""
    """What the recogniser wrote, where `text` only sounds like it and is a sentence of this site; or empty."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said, as the recogniser or the keyboard offers it."""

    turn: str
    """The turn's id; it travels through everything that comes of this."""
    session: Session
    """Whose words these are."""
    hypotheses: tuple[Hypothesis, ...]
    """Best first; empty when nothing was said."""
    channel: str = "text"
    """`text` or `voice`."""
    note: str = ""
    """Why there are no words (`silence`, `too short`), for the log; empty otherwise."""
    cut: str = ""
    """`start` or `end` where words may be missing ("(don't) stop oven two"): never enough to act unasked. Or empty."""


@dataclass(frozen=True, slots=True)
class Command:
    """What is meant. A proposal: whether it happens is policy's business."""

    intent: str
    """Name of the intent, `unknown` included."""
    slots: Mapping[str, str] = field(default_factory=dict)
    """Canonical, flat."""
    confidence: float = 1.0
    """0 to 1."""
    by: str = "template"
    """`template` or `model`."""
    text: str = ""
    """The words that it was read from."""
    heard: Mapping[str, str] = field(default_factory=dict)
    """Slot -> what was said for it, where that does not exist (`?`): `4719`, for the answer to name."""
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Slot -> ids among which the words leave open which is meant ("the oven"); none: it was not heard well enough."""
    doubt: str = ""
    """Why this reading must be confirmed even if its intent would not ask: `slip`, `hypotheses`; or empty."""


class Decision(StrEnum):
    """What became of a turn (design contract of the command line)."""

    DONE = "done"
    CONFIRM = "confirm"
    ASK = "ask"
    REFUSED = "refused"
    ANSWERED = "answered"
    IGNORED = "ignored"
    FAILED = "failed"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True)
class Expectation:
    """What must be read from the machine before anybody says "done"."""

    variable: str
    """Name of the machine's variable in the hardware file: `held`, `state`, `queue`, `alarms`."""
    relation: str
    """`is`, `not`, `has` or `lacks`."""
    value: str
    """The value; for `has` and `lacks` an element of the list read."""

    def met_by(self, value: str | tuple[str, ...]) -> bool:
        """Whether a value that was read fulfils this."""
        match self.relation:
            case "is":
                return value == self.value
            case "not":
                return value != self.value
            case "has":
                return self.value in value
            case "lacks":
                return self.value not in value
        raise ValueError(self.relation)


@dataclass(frozen=True, slots=True)
class Order:
    """One thing that one machine is asked to do, once."""

    id: str
    """Travels with it to the machine; a second order of the same id does nothing."""
    machine: str
    """Which machine."""
    method: str
    """Name of the method in the hardware file: `hold`, `release`, `rework`, `stop`, …"""
    args: Mapping[str, str]
    """Its arguments by name."""
    expect: Expectation
    """What observing it will show."""
    deadline: float
    """Unix seconds UTC; after it the machine refuses to begin."""
    within: float = 3.0
    """Seconds from now in which the assistant may still send it, by its own monotonic clock."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A machine's immediate answer to an order."""

    accepted: bool
    """Whether it will do it."""
    reason: str = ""
    """Why not, in the machine's words."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a machine says of itself now, read from it and of good quality."""

    machine: str
    """Which machine."""
    values: Mapping[str, str | tuple[str, ...]]
    """Variable name in the hardware file -> value."""
    time: float
    """The machine's own time of these values (oldest), Unix seconds UTC."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an order, as far as it was observed."""

    order: Order
    """Which."""
    status: str
    """`done`, `rejected`, `not_sent` or `uncertain`."""
    reason: str = ""
    """Why, when not done."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said and shown at the end of a turn. Every path ends in one."""

    text: str
    """What was heard."""
    intent: str
    """How it was read."""
    slots: Mapping[str, str]
    """Its slots."""
    confidence: float
    """0 to 1."""
    by: str
    """`template` or `model`."""
    decision: Decision | None
    """What became of it; None when it was only parsed."""
    say: str
    """The words spoken; empty for silence."""
    events: tuple[str, ...] = ()
    """Ids of the events that this turn wrote or caused."""
    also: tuple[Answer, ...] = ()
    """Further commands of the same breath."""
    ms: Mapping[str, float] = field(default_factory=dict)
    """Milliseconds by stage."""
    rule: str = ""
    """The rule that decided (turn.verdict); empty when it was only parsed."""
    expires_s: float = 0.0
    """Seconds from now on in which a question of this turn, or of one before it, can be answered; 0: none stands."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """One stretch of speech, ready for the recogniser."""

    samples: object
    """float32 mono in [-1, 1], shape (n,), 16 kHz (a numpy array; the domain needs no more of it)."""
    voiced_s: float
    """Seconds of speech in it by voice activity."""
    clipped: float = 0.0
    """Share of samples at full scale, 0 to 1."""
    cut: str = ""
    """`start` when somebody was speaking at its very first sample already, `end` when it was broken off; or empty."""
