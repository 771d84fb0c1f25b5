"""After a connection comes back: what the log says of machines against what they show, and the log put right.

A plant that was switched off and on has forgotten its holds, its queue and its alarms; nothing in its journal
says so, for nothing happened. What is observed counts: the difference becomes events of the assistant's own.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence

from assistant.domain import events as e
from assistant.domain.things import Machine
from assistant.domain.values import Reading
from assistant.domain.world import World
from assistant.errors import NotObserved
from assistant.ports import Clock, Machines
from assistant.turn.act import SOURCE

UNKNOWN_REASON = "unknown"
"""Why something is held that was held while nobody looked."""


async def differences(world: World, machines: Machines, clock: Clock) -> list[e.Event]:
    """Events that bring the log into line with what all machines show now; none when one cannot be read."""
    readings: list[Reading] = []
    for machine in world.machines:
        try:
            readings.append(await machines.observe(machine))
        except NotObserved:
            return []  # half a view would release what only the unseen half holds
    now = clock.now()
    return [e.Event(uuid.uuid4().hex, SOURCE, subject, now, data) for subject, data in _found(world, readings)]


def _found(world: World, readings: Sequence[Reading]) -> Iterator[tuple[str, e.Payload]]:
    shown: dict[str, str] = {}
    for reading in readings:
        shown |= dict.fromkeys(_list(reading, "held"), reading.machine)
    for unit, machine in shown.items():
        thing = world.thing(unit)
        if thing is not None and thing.hold is None:
            yield unit, _held(world, unit, machine)
    for table in (world.lots, world.boards.awake, world.machines):
        for ident, one in table.items():
            if one.hold is not None and ident not in shown:
                yield ident, _released(world, ident)
    for reading in readings:
        yield from _machine(world, world.machines[reading.machine], reading)


def _machine(world: World, machine: Machine, reading: Reading) -> Iterator[tuple[str, e.Payload]]:
    open_alarms = _list(reading, "alarms")
    product = reading.values.get("product", "")
    if isinstance(product, str) and product != machine.product:
        yield machine.id, e.MachineSetUp(product)
    for code in machine.alarms:
        if code not in open_alarms:
            yield machine.id, e.AlarmCleared(code)
    if machine.kind == "rework":
        queue = _list(reading, "queue")
        for board in world.boards.awake.values():
            if board.rework and board.id not in queue and board.lot not in queue:
                yield board.id, e.BoardWithdrawnFromRework(machine.id, board.lot)


def _held(world: World, unit: str, machine: str) -> e.Payload:
    match world.kind_of(unit):
        case "lot":
            return e.LotHeld(machine, UNKNOWN_REASON)
        case "board":
            return e.BoardHeld(machine, UNKNOWN_REASON)
    return e.MachineHeld(UNKNOWN_REASON)


def _released(world: World, unit: str) -> e.Payload:
    machine = world.machine_of(unit)
    match world.kind_of(unit):
        case "lot":
            return e.LotReleased(machine)
        case "board":
            return e.BoardReleased(machine)
    return e.MachineReleased()


def _list(reading: Reading, variable: str) -> tuple[str, ...]:
    value = reading.values.get(variable, ())
    return value if isinstance(value, tuple) else ()
