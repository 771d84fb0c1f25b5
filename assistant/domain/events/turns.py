"""What the assistant does, and what it notices of its connections."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.domain.events.event import Payload


@dataclass(frozen=True, slots=True)
class Further:
    """A command that came in the same breath as the first one."""

    intent: str
    """The intent read."""
    slots: dict[str, str]
    """Its slots, canonical."""
    confidence: float
    """0 to 1."""
    by: str
    """`template` or `model`."""
    doubt: str = ""
    """As in TurnHeard."""


@dataclass(frozen=True, slots=True)
class TurnHeard(Payload, type="turn.heard"):
    """Subject: the turn. What was said and how it was read, before anything is done about it."""

    text: str
    """The words that the reading comes from."""
    channel: str
    """`text` or `voice`."""
    badge: str
    """Who is checked in, or empty: a voice identifies nobody."""
    station: str
    """Where, or empty."""
    intent: str
    """The intent read."""
    slots: dict[str, str]
    """Its slots, canonical."""
    confidence: float
    """0 to 1."""
    by: str
    """`template` or `model`."""
    note: str = ""
    """Why there were no words (`silence`, `no speech`), or empty."""
    hypotheses: tuple[tuple[str, float], ...] = ()
    """What the recogniser offered, best first: the words, and their mean natural-log probability a token. Empty for
    typed words, which are `text`, and for words that were not for us."""
    doubt: str = ""
    """Why the reading has to be confirmed whatever its confidence (`slip`, `hypotheses`, `unsure`, …), or empty."""
    also: tuple[Further, ...] = ()
    """Further commands of the same breath."""
    about: str = ""
    """What had last been spoken of, which "it" means; or empty."""
    asked: str = ""
    """The turn whose question stood open and may be answered by this one; or empty."""
    ran_out: str = ""
    """The turn whose question had stood open too long by now; or empty."""
    sounds_like: tuple[str, ...] = ()
    """For each hypothesis what was heard, where its words only sound like that; empty strings for the others."""
    cut: str = ""
    """`start` or `end` where the sound begins or ends in the midst of speech: words may be missing. Or empty."""


@dataclass(frozen=True, slots=True)
class TurnAnswered(Payload, type="turn.answered"):
    """Subject: the turn."""

    decision: str
    """`done`, `confirm`, `ask`, `refused`, `answered`, `ignored`, `failed` or `uncertain`."""
    say: str
    """The words of the answer."""
    rule: str = ""
    """The rule that decided, by the name that it has in turn.verdict; empty in logs from before it was kept."""
    also: tuple[tuple[str, str], ...] = ()
    """Decision and rule of each further command of the same breath."""
    expires_s: float = 0.0
    """Seconds from then on in which a question could be answered; 0 when none stood after this turn."""


@dataclass(frozen=True, slots=True)
class OrderRequested(Payload, type="order.requested"):
    """Subject: the order; the event's id is the order's id. On disk before a machine is touched."""

    machine: str
    """Which machine is to do it."""
    method: str
    """`hold`, `release`, `stop`, … as in the site's hardware file."""
    args: dict[str, str]
    """Its arguments."""
    badge: str
    """Who asked for it."""
    station: str
    """Where."""
    deadline: float
    """Unix seconds UTC after which neither side may begin it."""
    second: str = ""
    """Who agreed to it beside the one who asked, where the site wants two people."""


@dataclass(frozen=True, slots=True)
class OrderAccepted(Payload, type="order.accepted"):
    """Subject: the order."""

    machine: str
    """Who accepted."""


@dataclass(frozen=True, slots=True)
class OrderRejected(Payload, type="order.rejected"):
    """Subject: the order. The machine said no: nothing was done."""

    machine: str
    """Who rejected."""
    reason: str
    """Its reason, in its words."""


@dataclass(frozen=True, slots=True)
class OrderDone(Payload, type="order.done"):
    """Subject: the order. Written only from a state read after sending."""

    machine: str
    """Where it was observed."""
    observed: str
    """What was read, `held=L4712` or `state=stopped`."""
    observed_at: float
    """The machine's own time of that value, Unix seconds UTC."""


@dataclass(frozen=True, slots=True)
class OrderFailed(Payload, type="order.failed"):
    """Subject: the order. Certain that it was not carried out."""

    machine: str
    """Who was to do it."""
    reason: str
    """Why not."""


@dataclass(frozen=True, slots=True)
class OrderUncertain(Payload, type="order.uncertain"):
    """Subject: the order. It may or may not have been carried out; only an observation ends this."""

    machine: str
    """Who was to do it."""
    reason: str
    """Why it is not known."""


@dataclass(frozen=True, slots=True)
class OrderSettled(Payload, type="order.settled"):
    """Subject: the order. Its uncertainty is over: the journal showed what became of it, or somebody looked."""

    machine: str
    """Who was to do it."""
    outcome: str
    """`done` or `not_done`."""
    by: str = ""
    """The badge of who looked; empty when the journal showed it."""
    how: str = ""
    """What was seen, in a few words."""


@dataclass(frozen=True, slots=True)
class NoteTaken(Payload, type="note.taken"):
    """Subject: the lot, board or machine it is about, or the station. Text is data, never instruction."""

    text: str
    """Word for word."""
    badge: str
    """Who said it."""
    station: str = ""
    """Where, or empty."""


@dataclass(frozen=True, slots=True)
class CallRaised(Payload, type="call.raised"):
    """Subject: the machine or line where help is needed, or the caller's station. The event's id is the call's."""

    who: str
    """Who is called: `maintenance`, `quality`, `material` or `supervisor`."""
    badge: str
    """Who calls."""
    station: str = ""
    """Where from, or empty."""


@dataclass(frozen=True, slots=True)
class CallAnswered(Payload, type="call.answered"):
    """Subject: that of the call. Somebody is on the way."""

    call: str
    """The id of its call.raised."""
    badge: str
    """Who answers, or empty when the factory's own system did."""


@dataclass(frozen=True, slots=True)
class CallEscalated(Payload, type="call.escalated"):
    """Subject: that of the call. Nobody answered in time, so somebody else is called too."""

    call: str
    """The id of its call.raised."""
    to: str
    """Who is called now."""


@dataclass(frozen=True, slots=True)
class ConnectionLost(Payload, type="connection.lost", cfx="CFX.ResourcePerformance.StationOffline"):
    """Subject: the endpoint. From now on what is known of its machines is old."""

    reason: str
    """What was noticed."""


@dataclass(frozen=True, slots=True)
class ConnectionRestored(Payload, type="connection.restored", cfx="CFX.ResourcePerformance.StationOnline"):
    """Subject: the endpoint. Everything was read again."""

    after_s: float
    """Seconds it was away; 0 at the first connection."""


@dataclass(frozen=True, slots=True)
class CheckedIn(Payload, type="badge.checked_in"):
    """Subject: the badge. Whoever spoke for this station before speaks for it no longer, nor this badge elsewhere."""

    station: str
    """The station or line whose headset speaks for the badge from now on."""
    channel: str
    """Where the badge was given: `terminal` (typed) or `voice` (at the headset)."""


@dataclass(frozen=True, slots=True)
class CheckedOut(Payload, type="badge.checked_out"):
    """Subject: the badge. The station's headset speaks for nobody now."""

    station: str
    """Where it had been checked in."""
    channel: str
    """Where that was said: `terminal` or `voice`."""
