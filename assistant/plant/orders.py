"""What machines do with orders: valid or not at once, done later in plain sight, and each order id once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from assistant.domain import events as e
from assistant.plant.ledger import Ledger
from assistant.plant.machines import Machine
from assistant.plant.simulation import Simulation

Args = Mapping[str, str]
Asked = tuple[str, str, tuple[tuple[str, str], ...]]
"""Machine, method and arguments: what makes two orders the same."""
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
    cuts: str = ""
    """The method that it ends before its effect, and needs nothing else to be valid then."""


class Orders:
    """Takes orders for all machines of a plant."""

    def __init__(self, simulation: Simulation, ledger: Ledger, wall: Callable[[], float]) -> None:
        """`wall`: Unix seconds UTC now."""
        self._simulation, self._ledger, self._wall = simulation, ledger, wall
        self._answers: dict[str, tuple[Asked, tuple[bool, str]]] = {}
        self._busy: dict[str, tuple[str, str]] = {}
        """What an order was accepted for that is not done yet (a unit, or a machine and perhaps its alarm) -> its
        method and id."""

    def take(self, order: str, machine: str, method: str, args: Args, deadline: float) -> tuple[bool, str]:
        """(accepted, reason). The same order id again gets the same answer and does nothing.

        Validity comes before duplicates: an id that was used for another order gets no answer of that one.
        """
        asked = (machine, method, tuple(sorted(args.items())))
        if order in self._answers:
            first, answer = self._answers[order]
            return answer if first == asked else (False, "that order id was used for another order")
        declared = METHODS[method]
        target = self._simulation.machines[machine]
        name = method.capitalize()
        why = "too late" if self._wall() > deadline else "no order id" if not order else ""
        # A lot is held at any machine of its line: what is busy is the lot, wherever the order came in.
        work = args.get("unit", " ".join((machine, args.get("alarm", ""))))
        doing, _ = self._busy.get(work, ("", ""))
        if not doing:
            why = why or declared.refuse(self._simulation, target, args)
        elif doing != declared.cuts:
            why = why or "busy with an order before this one"
        # On disk first: an answer that could not be written down is none, and is not repeated as one either.
        self._ledger.write(self._wall(), order, machine, name, args, "rejected" if why else "accepted", why)
        answer = (not why, why)
        self._answers[order] = (asked, answer)
        if not why:
            self._busy[work] = (method, order)

            def do() -> None:
                if self._busy.get(work) != (method, order):
                    return  # cut short: its effect never comes
                del self._busy[work]
                declared.effect(self._simulation, target, args, order)
                self._ledger.write(self._wall(), order, machine, name, args, "done")

            self._simulation.later(declared.takes_s, do)
        return answer


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


def _scrapped(sim: Simulation, unit: str) -> str:
    board = sim.boards.get(unit)
    gone = unit in sim.scrapped or (board is not None and board.lot in sim.scrapped)
    return f"{unit} is scrapped" if gone else ""


def _refuse_hold(sim: Simulation, machine: Machine, args: Args) -> str:
    unit = args["unit"]
    why = _not_here(sim, machine, unit) or _scrapped(sim, unit)
    return why or (f"{unit} is on hold already" if unit in sim.holds else "")


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
    _switch(sim, machine, order, stopped=True)


def _start(sim: Simulation, machine: Machine, args: Args, order: str) -> None:
    _switch(sim, machine, order, stopped=False)


def _switch(sim: Simulation, machine: Machine, order: str, *, stopped: bool) -> None:
    machine.stopped, before = stopped, machine.state
    sim.settle(machine, order)
    if machine.state == before:
        # A stop that cut a start short kept it stopped: that it was carried out must stand in the journal all the same.
        sim.report(machine.id, machine.id, e.MachineStateChanged(before, machine.e10, before, "", order))


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
    if gone := _scrapped(sim, unit):
        return gone
    there = all(sim.boards[board].machine == machine.id for board in _boards(sim, unit))
    return f"{unit} is in the queue already" if there or unit in machine.queue else ""


def _rework(sim: Simulation, machine: Machine, args: Args, order: str) -> None:
    machine.queue.append(args["unit"])
    for ident in _boards(sim, args["unit"]):
        board = sim.boards[ident]
        if board.machine == machine.id or ident in sim.scrapped:
            continue  # it was sent by itself before its lot was, or is no more
        sim.take_out(board)
        board.machine = machine.id
        sim.report(machine.id, ident, e.BoardSentToRework(machine.id, board.lot, args.get("defect", ""), order))


def _withdraw(sim: Simulation, machine: Machine, args: Args, order: str) -> None:
    boards = [board for board in _boards(sim, args["unit"]) if sim.boards[board].machine == machine.id]
    machine.queue[:] = [unit for unit in machine.queue if unit != args["unit"] and unit not in boards]
    for ident in reversed(boards):
        board = sim.boards[ident]
        board.machine = ""
        sim.report(machine.id, ident, e.BoardWithdrawnFromRework(machine.id, board.lot, order))
        sim.put_back(board)


# ---- scrap -----------------------------------------------------------------------------------------------


def _refuse_scrap(sim: Simulation, machine: Machine, args: Args) -> str:
    unit = args["unit"]
    if unit in sim.machines or not (unit in sim.boards or unit in sim.line_of_lot):
        return f"{unit} is not known here"
    return _not_here(sim, machine, unit) or _scrapped(sim, unit)


def _scrap(sim: Simulation, machine: Machine, args: Args, order: str) -> None:
    """What is scrapped is out of its line, off the bench and off hold; it comes back nowhere."""
    unit, reason = args["unit"], args.get("reason", "")
    boards = [board for board in _boards(sim, unit) if board not in sim.scrapped]
    for ident in boards:
        board = sim.boards[ident]
        sim.take_out(board)
        board.finished = True
        sim.report(machine.id, ident, e.BoardScrapped(machine.id, board.lot, reason, order))
    for ident in {unit, *boards}:
        sim.scrapped[ident] = reason
        sim.holds.pop(ident, None)
        for bench in sim.machines.values():
            bench.queue[:] = [waiting for waiting in bench.queue if waiting != ident]
    if unit not in sim.boards:
        sim.report(machine.id, unit, e.LotScrapped(machine.id, reason, order))


# ---- changeover ------------------------------------------------------------------------------------------


def _refuse_changeover(sim: Simulation, machine: Machine, args: Args) -> str:
    if machine.board is not None:
        return f"board {machine.board.id} is in it"
    return f"it is set up for {args['product']} already" if machine.product == args["product"] else ""


def _changeover(sim: Simulation, machine: Machine, args: Args, order: str) -> None:
    sim.set_up(machine, args["product"], order)


METHODS: dict[str, Method] = {
    "hold": Method(_refuse_hold, _hold, 0.05),
    "release": Method(_refuse_release, _release, 0.05),
    "stop": Method(lambda sim, m, args: f"{m.id} is stopped already" if m.stopped else "", _stop, 0.1, cuts="start"),
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
    "scrap": Method(_refuse_scrap, _scrap, 0.2),
    "changeover": Method(_refuse_changeover, _changeover, 1.0),
}
"""By the names of hardware/opcua.yaml."""
