"""`hardware/plant.yaml`: what stands where, what is made, by whom."""

from __future__ import annotations

import re
from pathlib import Path

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


def _known(file: Path, key: str, value: str, known: set[str], what: str) -> None:
    if value not in known:
        raise SiteError(file, f"no {what} {value!r} in this file", key=key)
