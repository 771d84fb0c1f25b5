"""What keeps the reference plant going for days: orders, lots, set-ups, reels, small faults and the rework bench.

Its chances come from a source of their own, so that a plant without it has the same shift as ever. While a story is
told on a line (plant.stories) nothing else happens there: what is true of the story is then known.
"""

from __future__ import annotations

import random
import re
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from assistant.domain import events as e
from assistant.plant.machines import REFILL, REPAIR, SET_UP, Board, Down, Machine
from assistant.plant.simulation import Simulation
from assistant.settings.plant import Alarm, Fault, Plant

LOTS, BOARDS = 20, 24
"""Lots of a work order, boards of a lot."""
ALARM_EVERY_S = 4 * 3600.0
"""Mean simulated seconds between alarms of one machine that go away by themselves."""
CLEARS_AFTER_S = 600.0
"""Mean simulated seconds until they do."""
FAULT_EVERY_S = 24 * 3600.0
"""Mean simulated seconds between faults of one machine."""
REFILL_S = (60.0, 180.0)
"""Least and most seconds for a new reel."""
BEYOND_REPAIR = 0.04
"""Share of reworked boards that are scrapped."""
KEPT_S = 24 * 3600.0
"""How long the boards of an order that is done are still known in the plant."""


@dataclass(slots=True)
class Order:
    """A work order in the plant."""

    id: str
    product: str
    line: str
    lots: list[str] = field(default_factory=list)


class Production:
    """simulation.Planner: a plant that runs day and night."""

    def __init__(self, simulation: Simulation, seed: int) -> None:
        self._sim = simulation
        self._random = random.Random(f"production {seed}")  # noqa: S311 (repeatable, not secret)
        plant = simulation.plant
        self._products = [product.id for product in plant.products]
        self._next = {"lot": _highest(lot.id for lot in plant.lots), "order": _highest(o.id for o in plant.workorders)}
        self._next["board"] = _highest(simulation.boards)
        self._left = Counter(board.lot for board in simulation.boards.values())
        """Lot -> boards of it that have not come through."""
        self.current, self._waiting = _orders(plant)
        self._order_of = {lot: order for order in self.current.values() for lot in order.lots}
        self._boards: dict[str, list[str]] = {}
        """Lot -> its boards, while they are known."""
        self._parked: dict[str, list[Board]] = {line: [] for line in simulation.lines}
        """Boards of orders that were broken off."""
        self.quiet: list[tuple[str, float, float]] = []
        """(Line, from, until): nothing happens there by chance."""
        self.finished: deque[str] = deque(maxlen=20)
        """The lots that came through last."""
        self._mending: deque[str] = deque()
        for machine in simulation.machines.values():
            if machine.like.faults and machine.line:
                self._later_fault(machine)

    # ---- simulation.Planner ------------------------------------------------------------------------------

    def hungry(self, line: str) -> None:
        """Give a line its next order, once it is empty and set up for it."""
        machines, feed = self._sim.lines[line], self._sim.feeds[line]
        if any(machine.down is not None for machine in machines):
            return
        waiting = next((board for board in feed if not self._sim.refused(board)), None)
        current = self.current.get(line)
        if self.is_quiet(line) and current is not None and waiting is None:
            self._extend(current)  # no other order while a story is told
            return
        if waiting is None:
            waiting = self._begin(line)
        if waiting is None or waiting.product in (machines[0].product, "") or not machines[0].product:
            return
        if not any(machine.board for machine in machines):
            self.set_up(line, waiting.product)

    def through(self, board: Board) -> None:
        """Count it; what failed goes to the rework bench."""
        self._left[board.lot] -= 1
        if self._left[board.lot] == 0:
            self.finished.append(board.lot)
            self._finish(board.lot)
        bench = next((m for m in self._sim.machines.values() if m.kind == "rework"), None)
        if board.defect and bench is not None:
            bench.queue.append(board.id)
            self._mending.append(board.id)
            board.machine = bench.id
            self._sim.report(bench.id, board.id, e.BoardSentToRework(bench.id, board.lot, board.defect))
            self._mend(bench)

    def placed(self, machine: Machine) -> None:
        """A reel that is empty stops its placer until there is another."""
        if machine.down is not None or self.is_quiet(machine.line):
            return
        for feeder, reel in self._sim.physics.reels[machine.id].items():
            if reel.left <= 0:
                takes = self._random.uniform(*REFILL_S)
                self.bring_down(machine, REFILL, "Refill", takes, _Change(self._sim, machine, feeder))
                return

    def complain(self, machine: Machine) -> None:
        """An alarm that goes away by itself."""
        machine.next_alarm_s = self._sim.now + self._random.expovariate(1 / ALARM_EVERY_S)
        if not self.is_quiet(machine.line):
            alarm = self._random.choice(machine.like.alarms)
            self.alarm(machine, alarm, self._random.expovariate(1 / CLEARS_AFTER_S))

    # ---- what stories do as well -------------------------------------------------------------------------

    def is_quiet(self, line: str) -> bool:
        """Whether a story is told there now."""
        now = self._sim.now
        return any(where == line and since <= now < until for where, since, until in self.quiet)

    def alarm(self, machine: Machine, alarm: Alarm, clears_after: float | None = None) -> None:
        """Raise an alarm, for so many seconds or until somebody clears it."""
        if alarm.code in machine.alarms:
            return
        machine.alarms[alarm.code] = False
        self._sim.report(machine.id, machine.id, e.AlarmRaised(alarm.code, alarm.severity, alarm.text))
        if clears_after is not None:
            self._sim.later(clears_after, lambda: self.clear(machine, alarm.code))

    def clear(self, machine: Machine, code: str) -> None:
        """The condition of an alarm is gone."""
        if machine.alarms.pop(code, None) is not None:
            self._sim.report(machine.id, machine.id, e.AlarmCleared(code))

    def bring_down(
        self, machine: Machine, e10: int, cause: str, seconds: float, then: Callable[[], None] | None = None
    ) -> None:
        """A machine does not work for so long; `then` happens just before it does again."""
        down = machine.down = Down(e10, cause)
        self._sim.settle(machine)

        def up() -> None:
            if then is not None:
                then()
            if machine.down is down:
                machine.down = None
                self._sim.settle(machine)

        self._sim.later(seconds, up)

    def set_up(self, line: str, product: str) -> None:
        """Set every machine of an empty line up for another product."""
        for machine in self._sim.lines[line]:
            ready = _SetUp(self._sim, machine, product)
            self.bring_down(machine, SET_UP, "SetUp", max(1.0, machine.like.set_up_s), ready)

    def set_up_takes(self, line: str) -> float:
        """Seconds from the beginning of a line's set-up until its last machine is ready."""
        return max(max(1.0, machine.like.set_up_s) for machine in self._sim.lines[line])

    def break_off(self, line: str, product: str) -> str:
        """Put a line's order aside and begin one of another product; the id of that order."""
        feed = self._sim.feeds[line]
        self._parked[line] += feed
        feed.clear()
        self._waiting[line].insert(0, self._new_order(line, product))
        self._begin(line)
        return self.current[line].id

    # ---- orders and lots ---------------------------------------------------------------------------------

    def _begin(self, line: str) -> Board | None:
        """Begin the next order of a line; its first board."""
        waiting = self._waiting[line]
        if not waiting:
            waiting.append(self._new_order(line, self._another(line)))
        order = waiting.pop(0)
        if not order.product:
            return None
        self.current[line] = order
        self._say(order, "running")
        feed, parked = self._sim.feeds[line], self._parked[line]
        feed.extend(board for board in parked if board.product == order.product)
        self._parked[line] = [board for board in parked if board.product != order.product]
        for lot in list(order.lots):  # declared, and not numbered yet
            self._number(order, lot)
        while len(order.lots) < LOTS:
            self._extend(order)
        if not waiting:
            waiting.append(self._new_order(line, self._another(line)))
        return next(iter(feed), None)

    def _extend(self, order: Order) -> None:
        """One more lot."""
        lot = self._id("lot")
        order.lots.append(lot)
        self._number(order, lot)

    def _number(self, order: Order, lot: str) -> None:
        """Give a lot its boards, and the line these."""
        boards = [Board(self._id("board"), lot, product=order.product) for _ in range(BOARDS)]
        self._sim.line_of_lot[lot] = order.line
        self._sim.boards.update((board.id, board) for board in boards)
        self._boards[lot] = [board.id for board in boards]
        self._left[lot], self._order_of[lot] = len(boards), order
        self._sim.feeds[order.line].extend(boards)
        created = e.LotCreated(order.id, order.product, order.line, tuple(board.id for board in boards))
        self._sim.report(self._sim.lines[order.line][0].id, lot, created)

    def _finish(self, lot: str) -> None:
        """When the last lot of an order is through, so is the order."""
        order = self._order_of.get(lot)
        if order is not None and not any(self._left[other] for other in order.lots):
            self._say(order, "done")
        self._sim.later(KEPT_S, lambda: self._forget(lot))

    def _forget(self, lot: str) -> None:
        for board in self._boards.pop(lot, ()):
            if board not in self._sim.holds:
                self._sim.boards.pop(board, None)

    def _new_order(self, line: str, product: str) -> Order:
        order = Order(self._id("order"), product, line)
        self._say(order, "next")
        return order

    def _say(self, order: Order, status: str) -> None:
        created = e.WorkOrderCreated(order.product, order.line, status)
        self._sim.report(self._sim.lines[order.line][0].id, order.id, created)

    def _another(self, line: str) -> str:
        """The product after the one that a line makes now."""
        now = self.current[line].product if line in self.current else ""
        if not self._products:
            return ""
        index = self._products.index(now) + 1 if now in self._products else 0
        return self._products[index % len(self._products)]

    def _id(self, kind: str) -> str:
        prefix, number, width = self._next[kind]
        self._next[kind] = (prefix, number + 1, width)
        return f"{prefix}{number + 1:0{width}d}"

    # ---- faults and mending ------------------------------------------------------------------------------

    def _later_fault(self, machine: Machine) -> None:
        self._sim.later(self._random.expovariate(1 / FAULT_EVERY_S), lambda: self._fault(machine))

    def _fault(self, machine: Machine) -> None:
        self._later_fault(machine)
        fault = self._random.choice(machine.like.faults)
        takes = self._random.uniform(*fault.repair_s)
        if machine.state == "running" and not self.is_quiet(machine.line):
            self.fault(machine, fault, takes)

    def fault(self, machine: Machine, fault: Fault, seconds: float) -> None:
        """A fault with its alarm; both are over at the same time."""
        self.alarm(machine, fault)
        self.bring_down(machine, REPAIR, fault.cause, seconds, lambda: self.clear(machine, fault.code))

    def _mend(self, bench: Machine) -> None:
        """The bench takes the next board that is for it, if it is free."""
        sim = self._sim
        while bench.board is None and not bench.stopped and self._mending:
            board = sim.boards.get(self._mending.popleft())
            if board is None or board.id not in bench.queue:  # somebody took it back
                continue
            bench.queue.remove(board.id)
            bench.board, bench.left = board, 1
            sim.report(bench.id, board.id, e.BoardArrived(bench.id, board.lot))
            sim.settle(bench)
            takes = bench.like.cycle_s * (1.0 + self._random.uniform(0.0, bench.like.slack))
            sim.later(takes, lambda: self._mended(bench))

    def _mended(self, bench: Machine) -> None:
        sim, board = self._sim, bench.board
        bench.board, bench.left = None, 0
        if board is not None and board.id not in sim.scrapped:
            board.machine, board.defect = "", ""
            if self._random.random() < BEYOND_REPAIR:
                sim.scrapped[board.id] = "damaged"
                sim.report(bench.id, board.id, e.BoardScrapped(bench.id, board.lot, "damaged"))
            sim.report(bench.id, board.id, e.BoardDeparted(bench.id, board.lot))
        self._mend(bench)
        sim.settle(bench)


@dataclass(frozen=True, slots=True)
class _Change:
    """Put a new reel on a feeder."""

    sim: Simulation
    machine: Machine
    feeder: str

    def __call__(self) -> None:
        change_reel(self.sim, self.machine, self.feeder)


@dataclass(frozen=True, slots=True)
class _SetUp:
    """A machine is set up now."""

    sim: Simulation
    machine: Machine
    product: str

    def __call__(self) -> None:
        self.sim.set_up(self.machine, self.product)


def change_reel(sim: Simulation, machine: Machine, feeder: str) -> str:
    """A new reel on a feeder; its id."""
    reels = sim.physics.reels[machine.id]
    before, new = reels[feeder], sim.physics.new_reel(machine.feeders[feeder], machine)
    reels[feeder] = new
    sim.report(machine.id, machine.id, e.ReelChanged(feeder, new.number, new.id, before.id))
    return new.id


def _orders(plant: Plant) -> tuple[dict[str, Order], dict[str, list[Order]]]:
    """What is being made on each line, and what waits for it."""
    running: dict[str, Order] = {}
    waiting: dict[str, list[Order]] = {line.id: [] for line in plant.lines}
    for declared in plant.workorders:
        lots = [lot for lot in plant.lots if lot.order == declared.id]
        order = Order(declared.id, declared.product, declared.line)
        if declared.status == "running" and declared.line not in running:
            order.lots = [lot.id for lot in lots]
            running[declared.line] = order
        elif declared.status != "running" and not any(lot.boards for lot in lots):
            order.lots = [lot.id for lot in lots]
            waiting[declared.line].append(order)
    return running, waiting


def _highest(ids: Iterable[str]) -> tuple[str, int, int]:
    """Prefix, number and width of the highest of some ids."""
    parts = [re.fullmatch(r"(.*?)(\d+)", ident) for ident in ids]
    found = [(match[1], int(match[2]), len(match[2])) for match in parts if match]
    return max(found, key=lambda one: one[1], default=("X", 0, 4))
