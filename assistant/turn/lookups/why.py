"""Why something stands, is on hold, or failed: from what is recorded of its causes; what is not known is said so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assistant.domain.events import BoardInspected, PartsPlaced
from assistant.domain.views import Scope, Span
from assistant.domain.views.alarms import Alarm
from assistant.domain.views.genealogy import Step
from assistant.domain.views.times import Stop
from assistant.turn import naming
from assistant.turn.lookups import causes
from assistant.turn.lookups.count import found_words
from assistant.turn.lookups.look import Look, Reply, reply
from assistant.turn.lookups.measure import beyond, value
from assistant.turn.lookups.times import spaced

BACK_S = (16 * 3600.0, 3 * 86_400.0, 30 * 86_400.0)
"""How far back stops are looked for: no farther than there are some."""
SHIFT_S = 8 * 3600.0
"""A stop before this is not what is asked about after a set-up."""
CAME_S = 3600.0
"""An alarm is counted from so long before the stop that it explains."""
STARVED, BLOCKED, IDLE = "starved", "blocked", "idle"
MOST_EACH = 12
MEASURED = ("paste.measured", "parts.placed", "board.heated")


def why(look: Look) -> Reply:
    """Why, by what kind of thing it is."""
    unit, world = look.unit, look.world
    if unit in world.machines:
        return machine_stop(look, unit)
    if unit in world.lines:
        return _line(look, unit)
    if unit in world.boards:
        return _board(look, unit)
    return _lot(look, unit)


# ---- machines and lines ---------------------------------------------------------------------------------------------


def machine_stop(look: Look, machine: str) -> Reply:
    """Why it stands, or stood last; for one that waits, what it waits for. Then what may be behind defects there."""
    said = _machine_stop(look, machine)
    span, line = Span(look.now - causes.BACK_S, look.now + 1), look.world.machines[machine].line
    inspects = causes.reels(look, span, Scope(machine=machine))
    return reply(*said.sentences, *(inspects or causes.reels(look, span, Scope(line=line), placer=machine)))


def _machine_stop(look: Look, machine: str) -> Reply:
    state = look.world.machines[machine].state
    if not state:
        return reply(look.text("unheard"))
    stop = last_stop(look, machine)
    if stop is not None and stop.end is None:
        return reply(_stands(look, machine, stop, "held_machine" if stop.state == "held" else "stands"))
    if stop is None or stop.end is None:
        if state in (STARVED, BLOCKED, IDLE):
            return _waits(look, machine, state)
        return reply(look.text("never_stood", state=state))
    told = _told(look, machine)
    # Where something had moved before it was stopped, that is what the stop was good for.
    moved = causes.moved(look, machine, Span(told[0].start - causes.BACK_S, told[0].start))
    stood = [*(_stood(look, machine, one, state) for one in told[:1]), *filter(None, [moved])]
    stood += [_stood(look, machine, one, state) for one in told[1:]]
    if state not in (STARVED, BLOCKED, IDLE):
        return reply(*stood)
    waits = _waits(look, machine, state).sentences
    # What it waits for is why it does nothing now; where nobody knows that, its last stop is worth more.
    return reply(*waits, *stood) if len(waits) > 1 else reply(*stood, *waits)


def stops(look: Look, machine: str) -> list[Stop]:
    """The stops that are recorded of a machine, oldest first."""
    for back in BACK_S:
        if found := look.views.times.stops(Span(look.now - back, look.now + 1), machine):
            return found
    return []


def last_stop(look: Look, machine: str) -> Stop | None:
    """The newest stop that is recorded of a machine."""
    found = stops(look, machine)
    return found[-1] if found else None


def _told(look: Look, machine: str) -> list[Stop]:
    """The newest stop that nobody had planned comes before a set-up after it: nobody asks why that was."""
    found = stops(look, machine)
    newest = found[-1]
    if not planned(look, machine, newest):
        return [newest]
    lately = (stop for stop in reversed(found) if newest.start - stop.start < SHIFT_S)
    unplanned = next((stop for stop in lately if not planned(look, machine, stop)), None)
    return [newest] if unplanned is None else [unplanned, newest]


def planned(look: Look, machine: str, stop: Stop) -> bool:
    """Whether a stop that is over was a set-up."""
    if stop.end is None:
        return False
    return bool(look.views.set_ups.done(Span(stop.start, stop.end + 1), Scope(machine=machine)))


def _stood(look: Look, machine: str, stop: Stop, state: str) -> str:
    holes = {"state": state, "duration": naming.duration((stop.end or look.now) - stop.start)}
    return _stands(look, machine, stop, "stood", **holes)


def _stands(look: Look, machine: str, stop: Stop, key: str, **holes: str) -> str:
    because, alarm = _because(look, machine, stop)
    seen = _acknowledged(look, alarm) if alarm is not None else ""
    named = {"unit": look.name(machine), "other": look.name(machine)}
    return look.text(key, time=look.clock(stop.start), because=because, acknowledged=seen, **{**named, **holes})


def _because(look: Look, machine: str, stop: Stop) -> tuple[str, Alarm | None]:
    """What brought a stop about: somebody, an alarm, the cause that the machine gave, or nobody knows."""
    badge = look.views.orders.badge_of(stop.order)
    hold = next((one for one in reversed(look.views.holds.of(machine)) if abs(one.since - stop.start) < 60), None)
    if stop.state == "held" and hold is not None:
        by = hold.by or badge
        return look.text("hold" if by else "itself", badge=by, reason=naming.value(hold.reason)), None
    if badge:
        return look.text("order", badge=badge), None
    alarm = next((one for one in reversed(stop.alarms) if one.code == stop.cause), None)
    if alarm is not None:
        came = _came(look, machine, alarm, stop)
        return look.text("alarm", text=alarm.text, times=naming.times(came)), alarm
    if stop.cause:
        return look.text("cause", cause=spaced(stop.cause)), None
    return look.text("unknown"), None


def _came(look: Look, machine: str, alarm: Alarm, stop: Stop) -> int:
    """How often an alarm came in the hour before a stop and until it was over."""
    until = stop.end if stop.end is not None else look.now + 1
    raised = look.views.alarms.raised(Span(stop.start - CAME_S, until), Scope(machine=machine))
    return max(alarm.times, *(one.times for one in raised if one.code == alarm.code), 1)


def _acknowledged(look: Look, alarm: Alarm) -> str:
    if alarm.acknowledged_by:
        return look.text("acknowledged_by", badge=alarm.acknowledged_by)
    return look.text("acknowledged" if alarm.acknowledged else "unacknowledged")


def _waits(look: Look, machine: str, state: str) -> Reply:
    """A machine that has nothing to do, or cannot pass on what it did: what stands before or after it."""
    thing = look.world.machines[machine]
    line = look.world.lines.get(thing.line)
    order = list(line.machines) if line is not None else [machine]
    at = order.index(machine)
    before, after = list(reversed(order[:at])), order[at + 1 :]
    beside = after if state == BLOCKED else before if state == STARVED else [*before, *after]
    time = look.clock(thing.since)
    for other in beside:
        stop = last_stop(look, other)
        if stop is not None and stop.end is None:
            key = BLOCKED if other in after else STARVED
            said = look.text(key, time=time, other=look.name(other))
            return reply(said, _stands(look, other, stop, "other"))
    return reply(look.text("waits", state=state, time=time))


def _line(look: Look, line: str) -> Reply:
    """The stops that last, the first to come first; else the newest that is over."""
    found = [(stop, ident) for ident in look.world.lines[line].machines for stop in stops(look, ident)]
    behind = causes.reels(look, Span(look.now - causes.BACK_S, look.now + 1), Scope(line=line))
    lasting = sorted((one for one in found if one[0].end is None), key=lambda one: one[0].start)
    if lasting:
        return reply(*(_stands(look, ident, stop, "other") for stop, ident in lasting), *behind)
    if not found:
        return reply(look.text("line_runs"), *behind)
    newest = max(stop.start for stop, _ in found)
    lately = [one for one in found if newest - one[0].start < SHIFT_S]
    stop, ident = max(lately, key=lambda one: (not planned(look, one[1], one[0]), one[0].start))
    return reply(look.text("line_runs"), _stood(look, ident, stop, look.world.machines[ident].state), *behind)


# ---- lots and boards ------------------------------------------------------------------------------------------------


def _lot(look: Look, lot: str) -> Reply:
    """Its hold, and what its boards failed for."""
    evidence = _failures(look, Scope(lot=lot))
    said = _scrap(look, lot) or _hold(look, lot, "held") or _last_hold(look, lot)
    if not said and not evidence:
        return reply(look.text("nothing"))
    free = "" if said else look.text("not_held")
    return reply(said, evidence, *causes.reels(look, Span(0.0, look.now + 1), Scope(lot=lot)), free)


def _failures(look: Look, scope: Scope) -> str:
    ever = Span(0.0, look.now + 1)
    failed = len(look.views.quality.failed(ever, scope))
    inspected = look.views.quality.inspected(ever, scope).bit_count()
    found = look.views.quality.top_defects(ever, scope, 1)
    if not failed or not found:
        return ""
    if found[0].count == 1:
        each = look.views.quality.top_defects(ever, scope, MOST_EACH)
        named = [look.text("finding", defect=naming.value(one.name), place=_at(look, one.places)) for one in each]
        return look.text(
            "lot_failed_once", failed=naming.count(failed), all=naming.count(inspected), items=look.some(named)
        )
    counts = {"failed": naming.count(failed), "all": naming.count(inspected)}
    return look.text("lot_failed", items=found_words(found[0]), **counts)


def _at(look: Look, places: Sequence[tuple[str, int]]) -> str:
    return look.text("place", place=places[0][0]) if places and places[0][0] else ""


def _scrap(look: Look, unit: str) -> str:
    reason = look.world.scrapped(unit)
    if reason is None:
        return ""
    return look.text("scrapped", reason=f", {naming.value(reason)}" if reason else "")


def _hold(look: Look, unit: str, key: str) -> str:
    """Its hold, if it is on hold now."""
    thing = look.world.thing(unit)
    if thing is None or thing.hold is None:
        return ""
    key = key if thing.hold.badge or key != "held" else "held_itself"
    holes = {"reason": naming.value(thing.hold.reason), "badge": thing.hold.badge}
    return look.text(key, time=look.clock(thing.hold.at), **holes)


def _last_hold(look: Look, unit: str) -> str:
    holds = [hold for hold in look.views.holds.of(unit) if hold.until is not None]
    if not holds:
        return ""
    last = holds[-1]
    holes = {"time": look.clock(last.since), "until": look.clock(last.until or 0.0)}
    return look.text("was_held", reason=naming.value(last.reason), **holes)


def _board(look: Look, board: str) -> Reply:
    """Why it is scrapped or on hold; its last verdict, and what of its life explains it."""
    steps = look.views.genealogy.board(board)
    verdict = next((step for step in reversed(steps) if step.kind == BoardInspected.type), None)
    lot = look.world.boards[board].lot
    held = _scrap(look, board) or _hold(look, board, "held") or (_hold(look, lot, "its_lot") if lot else "")
    if verdict is None:
        return reply(held or look.text("nothing"))
    when = {"machine": look.name(verdict.machine), "time": look.clock(verdict.time)}
    if verdict.detail != "failed":
        return reply(held, look.text("passed", **when))
    found = [
        look.text("finding", defect=naming.value(defect), place=look.text("place", place=place) if place else "")
        for defect, place in verdict.found
    ]
    failed = look.text("failed", items=naming.listing(found), **when)
    return reply(held, failed, _out_of_limits(look, steps), *_behind(look, board, verdict, steps))


def _behind(look: Look, board: str, verdict: Step, steps: Sequence[Step]) -> Iterator[str]:
    """What may be the cause of what was found: a reel that its part came from, a place that had moved."""
    places = [place for _, place in verdict.found if place]
    if not places:
        return
    line = look.world.machines[verdict.machine].line
    # Until now, not until then: what a reel did is known the better the longer it was on.
    span = Span(verdict.time - causes.BACK_S, look.now + 1)
    used = {reel for step in steps for reel in step.reels}
    for one in look.views.materials.suspects(span, Scope(line=line), look.known.causes):
        if one.reel in used and (one.defect, one.place) in verdict.found:
            yield causes.reel_words(look, one)
    for step in steps:
        if step.kind == PartsPlaced.type:
            before = Span(step.time - causes.BACK_S, step.time + 1)
            moved = look.views.materials.moved(before, step.machine, look.known.causes.rise)
            if moved is not None and moved.place in places:
                yield causes.moved_words(look, step.machine, moved, before, "had_moved")


def _out_of_limits(look: Look, steps: Sequence[Step]) -> str:
    """The first of its measured values that was beyond a limit."""
    for step in steps:
        if step.kind in MEASURED and step.value is not None:
            limit = beyond(look, step.machine, step.detail, step.value)
            if limit is not None:
                return look.text(
                    "out_of_limits",
                    quantity=look.text(step.detail),
                    machine=look.name(step.machine),
                    value=value(look, step.detail, step.value),
                    limit=value(look, step.detail, limit),
                )
    return ""
