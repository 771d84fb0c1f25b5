"""What there is of a kind: lots and boards on hold, the rework queue, open alarms."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from assistant.domain.things import Hold
from assistant.domain.views import PLANT
from assistant.turn import naming
from assistant.turn.lookups.alarms import flood
from assistant.turn.lookups.look import Look, Reply, reply

ALARMS = "open_alarms"


def listing(look: Look) -> Reply:
    """The first few and how many more; the others for who asks which ones."""
    what = look.command.slots["what"]
    items = _LISTED[what](look)
    if what == ALARMS and (flooded := flood(look)):
        return Reply((flooded, "", "", *look.listed(items)))
    if not items:
        return reply(look.text(f"none_{what}"))
    return reply(look.text(what, items=look.some(items)), *look.rest(items))


def _held_lots(look: Look) -> list[str]:
    return _held(look, [(lot.id, lot.hold) for lot in look.world.lots.values()])


def _held_boards(look: Look) -> list[str]:
    return _held(look, [(board.id, board.hold) for board in look.world.boards.awake.values()])


def _held(look: Look, things: Sequence[tuple[str, Hold | None]]) -> list[str]:
    """Those on hold, the one that waits longest first."""
    held = sorted(((hold.at, ident, hold) for ident, hold in things if hold is not None), key=lambda one: one[:2])
    return [look.text("held", what=look.name(ident), reason=naming.value(hold.reason)) for _, ident, hold in held]


def _rework_queue(look: Look) -> list[str]:
    return [look.name(board.id) for board in look.world.boards.awake.values() if board.rework]


def _open_alarms(look: Look) -> list[str]:
    return [f"{look.name(alarm.machine)}, {alarm.text}" for alarm in look.views.alarms.open(PLANT)]


_LISTED: dict[str, Callable[[Look], list[str]]] = {
    "held_lots": _held_lots,
    "held_boards": _held_boards,
    "rework_queue": _rework_queue,
    ALARMS: _open_alarms,
}
