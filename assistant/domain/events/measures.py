"""What machines measure on each board, and what is changed in them to do so."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.domain.events.event import Payload


@dataclass(frozen=True, slots=True)
class PasteMeasured(Payload, type="paste.measured", cfx="CFX.Production.TestAndInspection.UnitsTested"):
    """Subject: the board, at the paste inspection."""

    machine: str
    """Which inspector."""
    lot: str
    """The lot that the board belongs to."""
    heights: dict[str, float]
    """Pad (`U7.3`) -> height of the paste on it, µm."""


@dataclass(frozen=True, slots=True)
class PartsPlaced(Payload, type="parts.placed", cfx="CFX.Production.Assembly.UnitsPlaced"):
    """Subject: the board, at a placer."""

    machine: str
    """Which placer."""
    lot: str
    """The lot that the board belongs to."""
    offsets: dict[str, float]
    """Part (`U7`) -> how far from its place it was put down, µm."""
    reels: dict[str, str]
    """Part (`U7`) -> the reel that it came from."""


@dataclass(frozen=True, slots=True)
class BoardHeated(Payload, type="board.heated", cfx="CFX.Production.ReflowProcessData"):
    """Subject: the board, at the oven."""

    machine: str
    """Which oven."""
    lot: str
    """The lot that the board belongs to."""
    peak: float
    """The highest temperature on the board, °C."""
    profile: tuple[tuple[float, float], ...]
    """The temperature over time: (seconds since it came in, °C), in order."""


@dataclass(frozen=True, slots=True)
class ReelChanged(Payload, type="reel.changed", cfx="CFX.Materials.Management.MaterialsLoaded"):
    """Subject: the placer."""

    feeder: str
    """Which feeder of it (`F12`)."""
    part: str
    """Part number on the reel."""
    reel: str
    """The reel's own id."""
    previous: str = ""
    """The reel that was there before, or empty."""
