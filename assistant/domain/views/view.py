"""What every view is: a fold over the log that answers one kind of question."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from assistant.domain.events import Event, Payload
from assistant.domain.views.series import State

Fold = Callable[[Event, Any], None]
"""Takes an event and its data into account."""


class View(Protocol):
    """Takes events as they come, each once; answers as if they had come in the order of their own times.

    Events of one time count in the order of the log.
    """

    def folds(self) -> Mapping[type[Payload], Fold]:
        """What it wants to know, and what it does with each."""

    def state(self) -> State:
        """All that it knows, as plain values; shared with it, so to be written before the next event."""

    def restore(self, state: State) -> None:
        """Know that, and nothing else."""
