"""The same questions as the views answer, asked of the raw events by another engine: DuckDB, in plain SQL.

Nothing of the views is used here. The events come as the log gives them away: one JSON object a line.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from assistant.adapters import cloudevents
from assistant.domain.events import Event
from assistant.domain.views import Scope, Span

Row = tuple[Any, ...]


class Sql:
    """The raw events in DuckDB."""

    def __init__(self, events: Sequence[Event], folder: Path) -> None:
        """`events` as stored, in order of position; `folder` is for the file that DuckDB reads them from."""
        file = folder / "events.ndjson"
        with file.open("wb") as lines:
            for event in events:
                record, _ = cloudevents.seal(event, event.position, cloudevents.GENESIS)
                lines.write(b'{"position":%d,' % event.position + record[1:] + b"\n")
        self._db = duckdb.connect()
        self._db.execute("set threads = 1")
        for statement in Path(__file__).with_name("raw.sql").read_text(encoding="utf-8").split(";\n"):
            if statement.strip():
                self._db.execute(statement, [str(file)] if "read_json" in statement else [])

    def _ask(self, query: str, *values: Any) -> list[Row]:
        return self._db.execute(query, list(values)).fetchall()

    def _one(self, query: str, *values: Any) -> Row:
        (row,) = self._ask(query, *values)
        return row

    # ---- how much -----------------------------------------------------------------------------------------------

    def counts(self, span: Span, scope: Scope) -> Row:
        """Made, passed, failed, held, reworked, scrapped."""
        where, values = _where(span, scope)
        made = f"""select count(distinct subject) from happened where type = 'board.departed' and {where}
            {"" if scope.machine else "and machine in (select last from lines)"}"""
        last = f"""select count(*) filter (verdict = 'passed'), count(*) filter (verdict = 'failed') from (
            select data->>'$.verdict' as verdict from happened where type = 'board.inspected' and {where}
            qualify row_number() over (partition by subject order by time desc, position desc) = 1)"""
        things = f"select count(distinct subject) from happened where type in (select unnest(?)) and {where}"
        return (
            *self._one(made, *values),
            *self._one(last, *values),
            *self._one(things, ["lot.held", "board.held", "machine.held"], *values),
            *self._one(things, ["board.sent_to_rework"], *values),
            *self._one(things, ["board.scrapped"], *values),
        )

    def per_hour(self, span: Span, scope: Scope) -> list[Row]:
        """(Start, made) of each hour."""
        where, values = _where(span, scope)
        return self._ask(
            f"""with made as (
                select subject, floor((time - ?) / 3600.0)::int as hour from happened
                where type = 'board.departed' and {where}
                {"" if scope.machine else "and machine in (select last from lines)"}
            )
            select ? + 3600.0 * h.hour, count(distinct subject)
            from (select unnest(range(ceil((? - ?) / 3600.0)::int)) as hour) h left join made using (hour)
            group by h.hour order by h.hour""",
            span.start, *values, span.start, span.end, span.start,
        )  # fmt: skip

    # ---- how good -----------------------------------------------------------------------------------------------

    def first_pass(self, span: Span, scope: Scope) -> Row:
        """(Good, all)."""
        where, values = _where(span, scope)
        return self._one(
            f"""select count(*) filter (good), count(*) from (
                select bool_and(data->>'$.verdict' = 'passed') as good from firsts where {where} group by subject)""",
            *values,
        )

    def rolled(self, span: Span, scope: Scope) -> float | None:
        """Product of the shares."""
        where, values = _where(span, scope)
        (found,) = self._one(
            f"""select product(share) from (
                select avg((data->>'$.verdict' = 'passed')::int) as share
                from firsts where {where} group by machine)""",
            *values,
        )
        return None if found is None else float(found)

    def top_defects(self, span: Span, scope: Scope, most: int) -> list[Row]:
        """(Name, count, [(place, count)])."""
        where, values = _where(span, scope)
        return self._ask(
            f"""with found as (
                select unnest((data->'$.defects')::varchar[]) as name, unnest((data->'$.places')::varchar[]) as place
                from happened where type = 'board.inspected' and {where}
            ), placed as (select name, place, count(*) as n from found group by name, place)
            select name, sum(n)::int as total, list((place, n) order by n desc, place) from placed group by name
            order by total desc, name limit ?""",
            *values, most,
        )  # fmt: skip

    # ---- how long -----------------------------------------------------------------------------------------------

    def accounts(self, span: Span, machine: str) -> dict[str, float]:
        """State -> seconds."""
        rows = self._ask(
            """with spans as (
                select state, time, until from states where machine = ?
                union all
                select 'unknown', '-infinity'::double,
                    coalesce((select min(time) from states where machine = ?), 'infinity'::double)
            )
            select state, sum(least(until, ?) - greatest(time, ?)) from spans
            where least(until, ?) > greatest(time, ?) group by state""",
            machine, machine, span.end, span.start, span.end, span.start,
        )  # fmt: skip
        return dict(rows)

    def stops(self, span: Span, machine: str) -> list[Row]:
        """(Start, end, state, cause, order, alarms as (code, since, times, acknowledged))."""
        rows = self._stops(span, machine)
        return [
            (start, end, state, cause, order, self._during(machine, start, end))
            for *_, start, end, state, cause, order in rows
        ]

    def downtime(self, span: Span, scope: Scope) -> list[Row]:
        """(Machine, cause, seconds, times)."""
        if scope.lot or scope.order or scope.product:
            return []
        found: dict[tuple[str, str], list[float]] = {}
        machines = self._ask(
            "select machine from machines where ? in ('', machine) and ? in ('', line) order by machine",
            scope.machine, scope.line,
        )  # fmt: skip
        for (machine,) in machines:
            for _, start, end, _, cause, _ in self._stops(span, machine):
                account = found.setdefault((machine, cause), [0.0, 0])
                account[0] += min(span.end, end) - max(span.start, start)
                account[1] += 1
        downs = [(machine, cause, seconds, times) for (machine, cause), (seconds, times) in found.items()]
        return sorted(downs, key=lambda one: (-one[2], one[0], one[1]))

    def _stops(self, span: Span, machine: str) -> list[Row]:
        return self._ask(
            """select machine, start, "end", state, coalesce(
                (select a.code from alarms a where a.machine = r.machine and a.type = 'alarm.raised'
                    and a.time <= r.start and (a.cleared is null or a.cleared > r.start)
                    order by a.time desc, a.code desc limit 1), cause), ordered
            from runs r
            where machine = ? and state in ('stopped', 'held', 'down') and start < ? and "end" > ? and "end" > start
                and ?::double < ?::double
            order by start""",
            machine, span.end, span.start, span.start, span.end,
        )  # fmt: skip

    def _during(self, machine: str, start: float, end: float) -> list[Row]:
        return self._ask(
            """with raised as (
                select code, min(time) as since, count(*) as times, max((time, position)) as newest from alarms
                where machine = ? and type = 'alarm.raised' and time < ? and (cleared is null or cleared > ?)
                group by code
            )
            select code, since, times, exists (select 1 from alarms a where a.machine = ? and a.code = r.code
                and a.type = 'alarm.acknowledged' and a.time < ? and (a.time, a.position) > r.newest)
            from raised r order by since, code""",
            machine, end, start, machine, end,
        )  # fmt: skip

    def oee(self, span: Span, scope: Scope, cycles: dict[str, float]) -> Row | None:
        """(Availability, performance, quality, oee)."""
        if scope.lot or scope.order or scope.product:
            return None
        machines = self._ask(
            """select machine, kind from machines where ? in ('', machine) and ? in ('', line)
            and (? != '' or line != '') and machine in (select machine from states)""",
            scope.machine, scope.line, scope.machine,
        )  # fmt: skip
        busy = running = ideal = 0.0
        for machine, kind in machines:
            accounts = self.accounts(span, machine)
            busy += sum(accounts.values()) - accounts.get("unknown", 0.0)
            running += accounts.get("running", 0.0)
            if kind not in cycles:
                return None
            ideal += cycles[kind] * self.counts(span, Scope(machine=machine))[0]
        if not busy:
            return None
        where, values = _where(span, scope)
        made, good = self._one(
            f"""with made as (
                select distinct subject from happened where type = 'board.departed' and {where}
                {"" if scope.machine else "and machine in (select last from lines)"}
            ), bad as (
                select subject from (select subject, data->>'$.verdict' as verdict from happened
                    where type = 'board.inspected' and {where}
                    qualify row_number() over (partition by subject order by time desc, position desc) = 1)
                where verdict = 'failed'
                union select subject from happened where type = 'board.scrapped' and {where}
            )
            select count(*), count(*) filter (subject not in (select subject from bad)) from made""",
            *values, *values, *values,
        )  # fmt: skip
        parts = (running / busy, ideal / running if running else 0.0, good / made if made else 0.0)
        return *parts, parts[0] * parts[1] * parts[2]

    # ---- why and who --------------------------------------------------------------------------------------------

    def open_alarms(self, scope: Scope) -> list[Row]:
        """(Machine, code, severity, text, since, times, acknowledged, by whom), worst first."""
        if scope.lot or scope.order or scope.product:
            return []
        return self._alarms(scope, "cleared is null", float("inf"))

    def raised(self, span: Span, scope: Scope) -> list[Row]:
        """The same of a span."""
        if scope.lot or scope.order or scope.product:
            return []
        return self._alarms(scope, f"time >= {span.start!r} and time < {span.end!r}", span.end)

    def _alarms(self, scope: Scope, which: str, until: float) -> list[Row]:
        return self._ask(
            f"""with raised as (
                select machine, code, arg_max(severity, (time, position)) as severity,
                    arg_max(text, (time, position)) as text, min(time) as since, count(*) as times,
                    max((time, position)) as newest
                from alarms join machines using (machine)
                where type = 'alarm.raised' and {which} and ? in ('', machine) and ? in ('', line)
                group by machine, code
            ), answered as (
                select r.*, arg_max(a.ordered, (a.time, a.position)) as ordered, count(a.code) > 0 as acknowledged
                from raised r left join alarms a on a.machine = r.machine and a.code = r.code
                    and a.type = 'alarm.acknowledged' and a.time < ? and (a.time, a.position) > r.newest
                group by all
            )
            select machine, code, severity, text, since, times, acknowledged, coalesce(badge, '')
            from answered left join badges using (ordered)
            order by list_position(['Alarm', 'Error', 'Warning', 'Information'], severity) nulls last, since desc,
                machine, code""",
            scope.machine, scope.line, until,
        )  # fmt: skip

    def holds(self, span: Span, scope: Scope) -> list[Row]:
        """(Subject, reason, since, by, machine, until, ended, ended by) of those that stood in the span."""
        where, values = _scope(scope)
        return self._ask(
            f"""select subject, data->>'$.reason', h.time, coalesce(b.badge, ''), machine, over.time,
                coalesce(split_part(over.type, '.', 2), ''), coalesce(o.badge, '')
            from holds h left join badges b on b.ordered = h.ordered left join badges o on o.ordered = over.ordered
            where type like '%.held' and h.time < ? and coalesce(over.time, 'infinity'::double) >= ? and {where}
            order by h.time, subject""",
            span.end, span.start, *values,
        )  # fmt: skip

    def open_holds(self) -> list[Row]:
        """(Subject, reason, since, by) of what is on hold."""
        return self._ask(
            """select subject, data->>'$.reason', time, coalesce(badge, '') from holds left join badges using (ordered)
            where type like '%.held'
            qualify row_number() over (partition by subject order by n desc) = 1 and over is null
            order by time, subject"""
        )

    def notes(self, span: Span, scope: Scope) -> list[Row]:
        """(Time, badge, subject, text)."""
        where, values = _where(span, scope)
        return self._ask(
            f"""with n as (
                select h.* replace (coalesce(nullif(h.line, ''), l.line, '') as line)
                from happened h left join lines l on l.line = h.subject where type = 'note.taken'
            )
            select time, data->>'$.badge', subject, data->>'$.text' from n where {where} order by time, position""",
            *values,
        )

    def decisions(self, span: Span) -> list[Row]:
        """(Time, badge, method, subject, outcome), by badge."""
        return self._ask(
            """select r.time, r.data->>'$.badge' as badge, r.data->>'$.method', r.data->>'$.args.unit',
                coalesce((select case when e.type != 'order.settled' then split_part(e.type, '.', 2)
                    when e.data->>'$.outcome' = 'done' then 'done' else 'failed' end
                from raw e where e.subject = r.subject and e.type like 'order.%' and e.type != 'order.requested'
                order by list_position(['order.settled', 'order.done', 'order.rejected', 'order.failed',
                    'order.uncertain'], e.type) limit 1), 'open')
            from raw r where r.type = 'order.requested' and r.time >= ? and r.time < ?
            order by badge, r.time, r.subject""",
            span.start, span.end,
        )  # fmt: skip

    # ---- measured, and the life of a board ----------------------------------------------------------------------

    def latest(self, machine: str, quantity: str) -> Row | None:
        """(Value, time, board)."""
        rows = self._ask(
            """select value, time, subject from measured where machine = ? and quantity = ?
            order by time desc, position desc limit 1""",
            machine, quantity,
        )  # fmt: skip
        return rows[0] if rows else None

    def summary(self, span: Span, machine: str, quantity: str) -> Row | None:
        """(Number, mean, low, high, mean of the first hour, slope an hour)."""
        row = self._one(
            """with v as (
                select value, time, min(time) over () as first from measured
                where machine = ? and quantity = ? and time >= ? and time < ?
            )
            select count(*), avg(value), min(value), max(value), avg(value) filter (time < first + 3600.0),
                coalesce(regr_slope(value, (time - first) / 3600.0), 0.0) from v""",
            machine, quantity, span.start, span.end,
        )  # fmt: skip
        return row if row[0] else None

    def board(self, board: str) -> list[Row]:
        """(Time, type, machine, detail, value, defects with places, reels, by), oldest first."""
        return self._ask(
            """select h.time, h.type, machine, coalesce(quantity, data->>'$.verdict', nullif(data->>'$.reason', ''),
                data->>'$.defect', ''), value, coalesce(list_zip((data->'$.defects')::varchar[],
                (data->'$.places')::varchar[]), []),
                coalesce(list_sort(list_distinct(map_values((data->'$.reels')::map(varchar, varchar)))), []),
                coalesce(badge, '')
            from happened h left join badges using (ordered)
            left join (select position, quantity, value from measured) using (position)
            where subject in (?, (select lot from boards where board = ?))
            and h.type not in ('note.taken', 'lot.created') order by h.time, h.position""",
            board, board,
        )  # fmt: skip


def _where(span: Span, scope: Scope) -> tuple[str, list[Any]]:
    scoped, values = _scope(scope)
    return f"time >= ? and time < ? and {scoped}", [span.start, span.end, *values]


def _scope(scope: Scope) -> tuple[str, list[str]]:
    given = {name: getattr(scope, name) for name in ("line", "machine", "lot", "order", "product")}
    given = {name: value for name, value in given.items() if value}
    return " and ".join(["true", *(f'"{name}" = ?' for name in given)]), list(given.values())
