"""What happened to a thing, the newest first told, and further back for who asks on."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.domain import events as e
from assistant.domain.things import Thing
from assistant.domain.views import Scope, Span
from assistant.domain.views.genealogy import Step
from assistant.domain.views.times import Stop
from assistant.turn import naming
from assistant.turn.lookups.look import Look, Reply, reply
from assistant.turn.lookups.times import spaced
from assistant.turn.lookups.why import planned

MOST = 20
"""Older stops, and set-ups, told of a machine."""
BACK_S = 7 * 86_400.0
"""How far back it is told of machines."""
STORY = 3
"""Events told in one sentence."""


def history(look: Look) -> Reply:
    """The newest few in one sentence; each "more" goes further back."""
    told = [(time, words) for time, words in _story(look) if words]
    if not told and look.unit in look.world.lots and (came := _came(look, look.world.lots[look.unit].boards)):
        first, last = look.times(*came)
        return reply(look.text("none_of_lot", first=first, last=last))
    if not told:
        return reply(look.text("none"))
    items = [look.text("item", what=words, time=look.clock(time)) for time, words in told]
    newest = naming.listing(items[-STORY:], look.text("then"))
    more = look.text("more", count=naming.count(len(told) - STORY)) if len(told) > STORY else ""
    older = items[:-STORY]
    groups = [older[max(0, end - STORY) : end] for end in range(len(older), 0, -STORY)]
    before = [look.text("before", items=naming.listing(group, look.text("then"))) for group in groups]
    return Reply((look.text("some", items=newest, more=more), "", "", *before))


def _came(look: Look, boards: Sequence[str]) -> tuple[float, float] | None:
    """When the boards of a lot were first and last heard of; None where they never were."""
    times = [step.time for board in boards for step in look.views.genealogy.board(board)]
    return (min(times), max(times)) if times else None


def _story(look: Look) -> list[tuple[float, str]]:
    """(Time, words) of what happened, oldest first. A board's whole life, of anything else what is remembered."""
    if look.unit in look.world.boards:
        return [(step.time, _step(look, step)) for step in look.views.genealogy.board(look.unit)]
    return [*_before(look), *((event.time, _told(look, event)) for event in past(look))]


def _before(look: Look) -> list[tuple[float, str]]:
    """Of machines: stops and set-ups from before what is remembered of each."""
    line = look.world.lines.get(look.unit)
    found: list[tuple[float, str]] = []
    for machine in line.machines if line is not None else (look.unit,) if look.unit in look.world.machines else ():
        kept = look.world.machines[machine].past
        until = Span(look.now - BACK_S, kept[0].time if kept else look.now)
        for stop in look.views.times.stops(until, machine)[-MOST:]:
            if stop.start < until.end and not planned(look, machine, stop):
                found.append((stop.start, _stop(look, stop)))
        for done in look.views.set_ups.done(until, Scope(machine=machine))[-MOST:]:
            found.append((done.time, look.text("set_up", product=look.name(done.product), by=_by(look, done.order))))
    return sorted(found)


def _stop(look: Look, stop: Stop) -> str:
    said = next((alarm.text for alarm in stop.alarms if alarm.code == stop.cause), spaced(stop.cause))
    cause = look.text("stop_cause", cause=said) if said else ""
    return look.text(
        "stop", state=stop.state, duration=naming.duration((stop.end or look.now) - stop.start), cause=cause
    )


def _step(look: Look, step: Step) -> str:
    """A step of a board's life in a few words; empty for what nobody asks after."""
    by = look.text("by", badge=step.by) if step.by else ""
    match step.kind, step.detail:
        case e.BoardArrived.type, _:
            return look.text("into", machine=look.name(step.machine))
        case e.BoardInspected.type, "failed":
            return look.text("failed", defects=naming.listing([naming.value(defect) for defect, _ in step.found]))
        case e.BoardInspected.type, _:
            return look.text("passed")
        case ((e.LotHeld.type | e.BoardHeld.type), reason):
            return look.text("held", reason=naming.value(reason), by=by)
        case ((e.LotReleased.type | e.BoardReleased.type), _):
            return look.text("released", by=by)
        case e.BoardSentToRework.type, _:
            return look.text("rework", by=by)
        case e.BoardWithdrawnFromRework.type, _:
            return look.text("withdrawn", by=by)
        case ((e.BoardScrapped.type | e.LotScrapped.type), _):
            return look.text("scrapped", by=by)
    return ""


def past(look: Look) -> list[e.Event]:
    """What happened to the unit, oldest first; a line is its machines."""
    line = look.world.lines.get(look.unit)
    idents = line.machines if line is not None else (look.unit,)
    things: list[Thing] = [thing for ident in idents if (thing := look.world.thing(ident)) is not None]
    return sorted((event for thing in things for event in thing.past), key=lambda event: event.time)


def _told(look: Look, event: e.Event) -> str:
    """An event in a few words; empty for what nobody asks after."""
    data = event.data
    by = _by(look, getattr(data, "order", ""))
    match data:
        case e.BoardInspected(verdict="failed"):
            return look.text("failed", defects=naming.listing([naming.value(d) for d in data.defects]))
        case e.BoardInspected():
            return look.text("passed")
        case e.LotHeld() | e.BoardHeld() | e.MachineHeld():
            return look.text("held", reason=naming.value(data.reason), by=by)
        case e.LotReleased() | e.BoardReleased() | e.MachineReleased():
            return look.text("released", by=by)
        case e.BoardSentToRework():
            return look.text("rework", by=by)
        case e.BoardScrapped() | e.LotScrapped():
            return look.text("scrapped", by=by)
        case e.MachineSetUp():
            return look.text("set_up", product=look.name(data.product), by=by)
        case e.CallRaised():
            return look.text("called", who=naming.value(data.who), badge=data.badge)
        case e.BoardWithdrawnFromRework():
            return look.text("withdrawn", by=by)
        case e.MachineStateChanged(state="stopped" | "down" | "held") if not data.order:
            return data.state
        case e.MachineStateChanged() if data.order:
            return look.text("stopped" if data.state == "stopped" else "started", by=by)
        case e.AlarmRaised():
            return look.text("alarm", text=data.text)
        case e.AlarmAcknowledged():
            return look.text("acknowledged", by=by)
        case e.NoteTaken():
            return look.text("note", badge=data.badge, text=data.text)
    return ""


def _by(look: Look, order: str) -> str:
    badge = look.world.badge_of(order)
    return look.text("by", badge=badge) if badge else ""
