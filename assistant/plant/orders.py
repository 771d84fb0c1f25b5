"""What machines do with orders: valid or not at once, done later in plain sight, and each order id once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from assistant.domain import events as e
from assistant.plant.ledger import Ledger
from assistant.plant.machines import Machine
from assistant.plant.simulation import Simulation

Args = Mapping[str, str]
CLEARS_AFTER_S = 60.0
"""An alarm's condition goes away this long after somebody acknowledged it (they saw to it)."""


@dataclass(frozen=True, slots=True)
class Method:
    """One thing that machines can be asked."""

    refuse: Callable[[Simulation, Machine, Args], str]
    """Why not, or empty; asked before anything else."""
    effect: Callable[[Simulation, Machine, Args, str], None]
    """What it does (the last argument is the order's id)."""
    takes_s: float
    """Simulated seconds until its effect."""


class Orders:
    """Takes orders for all machines of a plant."""

    def __init__(self, simulation: Simulation, ledger: Ledger, wall: Callable[[], float]) -> None:
        """`wall`: Unix seconds UTC now."""
        self._simulation, self._ledger, self._wall = simulation, ledger, wall
        self._answers: dict[str, tuple[bool, str]] = {}
        self._busy: set[tuple[str, str]] = set()
        """(machine, unit) of what was accepted and is not done yet."""

    def take(self, order: str, machine: str, method: str, args: Args, deadline: float) -> tuple[bool, str]:
        """(accepted, reason). The same order id again gets the same answer and does nothing."""
        if order in self._answers:
            return self._answers[order]
        declared = METHODS[method]
        target = self._simulation.machines[machine]
        name = method.capitalize()
        why = "too late" if self._wall() > deadline else "no order id" if not order else ""
        work = (machine, args.get("unit", args.get("alarm", "")))
        why = why or ("busy with an order before this one" if work in self._busy else "")
        why = why or declared.refuse(self._simulation, target, args)
        self._answers[order] = (not why, why)
        self._ledger.write(self._wall(), order, machine, name, args, "rejected" if why else "accepted", why)
        if not why:
            self._busy.add(work)

            def do() -> None:
                self._busy.discard(work)
                declared.effect(self._simulation, target, args, order)
                self._ledger.write(self._wall(), order, machine, name, args, "done")

            self._simulation.later(declared.takes_s, do)
        return self._answers[order]


# ---- hold and release ------------------------------------------------------------------------------------


def _line_of(sim: Simulation, unit: str) -> str | None:
    if unit in sim.machines:
        return sim.machines[unit].line
    board = sim.boards.get(unit)
    return sim.line_of_lot.get(board.lot if board is not None else unit)


def _not_here(sim: Simulation, machine: Machine, unit: str) -> str:
    line = _line_of(sim, unit)
    if line is None:
        return f"{unit} is not known here"
    if unit in sim.machines and unit != machine.id:
        return f"{unit} is another machine"
    return "" if line == machine.line else f"{unit} is not on this line"


def _refuse_hold(sim: Simulation, machine: Machine, args: Args) -> str:
    unit = args["unit"]
    return _not_here(sim, machine, unit) or (f"{unit} is on hold already" if unit in sim.holds else "")


def _hold(sim: Simulation, machine: Machine, args: Args, order: str) -> None:
    unit, reason = args["unit"], args.get("reason", "")
    sim.holds[unit] = reason
    if unit in sim.machines:
        sim.report(machine.id, unit, e.MachineHeld(reason, order))
    elif unit in sim.boards:
        sim.report(machine.id, unit, e.BoardHeld(machine.id, reason, order))
    else:
        sim.report(machine.id, unit, e.LotHeld(machine.id, reason, order))
    sim.settle(machine, order)


def _refuse_release(sim: Simulation, machine: Machine, args: Args) -> str:
    unit = args["unit"]
    return _not_here(sim, machine, unit) or ("" if unit in sim.holds else f"{unit} is not on hold")


def _release(sim: Simulation, machine: Machine, args: Args, order: str) -> None:
    unit = args["unit"]
    sim.holds.pop(unit, None)
    if unit in sim.machines:
        sim.report(machine.id, unit, e.MachineReleased(order))
    elif unit in sim.boards:
        sim.report(machine.id, unit, e.BoardReleased(machine.id, order))
    else:
        sim.report(machine.id, unit, e.LotReleased(machine.id, order))
    sim.settle(machine, order)


# ---- stop, start, acknowledge ----------------------------------------------------------------------------


def _stop(sim: Simulation, machine: Machine, args: Args, order: str) -> None:
    machine.stopped = True
    sim.settle(machine, order)


def _start(sim: Simulation, machine: Machine, args: Args, order: str) -> None:
    machine.stopped = False
    sim.settle(machine, order)


def _acknowledge(sim: Simulation, machine: Machine, args: Args, order: str) -> None:
    code = args["alarm"]
    if code not in machine.alarms:
        return
    machine.alarms[code] = True
    sim.report(machine.id, machine.id, e.AlarmAcknowledged(code, order))

    def clear() -> None:
        if machine.alarms.pop(code, None) is not None:
            sim.report(machine.id, machine.id, e.AlarmCleared(code))

    sim.later(CLEARS_AFTER_S, clear)


# ---- rework ----------------------------------------------------------------------------------------------


def _boards(sim: Simulation, unit: str) -> list[str]:
    return [unit] if unit in sim.boards else [b.id for b in sim.boards.values() if b.lot == unit]


def _refuse_rework(sim: Simulation, machine: Machine, args: Args) -> str:
    unit = args["unit"]
    if machine.kind != "rework":
        return "this is no rework bench"
    if not _boards(sim, unit):
        return f"{unit} is not known here"
    lot = sim.boards[unit].lot if unit in sim.boards else ""
    return f"{unit} is in the queue already" if unit in machine.queue or lot in machine.queue else ""


def _rework(sim: Simulation, machine: Machine, args: Args, order: str) -> None:
    machine.queue.append(args["unit"])
    for ident in _boards(sim, args["unit"]):
        board = sim.boards[ident]
        sim.take_out(board)
        board.machine = machine.id
        sim.report(machine.id, ident, e.BoardSentToRework(machine.id, board.lot, args.get("defect", ""), order))


def _withdraw(sim: Simulation, machine: Machine, args: Args, order: str) -> None:
    machine.queue.remove(args["unit"])
    for ident in reversed(_boards(sim, args["unit"])):
        board = sim.boards[ident]
        board.machine = ""
        sim.report(machine.id, ident, e.BoardWithdrawnFromRework(machine.id, board.lot, order))
        sim.put_back(board)


METHODS: dict[str, Method] = {
    "hold": Method(_refuse_hold, _hold, 0.05),
    "release": Method(_refuse_release, _release, 0.05),
    "stop": Method(lambda sim, m, args: f"{m.id} is stopped already" if m.stopped else "", _stop, 0.1),
    "start": Method(lambda sim, m, args: "" if m.stopped else f"{m.id} is not stopped", _start, 0.5),
    "acknowledge": Method(
        lambda sim, m, args: "" if m.alarms.get(args["alarm"]) is False else f"{args['alarm']} is not open",
        _acknowledge,
        0.05,
    ),
    "rework": Method(_refuse_rework, _rework, 0.5),
    "withdraw": Method(
        lambda sim, m, args: "" if args["unit"] in m.queue else f"{args['unit']} is not in the queue", _withdraw, 0.3
    ),
}
"""By the names of hardware/opcua.yaml."""
