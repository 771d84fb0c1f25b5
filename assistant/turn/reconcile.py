"""What the log says of machines against what they show, and the log put right.

A plant that was switched off and on has forgotten its holds, its queue and its alarms; nothing in its journal
says so, for nothing happened. What is observed counts: the difference becomes events of the assistant's own, whose
source says that they were observed and reported by nobody.

A machine's variables and its journal are not written in one stroke, so a difference between them is not one yet. It
counts when it is found twice, over a second apart, the machine wrote its variables anew in between, and the log heard
nothing of that matter from before the first look until after the second: then no report is under way that explains it.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.domain import events as e
from assistant.domain.things import Machine
from assistant.domain.values import Reading
from assistant.domain.world import World
from assistant.errors import NotObserved
from assistant.ports import Clock, Machines

OBSERVED = "/assistant/observed"
"""Source of what no machine reported and all of them show."""
UNKNOWN_REASON = "unknown"
"""Why something is held, or was scrapped, while nobody looked."""
PERSISTS_S = 1.0
"""A difference that is this old, and still one, is no matter of what was read first."""

_MATTERS: tuple[tuple[type[e.Payload], ...], ...] = (
    (
        *(e.LotHeld, e.BoardHeld, e.MachineHeld, e.LotReleased, e.BoardReleased, e.MachineReleased),
        *(e.LotScrapped, e.BoardScrapped),
    ),
    (e.MachineStateChanged,),
    (e.AlarmRaised, e.AlarmAcknowledged, e.AlarmCleared),
    (e.MachineSetUp,),
    (e.BoardSentToRework, e.BoardWithdrawnFromRework, e.BoardArrived),
)
"""What is told of the same thing by which events."""
_MATTER = {kind: number for number, kinds in enumerate(_MATTERS) for kind in kinds}


@dataclass(frozen=True, slots=True)
class Look:
    """What all machines showed at one time."""

    position: int
    """Of the newest event that was known before it."""
    readings: Sequence[Reading]
    """Of those that could be read."""
    missing: frozenset[str]
    """Those that could not."""


@dataclass(frozen=True, slots=True)
class _Suspect:
    """A difference that was seen once."""

    since: float
    """Monotonic seconds."""
    told: int
    """Place in the log of the newest event about the matter, then; 0 when none is remembered."""
    shown: float
    """The machine's own time of what it showed, Unix seconds UTC."""


class Comparison:
    """Looks, and what was suspected at the last one."""

    def __init__(self, world: World, machines: Machines, clock: Clock) -> None:
        self._world, self._machines, self._clock = world, machines, clock
        self.suspects: dict[tuple[str, int, str], _Suspect] = {}
        """By subject, matter and alarm code."""
        self.missing: frozenset[str] = frozenset()
        """Machines that could not be read at the last look."""

    async def look(self) -> Look:
        """Read every machine."""
        position, names = self._world.position, list(self._world.machines)
        shown = await asyncio.gather(*(self._machines.observe(name) for name in names), return_exceptions=True)
        readings: list[Reading] = []
        for found in shown:
            if isinstance(found, BaseException) and not isinstance(found, NotObserved):
                raise found
            if isinstance(found, Reading):
                readings.append(found)
        return Look(position, readings, frozenset(names) - {reading.machine for reading in readings})

    def differences(self, look: Look) -> list[e.Event]:
        """Events for what is certain by now to differ; `suspects` are those that it is too early to tell of."""
        suspects: dict[tuple[str, int, str], _Suspect] = {}
        certain: list[e.Event] = []
        for subject, data, shown in self._found(look):
            told = self._told(subject, data)
            if told > look.position:
                continue  # the log heard of it while the machines were read
            key = (subject, _MATTER[type(data)], getattr(data, "code", ""))
            now, before = self._clock.monotonic(), self.suspects.get(key)
            if isinstance(data, e.MachineStateChanged) and not data.previous:
                # Nothing was ever said of it, so nothing can be under way that says otherwise.
                certain.append(self._event(subject, data))
            elif before is None or before.told != told:
                suspects[key] = _Suspect(now, told, shown)
            elif now - before.since < PERSISTS_S or shown == before.shown:
                suspects[key] = before
            else:
                certain.append(self._event(subject, data))
        self.suspects, self.missing = suspects, look.missing
        return certain

    def _event(self, subject: str, data: e.Payload) -> e.Event:
        return e.Event(uuid.uuid4().hex, OBSERVED, subject, self._clock.now(), data)

    def _told(self, subject: str, data: e.Payload) -> int:
        """Place in the log of the newest event about this matter."""
        kinds, thing = _MATTERS[_MATTER[type(data)]], self._world.thing(subject)
        past = reversed(thing.past) if thing is not None else ()
        return next((event.position for event in past if isinstance(event.data, kinds)), 0)

    def _found(self, look: Look) -> Iterator[tuple[str, e.Payload, float]]:
        """(subject, what would put it right, the machine's own time of what it shows)."""
        world = self._world
        times = {reading.machine: reading.time for reading in look.readings}
        blind = look.missing | {reading.machine for reading in look.readings if "held" not in reading.values}
        held = _where(look.readings, "held")
        for unit, machine in held.items():
            thing = world.thing(unit)
            if thing is not None and thing.hold is None and world.scrapped(unit) is None:
                yield unit, _held(world, unit, machine), times[machine]
        for table in (world.lots, world.boards.awake, world.machines):
            for ident, one in table.items():
                witnesses = self._witnesses(ident)
                # Half a view would release what only the unseen half holds.
                if one.hold is not None and ident not in held and witnesses and not witnesses & blind:
                    yield ident, _released(world, ident), min(times[witness] for witness in witnesses)
        for unit, machine in _where(look.readings, "scrapped").items():
            if world.scrapped(unit) is None and (data := _scrapped(world, unit, machine)) is not None:
                yield unit, data, times[machine]
        for reading in look.readings:
            for subject, data in _machine(world, world.machines[reading.machine], reading):
                yield subject, data, reading.time

    def _witnesses(self, unit: str) -> frozenset[str]:
        """Who might show that something is held: itself, the machines of its line, or, of no line, all of them."""
        world = self._world
        if unit in world.machines:
            return frozenset({unit})
        board = world.boards.get(unit)
        lot = world.lots.get(board.lot if board is not None else unit)
        line = world.lines.get(lot.line) if lot is not None else None
        return frozenset(line.machines if line is not None else world.machines)


def _machine(world: World, machine: Machine, reading: Reading) -> Iterator[tuple[str, e.Payload]]:
    state, product = _text(reading, "state"), _text(reading, "product")
    if state and state != machine.state:
        e10 = _text(reading, "e10")
        yield machine.id, e.MachineStateChanged(state, int(e10) if e10.isdigit() else 0, machine.state)
    if "product" in reading.values and product != machine.product:
        yield machine.id, e.MachineSetUp(product)
    if "alarms" in reading.values:
        alarms = _list(reading, "alarms")
        for code in alarms:
            if code not in machine.alarms:
                yield machine.id, e.AlarmRaised(code, "", code)
        for code in machine.alarms:
            if code not in alarms:
                yield machine.id, e.AlarmCleared(code)
    if machine.kind == "rework" and "queue" in reading.values:
        queue = _list(reading, "queue")
        for board in world.boards.awake.values():
            if board.rework and board.id not in queue and board.lot not in queue:
                yield board.id, e.BoardWithdrawnFromRework(machine.id, board.lot)
        for unit in queue:
            waiting = world.boards.get(unit)
            if waiting is not None and not waiting.rework and world.scrapped(unit) is None:
                yield unit, e.BoardSentToRework(machine.id, waiting.lot)


def _where(readings: Sequence[Reading], variable: str) -> dict[str, str]:
    """Every unit in a list that machines show, and one that shows it."""
    return {unit: reading.machine for reading in readings for unit in _list(reading, variable)}


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


def _scrapped(world: World, unit: str, machine: str) -> e.Payload | None:
    """There is no event for the contrary: what is scrapped stays so, though a plant that was restarted forgot it."""
    if unit in world.boards:
        return e.BoardScrapped(machine, world.boards[unit].lot, UNKNOWN_REASON)
    return e.LotScrapped(machine, UNKNOWN_REASON) if unit in world.lots else None


def _text(reading: Reading, variable: str) -> str:
    value = reading.values.get(variable, "")
    return value if isinstance(value, str) else ""


def _list(reading: Reading, variable: str) -> tuple[str, ...]:
    value = reading.values.get(variable, ())
    return value if isinstance(value, tuple) else ()
