"""What machines measure: the newest value, and how a quantity ran over a span."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, floor

from assistant.domain import events as e
from assistant.domain.views.register import Register
from assistant.domain.views.series import Series, State, Tables
from assistant.domain.views.span import Span
from assistant.domain.views.sums import HIGH, LOW, TT, TV, N, Sums, T, V, add_up, empty, join
from assistant.domain.views.view import Fold

PASTE_HEIGHT, PLACEMENT_OFFSET, PEAK_TEMPERATURE = "paste_height", "placement_offset", "peak_temperature"
QUANTITIES = (PASTE_HEIGHT, PLACEMENT_OFFSET, PEAK_TEMPERATURE)
"""Mean of a board's pads in µm; largest of a board's parts in µm; highest on a board in °C."""
HOUR = 3600.0
BETWEEN = "\x1f"
"""Between the reels of a board in the texts of the register."""

Measurement = e.PasteMeasured | e.PartsPlaced | e.BoardHeated


@dataclass(frozen=True, slots=True)
class Measured:
    """One value."""

    value: float
    """In the quantity's unit."""
    time: float
    """Unix seconds UTC."""
    board: str
    """Of which board."""


@dataclass(frozen=True, slots=True)
class Summary:
    """Values of a span, one a board."""

    n: int
    """How many."""
    mean: float
    """In the quantity's unit, as the others."""
    low: float
    """The smallest."""
    high: float
    """The largest."""
    first_hour_mean: float
    """Mean of those in the hour that begins with the first one."""
    drift_per_hour: float
    """Slope of the least-squares line through (time, value), a hour; 0 where all are of one time."""


class Measures:
    """Values by machine and quantity."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._hours: dict[str, dict[int, dict[int, Sums]]] = {quantity: {} for quantity in QUANTITIES}
        """Quantity -> machine -> hour since 1970 -> the values of that hour, added up (see sums)."""
        self.values = {quantity: Tables("fII" if quantity == PLACEMENT_OFFSET else "fI") for quantity in QUANTITIES}
        """Quantity -> machine -> (value to seven digits, board; where parts were placed, their reels as a text)."""

    def folds(self) -> Mapping[type[e.Payload], Fold]:
        """See View."""
        return {e.PasteMeasured: self._paste, e.PartsPlaced: self._placed, e.BoardHeated: self._heated}

    def _paste(self, event: e.Event, data: e.PasteMeasured) -> None:
        if data.heights:
            self._add(PASTE_HEIGHT, event, data, sum(data.heights.values()) / len(data.heights))

    def _placed(self, event: e.Event, data: e.PartsPlaced) -> None:
        if data.offsets:
            reels = BETWEEN.join(sorted(set(data.reels.values())))
            self._add(PLACEMENT_OFFSET, event, data, max(data.offsets.values()), reels)

    def _heated(self, event: e.Event, data: e.BoardHeated) -> None:
        self._add(PEAK_TEMPERATURE, event, data, data.peak)

    def _add(self, quantity: str, event: e.Event, data: Measurement, value: float, reels: str = "") -> None:
        register = self._register
        board = register.boards(event.subject)
        machine = register.machines(data.machine)
        if quantity == PLACEMENT_OFFSET:
            self.values[quantity][machine].add(event.time, value, board, register.texts(reels))
        else:
            self.values[quantity][machine].add(event.time, value, board)
        hour = int(event.time // HOUR)
        hours = self._hours[quantity].setdefault(machine, {})
        add_up(hours.setdefault(hour, empty()), event.time - hour * HOUR, value)

    # ---- questions ------------------------------------------------------------------------------------------

    def latest(self, machine: str, quantity: str) -> Measured | None:
        """The newest value by the machine's own time; None where it never measured such a thing."""
        rows = self.values[quantity].get(self._register.machines.find(machine) or 0)
        if rows is None or not rows.times:
            return None
        values, boards = rows.columns[:2]
        return Measured(values[-1], rows.times[-1], self._register.boards.names[boards[-1]])

    def summary(self, span: Span, machine: str, quantity: str) -> Summary | None:
        """How a quantity ran; None without a value in the span."""
        number = self._register.machines.find(machine) or 0
        rows = self.values[quantity].get(number)
        low, high = rows.between(span) if rows is not None else (0, 0)
        if rows is None or low == high:
            return None
        first, values = rows.times[low], rows.columns[0]
        sums = self._added_up(rows, self._hours[quantity][number], low, high)
        n, mean = sums[N], sums[V] / sums[N]
        spread = sums[TT] - sums[T] * sums[T] / n
        slope = (sums[TV] - sums[T] * mean) / spread if rows.times[high - 1] > first else 0.0
        hour = rows.times.left(first + HOUR, low, high)
        first_hour = sum(values[low:hour]) / (hour - low)
        return Summary(int(n), mean, sums[LOW], sums[HIGH], first_hour, slope * HOUR)

    def _added_up(self, rows: Series, hours: dict[int, Sums], low: int, high: int) -> Sums:
        """The values of some rows added up, whole hours at a time, times since the first of them."""
        times, values, total = rows.times, rows.columns[0], empty()
        origin = times[low]
        first, last = ceil(origin / HOUR), floor(times[high - 1] / HOUR)
        from_, to = times.left(first * HOUR, low, high), times.left(last * HOUR, low, high)
        if first >= last:
            from_ = to = high
        for start, end in ((low, from_), (to, high)):
            for time, value in zip(times[start:end], values[start:end], strict=True):
                add_up(total, time - origin, value)
        for hour in range(first, last) if last - first < len(hours) else hours:
            if first <= hour < last and hour in hours:
                join(total, hours[hour], hour * HOUR - origin)
        return total

    # ---- keeping --------------------------------------------------------------------------------------------

    def state(self) -> State:
        """See View."""
        return {quantity: [tables.state(), self._hours[quantity]] for quantity, tables in self.values.items()}

    def restore(self, state: State) -> None:
        """See View."""
        for quantity, tables in self.values.items():
            rows, self._hours[quantity] = state[quantity]
            tables.restore(rows)
