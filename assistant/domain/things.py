"""What there is in a plant, as far as events say: lots, boards, machines, and who is who."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from assistant.domain import events as e
from assistant.domain.values import Session

KEPT = 60
"""Events remembered for each subject; older ones are in the log."""
_LONG = (e.LotCreated, e.PasteMeasured, e.PartsPlaced, e.BoardHeated)
"""Never remembered: they are long, and what they say stands in the lot itself or in a view."""


@dataclass(slots=True)
class Hold:
    """Why something may not go on."""

    reason: str
    at: float
    """Unix seconds UTC."""
    badge: str
    """Who asked for it, or empty when a machine did it by itself."""


@dataclass(slots=True)
class Thing:
    """A lot, board or machine: what they have in common."""

    id: str
    hold: Hold | None = None
    last_hold: Hold | None = None
    """The hold before it was released, for who wants it back."""
    past: list[e.Event] = field(default_factory=list)
    """What happened to it, newest last; of a board that left its line long ago, what was decided about it."""
    count: int = 0
    """Events in all, kept or not."""
    scrapped: str | None = None
    """Why it was thrown away (empty when nobody said); None while it was not."""

    def remember(self, event: e.Event) -> None:
        """One more of its past."""
        self.count += 1
        if not isinstance(event.data, _LONG):
            self.past.append(event)
            if len(self.past) > KEPT:
                del self.past[0]


@dataclass(slots=True)
class Lot(Thing):
    """A lot and its boards."""

    order: str = ""
    product: str = ""
    line: str = ""
    boards: Sequence[str] = ()
    shipped: bool = False
    """It has left the house."""


@dataclass(slots=True)
class Board(Thing):
    """A board and how far it is."""

    lot: str = ""
    machine: str = ""
    """Where it is, or was last."""
    inside: bool = False
    """In that machine now (else: after it, or not started where `machine` is empty)."""
    verdict: str = ""
    """`passed`, `failed` or empty while not inspected."""
    defects: tuple[str, ...] = ()
    rework: bool = False
    """In the rework queue."""


@dataclass(slots=True)
class Machine(Thing):
    """A machine and what it reports."""

    name: str = ""
    kind: str = ""
    line: str = ""
    spoken: tuple[str, ...] = ()
    state: str = ""
    """As last reported; empty when never."""
    e10: int = 0
    """The same by SEMI E10, as its CFX number; 0 when not told."""
    since: float = 0.0
    board: str = ""
    product: str = ""
    """What it is set up for; empty when not known."""
    alarms: dict[str, e.AlarmRaised] = field(default_factory=dict)
    """Open and not acknowledged, by code, oldest first."""


@dataclass(slots=True)
class Action:
    """The last thing that somebody had done, for undo."""

    turn: str
    method: str
    """Of its orders, as in the hardware file."""
    units: list[str]
    """What they were about, in order."""
    at: float
    """Unix seconds UTC."""


@dataclass(slots=True)
class Call:
    """Somebody was called and nobody has come yet."""

    id: str
    who: str
    unit: str
    """Machine, line or station where help is needed; may be empty."""
    badge: str
    at: float
    """Unix seconds UTC."""
    escalated: bool = False


@dataclass(frozen=True, slots=True)
class Telling:
    """An announcement was said or shown to a session."""

    badge: str
    station: str
    how: str
    """As in announcement.told."""
    at: float
    """Unix seconds UTC."""


@dataclass(slots=True)
class Announcement:
    """What the assistant has said by itself and nobody has said to have heard."""

    subject: str
    words: str
    to: str
    """A role, or `line`."""
    line: str
    by: str
    """The badge that brought it about, or empty."""
    at: float
    """Unix seconds UTC."""
    escalated: str = ""
    """The role that was told after nobody had heard it."""
    key: str = ""
    """What came about, as in announcement.made."""
    told: list[Telling] = field(default_factory=list)
    """To whom it was said or shown, oldest first."""

    def told_to(self, session: Session, how: str) -> bool:
        """Whether this session was told in this way."""
        return any((one.badge, one.station, one.how) == (session.badge, session.station, how) for one in self.told)


@dataclass(frozen=True, slots=True)
class Notice:
    """An announcement that is to be said or shown."""

    id: str
    words: str


@dataclass(slots=True)
class Request:
    """Something that the factory's own system asked for and got no answer to yet."""

    id: str
    unit: str
    """Lot, board or machine."""
    reason: str
    order: str = ""
    """The order that it led to; empty while there is none. There is never a second one."""
    outcome: str = ""
    """What became of that order, as in `mes.request_answered`; empty while it is not known."""
    why: str = ""
    """Why, when not done."""

    def end(self, data: e.Payload) -> None:
        """Its order ended so."""
        settled = data.outcome == "done" if isinstance(data, e.OrderSettled) else None
        self.outcome = _OUTCOMES[type(data)] if settled is None else "done" if settled else "failed"
        self.why = getattr(data, "reason", "")


_OUTCOMES: dict[type[e.Payload], str] = {
    e.OrderDone: "done",
    e.OrderRejected: "refused",
    e.OrderFailed: "failed",
    e.OrderUncertain: "uncertain",
}


@dataclass(slots=True)
class Line:
    """A line."""

    id: str
    name: str
    machines: tuple[str, ...]
    spoken: tuple[str, ...] = ()


@dataclass(slots=True)
class WorkOrder:
    """A work order."""

    id: str
    product: str
    line: str
    status: str


@dataclass(slots=True)
class Product:
    """A product."""

    id: str
    name: str
    spoken: tuple[str, ...] = ()


@dataclass(slots=True)
class Operator:
    """A person, known by a badge."""

    badge: str
    role: str
    line: str = ""


@dataclass(frozen=True, slots=True)
class Voicing:
    """How somebody is spoken to."""

    volume_db: float = 0.0
    """Decibels above the headset's own loudness."""
    speed: float = 1.0
    """1.2: a fifth faster than the voice's own."""
