"""Questions -> words, from what is recorded; read only, nothing here can reach a machine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from assistant.domain import events as e
from assistant.domain.things import Board, Line, Lot, Machine, Thing
from assistant.domain.values import Command
from assistant.domain.world import World
from assistant.settings.intents import Intents
from assistant.turn import naming
from assistant.turn.policy import subject

MOST_SPOKEN = 4
"""Items read out; more are counted."""
DEEDS = 2
"""Newest deeds told of who did what."""
STORY = 3
"""Newest events told of a history."""


@dataclass(frozen=True, slots=True)
class Look:
    """One look-up in the making."""

    world: World
    intents: Intents
    command: Command

    @property
    def unit(self) -> str:
        """The id asked about."""
        return subject(self.command)

    def text(self, key: str, **holes: str) -> str:
        """An answer of this intent."""
        named = {"unit": naming.unit(self.world, self.unit)} if self.unit else {}
        return self.intents.text(self.command.intent, key, {**named, **holes})

    def name(self, ident: str) -> str:
        """How a thing is called."""
        return naming.unit(self.world, ident)

    def some(self, items: list[str]) -> str:
        """A few items and how many more."""
        if len(items) <= MOST_SPOKEN:
            return naming.listing(items)
        return self.text("more", items=", ".join(items[:MOST_SPOKEN]), count=str(len(items) - MOST_SPOKEN))


def answer(world: World, intents: Intents, command: Command) -> str:
    """The words for a look-up; its view is named in the intent's file."""
    view = intents.by_name[command.intent].lookup
    return VIEWS[view](Look(world, intents, command))


# ---- status ------------------------------------------------------------------------------------------------


def _status(look: Look) -> str:
    world, unit = look.world, look.unit
    if unit in world.lots:
        return _lot_status(look, world.lots[unit])
    if unit in world.boards:
        return _board_status(look, world.boards[unit])
    if unit in world.machines:
        return _machine_status(look, world.machines[unit])
    if unit in world.lines:
        return _line_status(look, world.lines[unit])
    return _order_status(look)


def _lot_status(look: Look, lot: Lot) -> str:
    if lot.scrapped is not None:
        reason = f", {naming.value(lot.scrapped)}" if lot.scrapped else ""
        return look.text("lot_scrapped", lot=look.name(lot.id), reason=reason)
    progress = _progress(look, lot)
    if lot.hold is None:
        return look.text("lot_free", lot=look.name(lot.id), progress=progress)
    since = f", since {naming.clock(lot.hold.at)}"
    return look.text(
        "lot_held", lot=look.name(lot.id), reasons=naming.value(lot.hold.reason), since=since, progress=progress
    )


def _progress(look: Look, lot: Lot) -> str:
    boards = [look.world.boards[board] for board in lot.boards]
    last = look.world.lines[lot.line].machines[-1] if lot.line in look.world.lines else ""
    through = sum(_through(board, last) for board in boards)
    inside = sum(bool(board.machine) and not _through(board, last) for board in boards)
    failed = sum(board.verdict == "failed" for board in boards)
    holes = {
        "total": str(len(boards)),
        "through": str(through),
        "inside": str(inside),
        "failed": f", {failed} failed inspection" if failed else "",
    }
    if not boards:
        return look.text("lot_unnumbered")
    if not through and not inside:
        return look.text("lot_waiting", **holes)
    return look.text("lot_done" if through == len(boards) else "lot_progress", **holes)


def _through(board: Board, last: str) -> bool:
    return board.machine == last and not board.inside and not board.rework and board.scrapped is None


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
        place=_place(look, board),
        verdict=verdict,
        held=held,
    )


def _place(look: Look, board: Board) -> str:
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
    return look.text(
        "machine",
        machine=machine.name,
        state=machine.state or "not heard of yet",
        since=f" since {naming.clock(machine.since)}" if machine.state in ("stopped", "held", "down") else "",
        board=f", with board {machine.board} in it" if machine.board else "",
        held=f". It is on hold, {naming.value(machine.hold.reason)}" if machine.hold else "",
        alarms=f". Open alarm: {naming.listing(alarms)}" if alarms else "",
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
    last = line.machines[-1] if line is not None else ""
    return look.text(
        "order",
        order=look.name(order.id),
        product=look.name(order.product),
        line=look.name(order.line),
        status=order.status,
        through=str(sum(_through(board, last) for board in boards)),
        total=str(len(boards)),
    )


# ---- where -------------------------------------------------------------------------------------------------


def _where(look: Look) -> str:
    board = look.world.boards.get(look.unit)
    if board is not None:
        return look.text("board", board=look.name(board.id), place=_place(look, board))
    lot = look.world.lots[look.unit]
    if not lot.boards:
        return look.text("lot_unnumbered", lot=look.name(lot.id))
    places = Counter(_place(look, look.world.boards[ident]) for ident in lot.boards)
    items = [f"{count} {place}" for place, count in places.most_common()]
    return look.text("lot", lot=look.name(lot.id), places=naming.listing(items))


# ---- history and who ---------------------------------------------------------------------------------------


def _history(look: Look) -> str:
    told = [(event, words) for event in _past(look) if (words := _told(look, event))]
    if not told:
        return look.text("none")
    newest = told[-STORY:]
    items = naming.listing([f"{words} at {naming.clock(event.time)}" for event, words in newest], "then")
    more = look.text("more", count=str(len(told) - STORY)) if len(told) > STORY else ""
    return look.text("some", items=items, more=more)


def _past(look: Look) -> list[e.Event]:
    """What happened to the unit, oldest first; a line is its machines."""
    line = look.world.lines.get(look.unit)
    idents = line.machines if line is not None else (look.unit,)
    things: list[Thing] = [thing for ident in idents if (thing := look.world.thing(ident)) is not None]
    return sorted((event for thing in things for event in thing.past), key=lambda event: event.time)


def _told(look: Look, event: e.Event) -> str:
    """An event in a few words; empty for what nobody asks after."""
    data = event.data
    match data:
        case e.BoardArrived():
            return f"into {look.name(data.machine)}"
        case e.BoardInspected(verdict="failed"):
            return f"failed inspection for {naming.listing([naming.value(d) for d in data.defects])}"
        case e.BoardInspected():
            return "passed inspection"
        case e.LotHeld() | e.BoardHeld() | e.MachineHeld():
            return f"held for {naming.value(data.reason)}{_by(look, data.order)}"
        case e.LotReleased() | e.BoardReleased() | e.MachineReleased():
            return f"released{_by(look, data.order)}"
        case e.BoardSentToRework():
            return f"sent to rework{_by(look, data.order)}"
        case e.BoardScrapped() | e.LotScrapped():
            return f"scrapped{_by(look, data.order)}"
        case e.MachineSetUp():
            return f"set up for {look.name(data.product)}{_by(look, data.order)}"
        case e.CallRaised():
            return f"{naming.value(data.who)} called by {data.badge}"
        case e.BoardWithdrawnFromRework():
            return f"taken out of rework{_by(look, data.order)}"
        case e.MachineStateChanged(state="stopped" | "down" | "held") if not data.order:
            return data.state
        case e.MachineStateChanged() if data.order:
            return f"{'stopped' if data.state == 'stopped' else 'started'}{_by(look, data.order)}"
        case e.AlarmRaised():
            return f"alarm, {data.text}"
        case e.AlarmAcknowledged():
            return f"alarm acknowledged{_by(look, data.order)}"
        case e.NoteTaken():
            return f"note by {data.badge}, {data.text}"
    return ""


def _by(look: Look, order: str) -> str:
    badge = look.world.badge_of(order)
    return f" by {badge}" if badge else ""


_DEEDS: dict[type[e.Payload], str] = {
    e.LotHeld: "put {unit} on hold",
    e.BoardHeld: "put {unit} on hold",
    e.MachineHeld: "put {unit} on hold",
    e.LotReleased: "released {unit}",
    e.BoardReleased: "released {unit}",
    e.MachineReleased: "released {unit}",
    e.BoardSentToRework: "sent {unit} to rework",
    e.BoardScrapped: "scrapped {unit}",
    e.LotScrapped: "scrapped {unit}",
    e.MachineSetUp: "set up {unit}",
    e.BoardWithdrawnFromRework: "took {unit} out of rework",
    e.AlarmAcknowledged: "acknowledged an alarm of {unit}",
    e.MachineStateChanged: "changed {unit}",
}


def _who(look: Look) -> str:
    """The last deeds, newest last: who held it, and who let it go again."""
    deeds: list[str] = []
    for event in reversed(_past(look)):
        badge = look.world.badge_of(getattr(event.data, "order", ""))
        deed = _DEEDS.get(type(event.data))
        if not badge or deed is None:
            continue
        if isinstance(event.data, e.MachineStateChanged):
            deed = "stopped {unit}" if event.data.state == "stopped" else "started {unit}"
        reason = naming.value(getattr(event.data, "reason", ""))
        did = deed.format(unit=look.name(event.subject)) + (f" for {reason}" if reason else "")
        deeds.insert(0, look.text("by", badge=badge, did=did, time=naming.clock(event.time)))
        if len(deeds) == DEEDS:
            break
    return " ".join(deeds) or look.text("nobody")


# ---- list --------------------------------------------------------------------------------------------------


def _list(look: Look) -> str:
    what = look.command.slots["what"]
    items = _LISTED[what](look)
    return look.text(what, items=look.some(items)) if items else look.text(f"none_{what}")


def _held_lots(look: Look) -> list[str]:
    held = [lot for lot in look.world.lots.values() if lot.hold]
    return [f"{look.name(lot.id)} for {naming.value(lot.hold.reason)}" for lot in held if lot.hold]


def _held_boards(look: Look) -> list[str]:
    return [look.name(board.id) for board in look.world.boards.awake.values() if board.hold]


def _rework_queue(look: Look) -> list[str]:
    return [look.name(board.id) for board in look.world.boards.awake.values() if board.rework]


_SEVERITIES = ("Alarm", "Error", "Warning", "Information")


def _open_alarms(look: Look) -> list[str]:
    alarms = [(alarm, machine.name) for machine in look.world.machines.values() for alarm in machine.alarms.values()]
    rank = {severity: place for place, severity in enumerate(_SEVERITIES)}
    alarms.sort(key=lambda item: rank.get(item[0].severity, len(rank)))
    return [f"{name}, {alarm.text}" for alarm, name in alarms]


_LISTED: dict[str, Callable[[Look], list[str]]] = {
    "held_lots": _held_lots,
    "held_boards": _held_boards,
    "rework_queue": _rework_queue,
    "open_alarms": _open_alarms,
}

VIEWS: dict[str, Callable[[Look], str]] = {
    "status": _status,
    "where": _where,
    "history": _history,
    "who": _who,
    "list": _list,
}
"""View by its name in the intents' `lookup`."""
