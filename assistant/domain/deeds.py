"""What people, the assistant and the factory did: turns, orders, calls, notes and requests, as Facts keep them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from assistant.domain import events as e
from assistant.domain.facts import Facts
from assistant.domain.things import Action, Announcement, Call, Request, Telling

TALKED = 600
"""Of so many of what was heard and answered last the places are known."""
NOTE, CALL = "note", "call"
"""Methods of an Action that was no order."""


def call_key(call: str) -> str:
    """What an announcement of a call is about (announcement.made's `key`)."""
    return f"call:{call}"


def _call_raised(world: Facts, event: e.Event, data: e.CallRaised) -> None:
    world.calls[event.id] = Call(event.id, data.who, event.subject, data.badge, event.time)
    world.actions[data.badge, data.station] = Action(event.correlationid, CALL, [event.subject], event.time)


def _call_answered(world: Facts, event: e.Event, data: e.CallAnswered) -> None:
    world.calls.pop(data.call, None)
    for ident in [ident for ident, one in world.announcements.items() if one.key == call_key(data.call)]:
        del world.announcements[ident]


def _call_escalated(world: Facts, event: e.Event, data: e.CallEscalated) -> None:
    if data.call in world.calls:
        world.calls[data.call].escalated = True


def _announced(world: Facts, event: e.Event, data: e.AnnouncementMade) -> None:
    world.announced[data.key] = event.time
    told = Announcement(event.subject, data.words, data.to, data.line, data.by, event.time, key=data.key)
    world.announcements[event.id] = told


def _announcement_told(world: Facts, event: e.Event, data: e.AnnouncementTold) -> None:
    if event.subject in world.announcements:
        telling = Telling(data.badge, data.station, data.how, event.time)
        world.announcements[event.subject].told.append(telling)


def _announcement_heard(world: Facts, event: e.Event, data: e.AnnouncementHeard) -> None:
    world.announcements.pop(event.subject, None)


def _announcement_escalated(world: Facts, event: e.Event, data: e.AnnouncementEscalated) -> None:
    if event.subject in world.announcements:
        world.announcements[event.subject].escalated = data.to


def _turn_heard(world: Facts, event: e.Event, data: e.TurnHeard) -> None:
    world.turns[event.subject] = data.intent
    _talked(world, event, data)


def _talked(world: Facts, event: e.Event, data: e.Payload) -> None:
    world.talked.append(event.position)
    if len(world.talked) > 2 * TALKED:
        del world.talked[:TALKED]


def _order_requested(world: Facts, event: e.Event, data: e.OrderRequested) -> None:
    world.requested[event.subject] = (data, event.correlationid)
    world.requested_at[event.subject] = event.position
    world.open_orders.add(event.subject)
    if event.causationid in world.requests:
        world.requests[event.causationid].order = event.subject


def _order_done(world: Facts, event: e.Event, data: e.OrderDone) -> None:
    _order_ended(world, event, data)
    request, turn = world.requested.get(event.subject, (None, ""))
    if request is None:
        return
    last = world.actions.get((request.badge, request.station))
    unit = request.args.get("unit", request.machine)
    if last is not None and last.turn == turn:
        last.units.append(unit)
    else:
        world.actions[request.badge, request.station] = Action(turn, request.method, [unit], event.time)


def _note_taken(world: Facts, event: e.Event, data: e.NoteTaken) -> None:
    # No order, and yet the last thing this person had done: "undo" must not reach past it.
    world.actions[data.badge, data.station] = Action(event.correlationid, NOTE, [event.subject], event.time)


def _order_ended(world: Facts, event: e.Event, data: e.Payload) -> None:
    world.open_orders.discard(event.subject)
    world.uncertain.pop(event.subject, None)
    for request in world.requests.values():
        if request.order == event.subject:
            request.end(data)


def _order_uncertain(world: Facts, event: e.Event, data: e.OrderUncertain) -> None:
    _order_ended(world, event, data)
    world.uncertain[event.subject] = world.requested_at.get(event.subject, event.position)


def _hold_requested(world: Facts, event: e.Event, data: e.HoldRequested) -> None:
    world.requests[event.id] = Request(event.id, event.subject, data.reason)


def _request_answered(world: Facts, event: e.Event, data: e.RequestAnswered) -> None:
    world.requests.pop(data.request, None)
    world.told.add(data.request)


DEEDS: dict[type[e.Payload], Callable[[Facts, e.Event, Any], None]] = {
    e.CallRaised: _call_raised,
    e.CallAnswered: _call_answered,
    e.CallEscalated: _call_escalated,
    e.AnnouncementMade: _announced,
    e.AnnouncementTold: _announcement_told,
    e.AnnouncementHeard: _announcement_heard,
    e.AnnouncementEscalated: _announcement_escalated,
    e.TurnHeard: _turn_heard,
    e.TurnAnswered: _talked,
    e.OrderRequested: _order_requested,
    e.NoteTaken: _note_taken,
    e.OrderRejected: _order_ended,
    e.OrderDone: _order_done,
    e.OrderFailed: _order_ended,
    e.OrderUncertain: _order_uncertain,
    e.OrderSettled: _order_ended,
    e.HoldRequested: _hold_requested,
    e.RequestAnswered: _request_answered,
}
"""One handler a payload type, as in World."""
