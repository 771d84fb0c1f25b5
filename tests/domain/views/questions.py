"""Random questions, and each asked of the views and of DuckDB."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import astuple
from random import Random
from typing import Any

from assistant.domain.views import Scope, Span, Views
from assistant.domain.views.measures import QUANTITIES
from tests.domain.views.sql import Sql

CYCLES = {"printer": 20.0, "spi": 18.0, "placer": 20.0, "oven": 20.0, "aoi": 18.0}

Asked = tuple[str, Any, Any]
"""The question in words, what the views say, what DuckDB says."""


class Questions:
    """Random ones about one log."""

    def __init__(self, views: Views, sql: Sql | None, seed: int, times: tuple[float, float]) -> None:
        """Without `sql` nobody answers beside the views."""
        self._views, self._random, self._times = views, Random(seed), times
        self._sql: Any = sql or _Silent()
        # Sorted, so that the same questions are drawn whatever order the names were heard in.
        self._boards = sorted(views.register.boards.names[1:])
        self._kinds: list[Callable[[], Asked]] = [
            getattr(self, name) for name in sorted(dir(self)) if name.startswith("ask_")
        ]

    def ask(self) -> Asked:
        """One more."""
        return self._random.choice(self._kinds)()

    def ask_counts(self) -> Asked:
        span, scope = self._span(), self._scope()
        ours = astuple(self._views.production.counts(span, scope))
        return f"counts {span} {scope}", ours, self._sql.counts(span, scope)

    def ask_per_hour(self) -> Asked:
        span, scope = self._span(longest=30 * 3600.0), self._scope()
        ours = self._views.production.per_hour(span, scope)
        return f"per hour {span} {scope}", ours, self._sql.per_hour(span, scope)

    def ask_first_pass(self) -> Asked:
        span, scope = self._span(), self._scope()
        ours = astuple(self._views.quality.first_pass(span, scope))
        return f"first pass {span} {scope}", ours, self._sql.first_pass(span, scope)

    def ask_rolled(self) -> Asked:
        span, scope = self._span(), self._scope()
        return f"rolled {span} {scope}", self._views.quality.rolled(span, scope), self._sql.rolled(span, scope)

    def ask_top_defects(self) -> Asked:
        span, scope, most = self._span(), self._scope(), self._random.randint(1, 6)
        ours = [astuple(defect) for defect in self._views.quality.top_defects(span, scope, most)]
        return f"top {most} defects {span} {scope}", ours, self._sql.top_defects(span, scope, most)

    def ask_accounts(self) -> Asked:
        span, machine = self._span(), self._machine()
        return (
            f"accounts {span} {machine}",
            self._views.times.accounts(span, machine),
            self._sql.accounts(span, machine),
        )

    def ask_stops(self) -> Asked:
        span, machine = self._span(), self._machine()
        ours = [
            (
                stop.start,
                math.inf if stop.end is None else stop.end,
                stop.state,
                stop.cause,
                stop.order,
                [(alarm.code, alarm.since, alarm.times, alarm.acknowledged) for alarm in stop.alarms],
            )
            for stop in self._views.times.stops(span, machine)
        ]
        return f"stops {span} {machine}", ours, self._sql.stops(span, machine)

    def ask_downtime(self) -> Asked:
        span, scope = self._span(), self._scope()
        ours = [
            (down.machine, down.cause, down.seconds, down.times) for down in self._views.times.downtime(span, scope)
        ]
        return f"downtime {span} {scope}", ours, self._sql.downtime(span, scope)

    def ask_oee(self) -> Asked:
        span, scope = self._span(), self._scope()
        ours = self._views.times.oee(span, scope)
        return f"oee {span} {scope}", ours and astuple(ours), self._sql.oee(span, scope, CYCLES)

    def ask_open_alarms(self) -> Asked:
        scope = self._scope()
        ours = [astuple(alarm) for alarm in self._views.alarms.open(scope)]
        return f"open alarms {scope}", ours, self._sql.open_alarms(scope)

    def ask_raised(self) -> Asked:
        span, scope = self._span(), self._scope()
        ours = [astuple(alarm) for alarm in self._views.alarms.raised(span, scope)]
        return f"raised {span} {scope}", ours, self._sql.raised(span, scope)

    def ask_holds(self) -> Asked:
        span, scope = self._span(), self._scope()
        ours = [astuple(hold) for hold in self._views.holds.history(span, scope)]
        return f"holds {span} {scope}", ours, self._sql.holds(span, scope)

    def ask_open_holds(self) -> Asked:
        ours = [(hold.subject, hold.reason, hold.since, hold.by) for hold in self._views.holds.open()]
        return "open holds", ours, self._sql.open_holds()

    def ask_notes(self) -> Asked:
        span, scope = self._span(), self._scope()
        ours = [astuple(note) for note in self._views.notes.taken(span, scope)]
        return f"notes {span} {scope}", ours, self._sql.notes(span, scope)

    def ask_decisions(self) -> Asked:
        span = self._span()
        ours = [(d.time, d.badge, d.method, d.subject, d.outcome) for d in self._views.orders.by_person(span)]
        return f"decisions {span}", ours, self._sql.decisions(span)

    def ask_latest(self) -> Asked:
        machine, quantity = self._measuring()
        ours = self._views.measures.latest(machine, quantity)
        return f"latest {machine} {quantity}", ours and astuple(ours), self._sql.latest(machine, quantity)

    def ask_summary(self) -> Asked:
        span, (machine, quantity) = self._span(), self._measuring()
        ours = self._views.measures.summary(span, machine, quantity)
        return (
            f"summary {span} {machine} {quantity}",
            ours and astuple(ours),
            self._sql.summary(span, machine, quantity),
        )

    def ask_board(self) -> Asked:
        board = self._random.choice(self._boards)
        ours = [astuple(step) for step in self._views.genealogy.board(board)]
        theirs = self._sql.board(board)
        # Of one moment, the log's order and ours may differ.
        return f"board {board}", sorted(ours, key=_sortable), sorted(theirs, key=_sortable)

    # ---- what is asked about ------------------------------------------------------------------------------------

    def _span(self, longest: float = math.inf) -> Span:
        """From a few seconds to all there is, and a little beyond it; now and then empty."""
        low, high = self._times
        start = self._random.uniform(low - 1000.0, high)
        length = min(longest, self._random.choice((0.0, 3600.0, 8 * 3600.0, 86400.0, high - low, 2 * (high - low))))
        start, length = round(start, 3), round(length * self._random.uniform(0.2, 1.1), 3)
        return Span(start, start + length)

    def _machine(self) -> str:
        return self._random.choice([*sorted(self._views.register.machines.names[1:]), "XYZ-9"])

    def _measuring(self) -> tuple[str, str]:
        """A machine and a quantity, mostly one that it measures."""
        quantity, kind = self._random.choice(list(zip(QUANTITIES, ("SPI", "PNP", "OVN"), strict=True)))
        fitting = [name for name in sorted(self._views.register.machines.names) if name.startswith(kind)]
        return (
            self._machine() if self._random.random() < 0.2 or not fitting else self._random.choice(fitting)
        ), quantity

    def _scope(self) -> Scope:
        random, register = self._random, self._views.register
        given: dict[str, str] = {}
        choices: Mapping[str, list[str]] = {
            "line": ["SMT-1", "SMT-2", "SMT-9"],
            "machine": sorted(register.machines.names[1:]),
            "lot": sorted(register.lots.names[1:]),
            "order": sorted({register.of_lot(lot)[0] for lot in range(1, len(register.lots))}),
            "product": ["PCA-200", "PCA-310", "PCA-425"],
        }
        # Mostly what goes together, as people ask: the things that one lot has to do with.
        lot = register.lots(random.choice(choices["lot"]))
        order, product, line = register.of_lot(lot)
        for name in random.sample(sorted(choices), random.choice((0, 1, 1, 1, 2, 2, 3))):
            given[name] = random.choice(choices[name])
        together = {"line": line, "lot": register.lots.names[lot], "order": order, "product": product}
        if random.random() < 0.8:
            given = {name: together.get(name, value) for name, value in given.items()}
        return Scope(**given)


class _Silent:
    """Answers nothing to anything."""

    def __getattr__(self, name: str) -> Callable[..., list[Any]]:
        return lambda *_: []


def agree(ours: Any, theirs: Any) -> bool:
    """Whether two answers are the same, numbers to a part in a million."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(agree(value, theirs[key]) for key, value in ours.items())
    if isinstance(ours, list | tuple) and isinstance(theirs, list | tuple):
        return len(ours) == len(theirs) and all(agree(mine, its) for mine, its in zip(ours, theirs, strict=True))
    if isinstance(ours, float | int) and isinstance(theirs, float | int):
        return math.isclose(ours, theirs, rel_tol=1e-6, abs_tol=1e-4)
    return bool(ours == theirs)


def _sortable(step: tuple[Any, ...]) -> tuple[Any, ...]:
    return step[0], step[1], step[2], str(step[3])
