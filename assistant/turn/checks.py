"""What can be asked of a thing before acting on it, and which state of it a question was asked about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from assistant.domain.things import Board, Lot, Machine
from assistant.domain.values import MISSING, Command
from assistant.domain.world import World
from assistant.turn.read import UNKNOWN

Slots = Mapping[str, str]
Check = Callable[[World, str, Slots], bool]
"""Takes (world, the unit acted on, the command's slots)."""
OUT_OF_WORK = ("stopped", "down", "held")
"""States of a machine that a question may hang on; whether it runs or waits for a board changes by the second."""


def machines(world: World, unit: str) -> list[Machine]:
    """A machine, or those of a line."""
    line = world.lines.get(unit)
    idents = line.machines if line is not None else (unit,)
    return [world.machines[ident] for ident in idents if ident in world.machines]


def held(world: World, unit: str, slots: Slots) -> bool:
    """Whether it is on hold."""
    thing = world.thing(unit)
    return thing is not None and thing.hold is not None


def stopped(world: World, unit: str, slots: Slots) -> bool:
    """Whether it stands, or of a line, any of it."""
    return any(machine.state == "stopped" for machine in machines(world, unit))


def not_stopped(world: World, unit: str, slots: Slots) -> bool:
    """Whether it does not stand, or of a line, not all of it; one that was told to start stands no more."""
    starting = {world.requested[order][0].machine for order in world.open_orders if _starts(world, order)}
    return any(machine.state != "stopped" or machine.id in starting for machine in machines(world, unit))


def _starts(world: World, order: str) -> bool:
    return world.requested[order][0].method == "start"


def alarmed(world: World, unit: str, slots: Slots) -> bool:
    """Whether it has an alarm to acknowledge, or somebody was called there."""
    return any(machine.alarms for machine in machines(world, unit)) or bool(world.calls_at(unit))


def not_in_rework(world: World, unit: str, slots: Slots) -> bool:
    """Whether it, or one board of it, can still be sent to the bench."""
    lot = world.lots.get(unit)
    boards = [world.boards[board] for board in (lot.boards if lot is not None else (unit,)) if board in world.boards]
    return not boards or not all(board.rework for board in boards)


def not_scrapped(world: World, unit: str, slots: Slots) -> bool:
    """Whether it was not thrown away, alone or with its lot."""
    return world.scrapped(unit) is None


def not_shipped(world: World, unit: str, slots: Slots) -> bool:
    """Whether its lot is still in the house."""
    board = world.boards.get(unit)
    lot = world.lots.get(board.lot if board is not None else unit)
    return lot is None or not lot.shipped


def not_set_up(world: World, unit: str, slots: Slots) -> bool:
    """Whether any machine of it is set up for another product."""
    return any(machine.product != slots.get("product") for machine in machines(world, unit))


def empty(world: World, unit: str, slots: Slots) -> bool:
    """Whether no board is in it."""
    return not any(machine.board for machine in machines(world, unit))


def not_called(world: World, unit: str, slots: Slots) -> bool:
    """Whether nobody of that kind was called there already."""
    return not any(call.who == slots.get("who") and call.unit == unit for call in world.calls.values())


CHECKS: dict[str, Check] = {
    "held": held,
    "not_held": lambda world, unit, slots: not held(world, unit, slots),
    "stopped": stopped,
    "not_stopped": not_stopped,
    "alarmed": alarmed,
    "not_in_rework": not_in_rework,
    "not_scrapped": not_scrapped,
    "not_shipped": not_shipped,
    "not_set_up": not_set_up,
    "empty": empty,
    "not_called": not_called,
}
"""The names stand in the intents' `checks`."""


def parted(world: World, command: Command) -> tuple[Command, ...]:
    """A command about the boards of a lot that failed: one for each such board; any other as it is."""
    if "part" not in command.slots:
        return (command,)
    rest = {slot: value for slot, value in command.slots.items() if slot not in ("lot", "part")}
    lot = world.lots.get(command.slots.get("lot", ""))
    if lot is None:  # none named, or none that exists: that is asked about first, and the whole of it never meant
        known = command.slots.get("lot") != MISSING
        return (replace(command, intent=UNKNOWN, slots={}, doubt="part") if known else _whole(command),)
    failed = [
        board for board in lot.boards if world.boards[board].verdict == "failed" and world.scrapped(board) is None
    ]
    if not failed:
        return (replace(command, intent=UNKNOWN, slots={}, doubt="none failed", heard={"unit": lot.id}),)
    return tuple(replace(command, slots={"board": board, **rest}, doubt="part") for board in failed)


def _whole(command: Command) -> Command:
    return replace(command, slots={slot: value for slot, value in command.slots.items() if slot != "part"})


def version(world: World, unit: str) -> str:
    """The state of a unit that a question about it hangs on: another text, another state."""
    if unit in world.lines:
        return " ".join(version(world, machine) for machine in world.lines[unit].machines)
    thing = world.thing(unit)
    if thing is None:
        return unit
    parts: list[object] = [unit, thing.hold, thing.scrapped]
    match thing:
        case Board():
            parts += [thing.rework, version(world, thing.lot) if thing.lot in world.lots else ""]
        case Lot():
            parts.append(thing.shipped)
        case Machine():
            parts += [thing.state if thing.state in OUT_OF_WORK else "", sorted(thing.alarms), thing.product]
    return repr(parts)
