"""`hardware/plant.yaml`: what stands where, what each kind of machine is like, what is made, by whom."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

import msgspec

from assistant.errors import SiteError
from assistant.settings import yaml


class Named(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Something with an id and a name that is said aloud."""

    id: str
    name: str
    spoken: tuple[str, ...] = ()
    """Other names that people use, numbers as digits."""


class Line(Named, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A line: machines in the order that boards pass them."""

    machines: tuple[str, ...]


class Machine(Named, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A machine; shared when no line lists it."""

    kind: str
    feeders: dict[str, str] = {}
    """Feeder (`F12`) -> the part that it feeds, by its place on the board (`U7`)."""


class Alarm(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Something that machines of a kind may complain of."""

    code: str
    """The machine's own code."""
    severity: Literal["Information", "Warning", "Error", "Alarm"]
    """As in CFX."""
    text: str
    """The machine's words for it."""


class Fault(Alarm, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An alarm with which a machine of this kind is down until somebody has seen to it."""

    cause: str
    """CFX fault cause (`LoadError`, `MechanicalFailure`, …)."""
    repair_s: tuple[float, float] = (180.0, 900.0)
    """Least and most seconds until it runs again."""


class Measure(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A quantity that machines of a kind measure on each board."""

    unit: str
    """`µm`, `°C`."""
    nominal: float
    """What it should be."""
    spread: float
    """Standard deviation of a single value while all is well."""
    low: float
    """Less is out of limits."""
    high: float
    """More is out of limits."""
    too_low: str = ""
    """The defect that a value under `low` is, or empty."""
    too_high: str = ""
    """The defect that a value over `high` is, or empty."""


class Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What machines of one kind have in common."""

    cycle_s: float = 18.4
    """Ideal seconds a board takes: nothing is faster (ISO 22400's planned run time per item, for OEE)."""
    slack: float = 0.174
    """A board takes up to this share longer, evenly spread; for the reference plant."""
    set_up_s: float = 0.0
    """Seconds that it takes to set it up for another product."""
    measures: dict[str, Measure] = {}
    """By quantity: `paste_height`, `placement_offset`, `peak_temperature`."""
    profile: tuple[tuple[float, float], ...] = ()
    """Of an oven: (share of the board's time in it, share of the way from 25 °C to the peak), in order."""
    fails: float = 0.0
    """Share of boards that it fails though nothing is wrong with the line, 0 to 1."""
    defects: tuple[str, ...] = ()
    """What it may find on these. A kind with defects inspects: it gives a verdict on each board."""
    alarms: tuple[Alarm, ...] = ()
    """What it may complain of and go on."""
    faults: tuple[Fault, ...] = ()
    """What may bring it down."""
    reel_parts: int = 0
    """Parts on a reel, where it has feeders."""

    @property
    def limits(self) -> dict[str, tuple[float, float]]:
        """Quantity -> (low, high), in the quantity's unit."""
        return {quantity: (measure.low, measure.high) for quantity, measure in self.measures.items()}


class Product(Named, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An assembly by its part number."""


class WorkOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is to be made, on which line."""

    id: str
    product: str
    line: str
    status: str


class Lot(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A lot of a work order."""

    id: str
    order: str
    boards: str = ""
    """`B10201-B10224`, both ends in it; empty while not numbered."""

    def board_ids(self) -> tuple[str, ...]:
        """The boards one by one, in the order they enter the line."""
        if not self.boards:
            return ()
        first, last = self.boards.split("-")
        prefix = re.match(r"\D*", first)
        head = prefix.group() if prefix else ""
        low, high, width = int(first[len(head) :]), int(last[len(head) :]), len(first) - len(head)
        return tuple(f"{head}{number:0{width}d}" for number in range(low, high + 1))


class Operator(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A person, known by a badge."""

    id: str
    role: str
    line: str = ""


class Plant(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole file."""

    lines: tuple[Line, ...] = ()
    kinds: dict[str, Kind] = {}
    """What machines of each kind are like; a kind that is not here measures and inspects nothing."""
    parts: dict[str, str] = {}
    """Places on a board (`U7`) -> part number of what stands there."""
    machines: tuple[Machine, ...] = ()
    products: tuple[Product, ...] = ()
    workorders: tuple[WorkOrder, ...] = ()
    lots: tuple[Lot, ...] = ()
    operators: tuple[Operator, ...] = ()

    def line_of(self, machine: str) -> str:
        """The line a machine stands in, or empty for a shared one."""
        return next((line.id for line in self.lines if machine in line.machines), "")


def load(folder: Path) -> Plant:
    """Read `plant.yaml` in a site's `hardware/`. Raises SiteError."""
    file = folder / "plant.yaml"
    plant = yaml.read(file, Plant)
    _check(file, plant)
    return plant


def _check(file: Path, plant: Plant) -> None:
    """Ids are unique and what is referred to exists."""
    seen: set[str] = set()
    for group in (plant.lines, plant.machines, plant.products, plant.workorders, plant.lots, plant.operators):
        for item in group:
            if item.id in seen:
                raise SiteError(file, "this id stands twice", key=item.id)
            seen.add(item.id)
    _check_kinds(file, plant)
    machines = {machine.id for machine in plant.machines}
    lines = {line.id for line in plant.lines}
    orders = {order.id for order in plant.workorders}
    products = {product.id for product in plant.products}
    for line in plant.lines:
        for machine in line.machines:
            _known(file, line.id, machine, machines, "machine")
    for order in plant.workorders:
        _known(file, order.id, order.product, products, "product")
        _known(file, order.id, order.line, lines, "line")
    for lot in plant.lots:
        _known(file, lot.id, lot.order, orders, "work order")
        if lot.boards and not re.fullmatch(r"(\D*)\d+-\1\d+", lot.boards):
            raise SiteError(file, f"boards must be FIRST-LAST, not {lot.boards!r}", key=lot.id)
    for operator in plant.operators:
        if operator.line:
            _known(file, operator.id, operator.line, lines, "line")


def _check_kinds(file: Path, plant: Plant) -> None:
    """Numbers that can be, and feeders of parts that are there."""
    for name, kind in plant.kinds.items():
        if kind.cycle_s <= 0 or kind.slack < 0 or not 0 <= kind.fails <= 1:
            raise SiteError(file, "cycle_s must be above 0, slack at least 0, fails from 0 to 1", key=name)
        for quantity, measure in kind.measures.items():
            if not measure.low <= measure.nominal <= measure.high or measure.spread < 0:
                raise SiteError(file, f"{quantity}: low, nominal and high must be in this order", key=name)
    for machine in plant.machines:
        for part in machine.feeders.values():
            _known(file, machine.id, part, set(plant.parts), "part")


def _known(file: Path, key: str, value: str, known: set[str], what: str) -> None:
    if value not in known:
        raise SiteError(file, f"no {what} {value!r} in this file", key=key)
