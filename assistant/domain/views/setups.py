"""What machines were set up for, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assistant.domain import events as e
from assistant.domain.views.register import Register
from assistant.domain.views.series import State, Tables
from assistant.domain.views.span import Scope, Span
from assistant.domain.views.view import Fold


@dataclass(frozen=True, slots=True)
class SetUp:
    """A machine was set up for a product."""

    time: float
    """Unix seconds UTC."""
    machine: str
    """Which."""
    product: str
    """For what."""
    order: str
    """The order that did it, or empty."""


class SetUps:
    """Set-ups by machine."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._rows = Tables("II")
        """Machine -> (product and order as texts)."""

    def folds(self) -> Mapping[type[e.Payload], Fold]:
        """See View."""
        return {e.MachineSetUp: self._set_up}

    def _set_up(self, event: e.Event, data: e.MachineSetUp) -> None:
        register = self._register
        self._rows[register.machines(event.subject)].add(
            event.time, register.texts(data.product), register.texts(data.order)
        )

    def done(self, span: Span, scope: Scope) -> list[SetUp]:
        """The set-ups of a span, oldest first."""
        found = []
        names = self._register.texts.names
        for machine, rows in self._rows.items():
            name = self._register.machines.names[machine]
            low, high = rows.between(span)
            products, orders = rows.columns
            if self._register.matches(scope, name, 0):
                found += [
                    SetUp(rows.times[at], name, names[products[at]], names[orders[at]]) for at in range(low, high)
                ]
        return sorted(found, key=lambda one: (one.time, one.machine))

    def state(self) -> State:
        """See View."""
        return self._rows.state()

    def restore(self, state: State) -> None:
        """See View."""
        self._rows.restore(state)
