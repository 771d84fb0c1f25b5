"""What people do at the reference plant when nobody real is there.

`Panel` is for a plant behind OPC UA: an alarm is seen to at the machine's own panel, and nobody leaves notes, for that
goes through the assistant. `Crew` is for a log without an assistant (plant.week): it writes what the assistant would
have written down, and now and then decides about a lot.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from assistant.domain import events as e
from assistant.plant.ledger import Ledger
from assistant.plant.machines import Machine
from assistant.plant.orders import METHODS, Orders
from assistant.plant.production import Production
from assistant.plant.simulation import Simulation

Write = Callable[[str, str, e.Payload, str, str], None]
"""Takes (id, subject, what happened, turn, the id of what led to it): an event of the assistant's, now."""
HOLD_EVERY_S = 6 * 3600.0
"""Mean seconds between holds of a lot that came through."""
HELD_S = (1200.0, 5400.0)
"""Least and most seconds until it is released."""
REASONS = ("quality_check", "paste_height", "documentation")
"""Why: some of the site's own reasons."""
SEEN_S = 0.4
"""Until what was ordered is seen."""


class Panel:
    """stories.People at the machines' own panels."""

    def __init__(self, simulation: Simulation) -> None:
        self._sim = simulation

    def acknowledge(self, badge: str, machine: Machine, code: str) -> None:
        """At the machine: no order, and nobody's name in it."""
        METHODS["acknowledge"].effect(self._sim, machine, {"alarm": code}, "")

    def note(self, badge: str, station: str, about: str, text: str) -> None:
        """Nobody to say it to."""


class Crew:
    """stories.People who speak with an assistant that is not there: its events are written as it would."""

    def __init__(
        self, simulation: Simulation, production: Production, seed: int, run: str, origin: float, write: Write
    ) -> None:
        """`run`: what ids begin with; `origin`: Unix seconds UTC of simulated second 0."""
        self._sim, self._production, self._origin, self._write = simulation, production, origin, write
        self._random = random.Random(f"crew {seed}")  # noqa: S311 (repeatable, not secret)
        self._run = run
        self._orders = Orders(simulation, Ledger(None), lambda: simulation.now)
        self._count = 0
        people = simulation.plant.operators
        self._quality = [one.id for one in people if one.role == "quality"]
        if self._quality:
            self._sim.later(self._random.expovariate(1 / HOLD_EVERY_S), self._decide)

    def acknowledge(self, badge: str, machine: Machine, code: str) -> None:
        """By an order, as if said at the machine."""
        self._order(badge, machine.id, machine.id, "acknowledge", {"alarm": code}, "alarms=")

    def note(self, badge: str, station: str, about: str, text: str) -> None:
        """As if said at the station."""
        turn = self._id("turn")
        self._write(self._id("note"), about, e.NoteTaken(text, badge, station), turn, "")

    def _decide(self) -> None:
        """Hold a lot that came through, to look at it; release it later."""
        self._sim.later(self._random.expovariate(1 / HOLD_EVERY_S), self._decide)
        lots = [lot for lot in self._production.finished if lot not in self._sim.holds]
        badge, reason = self._random.choice(self._quality), self._random.choice(REASONS)
        takes = self._random.uniform(*HELD_S)
        if not lots:
            return
        lot = lots[-1]
        machine = self._sim.lines[self._sim.line_of_lot[lot]][0].id
        self._order(badge, "", machine, "hold", {"unit": lot, "reason": reason}, f"held={lot}")
        self._sim.later(takes, lambda: self._order(badge, "", machine, "release", {"unit": lot}, "held="))

    def _order(self, badge: str, station: str, machine: str, method: str, args: dict[str, str], seen: str) -> None:
        """Request, acceptance and end of an order, with what the machine does in between."""
        order, turn, now = self._id("order"), self._id("turn"), self._sim.now
        requested = e.OrderRequested(machine, method, args, badge, station, round(self._origin + now + 3.0, 3))
        self._write(order, order, requested, turn, "")
        accepted, reason = self._orders.take(order, machine, method, args, now + 3.0)
        if not accepted:
            self._write(self._id("event"), order, e.OrderRejected(machine, reason), turn, order)
            return
        self._write(self._id("event"), order, e.OrderAccepted(machine), turn, order)
        done = e.OrderDone(machine, seen, round(self._origin + now + SEEN_S, 3))
        self._sim.later(SEEN_S, lambda: self._write(self._id("event"), order, done, turn, order))

    def _id(self, kind: str) -> str:
        self._count += 1
        return f"{self._run}-{kind}{self._count}"
