"""Who did something to a thing."""

from __future__ import annotations

from collections.abc import Iterator

from assistant.domain import events as e
from assistant.domain.views import Span
from assistant.turn import naming
from assistant.turn.lookups.history import past
from assistant.turn.lookups.look import MOST_SENTENCES, Look, Reply, reply

DEEDS = 2
"""Newest deeds told at once."""

_DEEDS: dict[type[e.Payload], str] = {
    e.LotHeld: "held",
    e.BoardHeld: "held",
    e.MachineHeld: "held",
    e.LotReleased: "released",
    e.BoardReleased: "released",
    e.MachineReleased: "released",
    e.BoardSentToRework: "rework",
    e.BoardScrapped: "scrapped",
    e.LotScrapped: "scrapped",
    e.MachineSetUp: "set_up",
    e.BoardWithdrawnFromRework: "withdrawn",
    e.AlarmAcknowledged: "acknowledged",
    e.MachineStateChanged: "started",
}
"""What somebody's order came to -> the words for it."""
_METHODS = {
    "hold": "held",
    "release": "released",
    "stop": "stopped",
    "start": "started",
    "acknowledge": "acknowledged",
    "rework": "rework",
    "scrap": "scrapped",
}
"""Method of an order -> the words for it."""
_OF_BOARDS = {kind.type: key for kind, key in _DEEDS.items() if kind.type.startswith("board.")}


def who(look: Look) -> Reply:
    """The last deeds, newest last: who held it, and who let it go again. Earlier ones for who asks on."""
    deeds = list(_of_board(look) if look.unit in look.world.boards else _of_others(look) or _long_ago(look))
    if not deeds:
        return reply(look.text("nobody"))
    newest, older = deeds[-DEEDS:], deeds[:-DEEDS]
    return Reply((*newest, *("",) * (MOST_SENTENCES - len(newest)), *reversed(older)))


def _of_board(look: Look) -> Iterator[str]:
    """All that was ever decided about a board: what the world remembers of one that is through is less."""
    for step in look.views.genealogy.board(look.unit):
        key = _OF_BOARDS.get(step.kind, "")
        if step.by and key:
            yield _deed(look, key, look.unit, "" if key == "rework" else step.detail, step.by, step.time)


def _long_ago(look: Look) -> list[str]:
    """What the world remembers of a machine is only the newest; the log has it all."""
    line = look.world.lines.get(look.unit)
    units = {look.unit, *(line.machines if line is not None else ())}
    done = (one for one in look.views.orders.by_person(Span(0.0, look.now + 1)) if one.outcome == "done")
    return [
        _deed(look, _METHODS[one.method], one.subject, "", one.badge, one.time)
        for one in done
        if one.subject in units and one.method in _METHODS
    ]


def _of_others(look: Look) -> list[str]:
    return list(_remembered(look))


def _remembered(look: Look) -> Iterator[str]:
    for event in past(look):
        badge = look.world.badge_of(getattr(event.data, "order", ""))
        key = _DEEDS.get(type(event.data), "")
        if isinstance(event.data, e.MachineStateChanged) and event.data.state == "stopped":
            key = "stopped"
        if badge and key:
            yield _deed(look, key, event.subject, getattr(event.data, "reason", ""), badge, event.time)


def _deed(look: Look, key: str, subject: str, reason: str, badge: str, time: float) -> str:
    because = look.text("for_reason", reason=naming.value(reason)) if reason else ""
    did = look.text(key, what=look.name(subject), because=because)
    return look.text("by", badge=badge, did=did, time=look.clock(time))
