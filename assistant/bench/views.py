"""Views: how fast events become answers, how fast the answers are, and what a start costs.

A random plant (bench.week) is written through the log as a core writes it: made durable, then folded into world and
views, before the next batch. Then every kind of question is asked many times, over an hour, a shift, a day, a week and
all there is, of the plant, a line, a machine, a lot, an order or a product. Everything is written down and read back as
a core does at its start. At last some of the questions are asked of the log's own table, in SQL, in the same process.

On a machine that does other things too, the figures by processor time are the ones to compare; the clock's are what
somebody there had to wait. Memory is what the process has of the machine's, at its most, as the system counts it.
"""

from __future__ import annotations

import gc
import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path
from random import Random
from statistics import median

from assistant.adapters.eventlog import NAME, SqliteLog
from assistant.adapters.memory import large_apart
from assistant.adapters.snapshots import Known, Snapshots, fresh
from assistant.bench import Figure, Spread, Value, mean, percentile
from assistant.bench.week import Week
from assistant.bootstrap import Site
from assistant.bootstrap.known import Remembering
from assistant.bootstrap.site import declarations
from assistant.domain import events as e
from assistant.domain.views import Scope, Span, Views
from assistant.domain.views.measures import PASTE_HEIGHT

BATCH = 500
"""Events in one transaction: some machines' reports of a second or two."""
CHUNK = 2000
"""Events made up at a time, while the clock stands still."""
ASKED = 200
"""Times that each kind of question is asked."""
P95 = 0.95
IN_SQL = 5
"""Times that a question is asked in SQL."""
STARTS = 5
"""Times that everything is known again from the snapshot, each in a process of its own."""
LATE = 0.002
HOURS = (1.0, 8.0, 24.0, 168.0, float("inf"))
CYCLE_S = 18.0


def measure(
    site: Site, folder: Path, events: int, *, asked: int = ASKED, starts: int = STARTS
) -> Iterator[Figure | Spread | Value]:
    """All figures at so many events; `folder` is an empty one on the disk that is asked about, and is filled."""
    large_apart()
    before = _memory()
    _forget_most()
    known = fresh(Views(dict.fromkeys({machine.kind for machine in site.plant.machines}, CYCLE_S)))
    with closing(SqliteLog(folder, floor_bytes=0)) as log:
        yield from _ingest(site, log, known, events)
    gc.collect()
    yield Value(f"{events:,} events: memory of world and views", _memory() - before, "MiB")
    yield Value(f"{events:,} events: memory of the process, at its most", _most(), "MiB")
    yield from _questions(known.views, events, asked)
    yield from _start(known, folder, events, starts)
    yield from _beside_sql(known.views, folder, events)


# ---- writing -------------------------------------------------------------------------------------------------


def _ingest(site: Site, log: SqliteLog, known: Known, count: int) -> Iterator[Figure | Spread | Value]:
    week = Week(list(declarations(site.plant, 0.0)), 1, late=LATE).events()
    stored_s = folded_s = 0.0
    rates: list[float] = []
    busy_rates: list[float] = []
    for _ in range(0, count, CHUNK):
        before_s, busy_s = stored_s + folded_s, 0.0
        chunk = list(islice(week, min(CHUNK, count - known.world.position)))
        for low in range(0, len(chunk), BATCH):
            started, busy = time.perf_counter(), time.process_time()
            stored = log.append(chunk[low : low + BATCH])
            between = time.perf_counter()
            for event in stored:
                known.world.apply(event)
                known.views.apply(event)
            folded_s += time.perf_counter() - between
            stored_s += between - started
            busy_s += time.process_time() - busy
        rates.append(len(chunk) / (stored_s + folded_s - before_s))
        busy_rates.append(len(chunk) / busy_s)
    name, total = f"{count:,} events: made durable and folded", stored_s + folded_s
    yield Value(name, count / total, "events/s")
    last = max(1, len(rates) // 10)
    yield mean(f"{name}, the last tenth", rates[-last:], "events/s")
    yield mean(f"{name}, the last tenth, by processor time", busy_rates[-last:], "events/s")
    per = 1e6 / count
    note = "the same appends without world and views"
    yield Figure(f"{name}, an event", total * per, stored_s * per, total / stored_s, count, "µs", note)


# ---- asking --------------------------------------------------------------------------------------------------


class _Asker:
    """Random questions."""

    def __init__(self, views: Views, seed: int) -> None:
        self._random, register = Random(seed), views.register  # noqa: S311 (nothing secret)
        self.machines = sorted(register.machines.names[1:])
        self.lots = register.lots.names[1:]
        self.boards = register.boards.names[1:]
        self._orders = sorted({register.of_lot(lot)[0] for lot in range(1, len(register.lots))} - {""})
        self._products = sorted({register.of_lot(lot)[1] for lot in range(1, len(register.lots))} - {""})
        self._lines = sorted({register.line_of(machine) for machine in self.machines} - {""})
        ends = [rows.times for _, rows in views.production.departed.items()]
        self.began, self.ended = min(times[0] for times in ends), max(times[-1] for times in ends)

    def pick(self, names: Sequence[str]) -> str:
        """One of them."""
        return self._random.choice(names)

    def span(self, longest: float = float("inf")) -> Span:
        """Of one of the lengths, anywhere in all there is."""
        whole = self.ended - self.began
        hours = self._random.choice([hours for hours in HOURS if hours <= longest])
        length = min(hours * 3600.0, whole)
        start = self.began + self._random.random() * (whole - length)
        return Span(start, start + length)

    def scope(self) -> Scope:
        """All of the plant, or one part of it."""
        kind = self._random.choice(("", "line", "machine", "lot", "order", "product"))
        names = {
            "line": self._lines,
            "machine": self.machines,
            "lot": self.lots,
            "order": self._orders,
            "product": self._products,
        }
        return Scope(**{kind: self.pick(names[kind])}) if kind else Scope()


WEEK = 168.0


def _kinds(views: Views, ask: _Asker) -> dict[str, Callable[[], object]]:
    """Every kind of question; what is answered with a list of all that happened, of a week at most."""
    return {
        "counts": lambda: views.production.counts(ask.span(), ask.scope()),
        "per hour": lambda: views.production.per_hour(ask.span(WEEK), ask.scope()),
        "first-pass yield": lambda: views.quality.first_pass(ask.span(), ask.scope()),
        "rolled yield": lambda: views.quality.rolled(ask.span(), ask.scope()),
        "top defects": lambda: views.quality.top_defects(ask.span(), ask.scope()),
        "time accounts": lambda: views.times.accounts(ask.span(), ask.pick(ask.machines)),
        "downtime": lambda: views.times.downtime(ask.span(), ask.scope()),
        "stops": lambda: views.times.stops(ask.span(WEEK), ask.pick(ask.machines)),
        "OEE": lambda: views.times.oee(ask.span(), ask.scope()),
        "open alarms": lambda: views.alarms.open(ask.scope()),
        "alarms raised": lambda: views.alarms.raised(ask.span(), ask.scope()),
        "newest measure": lambda: views.measures.latest(ask.pick(ask.machines), PASTE_HEIGHT),
        "summary of measures": lambda: views.measures.summary(ask.span(), ask.pick(("SPI-1", "SPI-2")), PASTE_HEIGHT),
        "genealogy": lambda: views.genealogy.board(ask.pick(ask.boards)),
        "open holds": views.holds.open,
        "holds": lambda: views.holds.history(ask.span(WEEK), ask.scope()),
        "notes": lambda: views.notes.taken(ask.span(WEEK), ask.scope()),
        "decisions": lambda: views.orders.by_person(ask.span(WEEK)),
    }


def _questions(views: Views, events: int, asked: int) -> Iterator[Spread]:
    found: list[tuple[Spread, Spread]] = []
    for kind, question in _kinds(views, _Asker(views, 1)).items():
        took, busy = zip(*(_timed(views, question) for _ in range(asked)), strict=True)
        name = f"{events:,} events: {kind}, 95th percentile"
        found.append((percentile(name, took, P95, "ms"), percentile(f"{name} by processor time", busy, P95, "ms")))
        yield from found[-1]
    slowest = (max(column, key=_value) for column in zip(*found, strict=True))
    for one, name in zip(slowest, ("95th percentile", "by processor time"), strict=True):
        yield replace(one, name=f"{events:,} events: the slowest kind of question, {name}")


def _value(one: Spread) -> float:
    return one.value


def _timed(views: Views, question: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds, and milliseconds of processor time: on a machine that does other things too, they differ."""
    # A lot has just begun: what was worked out about lots for the question before does not help this one.
    views.apply(e.Event("new", "/mes", "L9", 0.0, e.LotCreated("WO-9", "", "")))
    started, busy = time.perf_counter(), time.thread_time()
    question()
    return 1000 * (time.perf_counter() - started), 1000 * (time.thread_time() - busy)


def _beside_sql(views: Views, folder: Path, events: int) -> Iterator[Figure]:
    """Some questions, also asked of the log's table. Raises AssertionError when the answers differ."""
    note = "the same answer by SQL over the log's table, JSON taken apart by SQLite, in this process"
    db = sqlite3.connect(f"{(folder / NAME).as_uri()}?mode=ro", uri=True)
    with closing(db):
        for name, ours, query in _in_sql(views):
            ask = _Asker(views, 2)
            mine, theirs = [], []
            for _ in range(IN_SQL):
                span = ask.span()
                started = time.perf_counter()
                answer = ours(span)
                mine.append(1000 * (time.perf_counter() - started))
                started = time.perf_counter()
                row = db.execute(query, {"start": span.start, "end": span.end}).fetchone()
                theirs.append(1000 * (time.perf_counter() - started))
                if [round(value or 0, 3) for value in row] != [round(value or 0, 3) for value in answer]:
                    raise AssertionError(f"{name} {span}: {answer}, by SQL {row}")
            figure = f"{events:,} events: {name}"
            yield Figure(figure, median(mine), median(theirs), median(mine) / median(theirs), IN_SQL, "ms", note)


def _in_sql(views: Views) -> Iterator[tuple[str, Callable[[Span], Sequence[float]], str]]:
    times = "time >= :start and time < :end"
    machine, line = "json_extract(record, '$.data.machine')", Scope(line="SMT-1")
    yield (
        "boards made on a line",
        lambda span: [views.production.made(span, line)],
        f"select count(distinct subject) from events where type = 'board.departed' and {times} and {machine} = 'AOI-1'",  # noqa: S608
    )
    yield (
        "boards that failed",
        lambda span: [views.production.counts(span, Scope()).failed],
        f"""select count(*) from (select json_extract(record, '$.data.verdict') as verdict, row_number() over
            (partition by subject order by time desc, position desc) as n from events
            where type = 'board.inspected' and {times}) where n = 1 and verdict = 'failed'""",  # noqa: S608
    )
    yield (
        "seconds running",
        lambda span: [views.times.accounts(span, "PRN-1").get("running", 0.0)],
        """select sum(min(until, :end) - max(time, :start)) from (select time, lead(time, 1, 9e15) over
            (order by time, position) as until, json_extract(record, '$.data.state') as state
            from events where type = 'machine.state_changed' and subject = 'PRN-1')
            where state = 'running' and until > :start and time < :end""",
    )
    yield (
        "paste height",
        lambda span: _number_and_mean(views, span),
        f"""select count(*), avg(height) from (select (select avg(value) from json_each(record, '$.data.heights'))
            as height from events where type = 'paste.measured' and {machine} = 'SPI-1' and {times})""",  # noqa: S608
    )


def _number_and_mean(views: Views, span: Span) -> Sequence[float]:
    found = views.measures.summary(span, "SPI-1", PASTE_HEIGHT)
    return [found.n, found.mean] if found is not None else [0, 0]


# ---- starting ------------------------------------------------------------------------------------------------


def _start(known: Known, folder: Path, events: int, starts: int) -> Iterator[Spread | Value]:
    snapshots = Snapshots(folder, Views, floor_bytes=0)
    _forget_most()
    started = time.perf_counter()
    settle = snapshots.write(known)
    yield Value(
        f"{events:,} events: nothing else is done while a snapshot is written", time.perf_counter() - started, "s"
    )
    settle()
    yield Value(f"{events:,} events: until that is on disk", time.perf_counter() - started, "s")
    yield Value(f"{events:,} events: memory of the process, at its most, meanwhile", _most(), "MiB")
    size = sum(file.stat().st_size for file in folder.glob("known.snapshot"))
    yield Value(f"{events:,} events: size of the snapshot", size / 2**20, "MiB")
    command = (sys.executable, "-m", "assistant.bench.views", str(folder))
    seen = []
    for _ in range(starts):
        child = subprocess.run(command, stdout=subprocess.PIPE, check=True)
        position, *figures = json.loads(child.stdout)
        if position != known.world.position:
            raise AssertionError("the snapshot was not taken up")
        seen.append(figures)
    took, busy, memory, most = zip(*seen, strict=True)
    yield percentile(f"{events:,} events: known again at a start, from the snapshot, median", took, 0.5, "s")
    yield percentile(f"{events:,} events: known again at a start, median by processor time", busy, 0.5, "s")
    yield Value(f"{events:,} events: memory of a process that has just started", max(memory), "MiB")
    yield Value(f"{events:,} events: memory of a process that has just started, at its most", max(most), "MiB")


def _started(folder: Path) -> list[float]:
    """Position, seconds, seconds of processor time, MiB in memory and at most of a start as a core does it, here."""
    with closing(SqliteLog(folder, floor_bytes=0)) as log:
        started, busy = time.perf_counter(), time.process_time()
        known = Remembering(Snapshots(folder, Views)).begin(log)
        took, busy = time.perf_counter() - started, time.process_time() - busy
        return [known.world.position, took, busy, _memory(), _most()]


def _memory() -> float:
    """MiB that this process has in memory now; 0 where the system does not say."""
    return _in_status("VmRSS:")


def _most() -> float:
    """MiB that it had at its most since `_forget_most`."""
    return _in_status("VmHWM:")


def _forget_most() -> None:
    """From now on (proc(5), clear_refs; not every system lets a process do that)."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _in_status(what: str) -> float:
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(what)), 0.0)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_started(Path(sys.argv[1]))))
