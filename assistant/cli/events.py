"""`assistant events`: the log, to read, to follow, to verify."""

from __future__ import annotations

import difflib
import fnmatch
import json
import re
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli import options
from assistant.cli.app import app
from assistant.domain.events import EVENT_TYPES
from assistant.errors import UsageError

if TYPE_CHECKING:
    from assistant.adapters.eventlog import Stored

events = typer.Typer(help="The event log: read, follow, verify.", invoke_without_command=True)
app.add_typer(events, name="events")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@events.callback()
def show(
    context: typer.Context,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what comes.")] = False,
    since: Annotated[str | None, typer.Option(help="RFC 3339, HH:MM, or 30m, 2h, 1d.", show_default=False)] = None,
    kind: Annotated[
        str | None, typer.Option("--type", help="A type, or lot.* for several.", show_default=False)
    ] = None,
    last: Annotated[int | None, typer.Option(help="Only the last so many.", show_default=False)] = None,
    as_json: options.Json = False,
    data: options.Data = None,
    site: options.Site = None,
) -> None:
    """Print events, oldest first."""
    if context.invoked_subcommand is not None:
        return
    from assistant.adapters import eventlog
    from assistant.settings.paths import data_dir

    folder = data_dir(data, make=False)
    moment = _moment(since, time.time()) if since else None
    types = _types(kind)
    start = eventlog.tail(folder, last, types=types, since=moment) if last is not None else 0
    rows = (eventlog.follow if follow else eventlog.stored)(folder, start, types=types, since=moment)
    for row in rows:
        print(_line(row, as_json=as_json), flush=follow)


@events.command()
def verify(as_json: options.Json = False, data: options.Data = None, site: options.Site = None) -> None:
    """Check the whole hash chain; name the first bad position."""
    from assistant.adapters import eventlog
    from assistant.settings.paths import data_dir

    position, head = eventlog.verify(data_dir(data, make=False))
    if as_json:
        print(json.dumps({"events": position, "head": head}))
    else:
        print(f"{position} events, chain whole, head {head[:16]}… ({eventlog.sqlite_note()})")


def _types(kind: str | None) -> list[str]:
    if kind is None:
        return []
    types = fnmatch.filter(EVENT_TYPES, kind)
    if not types:
        near = difflib.get_close_matches(kind, EVENT_TYPES, 1, 0)
        raise UsageError(f"--type {kind}: no such event type; nearest is {near[0]}")
    return types


def _moment(text: str, now: float) -> float:
    """Unix seconds of `2026-11-25T06:00:00Z`, `06:00` (the last one that has been), or `30m` ago."""
    from assistant.adapters import cloudevents

    ago = re.fullmatch(r"(\d+)([smhd])", text)
    if ago:
        return now - int(ago[1]) * _UNITS[ago[2]]
    clock = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", text)
    if clock:
        local = time.localtime(now)
        day = (local.tm_year, local.tm_mon, local.tm_mday)
        moment = time.mktime((*day, int(clock[1]), int(clock[2]), 0, 0, 0, -1))
        return moment if moment <= now else moment - 86400
    try:
        return cloudevents.seconds(text)
    except ValueError:
        raise UsageError(f"--since {text}: not a time (RFC 3339, HH:MM, or 30m)") from None


def _line(row: Stored, *, as_json: bool) -> str:
    from assistant.adapters import cloudevents

    if as_json:
        return cloudevents.line(row.record, row.position, row.prev, row.hash)
    event = row.event()
    clock = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(event.time))
    said = {name: value for name, value in asdict(event.data).items() if value not in ("", (), {})}
    fields = " ".join(f"{name}={_value(value)}" for name, value in said.items())
    return f"{event.position:6} {clock} {event.type:22} {_safe(event.subject)} {fields}".rstrip()


def _value(value: Any) -> str:
    if isinstance(value, tuple):
        return _safe(",".join(map(str, value)) if len(value) <= 6 else f"{value[0]}…{value[-1]}")
    if isinstance(value, dict):
        return _safe(",".join(f"{key}:{item}" for key, item in value.items()))
    text = _safe(str(value))
    return f'"{text}"' if " " in text else text


def _safe(text: str) -> str:
    """Control characters are shown, not obeyed."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
