"""The fold over the log that answers, grammars and policy read.

`World.apply` takes events in order of position; nothing else changes it. One handler a payload type, found by
mapping; a payload without one changes nothing here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from assistant.domain import events as e
from assistant.domain import people
from assistant.domain.deeds import DEEDS
from assistant.domain.facts import Facts
from assistant.domain.things import Board, Hold, Line, Lot, Machine, Product, Thing, Voicing, WorkOrder


class World(Facts):
    """Facts, and how an event changes them."""

    def apply(self, event: e.Event) -> None:
        """Take one more event into account."""
        if event.position > self.position:
            self.position, self.hash = event.position, event.hash
        if event.source == "/site":
            self.declared.add(event.id)
        if event.source == e.FACTORY:
            self.told.add(event.id)
        handler = _HANDLERS.get(type(event.data))
        if handler is not None:
            handler(self, event, event.data)
        if event.source.startswith("/machines/"):
            run, _, sequence = event.id.rpartition("-")
            self.runs.setdefault(run, event.position)
            if sequence.isdecimal():
                self.seen[run] = max(self.seen.get(run, 0), int(sequence))
            self.heard_of = max(self.heard_of, event.time)
            self.reported.add(getattr(event.data, "order", ""))
        for thing in self._concerned(event):
            thing.remember(event)

    def _concerned(self, event: e.Event) -> list[Thing]:
        """Whose history an event belongs to."""
        units = [event.subject]
        data = event.data
        if isinstance(data, e.OrderUncertain | e.OrderFailed | e.OrderRejected):
            request = self.requested.get(event.subject)
            units = [request[0].args.get("unit", request[0].machine)] if request is not None else []
        return [thing for unit in units if (thing := self.thing(unit)) is not None]


# ---- one handler a payload -----------------------------------------------------------------------------


def _line_installed(world: World, event: e.Event, data: e.LineInstalled) -> None:
    world.lines[event.subject] = Line(event.subject, data.name, data.machines, data.spoken)
    world.names_version += 1


def _machine_installed(world: World, event: e.Event, data: e.MachineInstalled) -> None:
    machine = world.machines.setdefault(event.subject, Machine(event.subject))
    machine.name, machine.kind, machine.line, machine.spoken = data.name, data.kind, data.line, data.spoken
    world.names_version += 1


def _product_introduced(world: World, event: e.Event, data: e.ProductIntroduced) -> None:
    world.products[event.subject] = Product(event.subject, data.name, data.spoken)
    world.names_version += 1


def _workorder_created(world: World, event: e.Event, data: e.WorkOrderCreated) -> None:
    known = world.workorders.get(event.subject)
    if event.source.startswith("/machines/") and world.kind_of(event.subject):
        if known is not None:
            known.status = data.status  # of what it makes and where, the factory's own word counts
        return
    world.workorders[event.subject] = WorkOrder(event.subject, data.product, data.line, data.status)


def _lot_created(world: World, event: e.Event, data: e.LotCreated) -> None:
    known = world.lots.get(event.subject)
    there = known.boards if known is not None else world.kind_of(event.subject)
    if event.source.startswith("/machines/") and (there or any(map(world.kind_of, data.boards))):
        return  # a line numbers lots of its own, and takes nothing from another
    lot = world.lots.setdefault(event.subject, Lot(event.subject))
    lot.order, lot.product, lot.line = data.order, data.product, data.line
    lot.boards = world.boards.some(data.boards)
    for board in data.boards:
        world.boards.add(board).lot = lot.id


def _machine_state_changed(world: World, event: e.Event, data: e.MachineStateChanged) -> None:
    machine = world.machines.get(event.subject)
    if machine is not None:
        machine.state, machine.e10, machine.since = data.state, data.e10, event.time


def _alarm_raised(world: World, event: e.Event, data: e.AlarmRaised) -> None:
    machine = world.machines.get(event.subject)
    if machine is not None:
        machine.alarms[data.code] = data


def _alarm_over(world: World, event: e.Event, data: e.AlarmAcknowledged | e.AlarmCleared) -> None:
    machine = world.machines.get(event.subject)
    if machine is not None:
        machine.alarms.pop(data.code, None)


def _board_arrived(world: World, event: e.Event, data: e.BoardArrived) -> None:
    board = world.boards.wake(event.subject)
    if board is not None:
        board.machine, board.inside, board.rework = data.machine, True, False
    if data.machine in world.machines:
        world.machines[data.machine].board = event.subject


def _board_departed(world: World, event: e.Event, data: e.BoardDeparted) -> None:
    board = world.boards.wake(event.subject)
    if board is not None:
        board.machine, board.inside = data.machine, False
    machine = world.machines.get(data.machine)
    if machine is not None and machine.board == event.subject:
        machine.board = ""
    line = world.lines.get(machine.line) if machine is not None else None
    if line is None or data.machine == line.machines[-1]:
        world.boards.leaves(event.subject)


def _board_inspected(world: World, event: e.Event, data: e.BoardInspected) -> None:
    board = world.boards.wake(event.subject)
    if board is not None:
        board.verdict, board.defects = data.verdict, data.defects


def _held(world: World, event: e.Event, data: e.LotHeld | e.BoardHeld | e.MachineHeld) -> None:
    thing = world.thing(event.subject)
    if thing is not None:
        thing.hold = Hold(data.reason, event.time, world.badge_of(data.order))


def _released(world: World, event: e.Event, data: e.Payload) -> None:
    thing = world.thing(event.subject)
    if thing is not None:
        thing.hold, thing.last_hold = None, thing.hold


def _sent_to_rework(world: World, event: e.Event, data: e.BoardSentToRework) -> None:
    board = world.boards.wake(event.subject)
    if board is not None:
        machine = world.machines.get(board.machine)
        if machine is not None and machine.board == board.id:
            machine.board = ""
        board.rework, board.inside = True, False
        if data.defect:
            board.defects = tuple(dict.fromkeys((*board.defects, data.defect)))


def _withdrawn(world: World, event: e.Event, data: e.Payload) -> None:
    board = world.boards.wake(event.subject)
    if board is not None:
        board.rework = False
        world.boards.leaves(board.id)


def _scrapped(world: World, event: e.Event, data: e.BoardScrapped | e.LotScrapped) -> None:
    thing = world.thing(event.subject)
    if thing is None:
        return
    thing.scrapped, thing.hold, thing.last_hold = data.reason, None, thing.hold
    if isinstance(thing, Board):
        thing.rework, thing.inside = False, False


def _lot_shipped(world: World, event: e.Event, data: e.LotShipped) -> None:
    if event.subject in world.lots:
        world.lots[event.subject].shipped = True


def _machine_set_up(world: World, event: e.Event, data: e.MachineSetUp) -> None:
    if event.subject in world.machines:
        world.machines[event.subject].product = data.product


def _connection_lost(world: World, event: e.Event, data: e.ConnectionLost) -> None:
    world.lost[event.subject] = (event.time, data.reason)


def _connection_restored(world: World, event: e.Event, data: e.ConnectionRestored) -> None:
    world.lost.pop(event.subject, None)


def _voice_adjusted(world: World, event: e.Event, data: e.VoiceAdjusted) -> None:
    world.voicings[event.subject] = Voicing(data.volume_db, data.speed)


_HANDLERS: dict[type[e.Payload], Callable[[World, e.Event, Any], None]] = {
    e.LineInstalled: _line_installed,
    e.MachineInstalled: _machine_installed,
    e.ProductIntroduced: _product_introduced,
    e.WorkOrderCreated: _workorder_created,
    e.LotCreated: _lot_created,
    e.OperatorRegistered: people.operator_registered,
    e.OperatorRoleChanged: people.operator_role_changed,
    e.CheckedIn: people.checked_in,
    e.CheckedOut: people.checked_out,
    e.VoiceAdjusted: _voice_adjusted,
    e.MachineStateChanged: _machine_state_changed,
    e.AlarmRaised: _alarm_raised,
    e.AlarmAcknowledged: _alarm_over,
    e.AlarmCleared: _alarm_over,
    e.BoardArrived: _board_arrived,
    e.BoardDeparted: _board_departed,
    e.BoardInspected: _board_inspected,
    e.LotHeld: _held,
    e.BoardHeld: _held,
    e.MachineHeld: _held,
    e.LotReleased: _released,
    e.BoardReleased: _released,
    e.MachineReleased: _released,
    e.BoardSentToRework: _sent_to_rework,
    e.BoardWithdrawnFromRework: _withdrawn,
    e.BoardScrapped: _scrapped,
    e.LotScrapped: _scrapped,
    e.LotShipped: _lot_shipped,
    e.MachineSetUp: _machine_set_up,
    e.ConnectionLost: _connection_lost,
    e.ConnectionRestored: _connection_restored,
    **DEEDS,
}
