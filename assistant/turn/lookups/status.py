"""How things are: a lot, a board, a machine, a line, a work order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from assistant.domain.things import Board, Line, Lot, Machine
from assistant.domain.views import Scope
from assistant.turn import naming
from assistant.turn.lookups.look import Look, Reply, reply

THROUGH, WAITS, INSIDE, REWORK, GONE = "through", "waits", "lot_inside", "lot_rework", "lot_gone"
"""How far a board is; some are answers, too."""


def status(look: Look) -> Reply:
    """How a lot, board, machine, line or work order is."""
    world, unit = look.world, look.unit
    if unit in world.lots:
        return reply(_lot_status(look, world.lots[unit]))
    if unit in world.boards:
        return reply(_board_status(look, world.boards[unit]))
    if unit in world.machines:
        return reply(_machine_status(look, world.machines[unit]))
    if unit in world.lines:
        return reply(_line_status(look, world.lines[unit]), _output(look))
    return reply(_order_status(look))


def _output(look: Look) -> str:
    """What a line made in the shift that is at work, and how well; empty where nothing is recorded of it."""
    counts = look.views.production.counts(look.span, look.scope)
    share = look.views.quality.first_pass(look.span, look.scope).share
    if look.trouble() or share is None:
        return ""
    made, period = look.counted("boards", counts.made), look.when()
    return look.text("output", made=made, period=period, percent=naming.percent(share))


def _lot_status(look: Look, lot: Lot) -> str:
    if lot.scrapped is not None:
        reason = f", {naming.value(lot.scrapped)}" if lot.scrapped else ""
        return look.text("lot_scrapped", lot=look.name(lot.id), reason=reason)
    progress = _progress(look, lot)
    if lot.hold is None:
        return look.text("lot_free", lot=look.name(lot.id), progress=progress)
    since = f", since {look.clock(lot.hold.at)}"
    return look.text(
        "lot_held", lot=look.name(lot.id), reasons=naming.value(lot.hold.reason), since=since, progress=progress
    )


def _progress(look: Look, lot: Lot) -> str:
    boards = [look.world.boards[board] for board in lot.boards]
    machines = look.world.lines[lot.line].machines if lot.line in look.world.lines else ()
    states = Counter(_how_far(board, machines) for board in boards)
    through, inside = states[THROUGH], sum(states.values()) - states[THROUGH] - states[WAITS]
    failed = sum(board.verdict == "failed" for board in boards)
    rest = [look.text(key, count=str(states[key])) for key in (INSIDE, REWORK, GONE) if states[key]]
    holes = {
        "total": str(len(boards)),
        "through": str(through),
        "rest": "".join(f", {words}" for words in rest),
        "failed": f", {failed} failed inspection" if failed else "",
    }
    if not boards:
        return look.text("lot_unnumbered")
    if not through and not inside:
        return look.text("lot_waiting", **holes)
    return look.text("lot_done" if through == len(boards) else "lot_progress", **holes)


def _how_far(board: Board, machines: Sequence[str]) -> str:
    """How far a board of a line with these machines is. One that is back from the rework bench is through."""
    if board.scrapped is not None:
        return GONE
    if not board.machine:
        return WAITS
    at_bench = board.machine not in machines
    if board.rework or (board.inside and at_bench):
        return REWORK
    return THROUGH if at_bench or (board.machine == machines[-1] and not board.inside) else INSIDE


def _board_status(look: Look, board: Board) -> str:
    verdict = ""
    if board.verdict == "failed":
        verdict = f". It failed inspection: {naming.listing([naming.value(d) for d in board.defects])}"
    elif board.verdict:
        verdict = ". It passed inspection"
    lot = look.world.lots.get(board.lot)
    hold = board.hold or (lot.hold if lot is not None else None)
    held = f". {'It' if board.hold else 'Its lot'} is on hold, {naming.value(hold.reason)}" if hold else ""
    return look.text(
        "board_where",
        board=look.name(board.id),
        lot=look.name(board.lot),
        place=place(look, board),
        verdict=verdict,
        held=held,
    )


def place(look: Look, board: Board) -> str:
    """Where a board is, in words."""
    if (why := look.world.scrapped(board.id)) is not None:
        return f"scrapped{f', {naming.value(why)}' if why else ''}"
    if board.rework:
        return "in the rework queue"
    if not board.machine:
        lot = look.world.lots.get(board.lot)
        line = look.world.lines.get(lot.line) if lot is not None else None
        return f"waiting before {look.name(line.machines[0])}" if line is not None else "not started"
    if board.inside:
        return f"in {look.name(board.machine)}"
    machine = look.world.machines.get(board.machine)
    line = look.world.lines.get(machine.line) if machine is not None else None
    if line is not None and line.machines[-1] == board.machine:
        return f"through {line.name}"
    return f"past {look.name(board.machine)}"


def _machine_status(look: Look, machine: Machine) -> str:
    alarms = [alarm.text for alarm in machine.alarms.values()]
    seen = [alarm.text for alarm in look.views.alarms.open(Scope(machine=machine.id)) if alarm.acknowledged]
    return look.text(
        "machine",
        machine=machine.name,
        state=machine.state or "not heard of yet",
        since=f" since {look.clock(machine.since)}" if machine.state in ("stopped", "held", "down") else "",
        board=f", with board {machine.board} in it" if machine.board else "",
        held=f". It is on hold, {naming.value(machine.hold.reason)}" if machine.hold else "",
        alarms=(f". Open alarm: {naming.listing(alarms)}" if alarms else "")
        + (f". Acknowledged: {naming.listing(seen)}" if seen else ""),
    )


def _line_status(look: Look, line: Line) -> str:
    machines = [look.world.machines[ident] for ident in line.machines]
    common, count = Counter(machine.state or "not heard of yet" for machine in machines).most_common(1)[0]
    others = [
        f"{m.name} is {m.state or 'not heard of yet'}" for m in machines if (m.state or "not heard of yet") != common
    ]
    state = (
        f"all {count} machines are {common}"
        if not others
        else f"{count} machines are {common}, {naming.listing(others)}"
    )
    held = [look.name(lot.id) for lot in look.world.lots.values() if lot.line == line.id and lot.hold]
    alarms = sum(len(machine.alarms) for machine in machines)
    return look.text(
        "line",
        line=line.name,
        machines=state,
        held=f". On hold: {naming.listing(held)}" if held else "",
        alarms=f". {alarms} open {'alarm' if alarms == 1 else 'alarms'}" if alarms else "",
    )


def _order_status(look: Look) -> str:
    order = look.world.workorders[look.unit]
    lots = [lot for lot in look.world.lots.values() if lot.order == order.id]
    boards = [look.world.boards[board] for lot in lots for board in lot.boards]
    line = look.world.lines.get(order.line)
    machines = line.machines if line is not None else ()
    return look.text(
        "order",
        order=look.name(order.id),
        product=look.name(order.product),
        line=look.name(order.line),
        status=order.status,
        through=str(sum(_how_far(board, machines) == THROUGH for board in boards)),
        total=str(len(boards)),
    )
