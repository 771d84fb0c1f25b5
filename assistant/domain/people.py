"""Who is who, and whom a station's headset speaks for: this part of the fold (see world)."""

from __future__ import annotations

from assistant.domain import events as e
from assistant.domain.facts import Facts
from assistant.domain.things import Operator


def operator_registered(world: Facts, event: e.Event, data: e.OperatorRegistered) -> None:
    """A badge is somebody's from now on."""
    world.operators[event.subject] = Operator(event.subject, data.role, data.line)


def operator_role_changed(world: Facts, event: e.Event, data: e.OperatorRoleChanged) -> None:
    """Its bearer may do other things from now on, or nothing any more."""
    if data.role:
        world.operators[event.subject] = Operator(event.subject, data.role, data.line)
    else:
        world.operators.pop(event.subject, None)


def checked_in(world: Facts, event: e.Event, data: e.CheckedIn) -> None:
    """One badge at one place, one place for one badge."""
    elsewhere = {station: badge for station, badge in world.checked_in.items() if badge != event.subject}
    world.checked_in = {**elsewhere, data.station: event.subject}


def checked_out(world: Facts, event: e.Event, data: e.CheckedOut) -> None:
    """Nobody speaks there any more, unless somebody else does already."""
    if world.checked_in.get(data.station) == event.subject:
        del world.checked_in[data.station]
