"""ports.Machines without a network: the plant's own simulation and rules, and faults by switch."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence

from assistant.domain import events as e
from assistant.domain.values import Order, Reading, Receipt
from assistant.errors import NotObserved, NotSent, Uncertain
from assistant.plant.ledger import Ledger
from assistant.plant.orders import Orders
from assistant.plant.simulation import Simulation
from assistant.ports import Happening
from assistant.settings.plant import Plant

RUN = "fake"


class MemoryMachines:
    """One plant in memory. Its time goes on by a second with each look, as if every look took that long."""

    def __init__(self, plant: Plant, wall: float = 1_795_600_800.0, seed: int = 7) -> None:
        self.reachable = True
        """Whether orders and looks arrive at all."""
        self.mute = False
        """Orders arrive, their answers do not."""
        self.deaf = False
        """With `mute`: orders do not arrive either."""
        self.blind = False
        """Looks fail (bad quality)."""
        self.sent: Counter[str] = Counter()
        self._entries: list[e.Event] = []
        self._wall = wall
        self.simulation = Simulation(plant, seed, self._note)
        self._orders = Orders(self.simulation, Ledger(None), lambda: self._wall)

    async def send(self, order: Order) -> Receipt:
        """See ports.Machines."""
        if not self.reachable:
            raise NotSent("no connection to the machines")
        self.sent[order.id] += 1
        if not self.deaf:
            accepted, reason = self._orders.take(order.id, order.machine, order.method, order.args, order.deadline)
            if not self.mute:
                return Receipt(accepted, reason)
        raise Uncertain(f"no answer from {order.machine}")

    async def observe(self, machine: str) -> Reading:
        """See ports.Machines."""
        if self.blind or not self.reachable:
            raise NotObserved("no connection to the machines")
        self.simulation.advance(1.0)
        one, holds = self.simulation.machines[machine], self.simulation.holds
        return Reading(
            machine,
            {
                "state": one.state,
                "e10": str(one.e10),
                "board": one.board.id if one.board else "",
                "lot": one.board.lot if one.board else "",
                "held": tuple(sorted(holds)),
                "queue": tuple(one.queue),
                "alarms": tuple(code for code, seen in one.alarms.items() if not seen),
            },
            self._wall + self.simulation.now,
        )

    async def journal(self, after: Mapping[str, int]) -> Sequence[Happening]:
        """See ports.Machines."""
        seen = after.get(RUN, 0)
        fresh = self._entries[seen:] if self.reachable else []
        return [Happening(RUN, number, event) for number, event in enumerate(fresh, start=seen + 1)]

    async def happenings(self, after: Mapping[str, int]) -> AsyncIterator[Sequence[Happening]]:
        """See ports.Machines."""
        while True:
            yield await self.journal(after)
            await asyncio.sleep(0)

    def age(self) -> float:
        """See ports.Machines."""
        return 0.0 if self.reachable else float("inf")

    def _note(self, now: float, machine: str, subject: str, payload: e.Payload) -> None:
        ident = f"{RUN}-{len(self._entries) + 1}"
        self._entries.append(e.Event(ident, f"/machines/{machine}", subject, round(self._wall + now, 3), payload))
