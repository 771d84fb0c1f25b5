"""What happened: the event types of this house, each a small frozen record.

An event is a CloudEvents 1.0 record plus its place in the log. Types are past tense (`lot.held`); where
IPC-CFX (IPC-2591) has a message of the same meaning its name stands in `cfx`, and the field meanings follow it.
A new type is a new class here: the store, the command line and the tests find it by reflection.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

EVENT_TYPES: dict[str, type[Payload]] = {}
"""Every payload class by its type name, filled as the classes are defined."""


@dataclass(frozen=True, slots=True)
class Payload:
    """Base of everything that `Event.data` can be."""

    type: ClassVar[str] = ""
    cfx: ClassVar[str] = ""

    def __init_subclass__(cls, *, type: str = "", cfx: str = "") -> None:
        # A slotted dataclass is built twice; the second class is the one that is used, and lands here last.
        if type:
            cls.type, cls.cfx = type, cfx
        EVENT_TYPES[cls.type] = cls


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened, as it stands in the log."""

    id: str
    """Unique with `source` (CloudEvents `id`); a second event with both the same is the same event."""
    source: str
    """Who says so: `/site`, `/assistant`, or `/machines/PRN-1`."""
    subject: str
    """What it is about: a lot, board, machine, line, order or turn id."""
    time: float
    """When it happened by its source's clock, Unix seconds UTC, to the millisecond."""
    data: Payload
    """What happened; its class gives the event its type."""
    correlationid: str = ""
    """The turn that it belongs to, or empty."""
    causationid: str = ""
    """The id of the event that led to it, or empty."""
    position: int = 0
    """Place in the log, from 1; 0 while not stored."""
    prev: str = ""
    """`hash` of the event before, 64 hex digits; 64 zeros at position 1."""
    hash: str = ""
    """SHA-256 over `prev` and this record's canonical JSON; set by the log."""

    @property
    def type(self) -> str:
        """CloudEvents `type`."""
        return self.data.type


# ---- what the site's files declare ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LineInstalled(Payload, type="line.installed"):
    """Subject: the line."""

    name: str
    """As it is said: `line one`."""
    machines: tuple[str, ...]
    """Machine ids in the order that boards pass them."""
    spoken: tuple[str, ...] = ()
    """Other names that people use."""


@dataclass(frozen=True, slots=True)
class MachineInstalled(Payload, type="machine.installed"):
    """Subject: the machine."""

    name: str
    """As it is said: `printer one`."""
    kind: str
    """`printer`, `spi`, `placer`, `oven`, `aoi`, `rework` or `ict`, or what the site says."""
    line: str = ""
    """The line it stands in; empty for a shared machine."""
    spoken: tuple[str, ...] = ()
    """Other names that people use."""


@dataclass(frozen=True, slots=True)
class ProductIntroduced(Payload, type="product.introduced"):
    """Subject: the product (part number of the assembly)."""

    name: str
    """As it is said: `the controller board`."""
    spoken: tuple[str, ...] = ()
    """Other names that people use."""


@dataclass(frozen=True, slots=True)
class WorkOrderCreated(
    Payload, type="workorder.created", cfx="CFX.InformationSystem.WorkOrderManagement.WorkOrdersCreated"
):
    """Subject: the work order."""

    product: str
    """What is made."""
    line: str
    """Where."""
    status: str
    """`running` or `next`."""


@dataclass(frozen=True, slots=True)
class LotCreated(Payload, type="lot.created"):
    """Subject: the lot."""

    order: str
    """Its work order."""
    product: str
    """What it will be."""
    line: str
    """Where it is to be made."""
    boards: tuple[str, ...] = ()
    """The boards in it, in the order they enter the line."""


@dataclass(frozen=True, slots=True)
class OperatorRegistered(Payload, type="operator.registered"):
    """Subject: the badge."""

    role: str
    """`operator`, `quality` or `supervisor`."""
    line: str = ""
    """Where they work; empty for the whole plant."""


# ---- what machines report ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MachineStateChanged(Payload, type="machine.state_changed", cfx="CFX.ResourcePerformance.StationStateChanged"):
    """Subject: the machine."""

    state: str
    """`running`, `idle`, `blocked`, `starved`, `stopped`, `held` or `down`."""
    e10: int
    """SEMI E10 state by its CFX number, e.g. 1100 regular work, 2202 starved."""
    previous: str = ""
    """The state before, empty at the first report."""
    cause: str = ""
    """A CFX fault cause (`RemoteStop`, `QualityCheck`, …) or empty."""
    order: str = ""
    """The order that brought it about, or empty."""


@dataclass(frozen=True, slots=True)
class AlarmRaised(Payload, type="alarm.raised", cfx="CFX.ResourcePerformance.FaultOccurred"):
    """Subject: the machine."""

    code: str
    """The machine's own code, `PRN-STENCIL-PRESSURE`."""
    severity: str
    """CFX severity: `Information`, `Warning`, `Error` or `Alarm`."""
    text: str
    """The machine's own words: data, never instruction."""


@dataclass(frozen=True, slots=True)
class AlarmAcknowledged(Payload, type="alarm.acknowledged", cfx="CFX.ResourcePerformance.FaultAcknowledged"):
    """Subject: the machine. Recognised by a person; not repaired (ISA-18.2)."""

    code: str
    """Which alarm."""
    order: str = ""
    """The order that acknowledged it."""


@dataclass(frozen=True, slots=True)
class AlarmCleared(Payload, type="alarm.cleared", cfx="CFX.ResourcePerformance.FaultCleared"):
    """Subject: the machine. Its condition is gone."""

    code: str
    """Which alarm."""


@dataclass(frozen=True, slots=True)
class BoardArrived(Payload, type="board.arrived", cfx="CFX.Production.UnitsArrived"):
    """Subject: the board."""

    machine: str
    """Where it came in."""
    lot: str
    """The lot it belongs to."""


@dataclass(frozen=True, slots=True)
class BoardDeparted(Payload, type="board.departed", cfx="CFX.Production.UnitsDeparted"):
    """Subject: the board."""

    machine: str
    """What it left."""
    lot: str
    """The lot it belongs to."""


@dataclass(frozen=True, slots=True)
class BoardInspected(Payload, type="board.inspected", cfx="CFX.Production.TestAndInspection.UnitsInspected"):
    """Subject: the board."""

    machine: str
    """Which inspector."""
    lot: str
    """The lot it belongs to."""
    verdict: str
    """`passed` or `failed`."""
    defects: tuple[str, ...] = ()
    """Defects found, in the site's words (`bridging`)."""
    places: tuple[str, ...] = ()
    """Where each was found, reference designators (`U7`)."""


@dataclass(frozen=True, slots=True)
class LotHeld(Payload, type="lot.held", cfx="CFX.Materials.Management.BlockMaterialsRequest"):
    """Subject: the lot. Its machines answer unit validation with "not here, not now"."""

    machine: str
    """Which machine took the order."""
    reason: str
    """Why, in the site's words."""
    order: str = ""
    """The order that did it."""


@dataclass(frozen=True, slots=True)
class LotReleased(Payload, type="lot.released", cfx="CFX.Materials.Management.UnblockMaterialsRequest"):
    """Subject: the lot."""

    machine: str
    """Which machine took the order."""
    order: str = ""
    """The order that did it."""


@dataclass(frozen=True, slots=True)
class BoardHeld(Payload, type="board.held", cfx="CFX.Materials.Management.BlockMaterialsRequest"):
    """Subject: the board."""

    machine: str
    """Which machine took the order."""
    reason: str
    """Why, in the site's words."""
    order: str = ""
    """The order that did it."""


@dataclass(frozen=True, slots=True)
class BoardReleased(Payload, type="board.released", cfx="CFX.Materials.Management.UnblockMaterialsRequest"):
    """Subject: the board."""

    machine: str
    """Which machine took the order."""
    order: str = ""
    """The order that did it."""


@dataclass(frozen=True, slots=True)
class MachineHeld(Payload, type="machine.held", cfx="CFX.Production.LockStationRequest"):
    """Subject: the machine. It finishes its board and takes no other."""

    reason: str
    """Why, in the site's words."""
    order: str = ""
    """The order that did it."""


@dataclass(frozen=True, slots=True)
class MachineReleased(Payload, type="machine.released", cfx="CFX.Production.UnlockStationRequest"):
    """Subject: the machine."""

    order: str = ""
    """The order that did it."""


@dataclass(frozen=True, slots=True)
class BoardSentToRework(Payload, type="board.sent_to_rework"):
    """Subject: the board."""

    machine: str
    """The rework bench."""
    lot: str
    """The lot it belongs to."""
    defect: str = ""
    """What is to be mended, or empty."""
    order: str = ""
    """The order that did it."""


@dataclass(frozen=True, slots=True)
class BoardWithdrawnFromRework(Payload, type="board.withdrawn_from_rework"):
    """Subject: the board. Taken back from the bench before it was touched (undo)."""

    machine: str
    """The rework bench."""
    lot: str
    """The lot it belongs to."""
    order: str = ""
    """The order that did it."""


# ---- what the assistant does -------------------------------------------------------------------------


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


@dataclass(frozen=True, slots=True)
class TurnAnswered(Payload, type="turn.answered"):
    """Subject: the turn."""

    decision: str
    """`done`, `confirm`, `ask`, `refused`, `answered`, `ignored`, `failed` or `uncertain`."""
    say: str
    """The words of the answer."""


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
class NoteTaken(Payload, type="note.taken"):
    """Subject: the lot, board or machine it is about, or the station. Text is data, never instruction."""

    text: str
    """Word for word."""
    badge: str
    """Who said it."""


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
