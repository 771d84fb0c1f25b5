"""Who decided what: orders by the person who gave them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assistant.domain import events as e
from assistant.domain.views.register import Register
from assistant.domain.views.series import Series, State
from assistant.domain.views.span import Span
from assistant.domain.views.view import Fold

OPEN = "open"
"""Outcome of an order that nothing is known of yet."""
_SURE = {"uncertain": 1, "rejected": 2, "failed": 2, "done": 2}
_SETTLED = 3
"""The surer word counts, whichever was heard first."""


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
    """Orders, a few bytes each."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._asked = Series("IIIII")
        """(Order, badge, method, subject, second badge), all as texts."""
        self._badges: dict[int, int] = {}
        """Order -> who asked for it, as texts."""
        self._ends: dict[int, list[int]] = {}
        """Order -> how sure its end is, and which it is as a text."""

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
        texts = self._register.texts
        order, badge = texts(event.subject), texts(data.badge)
        self._asked.add(event.time, order, badge, texts(data.method), texts(subject), texts(data.second))
        self._badges[order] = badge

    def _settled(self, event: e.Event, data: e.OrderSettled) -> None:
        self._ended(event.subject, "done" if data.outcome == "done" else "failed", _SETTLED)

    def _ended(self, order: str, outcome: str, sure: int | None = None) -> None:
        texts = self._register.texts
        number, sure = texts(order), _SURE[outcome] if sure is None else sure
        if sure >= self._ends.get(number, (0, 0))[0]:
            self._ends[number] = [sure, texts(outcome)]

    # ---- questions ------------------------------------------------------------------------------------------

    def badge_of(self, order: str) -> str:
        """Who asked for an order, or empty."""
        texts = self._register.texts
        return texts.names[self._badges.get(texts.find(order) or 0, 0)]

    def by_person(self, span: Span) -> list[Decision]:
        """The orders asked for in the span, by badge and then by time."""
        low, high = self._asked.between(span)
        names, found = self._register.texts.names, []
        rows = zip(self._asked.times[low:high], *(column[low:high] for column in self._asked.columns), strict=True)
        for time, order, *about in rows:
            badge, method, subject, second = (names[text] for text in about)
            outcome = names[self._ends[order][1]] if order in self._ends else OPEN
            found.append(Decision(time, badge, method, subject, outcome, names[order], second))
        return sorted(found, key=lambda one: (one.badge, one.time, one.order))

    # ---- keeping --------------------------------------------------------------------------------------------

    def state(self) -> State:
        """See View."""
        return [self._asked.state(), self._badges, self._ends]

    def restore(self, state: State) -> None:
        """See View."""
        asked, self._badges, self._ends = state
        self._asked.restore(asked)
