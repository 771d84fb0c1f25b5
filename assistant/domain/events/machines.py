"""What machines report."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.domain.events.event import Payload


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
    """A CFX fault cause (`RemoteStop`, `QualityCheck`, `LoadError`, …), `SetUp` while it is being set up, or empty."""
    order: str = ""
    """The order that brought it about, or empty."""


@dataclass(frozen=True, slots=True)
class AlarmRaised(Payload, type="alarm.raised", cfx="CFX.ResourcePerformance.FaultOccurred"):
    """Subject: the machine."""

    code: str
    """The machine's own code, `PRN-STENCIL-PRESSURE`."""
    severity: str
    """CFX severity: `Information`, `Warning`, `Error` or `Alarm`; empty when it was only seen to be open."""
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


@dataclass(frozen=True, slots=True)
class BoardScrapped(Payload, type="board.scrapped", cfx="CFX.Production.UnitsDisqualified"):
    """Subject: the board. For good: nothing takes it back."""

    machine: str
    """Which machine took the order."""
    lot: str
    """The lot it belongs to."""
    reason: str
    """Why, in the site's words, or empty."""
    order: str = ""
    """The order that did it."""


@dataclass(frozen=True, slots=True)
class LotScrapped(Payload, type="lot.scrapped"):
    """Subject: the lot. All its boards are scrapped with it, each in an event of its own."""

    machine: str
    """Which machine took the order."""
    reason: str
    """Why, in the site's words, or empty."""
    order: str = ""
    """The order that did it."""


@dataclass(frozen=True, slots=True)
class MachineSetUp(Payload, type="machine.set_up", cfx="CFX.Production.RecipeActivated"):
    """Subject: the machine. From now on it takes boards of this product and no others."""

    product: str
    """What it is set up for."""
    order: str = ""
    """The order that did it, or empty."""
