"""A random week (or ten years) of a plant, as events in the order in which they would reach the log.

No simulation of anything: what happens here is made up so that every kind of question has something to find, repeats,
late reports and things out of order included. Seeded: the same seed gives the same events.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from heapq import heappop, heappush
from random import Random

from assistant.domain import events as e

BEGAN = 1_764_000_000.0
"""Unix seconds at which it begins."""
LOT = 24
"""Boards of a lot."""
TAKT_S = 30.0
"""Seconds between two boards of a line, on average."""
DOWN = (("down", 5000), ("stopped", 2000), ("held", 2000))
CALM = (("running", 1100), ("starved", 2202), ("blocked", 2201), ("idle", 2200))
DEFECTS = ("bridging", "insufficient_solder", "tombstone", "misalignment", "void")
PLACES = ("U3", "U7", "C12", "R101", "J2", "Q4")
ALARMS = (("STENCIL-PRESSURE", "Warning"), ("PICK", "Warning"), ("ZONE-TEMP", "Error"), ("JAM", "Alarm"), ("LAMP", ""))
REWORK, TESTER = "RWK-1", "ICT-1"


class Week:
    """Everything that is random about it; `events` tells it."""

    def __init__(self, declared: list[e.Event], seed: int, *, late: float = 0.0) -> None:
        """`declared`: the site's own events. `late`: share of what is reported minutes or hours after it happened."""
        self._random, self._declared, self._late = Random(seed), declared, late  # noqa: S311 (nothing secret)
        data = [(event.subject, event.data) for event in declared]
        self._lines = {subject: list(one.machines) for subject, one in data if isinstance(one, e.LineInstalled)}
        self._products = [subject for subject, one in data if isinstance(one, e.ProductIntroduced)]
        self._badges = [subject for subject, one in data if isinstance(one, e.OperatorRegistered)]
        self._clock = dict.fromkeys(self._lines, BEGAN)
        self._lot = dict.fromkeys(self._lines, "")
        self._waiting: dict[str, list[str]] = {line: [] for line in self._lines}
        self._order = dict.fromkeys(self._lines, "")
        self._reels: dict[str, str] = {}
        self._made = self._lots = self._orders = self._told = 0
        self._heap: list[tuple[float, int, e.Event]] = []

    def events(self) -> Iterator[e.Event]:
        """For ever, in the order of arrival; positions are not given."""
        for event in self._declared:
            yield replace(event, time=BEGAN)
        while True:
            line = min(self._clock, key=self._clock.__getitem__)
            self._board(line)
            self._clock[line] = round(self._clock[line] + TAKT_S * self._random.uniform(0.5, 1.5), 3)
            until = min(self._clock.values())
            while self._heap and self._heap[0][0] < until:
                yield heappop(self._heap)[2]

    def _tell(self, time: float, source: str, subject: str, data: e.Payload, name: str = "") -> None:
        self._told += 1
        name = name or f"w-{self._told}"
        reported = time
        if self._random.random() < self._late:
            reported += self._random.expovariate(1 / self._random.choice((60.0, 3600.0, 40_000.0)))
        heappush(self._heap, (reported, self._told, e.Event(name, source, subject, round(time, 3), data)))

    def _at(self, time: float, machine: str, subject: str, data: e.Payload) -> None:
        self._tell(time, f"/machines/{machine}", subject, data)

    # ---- a board ------------------------------------------------------------------------------------------------

    def _board(self, line: str) -> None:
        random, time = self._random, self._clock[line]
        if not self._waiting[line]:
            self._new_lot(line)
        board, lot = self._waiting[line].pop(0), self._lot[line]
        for machine in self._lines[line]:
            self._at(time, machine, board, e.BoardArrived(machine, lot))
            worked = time + random.uniform(15.0, 25.0)
            self._work(machine, board, lot, worked)
            time = worked + random.choice((0.0, random.uniform(0.0, 5.0)))
            self._at(time, machine, board, e.BoardDeparted(machine, lot))
        machine = random.choice(self._lines[line])
        for _ in range(random.choice((1, 2, 3))):
            state, e10 = random.choice(CALM)
            self._at(time, machine, machine, e.MachineStateChanged(state, e10))
            time += random.uniform(0.5, 20.0)
        self._sometimes(line, machine, board, lot, time)

    def _work(self, machine: str, board: str, lot: str, time: float) -> None:
        random = self._random
        kind = machine[:3]
        if kind in ("SPI", "AOI", "ICT"):
            failed = random.random() < 0.06
            defects = tuple(random.choice(DEFECTS) for _ in range(random.choice((1, 1, 2)))) if failed else ()
            places = tuple(random.choice(PLACES) for _ in defects)
            verdict = "failed" if failed else "passed"
            self._at(time, machine, board, e.BoardInspected(machine, lot, verdict, defects, places))
        if kind == "SPI":
            heights = {f"{place}.1": round(random.gauss(140.0, 8.0), 1) for place in PLACES[:4]}
            self._at(time, machine, board, e.PasteMeasured(machine, lot, heights))
        elif kind == "PNP":
            if random.random() < 0.01 or machine not in self._reels:
                before, self._reels[machine] = self._reels.get(machine, ""), f"R{random.randrange(10**6)}"
                self._at(time, machine, machine, e.ReelChanged("F12", "100nF", self._reels[machine], before))
            offsets = {place: round(abs(random.gauss(0.0, 20.0)), 1) for place in PLACES[:4]}
            reels = {place: self._reels[machine] if place == "C12" else f"R-{place}" for place in offsets}
            self._at(time, machine, board, e.PartsPlaced(machine, lot, offsets, reels))
        elif kind == "OVN":
            peak = round(random.gauss(243.0, 2.0), 1)
            self._at(time, machine, board, e.BoardHeated(machine, lot, peak, ((60.0, 150.0), (120.0, peak))))

    def _new_lot(self, line: str) -> None:
        random, time = self._random, self._clock[line]
        if not self._lots % 20 or not self._order[line]:
            self._orders += 1
            self._order[line] = f"WO-9{self._orders:04d}"
            made = e.WorkOrderCreated(random.choice(self._products), line, "running")
            self._tell(time, "/mes", self._order[line], made)
        self._lots += 1
        lot = self._lot[line] = f"L9{self._lots:05d}"
        boards = tuple(f"B9{self._made + n:07d}" for n in range(LOT))
        self._made += LOT
        self._waiting[line] = list(boards)
        # The product and the line stand in its work order; some systems say them again with each lot.
        self._tell(time, "/mes", lot, e.LotCreated(self._order[line], "", random.choice(("", line)), boards))

    # ---- what does not happen to every board --------------------------------------------------------------------

    def _sometimes(self, line: str, machine: str, board: str, lot: str, time: float) -> None:
        random = self._random
        if random.random() < 0.05:
            self._stop(machine, time)
        if random.random() < 0.02:
            self._rework(line, board, lot, time)
        if random.random() < 0.01:
            self._hold(machine, *random.choice(((lot, "lot"), (board, "board"), (machine, "machine"))), time)
        if random.random() < 0.003:
            self._scrap(machine, board, lot, time)
        if random.random() < 0.01:
            about = random.choice((board, lot, machine, line))
            self._tell(time, "/assistant", about, e.NoteTaken("stencil cleaned", random.choice(self._badges)))

    def _stop(self, machine: str, time: float) -> None:
        """Mostly with an alarm, which explains it."""
        random = self._random
        code, severity = random.choice(ALARMS)
        if random.random() < 0.8:
            for _ in range(random.choice((1, 1, 3))):
                self._at(time, machine, machine, e.AlarmRaised(code, severity, f"{code.lower()} at {machine}"))
                time += random.choice((0.0, random.uniform(0.0, 30.0)))
        state, e10 = random.choice(DOWN)
        cause = random.choice(("", "RemoteStop", "QualityCheck"))
        self._at(time, machine, machine, e.MachineStateChanged(state, e10, "running", cause))
        if random.random() < 0.3:
            self._at(time + 5.0, machine, machine, e.MachineStateChanged(state, e10, state))
        over = time + random.expovariate(1 / 200.0)
        if random.random() < 0.7:
            order = self._asked("acknowledge", machine, machine, over)
            self._at(over, machine, machine, e.AlarmAcknowledged(code, order))
        if random.random() < 0.9:
            self._at(over + random.choice((0.0, 60.0)), machine, machine, e.AlarmCleared(code))
        self._at(over, machine, machine, e.MachineStateChanged("running", 1100, state))

    def _rework(self, line: str, board: str, lot: str, time: float) -> None:
        """To the bench, and back through an inspector, some hours or days later, and perhaps out of the line again."""
        random = self._random
        order = self._asked("rework", REWORK, board, time)
        self._at(time, REWORK, board, e.BoardSentToRework(REWORK, lot, random.choice(DEFECTS), order))
        if random.random() < 0.2:
            self._at(time + 30.0, REWORK, board, e.BoardWithdrawnFromRework(REWORK, lot, order))
            return
        back = time + random.expovariate(1 / random.choice((600.0, 50_000.0)))
        machine = random.choice((TESTER, self._lines[line][-1]))
        self._at(back, machine, board, e.BoardArrived(machine, lot))
        self._work(machine, board, lot, back + 20.0)
        self._at(back + 25.0, machine, board, e.BoardDeparted(machine, lot))

    def _hold(self, machine: str, unit: str, kind: str, time: float) -> None:
        random = self._random
        reason = random.choice((*DEFECTS, "quality_check"))
        order = self._asked("hold", machine, unit, time)
        held: dict[str, e.Payload] = {
            "lot": e.LotHeld(machine, reason, order),
            "board": e.BoardHeld(machine, reason, order),
            "machine": e.MachineHeld(reason, order),
        }
        self._at(time, machine, unit, held[kind])
        if random.random() < 0.8:
            time += random.expovariate(1 / 7000.0)
            order = self._asked("release", machine, unit, time)
            released: dict[str, e.Payload] = {
                "lot": e.LotReleased(machine, order),
                "board": e.BoardReleased(machine, order),
                "machine": e.MachineReleased(order),
            }
            self._at(time, machine, unit, released[kind])

    def _scrap(self, machine: str, board: str, lot: str, time: float) -> None:
        order = self._asked("scrap", machine, board, time)
        self._at(time, machine, board, e.BoardScrapped(machine, lot, self._random.choice(DEFECTS), order))

    def _asked(self, method: str, machine: str, unit: str, time: float) -> str:
        """An order just before something happens; sometimes nobody saw what became of it. Its id."""
        random = self._random
        if random.random() < 0.1:
            return ""
        order = f"o-{self._told}"
        badge = random.choice(self._badges)
        asked = e.OrderRequested(machine, method, {"unit": unit}, badge, "SMT-1", time + 5.0)
        self._tell(time - 0.2, "/assistant", order, asked, order)
        ends = (
            e.OrderDone(machine, "seen", time),
            e.OrderDone(machine, "seen", time),
            e.OrderUncertain(machine, "no answer"),
            e.OrderFailed(machine, "not sent"),
            e.OrderRejected(machine, "no"),
        )
        end = random.choice(ends)
        self._tell(time + 0.1, "/assistant", order, end)
        if isinstance(end, e.OrderUncertain) and random.random() < 0.7:
            settled = e.OrderSettled(machine, random.choice(("done", "not_done")), badge)
            self._tell(time + 100.0, "/assistant", order, settled)
        return order
