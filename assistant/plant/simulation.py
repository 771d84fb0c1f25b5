"""The plant as a pure simulation: seeded, moved by `advance`, no clock and no network in it.

Time goes in steps of a twentieth of a second, and a step in which nothing can happen costs nothing: each line says
when it is to be looked at again. A week is some hundred thousand boards, and is gone through in minutes.

Unit validation (CFX ValidateUnits) is where holds bite: a machine asks before it takes a board, and a board that
is held, or whose lot is, is answered "not here, not now"; it stays where it is, and what is behind it waits.
A new simulation is a plant just switched on: holds and stops of an earlier one are gone.
"""

from __future__ import annotations

import heapq
import math
import random
from collections import deque
from collections.abc import Callable
from itertools import count
from typing import Protocol

from assistant.domain import events as e
from assistant.plant.machines import Board, Machine
from assistant.plant.physics import Physics
from assistant.settings.plant import Kind, Plant

STEP_S = 0.05
"""Simulated seconds of one step; always whole steps, or the same seed would not give the same shift."""
WARM_UP_S = 300.0
"""The shift is this old when the simulation begins: lines are full, the first lot is partly through."""
FIRST_ALARM_S = -30.0
"""The first printer complained half a minute ago, so that there is something to acknowledge."""
ALARM_EVERY_S = 1800.0
"""Mean simulated seconds between alarms of one machine."""
NEVER = 2**62
"""A step that does not come."""

Report = Callable[[float, str, str, e.Payload], None]
"""Takes (simulated time, machine, subject, what happened)."""


class Planner(Protocol):
    """Keeps a plant going beyond what its file says; without one, lines fall idle when their lots are through."""

    def hungry(self, line: str) -> None:
        """The first machine of a line has nothing that it may take."""

    def through(self, board: Board) -> None:
        """A board has left its line."""

    def placed(self, machine: Machine) -> None:
        """A placer has done a board; its reels have fewer parts."""

    def complain(self, machine: Machine) -> None:
        """It is time that a machine complains of something."""


class Simulation:
    """Lines, machines and boards. Time is simulated seconds, 0 at the end of the warm-up."""

    def __init__(self, plant: Plant, seed: int, report: Report, planner: Callable[[Simulation], Planner] | None = None):
        self.now = -WARM_UP_S
        self.step = 0
        """Steps since the beginning."""
        self._owed = 0.0
        """Simulated seconds that are due and do not make a whole step yet."""
        self.plant = plant
        self.machines = {
            m.id: Machine(m.id, m.kind, plant.line_of(m.id), plant.kinds.get(m.kind, Kind()), dict(m.feeders))
            for m in plant.machines
        }
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
        self._places = tuple(plant.parts)
        self.physics = Physics(plant, self.machines, seed)
        self._report = report
        self._reports = 0
        """How much was reported so far: where nothing was, nothing has changed."""
        self._due: list[tuple[int, int, Callable[[], None]]] = []
        self._order = count()
        self._wakes = dict.fromkeys(self.lines, 0)
        """Line -> the step at which something may happen on it."""
        for machine in self.machines.values():
            machine.since = self.now
            machine.next_alarm_s = self._random.expovariate(1 / ALARM_EVERY_S)
        for order in orders.values():
            if order.status == "running":
                for machine in self.lines.get(order.line, ()):
                    self.set_up(machine, order.product)
        printer = next((m for m in self.machines.values() if m.kind == "printer"), None)
        if printer is not None:
            printer.next_alarm_s = FIRST_ALARM_S
        self._complains = [machine for machine in self.machines.values() if machine.like.alarms]
        self._alarm_step = self._first_alarm()
        self._planner = planner(self) if planner is not None else None
        self.advance(WARM_UP_S)

    def advance(self, seconds: float) -> None:
        """Let simulated time pass; what is left over is kept for the next call."""
        self._owed += seconds
        steps = int((self._owed + 1e-9) / STEP_S)
        self._owed -= steps * STEP_S
        last = self.step + steps
        if steps:
            self.wake()  # somebody may have had his hands in it since
        while (step := self._next()) <= last:
            self._at(step)
            if self._due and self._due[0][0] <= step:
                while self._due and self._due[0][0] <= step:
                    heapq.heappop(self._due)[2]()
                self.wake()
            for line, wake in self._wakes.items():
                if wake <= step:
                    self._wakes[line] = self._line(self.lines[line], step)
            if self._alarm_step <= step:
                for machine in self._complains:
                    if _step_of(machine.next_alarm_s) <= step:
                        self._alarm(machine)
                self._alarm_step = self._first_alarm()
        self._at(last)

    def wake(self) -> None:
        """Look at every line, at the next step or at this one."""
        for line in self._wakes:
            self._wakes[line] = 0

    def _next(self) -> int:
        """The next step at which something may happen."""
        step = min(self._wakes.values(), default=NEVER)
        if self._due and self._due[0][0] < step:
            step = self._due[0][0]
        return max(min(step, self._alarm_step), self.step + 1)

    def _first_alarm(self) -> int:
        """The step of the next alarm of any machine."""
        return min((_step_of(machine.next_alarm_s) for machine in self._complains), default=NEVER)

    def _at(self, step: int) -> None:
        self.step, self.now = step, step * STEP_S - WARM_UP_S

    def later(self, seconds: float, effect: Callable[[], None]) -> None:
        """Have something happen after simulated seconds."""
        heapq.heappush(self._due, (max(_step_of(self.now + seconds), self.step + 1), next(self._order), effect))

    def report(self, machine: str, subject: str, payload: e.Payload) -> None:
        """Say that something happened now."""
        self._reports += 1
        self._report(self.now, machine, subject, payload)

    def refused(self, board: Board) -> bool:
        """Unit validation: whether this board may not be worked on now."""
        return board.id in self.holds or board.lot in self.holds

    def settle(self, machine: Machine, order: str = "") -> None:
        """Bring a machine's state into line with its situation, and report a change."""
        state = self._state(machine)
        if state != machine.state:
            self.account(machine)
            previous, machine.state = machine.state, state
            self.report(
                machine.id, machine.id, e.MachineStateChanged(state, machine.e10, previous, _cause(machine), order)
            )

    def account(self, machine: Machine) -> None:
        """Bring a machine's own time account up to now."""
        machine.spent[machine.state] += self.now - machine.since
        machine.since = self.now

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
            machine.board, machine.done_at, machine.left = None, 0, 0
            self.report(machine.id, board.id, e.BoardDeparted(machine.id, board.lot))
        board.machine = ""

    def put_back(self, board: Board) -> None:
        """A board that was taken out goes to the front of its line again, unless it had left it."""
        if not board.finished:
            self.feeds[self.line_of_lot[board.lot]].appendleft(board)

    # ---- one line, one step ------------------------------------------------------------------------------

    def _line(self, machines: list[Machine], step: int) -> int:
        """Let a line do what it can do now; the step at which it is to be looked at again."""
        before = self._reports
        for index in reversed(range(len(machines))):
            self._step(machines, index, step)
        if self._reports != before:
            return step + 1
        return min((m.done_at for m in machines if m.done_at), default=NEVER)

    def _step(self, machines: list[Machine], index: int, step: int) -> None:
        machine = machines[index]
        if machine.stopped or machine.down is not None:
            if machine.done_at:  # what is left of the work waits
                machine.left, machine.done_at = max(1, machine.done_at - step + 1), 0
        else:
            if machine.left:
                machine.done_at, machine.left = step + machine.left - 1, 0
            if machine.board is None and index == 0:
                self._feed(machine)
            if machine.board is not None:
                if 0 < machine.done_at <= step:
                    machine.done_at = 0
                    self._worked(machine, machine.board)
                if not machine.done_at:
                    self._pass_on(machines, index, machine.board)
        self.settle(machine)

    def _state(self, machine: Machine) -> str:
        if machine.stopped:
            return "stopped"
        if machine.down is not None:
            return "down"
        if machine.board is not None:
            return "running" if machine.works else "blocked"
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
        board = self._fitting(machine)
        if board is None and self._planner is not None:
            self._planner.hungry(machine.line)
            board = self._fitting(machine) if machine.down is None else None
        if board is not None:
            self.feeds[machine.line].remove(board)
            self._arrive(machine, board)

    def _fitting(self, machine: Machine) -> Board | None:
        """The first board in the feed that this machine may take."""
        fits = (b for b in self.feeds[machine.line] if b.product in (machine.product or b.product, ""))
        return next((board for board in fits if not self.refused(board)), None)

    def _arrive(self, machine: Machine, board: Board) -> None:
        machine.board, board.machine = board, machine.id
        takes = machine.like.cycle_s * (1.0 + self._random.uniform(0.0, machine.like.slack))
        machine.done_at, machine.left = self.step + max(1, round(takes / STEP_S)), 0
        self.report(machine.id, board.id, e.BoardArrived(machine.id, board.lot))

    def _worked(self, machine: Machine, board: Board) -> None:
        """What a machine says of the board that it has done."""
        kind = machine.like
        found: list[tuple[str, str]] = []
        if kind.defects:
            if self._random.random() < kind.fails:
                defect = self._random.choice(kind.defects)
                found.append((defect, self._random.choice(self._places) if self._places else ""))
            found += [flaw for flaw in board.flaws if flaw not in found]
            board.flaws = ()
        for payload in self.physics.measure(machine, board, self.now, found):
            self.report(machine.id, board.id, payload)
        if kind.defects:
            board.defect = found[0][0] if found else ""
            machine.failed += bool(found)
            machine.found.update(defect for defect, _ in found)
            defects, places = tuple(defect for defect, _ in found), tuple(place for _, place in found)
            verdict = e.BoardInspected(machine.id, board.lot, "failed" if found else "passed", defects, places)
            self.report(machine.id, board.id, verdict)
        if machine.feeders and self._planner is not None:
            self._planner.placed(machine)

    def _pass_on(self, machines: list[Machine], index: int, board: Board) -> None:
        """A worked board goes on when the next machine is free and validation lets it."""
        machine = machines[index]
        after = machines[index + 1] if index + 1 < len(machines) else None
        if board.id in self.holds or board.lot in self.holds:
            return
        if after is not None and (after.board is not None or not _takes(after) or after.id in self.holds):
            return
        machine.board = None
        machine.passed_on += 1
        self.report(machine.id, board.id, e.BoardDeparted(machine.id, board.lot))
        if after is not None:
            self._arrive(after, board)
            self.settle(after)
        else:
            board.machine, board.finished = "", True
            if self._planner is not None:
                self._planner.through(board)

    def _alarm(self, machine: Machine) -> None:
        machine.next_alarm_s = self.now + self._random.expovariate(1 / ALARM_EVERY_S)
        if self._planner is not None:
            self._planner.complain(machine)
            return
        alarm = self._random.choice(machine.like.alarms)
        if alarm.code not in machine.alarms:
            machine.alarms[alarm.code] = False
            self.report(machine.id, machine.id, e.AlarmRaised(alarm.code, alarm.severity, alarm.text))


def _takes(machine: Machine) -> bool:
    """Whether a machine takes boards at all."""
    return not machine.stopped and machine.down is None


def _cause(machine: Machine) -> str:
    """What CFX calls the cause of a machine's state."""
    match machine.state:
        case "stopped":
            return "RemoteStop"
        case "held":
            return "QualityCheck"
        case "down" if machine.down is not None:
            return machine.down.cause
    return ""


def _step_of(moment: float) -> int:
    """The first step at or after a simulated time."""
    return math.ceil((moment + WARM_UP_S) / STEP_S - 1e-6)
