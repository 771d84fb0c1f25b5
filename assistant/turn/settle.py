"""What ends an uncertain order: the machine's own journal, or a person who looked. Nothing else, and nothing by itself.

A journal has no gaps. An entry that names the order says that it was carried out. When the journal of the same run of
the plant has gone on well past the order's deadline without one, it was not: no machine begins an order that late.
A plant that was started anew has another journal: what it forgot, only a person can tell.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from assistant.domain import events as e
from assistant.domain.world import World
from assistant.turn.act import SOURCE

LATE_S = 10.0
"""By the machine's time past its deadline, an order's effect would have shown."""
DONE, NOT_DONE = "done", "not_done"


def observed(world: World, seen: Sequence[e.Event], now: float) -> list[e.Event]:
    """The uncertain orders that these entries of a journal, the newest there are, and those before them settle."""
    told: list[e.Event] = []
    reports = [event for event in seen if event.source.startswith("/machines/")]
    for order, asked_at in world.uncertain.items():
        request = world.requested.get(order)
        if request is None:
            continue
        if order in world.reported:
            told.append(_settled(order, request[0].machine, DONE, "the machine's journal names it", now))
        elif reports:
            newest = max(reports, key=lambda event: event.time)
            run = newest.id.rpartition("-")[0]
            same = world.runs.get(run, asked_at + 1) < asked_at
            if same and newest.time > request[0].deadline + LATE_S:
                how = "the machine's journal went on without it"
                told.append(_settled(order, request[0].machine, NOT_DONE, how, now))
    return told


def by_person(world: World, order: str, outcome: str, badge: str, now: float) -> e.Event:
    """The same by somebody who looked."""
    machine = world.requested[order][0].machine
    data = e.OrderSettled(machine, outcome, badge, "looked")
    return e.Event(uuid.uuid4().hex, SOURCE, order, now, data, causationid=order)


def _settled(order: str, machine: str, outcome: str, how: str, now: float) -> e.Event:
    data = e.OrderSettled(machine, outcome, "", how)
    return e.Event(uuid.uuid4().hex, SOURCE, order, now, data, causationid=order)
