"""One turn whole, put together from its events: what was heard, why it was decided so, what the machines did."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from assistant.domain import events as e

RECORDED = (e.NoteTaken, e.CallRaised, e.CallAnswered)
"""Deeds that are no order."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """One order of a turn."""

    id: str
    """The order's id, which its machine was given too."""
    request: e.OrderRequested
    """What was asked of the machine."""
    at: float
    """When it was written down, Unix seconds UTC."""
    story: tuple[e.Event, ...]
    """What followed, in order: the machine's answer, what it reported, what was read back."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One turn, as the log has it."""

    turn: str
    """Its id."""
    position: int
    """Of its turn.heard: what was so when it was read is the log before this."""
    at: float
    """When it was heard, Unix seconds UTC."""
    heard: e.TurnHeard
    orders: tuple[Ordered, ...]
    others: tuple[e.Event, ...]
    """What else belongs to it: a note, a call, what a machine did that is tied to no order of it."""
    answered: e.TurnAnswered | None
    """None while it is not answered, or when the assistant stopped before it was."""
    answered_at: float = 0.0
    """Unix seconds UTC."""

    @property
    def acted(self) -> bool:
        """Whether anything was asked of a machine, or written down for a person."""
        return bool(self.orders) or any(isinstance(event.data, RECORDED) for event in self.others)


def evidence(events: Iterable[e.Event]) -> Evidence | None:
    """The turn that these events, all of it and in order, belong to; None when its beginning is not among them."""
    first: tuple[e.Event, e.TurnHeard] | None = None
    last: tuple[float, e.TurnAnswered | None] = (0.0, None)
    requests: dict[str, tuple[e.OrderRequested, float]] = {}
    stories: dict[str, list[e.Event]] = {}
    others: list[e.Event] = []
    for event in events:
        match event.data:
            case e.TurnHeard():
                first = (event, event.data)
            case e.TurnAnswered():
                last = (event.time, event.data)
            case e.OrderRequested():
                requests[event.subject], stories[event.subject] = (event.data, event.time), []
            case _:
                order = next((one for one in (event.subject, event.causationid) if one in stories), None)
                (others if order is None else stories[order]).append(event)
    if first is None:
        return None
    heard, data = first
    orders = tuple(Ordered(ident, request, at, tuple(stories[ident])) for ident, (request, at) in requests.items())
    return Evidence(heard.subject, heard.position, heard.time, data, orders, tuple(others), last[1], last[0])
