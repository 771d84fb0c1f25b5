"""What the log says, by question: each view is a fold over the log and lives in one small file.

A new view is a class with `folds`, `state` and `restore` (view.View), and a line in `Views`.
"""

from __future__ import annotations

from collections.abc import Mapping

from assistant.domain.events import Event, Payload
from assistant.domain.views.alarms import Alarms
from assistant.domain.views.began import Began
from assistant.domain.views.decisions import Decisions
from assistant.domain.views.genealogy import Genealogy
from assistant.domain.views.holds import Holds
from assistant.domain.views.materials import Materials
from assistant.domain.views.measures import Measures
from assistant.domain.views.notes import Notes
from assistant.domain.views.production import Production
from assistant.domain.views.quality import Quality
from assistant.domain.views.register import Register
from assistant.domain.views.series import State
from assistant.domain.views.setups import SetUps
from assistant.domain.views.span import PLANT, Scope, Span
from assistant.domain.views.times import Times
from assistant.domain.views.view import Fold, View

__all__ = ["PLANT", "Scope", "Span", "View", "Views"]


class Views:
    """All of them. Change them only by `apply`; what they answer changes nothing."""

    def __init__(self, cycles: Mapping[str, float] | None = None) -> None:
        """`cycles`: kind of machine -> ideal seconds a board, from the site's files."""
        self.position = 0
        """Of the event folded last."""
        self.register = register = Register()
        self.orders = Decisions(register)
        self.quality = Quality(register)
        self.production = Production(register, self.quality)
        self.alarms = Alarms(register, self.orders)
        self.times = Times(register, self.alarms, self.production, cycles)
        self.measures = Measures(register)
        self.materials = Materials(register, self.quality, self.measures)
        self.holds = Holds(register, self.orders)
        self.notes = Notes(register)
        self.began = Began()
        self.set_ups = SetUps(register)
        self.genealogy = Genealogy(register, self.orders, self.quality, self.production, self.measures)
        self._views: dict[str, View] = {
            name: view for name, view in vars(self).items() if name != "position" and not name.startswith("_")
        }
        self._folds: dict[type[Payload], tuple[Fold, ...]] = {}
        for view in self._views.values():
            for kind, fold in view.folds().items():
                self._folds[kind] = (*self._folds.get(kind, ()), fold)

    def apply(self, event: Event) -> None:
        """Take one more event into account; one that was taken before changes nothing."""
        if event.position and event.position <= self.position:
            return
        data = event.data
        for fold in self._folds.get(type(data), ()):
            fold(event, data)
        self.position = max(self.position, event.position)

    def state(self) -> dict[str, State]:
        """All that is known, by view, as plain values, not copied: to be written before the next event."""
        return {"position": self.position, **{name: view.state() for name, view in self._views.items()}}

    def restore(self, state: Mapping[str, State]) -> None:
        """Know that, and nothing else. Raises LookupError, TypeError or ValueError for what is no such state."""
        for name, view in self._views.items():
            view.restore(state[name])
        self.position = state["position"]
