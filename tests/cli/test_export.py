"""The log as tables: what DuckDB and a spreadsheet read is what the log holds."""

from __future__ import annotations

import csv
import json
import shutil
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.adapters import export
from assistant.adapters.eventlog import SqliteLog, stored
from assistant.domain import events as e
from tests.adapters.test_cloudevents import events as any_events
from tests.processes import one_line_of_trouble, run

AT = datetime(2026, 11, 25, 1, 2, 3, 456000, tzinfo=UTC)
HEIGHTS = {"U7.1": 118.25, "U7.2": 97.5}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    with closing(SqliteLog(folder, floor_bytes=0)) as log:
        log.append(
            [
                e.Event("a1", "/machines/SPI-1", "B10231", AT.timestamp(), e.PasteMeasured("SPI-1", "L4712", HEIGHTS)),
                e.Event(
                    "a2", "/machines/AOI-1", "B10231", AT.timestamp() + 60,
                    e.BoardInspected("AOI-1", "L4712", "failed", ("bridging", "void"), ("U7", "C12")), "turn-1", "a1",
                ),
                e.Event("a3", "/machines/PRN-1", "PRN-1", AT.timestamp(), e.MachineStateChanged("running", 1100)),
            ]
        )  # fmt: skip
    return folder


def test_a_parquet_file_holds_every_event_with_its_types(data: Path, tmp_path: Path) -> None:
    target = tmp_path / "it's all.parquet"
    done = run("events", "--data", str(data), "export", "--parquet", str(target))
    assert (done.returncode, done.stdout) == (0, f"3 events in {target}\n"), done.stderr
    with duckdb.connect() as db:
        table = db.from_parquet(str(target))
        assert dict(zip(table.columns, map(str, table.types), strict=True)) == dict(export.COLUMNS)
        rows = table.order("position").fetchall()
    for row, kept in zip(rows, stored(data), strict=True):
        record, named = json.loads(kept.record), dict(zip(export.COLUMNS, row, strict=True))
        assert json.loads(named["data"]) == record["data"]
        assert named["hash"] == kept.hash and named["position"] == kept.position
        assert named["time"] == datetime.fromisoformat(record["time"])


def test_by_type_the_payloads_fields_are_typed_columns(data: Path, tmp_path: Path) -> None:
    target = tmp_path / "tables"
    done = run("events", "--data", str(data), "export", "--parquet", "--by-type", str(target))
    assert done.returncode == 0, done.stderr
    assert sorted(file.name for file in target.iterdir()) == [
        "board.inspected.parquet", "machine.state_changed.parquet", "paste.measured.parquet",
    ]  # fmt: skip
    with duckdb.connect() as db:
        heights = db.execute(f"select heights['U7.1'], time from '{target}/paste.measured.parquet'").fetchone()
        assert heights is not None and heights[0] == 118.25 and heights[1] == AT
        found = db.execute(f"select unnest(defects), verdict from '{target}/board.inspected.parquet'").fetchall()
        assert found == [("bridging", "failed"), ("void", "failed")]
        assert db.execute(f"select typeof(e10) from '{target}/machine.state_changed.parquet'").fetchone() == ("BIGINT",)


def test_csv_and_json_lines_hold_the_same(data: Path, tmp_path: Path) -> None:
    for form in ("csv", "ndjson"):
        assert run("events", "--data", str(data), "export", f"--{form}", str(tmp_path / f"e.{form}")).returncode == 0
    with (tmp_path / "e.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    lines = [json.loads(line) for line in (tmp_path / "e.ndjson").read_text().splitlines()]
    assert [row["id"] for row in table] == [row["id"] for row in lines] == ["a1", "a2", "a3"]
    assert json.loads(table[0]["data"]) == lines[0]["data"] == {"machine": "SPI-1", "lot": "L4712", "heights": HEIGHTS}


@pytest.mark.parametrize("name", sorted(e.EVENT_TYPES))
@settings(max_examples=3, deadline=None)
@given(some=st.data())
def test_every_event_type_there_is_becomes_a_table(
    name: str, some: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("any")
    with closing(SqliteLog(folder, floor_bytes=0)) as log:
        log.append(some.draw(st.lists(any_events(e.EVENT_TYPES[name]), min_size=1, max_size=3)))
    rows = list(stored(folder))
    assert export.by_type(rows, folder / "tables", "parquet") == {name: len(rows)}
    with duckdb.connect() as db:
        table = db.from_parquet(str(folder / "tables" / f"{name}.parquet"))
        assert table.columns == list(export.columns(name))
        assert len(table.fetchall()) == len(rows)
    shutil.rmtree(folder)


def test_what_cannot_be_is_one_line_and_leaves_nothing(data: Path, tmp_path: Path) -> None:
    there = tmp_path / "there.csv"
    there.write_text("mine")
    trouble = run("events", "--data", str(data), "export", "--csv", str(there))
    one_line_of_trouble(trouble, 2, "there.csv", "--force")
    assert there.read_text() == "mine"
    one_line_of_trouble(run("events", "--data", str(data), "export", str(there)), 2, "--parquet")
    one_line_of_trouble(run("events", "--data", str(data), "export", "--csv", f"{there}/x.csv"), 2, "there.csv")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["data", "there.csv"]
    assert run("events", "--data", str(data), "export", "--csv", "--force", str(there)).returncode == 0
    assert there.read_text() != "mine"
