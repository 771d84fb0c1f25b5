"""What machines measure: the newest value with its age, whether it is in its limits, and how it ran."""

from __future__ import annotations

from assistant.domain.views.measures import Measured, Summary
from assistant.domain.views.span import Span
from assistant.turn import naming
from assistant.turn.lookups.look import Look, Reply, reply

FRESH_S = 600.0
"""An older value is told with its age."""
HOUR = 3600.0
RAN_S = 8 * HOUR
"""Over how long before the newest value it is told how it ran."""
DRIFTS = 0.04
"""A drift of less than this share of the mean an hour is not worth telling."""
SHORTEST_S = 900.0
"""Nothing is said of a drift over a shorter time."""


def measure(look: Look) -> Reply:
    """A quantity at a machine, or at the one of its line that measures it."""
    quantity = look.command.slots["quantity"]
    machine = measures_it(look, look.command.slots["machine"], quantity)
    latest = look.views.measures.latest(machine, quantity) if machine else None
    words = look.text(quantity)
    if latest is None:
        return reply(look.text("none", quantity=words))
    ran = look.views.measures.summary(Span(latest.time - HOUR, latest.time + 1), machine, quantity)
    return reply(
        look.text(
            "latest",
            quantity=words,
            machine=look.name(machine),
            value=value(look, quantity, latest.value),
            time=look.text("at", time=look.clock(latest.time)),
            age=_age(look, latest),
        ),
        limits(look, machine, quantity, latest.value),
        _drift(look, quantity, ran),
        _ran(look, machine, quantity, latest),
    )


def measures_it(look: Look, machine: str, quantity: str) -> str:
    """The machine, or the one of its line that measures this ("paste height at printer one"); empty for none."""
    known = look.world.machines.get(machine)
    line = look.world.lines.get(known.line) if known is not None else None
    for one in (machine, *(line.machines if line is not None else ())):
        if look.views.measures.latest(one, quantity) is not None:
            return one
    return ""


def value(look: Look, quantity: str, number: float) -> str:
    """A number with its unit."""
    return look.text(f"unit_{quantity}", value=naming.measured(number))


def limits(look: Look, machine: str, quantity: str, number: float) -> str:
    """That a value is beyond a limit; empty where it is not, or none is known."""
    limit = beyond(look, machine, quantity, number)
    if limit is None:
        return ""
    return look.text("over" if number > limit else "under", limit=value(look, quantity, limit))


def beyond(look: Look, machine: str, quantity: str, number: float) -> float | None:
    """The limit that a value is beyond; None where it is in order, or no limit is known."""
    known = look.world.machines.get(machine)
    pair = look.known.limits.get(known.kind if known is not None else "", {}).get(quantity)
    if pair is None or pair[0] <= number <= pair[1]:
        return None
    return pair[1] if number > pair[1] else pair[0]


def drifts(ran: Summary | None, seconds: float) -> float:
    """By how much a quantity changes an hour, where that is worth telling; else 0."""
    if ran is None or ran.n < 10 or seconds < SHORTEST_S:
        return 0.0
    return ran.drift_per_hour if abs(ran.drift_per_hour) >= DRIFTS * abs(ran.mean) else 0.0


def _drift(look: Look, quantity: str, ran: Summary | None) -> str:
    by = drifts(ran, HOUR)
    return look.text("rises" if by > 0 else "falls", by=value(look, quantity, abs(by))) if by else ""


def _ran(look: Look, machine: str, quantity: str, latest: Measured) -> str:
    span = Span(max(look.stretch.span.start, latest.time - RAN_S), latest.time + 1)
    ran = look.views.measures.summary(span, machine, quantity)
    if ran is None or ran.n < 2:
        return ""
    return look.text(
        "shift",
        since=look.clock(span.start),
        mean=value(look, quantity, ran.mean),
        low=naming.measured(ran.low),
        high=naming.measured(ran.high),
    )


def _age(look: Look, latest: Measured) -> str:
    age = look.now - latest.time
    return look.text("ago", age=naming.duration(age)) if age > FRESH_S else ""
