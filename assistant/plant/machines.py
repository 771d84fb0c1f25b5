"""Machines and boards as plain state; what each kind of machine is like stands in the site's plant.yaml."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from assistant.settings.plant import Kind

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
SET_UP, REFILL, REPAIR = 4500, 4400, 5300
"""E10 states of a machine that is down: set-up and consumables (scheduled), repair (unscheduled)."""


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
    flaws: tuple[tuple[str, str], ...] = ()
    """What is wrong with it and nobody has seen yet: (defect, place)."""
    defect: str = ""
    """What the last inspection found first, or empty."""


@dataclass(frozen=True, slots=True)
class Down:
    """Why a machine does not work, other than by somebody's order."""

    e10: int
    """SEMI E10 state by its CFX number."""
    cause: str
    """CFX fault cause, or `SetUp`."""


@dataclass(slots=True)
class Reel:
    """A reel on a feeder."""

    id: str
    number: str
    """Part number of what is on it."""
    left: int
    """Parts still on it."""
    offset: float = 0.0
    """µm that its parts are put down farther from their place than others."""
    tombstones: float = 0.0
    """Share of its parts that stand up in the oven, 0 to 1."""
    used: int = 0
    """Parts that were taken from it."""
    stood: int = 0
    """Parts of it that will stand up in the oven."""


@dataclass(slots=True, eq=False)
class Machine:
    """One machine."""

    id: str
    kind: str
    line: str
    like: Kind = field(default_factory=Kind)
    """What its kind is like."""
    feeders: dict[str, str] = field(default_factory=dict)
    """Feeder -> the part that it feeds."""
    state: str = "idle"
    board: Board | None = None
    done_at: int = 0
    """The step of the simulation at which the work on the board is done; 0 when it is, or there is none."""
    left: int = 0
    """While it does not work: steps of work left on the board."""
    stopped: bool = False
    """By somebody's order."""
    down: Down | None = None
    alarms: dict[str, bool] = field(default_factory=dict)
    """Open alarm -> acknowledged."""
    queue: list[str] = field(default_factory=list)
    """What waits in it (rework bench): boards, or a lot as a whole."""
    product: str = ""
    """What it is set up for; empty: for anything."""
    next_alarm_s: float = 0.0
    """Simulated time of its next alarm."""
    since: float = 0.0
    """Simulated time of its last change of state."""
    spent: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    """Its own time account: state -> seconds, up to `since`."""
    found: Counter[str] = field(default_factory=Counter)
    """Its own count of what it found: defect -> how often."""
    passed_on: int = 0
    """Its own count of boards that left it on their way."""
    failed: int = 0
    """Its own count of boards that it failed."""

    @property
    def e10(self) -> int:
        """SEMI E10 state by its CFX number."""
        return self.down.e10 if self.state == "down" and self.down is not None else STATES[self.state]

    @property
    def works(self) -> bool:
        """Whether there is work left on its board."""
        return self.done_at > 0 or self.left > 0
