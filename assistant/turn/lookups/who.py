"""Who did something to a thing."""

from __future__ import annotations

from assistant.domain import events as e
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


def who(look: Look) -> Reply:
    """The last deeds, newest last: who held it, and who let it go again. Earlier ones for who asks on."""
    deeds = [deed for event in past(look) if (deed := _deed(look, event))]
    if not deeds:
        return reply(look.text("nobody"))
    newest, older = deeds[-DEEDS:], deeds[:-DEEDS]
    return Reply((*newest, *("",) * (MOST_SENTENCES - len(newest)), *reversed(older)))


def _deed(look: Look, event: e.Event) -> str:
    badge = look.world.badge_of(getattr(event.data, "order", ""))
    key = _DEEDS.get(type(event.data), "")
    if not badge or not key:
        return ""
    if isinstance(event.data, e.MachineStateChanged) and event.data.state == "stopped":
        key = "stopped"
    reason = naming.value(getattr(event.data, "reason", ""))
    because = look.text("for_reason", reason=reason) if reason else ""
    did = look.text(key, what=look.name(event.subject), because=because)
    return look.text("by", badge=badge, did=did, time=look.clock(event.time))
