"""Boards an hour and their yield, by line: the two plots."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from assistant.domain import events as e
from assistant.domain.world import World

HOUR_S = 3600.0
KEPT = 48
"""Hours remembered."""


@dataclass(slots=True)
class Hour:
    """What one line did in one hour."""

    made: int = 0
    """Boards that left its last machine."""
    passed: int = 0
    """Boards that passed there, of those inspected."""
    failed: int = 0
    """Boards that failed there."""

    @property
    def rate(self) -> float | None:
        """Share of the inspected boards that passed, 0 to 1; None when none was inspected."""
        seen = self.passed + self.failed
        return self.passed / seen if seen else None


class Output:
    """A small fold of its own; `per_hour` is all that the screen asks of it."""

    def __init__(self) -> None:
        self._hours: dict[str, dict[int, Hour]] = defaultdict(dict)

    def apply(self, event: e.Event, world: World) -> None:
        """Take one more event into account."""
        data = event.data
        if not isinstance(data, e.BoardDeparted | e.BoardInspected):
            return
        machine = world.machines.get(data.machine)
        line = world.lines.get(machine.line) if machine is not None else None
        if line is None or line.machines[-1] != data.machine:
            return
        hours = self._hours[line.id]
        hour = hours.setdefault(int(event.time // HOUR_S), Hour())
        match data:
            case e.BoardDeparted():
                hour.made += 1
            case e.BoardInspected(verdict="passed"):
                hour.passed += 1
            case e.BoardInspected(verdict="failed"):
                hour.failed += 1
        while len(hours) > KEPT:
            del hours[min(hours)]

    def per_hour(self, line: str, now: float, hours: int) -> list[Hour]:
        """The last `hours` hours, oldest first, the running one last; empty ones where nothing was made."""
        known, newest = self._hours.get(line, {}), int(now // HOUR_S)
        return [known.get(hour, Hour()) for hour in range(newest - hours + 1, newest + 1)]
