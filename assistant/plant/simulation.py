"""The plant as a pure simulation: seeded, stepped by `advance`, no clock and no network in it.

Unit validation (CFX ValidateUnits) is where holds bite: a machine asks before it takes a board, and a board that
is held, or whose lot is, is answered "not here, not now"; it stays where it is, and what is behind it waits.
A new simulation is a plant just switched on: holds and stops of an earlier one are gone.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable

from assistant.domain import events as e
from assistant.plant.machines import PLACES, Board, Machine
from assistant.settings.plant import Plant

STEP_S = 0.05
"""Simulated seconds of one step; always whole steps, or the same seed would not give the same shift."""
WARM_UP_S = 300.0
"""The shift is this old when the simulation begins: lines are full, the first lot is partly through."""
FIRST_ALARM_S = -30.0
"""The first printer complained half a minute ago, so that there is something to acknowledge."""
ALARM_EVERY_S = 1800.0
"""Mean simulated seconds between alarms of one machine."""

Report = Callable[[float, str, str, e.Payload], None]
"""Takes (simulated time, machine, subject, what happened)."""


class Simulation:
    """Lines, machines and boards. Time is simulated seconds, 0 at the end of the warm-up."""

    def __init__(self, plant: Plant, seed: int, report: Report) -> None:
        self.now = -WARM_UP_S
        self._steps = 0
        self._owed = 0.0
        """Simulated seconds that are due and do not make a whole step yet."""
        self.machines = {m.id: Machine(m.id, m.kind, plant.line_of(m.id)) for m in plant.machines}
        self.lines = {line.id: [self.machines[machine] for machine in line.machines] for line in plant.lines}
        orders = {order.id: order for order in plant.workorders}
        ranked = sorted(plant.lots, key=lambda lot: orders[lot.order].status != "running")
        self.line_of_lot = {lot.id: orders[lot.order].line for lot in plant.lots}
        self.boards = {
            board: Board(board, lot.id, product=orders[lot.order].product)
            for lot in plant.lots
            for board in lot.board_ids()
        }
        self.feeds = {
            line: deque(self.boards[b] for lot in ranked if self.line_of_lot[lot.id] == line for b in lot.board_ids())
            for line in self.lines
        }
        self.holds: dict[str, str] = {}
        """Lots, boards and machines on hold -> why."""
        self.scrapped: dict[str, str] = {}
        """Lots and boards that were thrown away -> why."""
        self._random = random.Random(seed)  # noqa: S311 (a simulation wants repeatable numbers, not secret ones)
        self._report = report
        self._due: list[tuple[float, Callable[[], None]]] = []
        for machine in self.machines.values():
            machine.next_alarm_s = self._random.expovariate(1 / ALARM_EVERY_S)
        for order in orders.values():
            if order.status == "running":
                for machine in self.lines.get(order.line, ()):
                    self.set_up(machine, order.product)
        printer = next((m for m in self.machines.values() if m.kind == "printer"), None)
        if printer is not None:
            printer.next_alarm_s = FIRST_ALARM_S
        self.advance(WARM_UP_S)

    def advance(self, seconds: float) -> None:
        """Let simulated time pass, step by step; what is left over is kept for the next call."""
        self._owed += seconds
        while self._owed >= STEP_S - 1e-9:
            self._owed -= STEP_S
            self._steps += 1
            self.now = self._steps * STEP_S - WARM_UP_S
            self._due, due = [x for x in self._due if x[0] > self.now], [x for x in self._due if x[0] <= self.now]
            for _, effect in due:
                effect()
            for machines in self.lines.values():
                for index in reversed(range(len(machines))):
                    self._step(machines, index, STEP_S)
            for machine in self.machines.values():
                self._alarm(machine)

    def later(self, seconds: float, effect: Callable[[], None]) -> None:
        """Have something happen after simulated seconds."""
        self._due.append((self.now + seconds, effect))

    def report(self, machine: str, subject: str, payload: e.Payload) -> None:
        """Say that something happened now."""
        self._report(self.now, machine, subject, payload)

    def refused(self, board: Board) -> bool:
        """Unit validation: whether this board may not be worked on now."""
        return board.id in self.holds or board.lot in self.holds

    def settle(self, machine: Machine, order: str = "") -> None:
        """Bring a machine's state into line with its situation, and report a change."""
        state = self._state(machine)
        if state != machine.state:
            previous, machine.state = machine.state, state
            cause = "RemoteStop" if state == "stopped" else "QualityCheck" if state == "held" else ""
            self.report(machine.id, machine.id, e.MachineStateChanged(state, machine.e10, previous, cause, order))

    def set_up(self, machine: Machine, product: str, order: str = "") -> None:
        """From now on it takes boards of this product."""
        machine.product = product
        self.report(machine.id, machine.id, e.MachineSetUp(product, order))

    def take_out(self, board: Board) -> None:
        """A person takes a board out of its line."""
        for feed in self.feeds.values():
            if board in feed:
                feed.remove(board)
        machine = self.machines.get(board.machine)
        if machine is not None and machine.board is board:
            machine.board = None
            self.report(machine.id, board.id, e.BoardDeparted(machine.id, board.lot))
        board.machine = ""

    def put_back(self, board: Board) -> None:
        """A board that was taken out goes to the front of its line again, unless it had left it."""
        if not board.finished:
            self.feeds[self.line_of_lot[board.lot]].appendleft(board)

    # ---- one machine, one step -------------------------------------------------------------------------

    def _step(self, machines: list[Machine], index: int, step: float) -> None:
        machine = machines[index]
        if not machine.stopped:
            if machine.board is None and index == 0:
                self._feed(machine)
            if machine.board is not None and machine.work_s > 0:
                machine.work_s -= step
                if machine.work_s <= 0:
                    self._worked(machine, machine.board)
            if machine.board is not None and machine.work_s <= 0:
                self._pass_on(machines, index, machine.board)
        self.settle(machine)

    def _state(self, machine: Machine) -> str:
        if machine.stopped:
            return "stopped"
        if machine.board is not None:
            return "running" if machine.work_s > 0 else "blocked"
        if machine.id in self.holds:
            return "held"
        if machine.line and (self.feeds[machine.line] or any(m.board for m in self.lines[machine.line])):
            return "starved"
        return "idle"

    def _feed(self, machine: Machine) -> None:
        """The first machine takes the next board that it may; a held lot is passed over, its boards wait.

        So are boards of a product that it is not set up for.
        """
        if machine.id in self.holds:
            return
        feed = self.feeds[machine.line]
        fits = (board for board in feed if board.product in (machine.product or board.product, ""))
        board = next((board for board in fits if not self.refused(board)), None)
        if board is not None:
            feed.remove(board)
            self._arrive(machine, board)

    def _arrive(self, machine: Machine, board: Board) -> None:
        machine.board, board.machine = board, machine.id
        machine.work_s = machine.like.takt_s * self._random.uniform(0.92, 1.08)
        self.report(machine.id, board.id, e.BoardArrived(machine.id, board.lot))

    def _worked(self, machine: Machine, board: Board) -> None:
        kind = machine.like
        if not kind.inspects:
            return
        failed = self._random.random() < kind.fails
        defects = (self._random.choice(kind.defects),) if failed else ()
        places = (self._random.choice(PLACES),) if failed else ()
        verdict = e.BoardInspected(machine.id, board.lot, "failed" if failed else "passed", defects, places)
        self.report(machine.id, board.id, verdict)

    def _pass_on(self, machines: list[Machine], index: int, board: Board) -> None:
        """A worked board goes on when the next machine is free and validation lets it."""
        machine = machines[index]
        after = machines[index + 1] if index + 1 < len(machines) else None
        if self.refused(board):
            return
        if after is not None and (after.board is not None or after.stopped or after.id in self.holds):
            return
        machine.board = None
        self.report(machine.id, board.id, e.BoardDeparted(machine.id, board.lot))
        if after is not None:
            self._arrive(after, board)
            self.settle(after)
        else:
            board.machine, board.finished = "", True

    def _alarm(self, machine: Machine) -> None:
        if self.now < machine.next_alarm_s or not machine.like.alarms:
            return
        machine.next_alarm_s = self.now + self._random.expovariate(1 / ALARM_EVERY_S)
        code, severity, words = self._random.choice(machine.like.alarms)
        if code not in machine.alarms:
            machine.alarms[code] = False
            self.report(machine.id, machine.id, e.AlarmRaised(code, severity, words))
