"""What comes next on a line, or at a machine."""

from __future__ import annotations

from assistant.domain.things import Lot
from assistant.turn import naming
from assistant.turn.lookups.look import Look, Reply, reply

PLANNED = "next"
RUNNING = "running"


def upcoming(look: Look) -> Reply:
    """The next work order of the line, and what is left of this one."""
    world = look.world
    machine = world.machines.get(look.unit)
    line = look.unit if look.unit in world.lines else machine.line if machine is not None else ""
    if not line:
        return reply(_queue(look) if machine is not None and machine.kind == "rework" else look.text("nothing"))
    orders = [order for order in world.workorders.values() if order.line == line]
    at_work = {lot.order for lot in world.lots.values() if lot.line == line and _begun(look, lot)}
    left = [lot for lot in world.lots.values() if lot.line == line and not _begun(look, lot) and lot.scrapped is None]
    current = [order for order in orders if order.id in at_work or order.status == RUNNING]
    waiting = [order for order in orders if order.id not in at_work and order.status == PLANNED]
    before = [look.name(lot.id) for lot in left if lot.order in {order.id for order in current}]
    name = look.name(line)
    if waiting:
        said = look.text("order", line=name, order=look.name(waiting[0].id), product=look.name(waiting[0].product))
    else:
        said = look.text("no_order", line=name)
    lots = look.text("lots" if len(before) > 1 else "lot", items=look.some(before)) if before else ""
    return reply(said, lots, _running(look, name, [order.id for order in current]), *look.rest(before))


def _begun(look: Look, lot: Lot) -> bool:
    """Whether a board of it has gone into its line."""
    return any(look.world.boards[board].machine for board in lot.boards)


def _running(look: Look, line: str, orders: list[str]) -> str:
    """The newest order that is not through yet, and how much of it is left."""
    for order in reversed(orders):
        boards = [board for lot in look.world.lots.values() if lot.order == order for board in lot.boards]
        last = look.world.lines[look.world.workorders[order].line].machines[-1]
        left = 0
        for ident in boards:
            board = look.world.boards[ident]
            through = board.machine == last and not board.inside
            left += not (through or board.rework or board.scrapped is not None)
        if left:
            product = look.name(look.world.workorders[order].product)
            counts = {"left": naming.count(left), "total": naming.count(len(boards))}
            return look.text("running", line=line, order=look.name(order), product=product, **counts)
    return ""


def _queue(look: Look) -> str:
    waiting = [board.id for board in look.world.boards.awake.values() if board.rework]
    if not waiting:
        return look.text("rework_none")
    return look.text("rework", board=look.name(waiting[0]), count=naming.count(len(waiting)))
