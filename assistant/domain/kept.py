"""What there is to write down of a World and its Views, so that a start need not fold the whole log again."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from assistant.domain import events as e
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
    Thing,
    Voicing,
    WorkOrder,
)
from assistant.domain.views.names import ManyIds
from assistant.domain.world import World

AnyThing = TypeVar("AnyThing", bound=Thing)


@dataclass(frozen=True, slots=True)
class Kept:
    """A World, part by part; each part has the name of the World's attribute, except where it says otherwise.

    The values are the World's own, not copies: to be written before the next event.
    """

    position: int
    hash: str
    names_version: int
    lines: dict[str, Line]
    machines: dict[str, Machine]
    products: dict[str, Product]
    workorders: dict[str, WorkOrder]
    lots: dict[str, Lot]
    boards: dict[str, Board]
    """Those that are awake."""
    operators: dict[str, Operator]
    checked_in: dict[str, str]
    voicings: dict[str, Voicing]
    requested: dict[str, tuple[e.OrderRequested, str]]
    requested_at: dict[str, int]
    turns: dict[str, str]
    actions: dict[tuple[str, str], Action]
    calls: dict[str, Call]
    announced: dict[str, float]
    announcements: dict[str, Announcement]
    open_orders: set[str]
    uncertain: dict[str, int]
    runs: dict[str, int]
    seen: dict[str, int]
    requests: dict[str, Request]
    told: set[str]
    reported: set[str]
    declared: set[str]
    lost: dict[str, tuple[float, str]]
    talked: list[int]
    heard_of: float
    packed: list[Any]
    """The boards that are not awake."""
    lot_boards: dict[str, Any]
    """Lot -> its boards' numbers, which are left out of the lot itself."""
    past: dict[str, list[e.Event]]
    """Lot, board or machine -> its past, which is left out of the thing itself."""


def keep(world: World) -> Kept:
    """All that a World knows."""
    things = (world.lots, world.machines, world.boards.awake)
    own: dict[str, Any] = {
        "lots": {name: replace(lot, past=[], boards=()) for name, lot in world.lots.items()},
        "lot_boards": {name: world.boards.some(lot.boards).numbers for name, lot in world.lots.items()},
        "machines": _without_past(world.machines),
        "boards": _without_past(world.boards.awake),
        "packed": world.boards.packed(),
        "past": {name: thing.past for table in things for name, thing in table.items() if thing.past},
    }
    return Kept(**{name: own[name] if name in own else getattr(world, name) for name in (f.name for f in fields(Kept))})


def recall(kept: Kept, board_ids: ManyIds) -> World:
    """The World that was kept, over the ids of the views that were kept with it.

    Raises ValueError, TypeError or LookupError for what does not fit together.
    """
    world = World(board_ids)
    for field in fields(Kept):
        if field.name not in ("boards", "packed", "lot_boards", "past"):
            setattr(world, field.name, getattr(kept, field.name))
    world.boards.restore(kept.boards, kept.packed)
    for name, numbers in kept.lot_boards.items():
        world.lots[name].boards = world.boards.numbered(numbers)
    for name, past in kept.past.items():
        thing = world.lots.get(name) or world.machines.get(name) or world.boards.awake[name]
        thing.past = past
    return world


def _without_past(things: dict[str, AnyThing]) -> dict[str, AnyThing]:
    return {name: replace(thing, past=[]) if thing.past else thing for name, thing in things.items()}
