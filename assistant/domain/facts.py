"""What is so, as tables and as questions to them; world folds the log into it."""

from __future__ import annotations

from collections.abc import Mapping

from assistant.domain import events as e
from assistant.domain.boards import Boards
from assistant.domain.things import (
    Action,
    Announcement,
    Board,
    Call,
    Line,
    Lot,
    Machine,
    Operator,
    Product,
    Request,
    Voicing,
    WorkOrder,
)
from assistant.domain.views.names import ManyIds


class Facts:
    """All of it. Read its dictionaries freely; only the fold changes them."""

    def __init__(self, board_ids: ManyIds | None = None) -> None:
        """`board_ids`: those of the views beside it, so that each id is kept once."""
        self.position = 0
        """Of the last event applied."""
        self.hash: str = ""
        """Of that event, as the log made it."""
        self.names_version = 0
        """Goes up when something with a spoken name comes."""
        self.lines: dict[str, Line] = {}
        self.machines: dict[str, Machine] = {}
        self.products: dict[str, Product] = {}
        self.workorders: dict[str, WorkOrder] = {}
        self.lots: dict[str, Lot] = {}
        self.boards = Boards(board_ids)
        self.operators: dict[str, Operator] = {}
        self.checked_in: dict[str, str] = {}
        """Station or line -> the badge that its headset speaks for."""
        self.voicings: dict[str, Voicing] = {}
        """How whom is spoken to, by badge, or by station where nobody is checked in."""
        self.requested: dict[str, tuple[e.OrderRequested, str]] = {}
        """Orders by id, with the turn that asked for each."""
        self.requested_at: dict[str, int] = {}
        """Orders by id -> place in the log of their request."""
        self.turns: dict[str, str] = {}
        """Turns so far, with the intent of each: a turn that comes again does nothing."""
        self.actions: dict[tuple[str, str], Action] = {}
        """The last action that was observed to be done, by badge and station."""
        self.calls: dict[str, Call] = {}
        """Calls for help that nobody has answered, by id, oldest first."""
        self.announced: dict[str, float] = {}
        """What was said by itself, by what came about -> when: each is said once."""
        self.announcements: dict[str, Announcement] = {}
        """Announcements that nobody has said to have heard, by id, oldest first."""
        self.open_orders: set[str] = set()
        """Orders whose end is not known."""
        self.uncertain: dict[str, int] = {}
        """Orders that may or may not have been carried out -> place in the log of their request."""
        self.runs: dict[str, int] = {}
        """Journals (a plant's runs) -> place in the log of the first that was heard of each."""
        self.seen: dict[str, int] = {}
        """Journals -> the highest sequence number that is in the log; event ids there are `<run>-<sequence>`."""
        self.requests: dict[str, Request] = {}
        """What the factory's own system asked for and was not answered, by id, oldest first."""
        self.told: set[str] = set()
        """Ids of what the factory's own system said, taken or refused: what comes again does nothing."""
        self.reported: set[str] = set()
        """Orders that a machine's own report names: it did what it reports because of them."""
        self.declared: set[str] = set()
        """Ids of the site's declarations that are in the log."""
        self.lost: dict[str, tuple[float, str]] = {}
        """Endpoints without a connection -> since when (Unix seconds UTC), and what was noticed."""
        self.talked: list[int] = []
        """Places in the log of what was heard and answered in the newest turns, oldest first: for who shows them."""
        self.heard_of: float = 0.0
        """Machine time of the newest machine event, Unix seconds UTC."""

    def thing(self, unit: str) -> Lot | Board | Machine | None:
        """The lot, board or machine of that id."""
        return self.lots.get(unit) or self.machines.get(unit) or self.boards.wake(unit)

    def kind_of(self, unit: str) -> str:
        """`lot`, `board`, `machine`, `line`, `order`, `product` or empty."""
        tables: dict[str, Mapping[str, object]] = {
            "lot": self.lots,
            "board": self.boards,
            "machine": self.machines,
            "line": self.lines,
            "order": self.workorders,
            "product": self.products,
        }
        return next((kind for kind, table in tables.items() if unit in table), "")

    def scrapped(self, unit: str) -> str | None:
        """Why a lot or board was thrown away, alone or with its lot; None when it was not."""
        thing = self.thing(unit)
        board = self.boards.get(unit)
        lot = self.lots.get(board.lot) if board is not None else None
        if thing is not None and thing.scrapped is not None:
            return thing.scrapped
        return lot.scrapped if lot is not None else None

    def calls_at(self, unit: str) -> list[Call]:
        """Open calls to a machine, or to its line."""
        machine = self.machines.get(unit)
        places = {unit, machine.line if machine is not None else unit}
        return [call for call in self.calls.values() if call.unit in places]

    def uncertain_at(self, unit: str) -> bool:
        """Whether it is not known if an earlier order about this, or to this machine, was carried out."""
        line = self.lines.get(unit)
        units = {unit, *(line.machines if line is not None else ())}
        requests = [self.requested[order][0] for order in self.uncertain if order in self.requested]
        return any(request.args.get("unit", request.machine) in units for request in requests)

    def badge_of(self, order: str) -> str:
        """Who asked for an order, or empty."""
        request = self.requested.get(order)
        return request[0].badge if request is not None else ""

    def machine_of(self, unit: str) -> str:
        """Where orders about a lot or board go: where it is, else where its line begins; empty when unknown."""
        if unit in self.machines:
            return unit
        board = self.boards.get(unit)
        lot = self.lots.get(board.lot if board is not None else unit)
        if lot is None or lot.line not in self.lines:
            return ""
        line = self.lines[lot.line].machines
        if board is not None:
            return board.machine if board.machine in line else line[0]
        inside = [self.boards[b].machine for b in lot.boards if self.boards[b].inside]
        return next((machine for machine in line if machine in inside), line[0])
