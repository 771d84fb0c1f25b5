"""What the views need to know of the plant: who stands in which line, what belongs to which lot."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping
from itertools import compress
from typing import Any

from assistant.domain import events as e
from assistant.domain.views.crowd import Gathered
from assistant.domain.views.lives import Lives
from assistant.domain.views.names import ManyIds
from assistant.domain.views.series import Ids, State
from assistant.domain.views.span import Scope
from assistant.domain.views.view import Fold

_OF_BOARDS = (
    e.BoardArrived,
    e.BoardDeparted,
    e.BoardInspected,
    e.PasteMeasured,
    e.PartsPlaced,
    e.BoardHeated,
    e.BoardSentToRework,
    e.BoardScrapped,
)
"""What tells of a board and its lot; each is a row in some view's table."""
_REMEMBERED = 64
"""Scopes whose lots and boards are remembered."""

Picked = bytes | bool
"""Which lots: all (True), none (False), or a flag for each lot's number."""


class Register:
    """Numbers for machines, lots and boards, and how they belong together, as far as events say by now.

    What belongs where is looked up when a question is asked, so that it does not matter whether a lot was made known
    before or after what happened to it.
    """

    def __init__(self) -> None:
        self.machines = Ids()
        self.lots = Ids()
        self.boards = ManyIds()
        self.texts = Ids()
        """Whatever else is said over and over: states, causes, codes, defects, badges."""
        self.lot_of = array("I", [0])
        """Board -> its lot, 0 while nobody said."""
        self.lives = Lives()
        self._members: dict[int, array[int]] = {}
        """Lot -> its boards."""
        self._flags: dict[Scope, bytes] = {}
        self._masks: dict[Scope, int] = {}
        """Scope -> its lots and their boards as bits, until one more board or lot is made known."""
        self._lines: dict[str, list[str]] = {}
        """Line -> its machines in the order that boards pass them."""
        self._installed: dict[str, list[str]] = {}
        """Machine -> its kind and line."""
        self._created: dict[int, list[str]] = {}
        """Lot -> its work order, product and line."""
        self._orders: dict[str, list[str]] = {}
        """Work order -> its product and line."""

    # ---- what events tell -----------------------------------------------------------------------------------

    def folds(self) -> Mapping[type[e.Payload], Fold]:
        """See View."""
        return {
            e.LineInstalled: self._line_installed,
            e.MachineInstalled: self._machine_installed,
            e.WorkOrderCreated: self._workorder_created,
            e.LotCreated: self._lot_created,
            **dict.fromkeys(_OF_BOARDS, self._passed),
        }

    def _passed(self, event: e.Event, data: Any) -> None:
        board = self.boards(event.subject)
        if board >= len(self.lot_of) or not self.lot_of[board]:
            self._belongs(board, self.lots(data.lot))
        self.lives.heard_of(board, event.time)

    def _belongs(self, board: int, lot: int) -> None:
        """A board is of this lot, whatever it was of before."""
        while board >= len(self.lot_of):
            self.lot_of.append(0)
        before = self.lot_of[board]
        if before == lot:
            return
        if before:
            self._members[before].remove(board)
        self.lot_of[board] = lot
        self._members.setdefault(lot, array("I")).append(board)
        self._forget()

    def _line_installed(self, event: e.Event, data: e.LineInstalled) -> None:
        self._lines[event.subject] = list(data.machines)

    def _machine_installed(self, event: e.Event, data: e.MachineInstalled) -> None:
        self.machines(event.subject)
        self._installed[event.subject] = [data.kind, data.line]

    def _workorder_created(self, event: e.Event, data: e.WorkOrderCreated) -> None:
        if not (_is_by_a_machine(event) and event.subject in self._orders):
            self._orders[event.subject] = [data.product, data.line]
            self._forget()

    def _lot_created(self, event: e.Event, data: e.LotCreated) -> None:
        # A machine may number lots of its own; of a lot that the factory made, the factory's word counts.
        lot, takes = self.lots(event.subject), not _is_by_a_machine(event)
        if takes or lot not in self._created:
            self._forget()
            self._created[lot] = [data.order, data.product, data.line]
            for name in data.boards:
                board = self.boards(name)
                if takes or board >= len(self.lot_of) or not self.lot_of[board]:
                    self._belongs(board, lot)

    # ---- what belongs where ---------------------------------------------------------------------------------

    def line_of(self, machine: str) -> str:
        """The line that a machine stands in, or empty."""
        known = self._installed.get(machine)
        if known is not None and known[1]:
            return known[1]
        return next((line for line, machines in self._lines.items() if machine in machines), "")

    def kind_of(self, machine: str) -> str:
        """What kind of machine it is, or empty."""
        known = self._installed.get(machine)
        return known[0] if known is not None else ""

    def line(self, line: str) -> list[str]:
        """The machines of a line, in order; none for what is no line."""
        return self._lines.get(line, [])

    def ends(self) -> set[str]:
        """The last machine of each line: what leaves it is made."""
        return {machines[-1] for machines in self._lines.values() if machines}

    def of_lot(self, lot: int) -> tuple[str, str, str]:
        """Work order, product and line of a lot, each empty where not known."""
        order, product, line = self._created.get(lot, ("", "", ""))
        of_order = self._orders.get(order)
        if of_order is not None:
            product, line = product or of_order[0], line or of_order[1]
        return order, product, line

    def lot_of_thing(self, unit: str) -> int:
        """The lot of a lot or a board, 0 for anything else."""
        lot = self.lots.find(unit)
        if lot:
            return lot
        board = self.boards.find(unit)
        return self.lot_of[board] if board and board < len(self.lot_of) else 0

    def is_machine(self, unit: str) -> bool:
        """Whether this is a machine, by what was installed or heard of."""
        return bool(self.machines.find(unit))

    # ---- scopes ---------------------------------------------------------------------------------------------

    def matches(self, scope: Scope, machine: str, lot: int) -> bool:
        """Whether one thing that happened at a machine (or none) to a lot (or none) is in a scope."""
        if scope.machine and machine != scope.machine:
            return False
        order, product, line = self.of_lot(lot)
        of_machine = self.line_of(machine)
        return (
            scope.line in ("", of_machine or line)
            and scope.lot in ("", self.lots.names[lot])
            and scope.order in ("", order)
            and scope.product in ("", product)
        )

    def picked(self, scope: Scope, machine: int) -> Picked:
        """Of what happened at a machine, which lots are in a scope."""
        about = self._about(scope, machine)
        return about if isinstance(about, bool) else self._flags_of(about)

    def mask(self, scope: Scope, machine: int) -> int:
        """Of what happened at a machine, the boards whose lots are in a scope, as bits; -1 is all."""
        about = self._about(scope, machine)
        if isinstance(about, bool):
            return -about
        mask = self._masks.get(about)
        if mask is None:
            gathered = Gathered(len(self.boards))
            flags = self._flags_of(about)
            for lot in compress(range(len(flags)), flags):
                gathered.add(self._members.get(lot, ()))
            mask = self._masks[about] = gathered.mask
        return mask

    def select(self, boards: array[int], picked: Picked) -> Iterable[int]:
        """Of these boards, those of the lots that are picked."""
        if isinstance(picked, bool):
            return boards if picked else ()
        return compress(boards, self.flags(boards, picked))

    def flags(self, boards: array[int], picked: bytes) -> Iterator[int]:
        """For each of these boards whether its lot is picked, 1 or 0."""
        return map(picked.__getitem__, map(self.lot_of.__getitem__, boards))

    def _about(self, scope: Scope, machine: int) -> Scope | bool:
        """What a scope asks of the lots of what happened at a machine: anything (True), or what there cannot be."""
        name = self.machines.names[machine]
        if scope.machine and name != scope.machine:
            return False
        line = self.line_of(name) if scope.line else ""
        if line and line != scope.line:
            return False
        if not scope.is_about_lots and (line or not scope.line):
            return True
        return Scope(line="" if line else scope.line, lot=scope.lot, order=scope.order, product=scope.product)

    def _flags_of(self, about: Scope) -> bytes:
        flags = self._flags.get(about)
        if flags is None:
            self._forget(_REMEMBERED)
            found = bytearray(len(self.lots))
            for lot in self._candidates(about):
                found[lot] = 1
            flags = self._flags[about] = bytes(found)
        return flags

    def _candidates(self, about: Scope) -> Iterable[int]:
        """Lots that are meant. There are tens of thousands, and most questions are about one of them, or an order's."""
        lots: Iterable[int]
        if about.lot:
            lots = [self.lots.find(about.lot) or 0]
        elif about.order:
            lots = [lot for lot, created in self._created.items() if created[0] == about.order]
        elif about.product:
            orders = {order for order, known in self._orders.items() if known[0] == about.product}
            wanted = about.product
            lots = [
                lot
                for lot, (order, product, _) in self._created.items()
                if product == wanted or (not product and order in orders)
            ]
            if not about.line:
                return lots
        else:
            lots = self._created
        return [lot for lot in lots if self._is_about(lot, about)]

    def _is_about(self, lot: int, about: Scope) -> bool:
        if about.lot and self.lots.names[lot] != about.lot:
            return False
        order, product, line = self.of_lot(lot)
        return about.order in ("", order) and about.product in ("", product) and about.line in ("", line)

    def _forget(self, at_most: int = 0) -> None:
        """What was worked out for scopes: it may be otherwise now."""
        if len(self._flags) >= at_most:
            self._flags.clear()
            self._masks.clear()

    # ---- keeping --------------------------------------------------------------------------------------------

    def state(self) -> State:
        """See View."""
        return {
            "ids": [ids.state() for ids in (self.machines, self.lots, self.boards, self.texts)],
            "lot_of": self.lot_of,
            "members": self._members,
            "lives": self.lives.state(),
            "lines": self._lines,
            "installed": self._installed,
            "created": self._created,
            "orders": self._orders,
        }

    def restore(self, state: State) -> None:
        """See View."""
        tables: tuple[Ids | ManyIds, ...] = (self.machines, self.lots, self.boards, self.texts)
        for ids, names in zip(tables, state["ids"], strict=True):
            ids.restore(names)
        self.lot_of, self._members = state["lot_of"], state["members"]
        self.lives.restore(state["lives"])
        self._forget()
        self._lines, self._installed = state["lines"], state["installed"]
        self._created, self._orders = state["created"], state["orders"]


def _is_by_a_machine(event: e.Event) -> bool:
    return event.source.startswith("/machines/")
