"""What the doctor found, and how it is said."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    what: str
    """Which."""
    state: str
    """`ok`, `missing` (works without, worse), `soon` (works now, not for long) or `broken`."""
    why: str = ""
    """What is wrong, in words."""
    remedy: str = ""
    """The one thing to do."""

    def line(self) -> str:
        """For a person."""
        tail = f": {self.why}" if self.why else ""
        return f"{self.state:8} {self.what}{tail}" + (f"; {self.remedy}" if self.remedy else "")
