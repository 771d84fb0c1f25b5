"""`assistant events`: the log as lines, and whether it is what was written."""

from __future__ import annotations

import difflib
import fnmatch
import json
import os
import re
import time
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from assistant.cli import options
from assistant.cli.app import app
from assistant.cli.show import visible
from assistant.domain.events import EVENT_TYPES
from assistant.errors import LogBroken, LogError, UsageError

events = typer.Typer(help="What happened, as recorded.", invoke_without_command=True)
app.add_typer(events, name="events")

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@events.callback()
def show(
    context: typer.Context,
    follow: Annotated[bool, typer.Option("--follow", help="Go on with what is added, until interrupted.")] = False,
    since: Annotated[
        str | None,
        typer.Option(
            help="Only what happened then or later: 2026-11-25T06:00:00Z, 06:00 or 30m ago.", show_default=False
        ),
    ] = None,
    kind: Annotated[
        str | None, typer.Option("--type", help="Only this type; * stands for any letters: lot.*", show_default=False)
    ] = None,
    last: Annotated[int | None, typer.Option(min=1, help="Only the last N of them.", show_default=False)] = None,
    as_json: options.Json = False,
    data: options.Data = None,
    site: options.Site = None,
) -> None:
    """What happened, one event a line, oldest first."""
    if context.invoked_subcommand is not None:
        context.obj = data
        return
    from assistant.adapters import cloudevents, eventlog
    from assistant.settings.paths import data_dir

    folder = data_dir(data, make=False)
    types = wanted(kind) if kind is not None else ()
    begin = moment(since, time.time()) if since is not None else None
    after = eventlog.tail(folder, last, types=types, since=begin) if last is not None else 0
    rows = (eventlog.follow if follow else eventlog.stored)(folder, after, types=types, since=begin)
    with suppress(KeyboardInterrupt):  # the way out of --follow
        for row in rows:
            line = cloudevents.line(row.record, row.position, row.prev, row.hash)
            print(visible(line if as_json else text_line(line)), flush=follow)
    print(end="", flush=True)


@events.command()
def verify(
    context: typer.Context,
    head: Annotated[
        str | None,
        typer.Option(help="POSITION:HASH that this log had before; shows a tail cut off since.", show_default=False),
    ] = None,
    head_file: Annotated[
        Path | None,
        typer.Option(help="The same, as `events head --export` wrote it; every line counts.", show_default=False),
    ] = None,
    as_json: options.Json = False,
    data: options.Data = None,
    site: options.Site = None,
) -> None:
    """Check the chain of hashes from the first event to the last."""
    from assistant.adapters import eventlog
    from assistant.settings.paths import data_dir

    folder = data_dir(data if data is not None else context.obj, make=False)
    heads = [_head(head, f"--head {head}")] if head is not None else []
    if head_file is not None:
        heads += _heads(head_file)
    try:
        position, hash_ = eventlog.verify(folder, *heads)
    except LogBroken as exc:
        if as_json:
            print(json.dumps({"ok": False, "position": exc.position, "problem": str(exc)}), flush=True)
        raise
    if as_json:
        print(json.dumps({"ok": True, "position": position, "hash": hash_}))
    else:
        print(f"the chain holds: {position} events, head {position}:{hash_}")


@events.command()
def head(
    context: typer.Context,
    export: Annotated[
        Path | None,
        typer.Option(help="Add it as a line to this file, best on another machine.", show_default=False),
    ] = None,
    as_json: options.Json = False,
    data: options.Data = None,
    site: options.Site = None,
) -> None:
    """The last link of the chain, to be kept elsewhere: it shows later whether the log was cut off or made anew."""
    from assistant.adapters import cloudevents, eventlog
    from assistant.settings.paths import data_dir

    position, hash_ = eventlog.head(data_dir(data if data is not None else context.obj, make=False))
    at = cloudevents.rfc3339(time.time())
    line = f"{position}:{hash_} {at}"
    if export is not None:
        try:
            with export.open("a", encoding="utf-8") as file:
                file.write(f"{line}\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as exc:
            raise UsageError(f"--export {export}: {exc.strerror or exc}") from exc
    print(json.dumps({"position": position, "hash": hash_, "time": at}) if as_json else line)


def wanted(pattern: str) -> list[str]:
    """The event types that a pattern means. Raises UsageError, naming the nearest type, when there are none."""
    found = fnmatch.filter(EVENT_TYPES, pattern)
    if not found:
        nearest = difflib.get_close_matches(pattern, EVENT_TYPES, 1, cutoff=0.0)[0]
        raise UsageError(f"--type {pattern}: no such event type; the nearest is {nearest}")
    return found


def moment(text: str, now: float) -> float:
    """Unix seconds of `06:00` (the last time it was), `30m` or `1h30m` (ago) or RFC 3339. Raises UsageError.

    A time without a zone is this machine's.
    """
    span = re.fullmatch(r"(?:\d+[smhd])+", text)
    try:
        if span:
            parts = re.findall(r"(\d+)([smhd])", text)
            ago = sum((timedelta(**{_UNITS[unit]: int(count)}) for count, unit in parts), timedelta())
            return now - ago.total_seconds()
        clock = re.fullmatch(r"(\d{1,2}):(\d{2})", text)
        if clock:
            today = datetime.fromtimestamp(now).replace(
                hour=int(clock[1]), minute=int(clock[2]), second=0, microsecond=0
            )
            past = today if today.timestamp() <= now else today - timedelta(days=1)
            return past.timestamp()
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError) as exc:
        raise UsageError(
            f"--since {text}: not a time; it takes 2026-11-25T06:00:00Z, 06:00 or a duration such as 30m"
        ) from exc


def text_line(event: str) -> str:
    """An event for a person: position, local time, type, subject, and what its payload says. Raises LogError."""
    try:
        fields = json.loads(event)
        when = datetime.fromisoformat(fields["time"]).astimezone().strftime("%Y-%m-%d %H:%M:%S")
        said = [f"{name}={_short(value)}" for name, value in fields["data"].items() if value not in ("", [], {})]
        head = f"{fields['position']:>6}  {when}  {fields['type']:<22} {fields['subject']:<10}"
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise LogError("an event cannot be read; `assistant events verify` says where the log is broken") from exc
    return " ".join((head, *said)).rstrip()


def _short(value: Any) -> str:
    """A value as compact as it can be read: words without quotes where that leaves no doubt."""
    match value:
        case str():
            return value if re.fullmatch(r"[\w.@:/+?-]+", value) else json.dumps(value, ensure_ascii=False)
        case list():
            return ",".join(_short(item) for item in value)
        case dict():
            return "{" + " ".join(f"{name}={_short(item)}" for name, item in value.items()) + "}"
    return json.dumps(value)


def _heads(file: Path) -> list[tuple[int, str]]:
    """The heads of a file, one a line, each followed by its time. Raises UsageError."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        raise UsageError(f"--head-file {file}: {getattr(exc, 'strerror', None) or 'not text'}") from exc
    heads = [
        _head(line.split()[0], f"--head-file {file}:{number}") for number, line in enumerate(lines, 1) if line.strip()
    ]
    if not heads:
        raise UsageError(f"--head-file {file}: there is no head in it")
    return heads


def _head(text: str, where: str) -> tuple[int, str]:
    """`POSITION:HASH`, as `verify` and `head` print it. Raises UsageError."""
    parts = re.fullmatch(r"(\d+):([0-9a-f]{64})", text)
    if parts is None:
        raise UsageError(f"{where}: must be POSITION:HASH as `assistant events verify` prints it")
    return int(parts[1]), parts[2]
