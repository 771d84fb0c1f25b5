"""Alarms: what is open, worst first; in a flood only the worst and how many (ISA-18.2)."""

from __future__ import annotations

from assistant.domain.views.alarms import Alarm
from assistant.domain.views.span import Span
from assistant.turn import naming
from assistant.turn.lookups.look import Look, Reply, reply

FLOOD = 10
"""More alarms than this within FLOOD_S are a flood (ISA-18.2): nobody can follow them."""
FLOOD_S = 600.0


def alarms(look: Look) -> Reply:
    """What is open; where nothing is, what was last."""
    found = look.views.alarms.open(look.scope)
    said = [one(look, alarm) for alarm in found]
    if flooded := flood(look):
        return Reply((flooded, "", "", *said))
    if not found:
        return reply(look.text("none", where=look.where()), _last(look))
    if len(found) == 1:
        return reply(*said)
    return reply(look.text("many", count=naming.count(len(found)), where=look.where()), *said)


def one(look: Look, alarm: Alarm) -> str:
    """An alarm: whose, its words, since when, how often, and who has seen to it."""
    acknowledged = ""
    if alarm.acknowledged:
        key = "acknowledged_by" if alarm.acknowledged_by else "acknowledged"
        acknowledged = look.text(key, badge=alarm.acknowledged_by)
    return look.text(
        "one",
        machine=look.name(alarm.machine),
        text=alarm.text,
        time=look.clock(alarm.since),
        times=look.text("came", times=naming.times(alarm.times)) if alarm.times > 1 else "",
        acknowledged=acknowledged,
    )


def flood(look: Look) -> str:
    """That more alarms come than anybody can follow, and the worst; empty while that is not so."""
    raised = look.views.alarms.raised(Span(look.now - FLOOD_S, look.now + 1), look.scope)
    count = sum(alarm.times for alarm in raised)
    if count <= FLOOD:
        return ""
    open_now = look.views.alarms.open(look.scope)
    worst = (open_now or raised)[0]
    holes = {"machine": look.name(worst.machine), "text": worst.text}
    return look.text("flood", count=naming.count(count), where=look.where(), **holes)


def _last(look: Look) -> str:
    newest = look.views.alarms.newest(look.scope, look.now)
    if newest is None:
        return ""
    time, machine, text = newest
    return look.text("last", text=text, machine=look.name(machine), time=look.clock(time))
