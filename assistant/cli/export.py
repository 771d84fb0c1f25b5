"""`assistant events export`: the log for DuckDB, pandas, a spreadsheet."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.events import events, moment, wanted
from assistant.errors import UsageError

if TYPE_CHECKING:
    from assistant.adapters.eventlog import Stored

EVERY = 50_000
"""Rows between two words of progress."""


@events.command()
def export(
    context: typer.Context,
    to: Annotated[Path | None, typer.Argument(help="File, or with --by-type folder.", show_default=False)] = None,
    parquet: Annotated[bool, typer.Option("--parquet", help="Apache Parquet, with types.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Comma-separated, nested values as JSON.")] = False,
    ndjson: Annotated[bool, typer.Option("--ndjson", help="One JSON object a line.")] = False,
    by_type: Annotated[
        bool, typer.Option("--by-type", help="One file an event type, the payload's fields as columns.")
    ] = False,
    kind: Annotated[str | None, typer.Option("--type", help="Only this type; lot.*", show_default=False)] = None,
    since: Annotated[str | None, typer.Option(help="Only then or later: 06:00, 30m, …", show_default=False)] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over what is there.")] = False,
) -> None:
    """The events as a table: docs/export.md says what each column is."""
    from assistant.adapters import eventlog
    from assistant.adapters import export as tables
    from assistant.settings.paths import data_dir

    form: tables.Form = "parquet" if parquet else "csv" if as_csv else "ndjson"
    if parquet + as_csv + ndjson != 1:
        raise UsageError("events export: one of --parquet, --csv and --ndjson")
    target = to or Path("events" if by_type else f"events.{form}")
    if not force and (any(target.glob(f"*.{form}")) if by_type else target.exists()):
        raise UsageError(f"{target}: is there already; --force writes over it")
    types = wanted(kind) if kind is not None else ()
    begin = moment(since, time.time()) if since is not None else None
    rows = _told(eventlog.stored(data_dir(context.obj, make=False), types=types, since=begin))
    if by_type:
        counts = tables.by_type(rows, target, form)
        print(f"{sum(counts.values())} events of {len(counts)} types, a file each, in {target}")
    else:
        print(f"{tables.whole(rows, target, form)} events in {target}")


def _told(rows: Iterator[Stored]) -> Iterator[Stored]:
    """The same rows, with a word now and then to whoever waits at a terminal."""
    for count, row in enumerate(rows, 1):
        if count % EVERY == 0 and sys.stderr.isatty():
            print(f"\r{count} events …", end="", file=sys.stderr, flush=True)
        yield row
