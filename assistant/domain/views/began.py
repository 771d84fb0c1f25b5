"""Since when machines have been heard of."""

from __future__ import annotations

from collections.abc import Mapping

from assistant.domain import events as e
from assistant.domain.views.series import State
from assistant.domain.views.view import Fold


class Began:
    """The oldest machine time in the log: of what was before it nothing can be said."""

    def __init__(self) -> None:
        self.at: float | None = None
        """Unix seconds UTC; None while no machine was heard of."""

    def folds(self) -> Mapping[type[e.Payload], Fold]:
        """See View. The first thing that a machine reports is one of these."""
        kinds = (e.MachineStateChanged, e.BoardArrived, e.BoardDeparted, e.BoardInspected, e.AlarmRaised)
        return dict.fromkeys(kinds, self._heard)

    def _heard(self, event: e.Event, data: e.Payload) -> None:
        if self.at is None or event.time < self.at:
            self.at = event.time

    def state(self) -> State:
        """See View."""
        return self.at

    def restore(self, state: State) -> None:
        """See View."""
        self.at = state
