"""Boards an hour and their yield, by line: the two plots. Counted by the view that answers "how many were made"."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.domain.views import Scope, Span, Views

HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class Hour:
    """What one line did in one hour."""

    made: int
    """Boards that left its last machine."""
    good: int
    """Those of them that are good: not scrapped, and not failed at their last inspection in that hour."""

    @property
    def rate(self) -> float | None:
        """Share of the boards that are good, 0 to 1; None when none was made."""
        return self.good / self.made if self.made else None


def per_hour(views: Views, line: str, now: float, hours: int) -> list[Hour]:
    """The last `hours` hours of the clock, oldest first, the running one last; empty ones where nothing was made."""
    first, scope = now // HOUR_S - hours + 1, Scope(line=line)
    spans = [Span((first + index) * HOUR_S, (first + index + 1) * HOUR_S) for index in range(hours)]
    return [Hour(*views.production.good(span, scope)) for span in spans]
