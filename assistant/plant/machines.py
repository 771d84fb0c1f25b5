"""Machines and boards as plain state, and what each kind of machine is like."""

from __future__ import annotations

from dataclasses import dataclass, field

STATES = {
    "running": 1100,
    "idle": 2200,
    "blocked": 2201,
    "starved": 2202,
    "stopped": 2000,
    "held": 2000,
    "down": 5000,
}
"""Machine state -> SEMI E10 time state by its CFX number: regular work, no product, blocked, starved, standby
(a person or an order stopped it), unscheduled down."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What machines of one kind have in common."""

    takt_s: float
    """Seconds a board takes, before jitter."""
    alarms: tuple[tuple[str, str, str], ...] = ()
    """(code, CFX severity, words) that it may raise."""
    inspects: bool = False
    """Gives a verdict on each board."""
    fails: float = 0.0
    """Share of boards that it fails, 0 to 1."""
    defects: tuple[str, ...] = ()
    """What it may find."""


KINDS = {
    "printer": Kind(20.0, (("PRN-STENCIL-PRESSURE", "Warning", "stencil pressure low"),)),
    "spi": Kind(
        18.0, (("SPI-LAMP", "Information", "lamp near its end of life"),), True, 0.02, ("insufficient_solder",)
    ),
    "placer": Kind(20.0, (("PNP-PICK", "Warning", "pick errors at feeder twelve"),)),
    "oven": Kind(20.0, (("OVN-ZONE-TEMP", "Error", "zone three off temperature"),)),
    "aoi": Kind(
        18.0, (("AOI-LIGHT", "Information", "light drifting"),), True, 0.06, ("bridging", "tombstone", "misalignment")
    ),
    "rework": Kind(0.0),
    "ict": Kind(0.0),
}
OTHER = Kind(20.0)
"""A kind that the site made up."""

PLACES = ("U3", "U7", "C12", "R101", "J2", "Q4")


@dataclass(slots=True)
class Board:
    """One board."""

    id: str
    lot: str
    machine: str = ""
    """Where it is now; empty before and after the line."""
    finished: bool = False
    """It has left its line."""
    product: str = ""
    """What it becomes."""


@dataclass(slots=True)
class Machine:
    """One machine."""

    id: str
    kind: str
    line: str
    state: str = "idle"
    board: Board | None = None
    work_s: float = 0.0
    """Seconds of work left on the board."""
    stopped: bool = False
    alarms: dict[str, bool] = field(default_factory=dict)
    """Open alarm -> acknowledged."""
    queue: list[str] = field(default_factory=list)
    """What waits in it (rework bench): boards, or a lot as a whole."""
    product: str = ""
    """What it is set up for; empty: for anything."""
    next_alarm_s: float = 0.0
    """Simulated time of its next alarm."""

    @property
    def e10(self) -> int:
        """SEMI E10 state by its CFX number."""
        return STATES[self.state]

    @property
    def like(self) -> Kind:
        """What it is like."""
        return KINDS.get(self.kind, OTHER)
