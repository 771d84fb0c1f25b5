"""What a campaign came to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Tally:
    """One campaign's figures."""

    name: str
    """The campaign."""
    n: int
    """Faults that were injected."""
    problems: list[str] = field(default_factory=list)
    """What should not have been, in words."""
    seconds: float = 0.0
    """How long it took."""
    note: str = ""
    """What else was counted, in words."""

    def bound(self) -> float:
        """Upper bound of the share of faults that go wrong, 95 % sure, when none did (the rule of three)."""
        return min(1.0, 3 / self.n) if self.n else 1.0

    def __str__(self) -> str:
        share = f"{len(self.problems)} problems" if self.problems else f"none wrong, below {100 * self.bound():.2g} %"
        return f"{self.name:<12} {self.n:>6}  {share:<28} {self.seconds:>7.0f} s  {self.note}".rstrip()

    def record(self) -> dict[str, Any]:
        """The same for a file."""
        return {
            "name": self.name,
            "n": self.n,
            "problems": self.problems,
            "bound": None if self.problems else self.bound(),
            "seconds": round(self.seconds, 1),
            "note": self.note,
        }
