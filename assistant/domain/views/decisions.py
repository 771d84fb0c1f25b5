"""Who decided what: orders by the person who gave them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assistant.domain import events as e
from assistant.domain.views.series import State
from assistant.domain.views.span import Span
from assistant.domain.views.view import Fold

OPEN = "open"
"""Outcome of an order that nothing is known of yet."""
_CERTAIN = {OPEN: 0, "uncertain": 1, "rejected": 2, "failed": 2, "done": 2}
"""What replaces what, whichever was heard first; what settled an order (3) is the last word."""


@dataclass(frozen=True, slots=True)
class Decision:
    """An order and what became of it."""

    time: float
    """When it was asked for, Unix seconds UTC."""
    badge: str
    """Who asked for it."""
    method: str
    """As in the site's hardware file (`hold`)."""
    subject: str
    """The lot, board or machine that it is about."""
    outcome: str
    """`done`, `rejected`, `failed`, `uncertain` or `open`."""
    order: str = ""
    """Its id."""
    second: str = ""
    """Who agreed to it, where the site wants two people."""


class Decisions:
    """Orders by id."""

    def __init__(self) -> None:
        self._orders: dict[str, list[str]] = {}
        """Order -> badge, method, subject, second."""
        self._times: dict[str, float] = {}
        self._outcomes: dict[str, str] = {}
        self._ranks: dict[str, int] = {}

    def folds(self) -> Mapping[type[e.Payload], Fold]:
        """See View."""
        return {
            e.OrderRequested: self._requested,
            e.OrderDone: lambda event, data: self._ended(event.subject, "done"),
            e.OrderRejected: lambda event, data: self._ended(event.subject, "rejected"),
            e.OrderFailed: lambda event, data: self._ended(event.subject, "failed"),
            e.OrderUncertain: lambda event, data: self._ended(event.subject, "uncertain"),
            e.OrderSettled: self._settled,
        }

    def _requested(self, event: e.Event, data: e.OrderRequested) -> None:
        subject = data.args.get("unit", data.machine)
        self._orders[event.subject] = [data.badge, data.method, subject, data.second]
        self._times[event.subject] = event.time

    def _settled(self, event: e.Event, data: e.OrderSettled) -> None:
        self._ended(event.subject, "done" if data.outcome == "done" else "failed", 3)

    def _ended(self, order: str, outcome: str, rank: int | None = None) -> None:
        rank = _CERTAIN[outcome] if rank is None else rank
        if rank >= self._ranks.get(order, 0):
            self._outcomes[order], self._ranks[order] = outcome, rank

    # ---- questions ------------------------------------------------------------------------------------------

    def badge_of(self, order: str) -> str:
        """Who asked for an order, or empty."""
        known = self._orders.get(order)
        return known[0] if known is not None else ""

    def by_person(self, span: Span) -> list[Decision]:
        """The orders asked for in the span, by badge and then by time."""
        found = [
            Decision(self._times[order], badge, method, subject, self._outcomes.get(order, OPEN), order, second)
            for order, (badge, method, subject, second) in self._orders.items()
            if span.start <= self._times[order] < span.end
        ]
        return sorted(found, key=lambda one: (one.badge, one.time, one.order))

    # ---- keeping --------------------------------------------------------------------------------------------

    def state(self) -> State:
        """See View."""
        return [self._orders, self._times, self._outcomes, self._ranks]

    def restore(self, state: State) -> None:
        """See View."""
        self._orders, self._times, self._outcomes, self._ranks = state
