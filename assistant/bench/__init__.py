"""Speed and accuracy against named references, as ratios: what another machine can compare with this one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One measurement of ours beside the same of a reference, taken in the same process."""

    name: str
    """What was measured, `durable append, 1 event`."""
    ours: float
    """Median of ours, in `unit`."""
    reference: float
    """Median of the reference, in `unit`."""
    ratio: float
    """Ours over the reference, below 1 where ours is less; of pairs taken back to back, the median of their ratios."""
    n: int
    """How often each was measured."""
    unit: str
    """`ms`, `s`, `MiB`, …"""
    note: str
    """What the reference is, and what else a reader must know to repeat this."""
