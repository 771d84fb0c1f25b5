"""What is measured on a board: paste, placement and heat, as they scatter, drift and come from reels.

It draws its numbers from a source of its own: with or without measurements a seed gives the same shift.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from assistant.domain import events as e
from assistant.plant.machines import Board, Machine, Reel
from assistant.settings.plant import Measure, Plant

PADS = 2
"""Pads of a part that the paste inspection measures."""
AMBIENT = 25.0
"""°C"""
Defects = list[tuple[str, str]]
"""What was found: (defect, place), in order."""
PASTE, OFFSET, PEAK = "paste_height", "placement_offset", "peak_temperature"


@dataclass(slots=True)
class Drift:
    """A quantity that moves away from its nominal value, in a straight line."""

    since: float
    """Simulated seconds."""
    over: float
    """Seconds until it is all there."""
    by: float
    """How far, in the quantity's unit."""
    until: float
    """When it is put right."""
    part: str = ""
    """The only part that it touches, or empty."""

    def at(self, now: float, part: str = "") -> float:
        """How far off it is."""
        if not self.since <= now < self.until or (self.part and self.part != part):
            return 0.0
        return self.by * min(1.0, (now - self.since) / self.over) if self.over else self.by


class Physics:
    """Measures boards, and knows which reel is on which feeder."""

    def __init__(self, plant: Plant, machines: dict[str, Machine], seed: int, prefix: str = "RL-") -> None:
        self._random = random.Random(f"physics {seed}")  # noqa: S311 (repeatable, not secret)
        self._plant = plant
        self.parts = plant.parts
        self._pads = [(part, f"{part}.{pad}") for part in plant.parts for pad in range(1, PADS + 1)]
        self.drifts: dict[tuple[str, str], list[Drift]] = {}
        """(Machine that measures, quantity) -> what is off there."""
        self._prefix, self._reels = prefix, 20000
        self.reels = {
            machine.id: {feeder: self.new_reel(part, machine, used=True) for feeder, part in machine.feeders.items()}
            for machine in machines.values()
        }

    def new_reel(self, part: str, machine: Machine, *, used: bool = False) -> Reel:
        """A reel that has not been here before; `used`: it was begun at some time before."""
        self._reels += 1
        full = machine.like.reel_parts
        left = self._random.randint(full // 5, full) if used and full else full
        return Reel(f"{self._prefix}{self._reels}", self.parts[part], left)

    def measure(self, machine: Machine, board: Board, now: float, defects: Defects) -> Iterator[e.Payload]:
        """What this machine measures on the board that it has done.

        `defects`: what it found by itself, (defect, place); what is out of limits here is added to it.
        """
        for quantity, measure in machine.like.measures.items():
            off = self.drifts.get((machine.id, quantity), [])
            maker = _MEASURED.get(quantity)
            if maker is not None:
                yield maker(self, machine, board, measure, [d for d in off if d.since <= now < d.until], now, defects)

    def _paste(
        self,
        machine: Machine,
        board: Board,
        measure: Measure,
        off: list[Drift],
        now: float,
        defects: Defects,
    ) -> e.Payload:
        gauss, spread = self._random.gauss, measure.spread
        mean = measure.nominal + sum(drift.at(now) for drift in off)
        heights = {pad: round(gauss(mean, spread), 1) for _, pad in self._pads}
        for defect, place in defects:  # found, so there to be measured
            pad = f"{place}.1"
            if pad in heights and defect == measure.too_low:
                heights[pad] = round(measure.low - self._random.uniform(1.0, 15.0), 1)
        if min(heights.values()) < measure.low or max(heights.values()) > measure.high:
            for part, pad in self._pads:
                _beyond(measure, heights[pad], part, defects)
        return e.PasteMeasured(machine.id, board.lot, heights)

    def _placed(
        self,
        machine: Machine,
        board: Board,
        measure: Measure,
        off: list[Drift],
        now: float,
        defects: Defects,
    ) -> e.Payload:
        offsets: dict[str, float] = {}
        reels: dict[str, str] = {}
        flaws: list[tuple[str, str]] = []
        for feeder, reel in self.reels[machine.id].items():
            part = machine.feeders[feeder]
            mean = measure.nominal + reel.offset + sum(drift.at(now, part) for drift in off)
            offsets[part] = round(abs(self._random.gauss(mean, measure.spread)), 1)
            reels[part] = reel.id
            reel.left -= 1
            reel.used += 1
            _beyond(measure, offsets[part], part, flaws)
            if reel.tombstones and self._random.random() < reel.tombstones:
                flaws.append(("tombstone", part))
                reel.stood += 1
        if flaws:
            board.flaws += tuple(flaws)
        return e.PartsPlaced(machine.id, board.lot, offsets, reels)

    def _heated(
        self,
        machine: Machine,
        board: Board,
        measure: Measure,
        off: list[Drift],
        now: float,
        defects: Defects,
    ) -> e.Payload:
        peak = round(self._random.gauss(measure.nominal + sum(d.at(now) for d in off), measure.spread), 1)
        stay = machine.like.cycle_s
        profile = tuple(
            (round(share * stay, 1), peak if heat == 1.0 else round(AMBIENT + heat * (peak - AMBIENT), 1))
            for share, heat in machine.like.profile
        )
        return e.BoardHeated(machine.id, board.lot, peak, profile)


def _beyond(measure: Measure, value: float, place: str, defects: Defects) -> None:
    """Note the defect that a value out of limits is, once a place."""
    defect = measure.too_low if value < measure.low else measure.too_high if value > measure.high else ""
    if defect and (defect, place) not in defects:
        defects.append((defect, place))


_Maker = Callable[[Physics, Machine, Board, Measure, list[Drift], float, Defects], e.Payload]
_MEASURED: dict[str, _Maker] = {
    PASTE: Physics._paste,
    OFFSET: Physics._placed,
    PEAK: Physics._heated,
}
"""By the names of plant.yaml's `measures`; a quantity that is not here is not simulated."""
