"""Machines without a network: the plant's own simulation behind ports.Machines, with switches for what can go wrong.

Plant time moves only when somebody looks (`LOOK_S` a look), so a test that waits for an effect never sleeps.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Literal

from assistant.domain import events as e
from assistant.domain.values import Order, Reading, Receipt
from assistant.errors import NotObserved, NotSent, Uncertain
from assistant.plant.ledger import Ledger
from assistant.plant.orders import Orders
from assistant.plant.simulation import Simulation
from assistant.ports import Happening
from assistant.settings.plant import Plant

LOOK_S = 0.1
"""Simulated seconds that pass whenever a machine is looked at."""
HERE = "memory://plant"
"""The endpoint that lost and restored connections are about."""


class MemoryMachines:
    """ports.Machines in this process. Set a switch, and it misbehaves in that one way until it is set back."""

    def __init__(
        self, plant: Plant, *, seed: int = 7, wall: Callable[[], float] = time.time, ledger: Ledger | None = None
    ) -> None:
        self.unreachable = False
        """Nothing gets through, in either direction."""
        self.answer_lost: Literal["", "done", "not done"] = ""
        """The next calls get no answer; the machine did what was asked, or never heard of it."""
        self.refuses = ""
        """Every order is rejected with this reason."""
        self.bad_quality: set[str] = set()
        """Machines whose values are of bad quality."""
        self.shows: Callable[[Reading], Reading] | None = None
        """What is made of each reading before anybody sees it."""
        self.sent: list[Order] = []
        """Every order that reached a machine, in order."""
        self._wall = wall
        self._run = uuid.uuid4().hex[:12]
        self._entries: list[Happening] = []
        self._more = asyncio.Event()
        self.simulation = Simulation(plant, seed, self._note)
        self._orders = Orders(self.simulation, ledger or Ledger(None), wall)

    async def send(self, order: Order) -> Receipt:
        """See ports.Machines."""
        if self.unreachable:
            raise NotSent(f"I can't reach {order.machine}")
        if order.within <= 0:
            raise NotSent("too late to send it")
        if self.refuses:
            return Receipt(False, self.refuses)
        if self.answer_lost == "not done":
            raise Uncertain(f"no answer from {order.machine}")
        self.sent.append(order)
        receipt = Receipt(*self._orders.take(order.id, order.machine, order.method, dict(order.args), order.deadline))
        if self.answer_lost:
            raise Uncertain(f"no answer from {order.machine}")
        return receipt

    async def observe(self, machine: str) -> Reading:
        """See ports.Machines. Plant time goes on by LOOK_S."""
        if self.unreachable:
            raise NotObserved("no connection to the machines")
        if machine in self.bad_quality:
            raise NotObserved(f"{machine} reports state with bad quality")
        self.advance(LOOK_S)
        seen, holds = self.simulation.machines[machine], self.simulation.holds
        here = [unit for unit in holds if unit == machine or (self._line(unit) == seen.line and seen.line)]
        values: dict[str, str | tuple[str, ...]] = {
            "state": seen.state,
            "e10": str(seen.e10),
            "board": seen.board.id if seen.board else "",
            "lot": seen.board.lot if seen.board else "",
            "held": tuple(sorted(here)),
            "queue": tuple(seen.queue),
            "scrapped": tuple(u for u in self.simulation.scrapped if self._line(u) == seen.line),
            "product": seen.product,
            "alarms": tuple(code for code, acknowledged in seen.alarms.items() if not acknowledged),
        }
        reading = Reading(machine, values, self._wall())
        return self.shows(reading) if self.shows is not None else reading

    async def journal(self, after: Mapping[str, int]) -> Sequence[Happening]:
        """See ports.Machines."""
        return () if self.unreachable else self._entries[after.get(self._run, 0) :]

    async def happenings(self, after: Mapping[str, int]) -> AsyncIterator[Sequence[Happening]]:
        """See ports.Machines."""
        up: bool | None = None
        while True:
            self._more.clear()
            if up is not (not self.unreachable):
                up = not self.unreachable
                payload = e.ConnectionRestored(0.0) if up else e.ConnectionLost("switched off by the test")
                yield [Happening("", 0, e.Event(uuid.uuid4().hex, "/assistant", HERE, time.time(), payload))]
            if batch := await self.journal(after):
                yield batch
            await self._more.wait()

    def age(self) -> float:
        """See ports.Machines."""
        return float("inf") if self.unreachable else 0.0

    def advance(self, seconds: float) -> None:
        """Let plant time pass."""
        self.simulation.advance(seconds)
        self._more.set()

    def connect(self, reachable: bool) -> None:
        """Lose the connection, or get it back."""
        self.unreachable = not reachable
        self._more.set()

    def _line(self, unit: str) -> str:
        board = self.simulation.boards.get(unit)
        return self.simulation.line_of_lot.get(board.lot if board else unit, "")

    def _note(self, now: float, machine: str, subject: str, payload: e.Payload) -> None:
        sequence = len(self._entries) + 1
        event = e.Event(f"{self._run}-{sequence}", f"/machines/{machine}", subject, self._wall(), payload)
        self._entries.append(Happening(self._run, sequence, event))
