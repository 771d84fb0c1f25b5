"""What machines measure: the newest value with its age, whether it is in its limits, and how it ran."""

from __future__ import annotations

from assistant.domain.views.measures import PLACEMENT_OFFSET, Measured
from assistant.domain.views.span import Span
from assistant.turn import naming
from assistant.turn.lookups import causes
from assistant.turn.lookups.look import Look, Reply, reply

FRESH_S = 600.0
"""An older value is told with its age."""
HOUR = 3600.0
RAN_S = 8 * HOUR
"""Over how long before the newest value it is told how it ran."""
DRIFTS = 0.04
"""A drift of less than this share of the mean an hour is not worth telling."""
ENOUGH = 20
"""Values in an hour; fewer show no drift."""
STEADY = 0.3
"""Each half of the hour has at least this share of the drift of the whole."""


def measure(look: Look) -> Reply:
    """A quantity at a machine, or at the one of its line that measures it."""
    quantity = look.command.slots["quantity"]
    machine = measures_it(look, look.command.slots["machine"], quantity)
    latest = look.views.measures.latest(machine, quantity) if machine else None
    words = look.text(quantity)
    if latest is None:
        return reply(look.text("none", quantity=words))
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
        _drift(look, machine, quantity, latest.time),
        _place(look, machine, quantity, latest),
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


def drifts(look: Look, machine: str, quantity: str, span: Span) -> float:
    """By how much a quantity changes an hour, where it does so all the time and that is worth telling; else 0.

    One that jumped, for somebody mended something, has no drift: its halves have none.
    """
    middle = (span.start + span.end) / 2
    whole, *halves = (
        look.views.measures.summary(part, machine, quantity)
        for part in (span, Span(span.start, middle), Span(middle, span.end))
    )
    if whole is None or whole.n < ENOUGH or abs(whole.drift_per_hour) < DRIFTS * abs(whole.mean):
        return 0.0
    steady = (half is not None and half.drift_per_hour / whole.drift_per_hour > STEADY for half in halves)
    return whole.drift_per_hour if all(steady) else 0.0


def _drift(look: Look, machine: str, quantity: str, now: float) -> str:
    by = drifts(look, machine, quantity, Span(now - HOUR, now + 1))
    return look.text("rises" if by > 0 else "falls", by=value(look, quantity, abs(by))) if by else ""


def _place(look: Look, machine: str, quantity: str, latest: Measured) -> str:
    """Which place it is that drifts, where it is one of them."""
    if quantity != PLACEMENT_OFFSET:
        return ""
    return causes.moved(look, machine, _since(look, latest))


def _since(look: Look, latest: Measured) -> Span:
    return Span(max(look.stretch.span.start, latest.time - RAN_S, look.views.began.at or 0.0), latest.time + 1)


def _ran(look: Look, machine: str, quantity: str, latest: Measured) -> str:
    span = _since(look, latest)
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
