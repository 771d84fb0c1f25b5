"""The log for analysts: the same events as Parquet, CSV or newline-delimited JSON, with documented types.

As one file, every event is a row of COLUMNS with its payload as JSON. By type, each event type is a file of its own and
the fields of its payload are columns, typed as the event's class types them. Parquet is written by DuckDB, an extra
(`pip install 'line-assistant[analysis]'`); the other two need nothing.
"""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Literal, TextIO, get_args, get_origin, get_type_hints

from assistant.adapters import cloudevents
from assistant.adapters.eventlog import Stored
from assistant.domain.events import EVENT_TYPES
from assistant.errors import UsageError

Form = Literal["parquet", "csv", "ndjson"]
HEAD: Mapping[str, str] = {
    "position": "BIGINT",
    "id": "VARCHAR",
    "source": "VARCHAR",
    "type": "VARCHAR",
    "subject": "VARCHAR",
    "time": "TIMESTAMP WITH TIME ZONE",
    "correlationid": "VARCHAR",
    "causationid": "VARCHAR",
}
"""What every event has: CloudEvents attributes and its place in the log."""
COLUMNS: Mapping[str, str] = {**HEAD, "data": "JSON", "prev": "VARCHAR", "hash": "VARCHAR"}
"""Of the one file: also the payload, and the chain that shows that nothing was changed."""
PLAIN = {str: "VARCHAR", int: "BIGINT", float: "DOUBLE", bool: "BOOLEAN"}

CAST = ("BIGINT", "TIMESTAMP WITH TIME ZONE")
"""Read as text and turned into these, since what does not fit ends the reading of a whole file."""


def columns(kind: str) -> dict[str, str]:
    """DuckDB's types of a file by type: HEAD, then the payload's fields. What is nested deeper is JSON."""
    hints = get_type_hints(EVENT_TYPES[kind])
    hints = {name: hint for name, hint in hints.items() if name not in ("type", "cfx")}
    return {**HEAD, **{name if name not in HEAD else f"data_{name}": _type(hint) for name, hint in hints.items()}}


def _type(hint: Any) -> str:
    inner = get_args(hint)
    if get_origin(hint) is tuple and inner[0] in PLAIN and inner[1:] == (...,):
        return f"{PLAIN[inner[0]]}[]"
    if get_origin(hint) is dict and set(inner) <= PLAIN.keys():
        return f"MAP({PLAIN[inner[0]]}, {PLAIN[inner[1]]})"
    return PLAIN.get(hint, "JSON")


def whole(rows: Iterable[Stored], file: Path, form: Form) -> int:
    """Write all rows into one file; how many. The file appears when it is complete. Raises UsageError."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=_folder(file.parent), prefix=".export-")))
        made, count = folder / "rows", 0
        with made.open("w", encoding="utf-8", newline="") as out:
            put = _putter(out, list(COLUMNS), form)
            for row in rows:
                put(json.loads(cloudevents.line(row.record, row.position, row.prev, row.hash)))
                count += 1
        _finish(made, file, form, COLUMNS)
    return count


def by_type(rows: Iterable[Stored], folder: Path, form: Form) -> dict[str, int]:
    """Write one file a type into a folder; rows by type. Types that this version does not know are left out of it."""
    counts: dict[str, int] = {}
    with ExitStack() as stack:
        made = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=_folder(folder), prefix=".export-")))
        puts: dict[str, Any] = {}
        with ExitStack() as files:
            for row in rows:
                event = json.loads(cloudevents.line(row.record, row.position, row.prev, row.hash))
                kind = event["type"]
                if kind not in EVENT_TYPES:
                    continue
                if kind not in puts:
                    out = files.enter_context((made / kind).open("w", encoding="utf-8", newline=""))
                    puts[kind] = _putter(out, list(columns(kind)), form)
                payload = {name if name not in HEAD else f"data_{name}": v for name, v in event["data"].items()}
                puts[kind]({**event, **payload})
                counts[kind] = counts.get(kind, 0) + 1
        for kind in counts:
            _finish(made / kind, folder / f"{kind}.{form}", form, columns(kind))
    return counts


def _putter(out: TextIO, names: list[str], form: Form) -> Any:
    """Takes an event as a dictionary and writes its row."""
    if form != "csv":
        return lambda event: out.write(json.dumps({n: event.get(n) for n in names}, ensure_ascii=False) + "\n")
    table = csv.writer(out)
    table.writerow(names)
    return lambda event: table.writerow([_cell(event.get(name)) for name in names])


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


def _finish(made: Path, file: Path, form: Form, types: Mapping[str, str]) -> None:
    if form == "parquet":
        _parquet(made, types)
    try:
        made.replace(file)
    except OSError as exc:
        raise UsageError(f"{file}: {exc.strerror or exc}") from exc


def _parquet(made: Path, types: Mapping[str, str]) -> None:
    """The rows of a file of JSON lines, as Parquet in its place."""
    try:
        import duckdb
    except ImportError as exc:
        raise UsageError("--parquet needs DuckDB: pip install 'line-assistant[analysis]'") from exc
    target = made.with_suffix(".parquet")
    read = {name: "VARCHAR" if kind in CAST else kind for name, kind in types.items()}
    spec = ", ".join(f"{_quoted(name)}: '{kind}'" for name, kind in read.items())
    # A whole number that no column holds (nothing here counts so far) is null, and its event is a row all the same.
    wanted = ", ".join(f"try_cast({_quoted(name)} as {kind}) as {_quoted(name)}" for name, kind in types.items())
    with duckdb.connect() as db:
        source = f"read_ndjson({_text(made)}, columns = {{{spec}}}, maximum_object_size = 67108864)"
        db.execute(f"copy (select {wanted} from {source} order by position) to {_text(target)} (format parquet)")  # noqa: S608
    target.replace(made)


def _quoted(name: str) -> str:
    return f'"{name}"'


def _text(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _folder(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise UsageError(f"{folder}: {exc.strerror or exc}") from exc
    return folder
