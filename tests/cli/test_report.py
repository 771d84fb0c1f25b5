"""The hand-over sheet: the same numbers as text, JSON and a page that prints on one sheet in a real browser."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from assistant.adapters.eventlog import SqliteLog, read
from assistant.domain import events as e
from assistant.turn.handover import Course
from tests.processes import one_line_of_trouble, run

NASTY = "<script>alert('x')</script> & \x1b[31mred"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Tags(HTMLParser):
    """Which tags a page has, and its words."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert all(not (value or "").startswith(("http:", "https:", "//")) for _, value in attrs), (
            "fetched from elsewhere"
        )

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The story of a clogged stencil in a log, and notes by people, one of them with markup in it."""
    folder = tmp_path_factory.mktemp("clog")
    told = run("line", "--story", "clog", "--straight", "--data", str(folder))
    assert told.returncode == 0, told.stderr
    newest = max(event.time for event in read(folder))
    with closing(SqliteLog(folder, floor_bytes=0)) as log:
        log.append(
            [
                e.Event(f"n{at}", "/assistant", "PRN-1", newest - at, e.NoteTaken(text, "OP-17"))
                for at, text in enumerate([NASTY, *[f"squeegee {at} " + "very worn " * 12 for at in range(20)]])
            ]
        )
    return folder


def sheet(data: Path, *more: str) -> dict[str, Any]:
    done = run("report", "--data", str(data), "--period", "last 24 hours", "--json", *more)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def test_the_sheets_numbers_are_those_of_the_events(data: Path) -> None:
    found = sheet(data)
    span = found["span"]
    inside = [event for event in read(data) if span["start"] <= event.time < span["end"]]
    last = {line.subject: line.data.machines[-1] for line in read(data) if isinstance(line.data, e.LineInstalled)}
    for line in found["lines"]:
        end = last[line["line"]]
        made = {x.subject for x in inside if isinstance(x.data, e.BoardDeparted) and x.data.machine == end}
        assert line["counts"]["made"] == len(made) > 0
        assert sum(bar["made"][line["line"]] for bar in found["bars"]) == len(made)
    notes = [x.data.text for x in inside if isinstance(x.data, e.NoteTaken)]
    assert sorted(note["text"] for note in found["notes"]) == sorted(notes)
    paste = next(c for c in found["courses"] if c["quantity"] == "paste_height")
    assert paste["machine"] == "SPI-1"
    measured = [x.data for x in inside if isinstance(x.data, e.PasteMeasured) and x.data.machine == "SPI-1"]
    assert paste["n"] == len(measured)


@pytest.mark.parametrize(
    ("means", "moved"),
    [((), 0.0), ((120.0,), 0.0), ((120.0, 108.0, 120.0), 0.25), ((120.0, 108.0), 0.25), ((108.0, 132.0, 120.0), 0.5)],
)
def test_what_came_back_has_moved(means: tuple[float, ...], moved: float) -> None:
    found = Course("SPI-1", "SPI one", "paste_height", (96.0, 144.0), 9, tuple(enumerate(means)))
    assert found.moved == pytest.approx(moved)


def test_text_says_what_is_spoken_and_a_page_is_written_whole(data: Path, tmp_path: Path) -> None:
    said = run("report", "--data", str(data), "--period", "last 24 hours")
    assert said.returncode == 0 and "boards were made" in said.stdout and "\x1b" not in said.stdout
    target = tmp_path / "sheet.html"
    done = run("report", "--data", str(data), "--period", "last 24 hours", "--html", str(target))
    assert done.returncode == 0 and str(target) in done.stdout
    page = Tags()
    page.feed(target.read_text())
    assert "script" not in page.tags and not set(page.tags) & {"img", "link", "iframe"}
    words = " ".join(page.words)
    assert "<script>alert('x')</script> &" in words and "\x1b" not in words
    heads = ("Lines", "Downtime by cause", "Defects by place", "Holds", "Notes", "Who decided what")
    assert all(head in words for head in heads)
    assert [file.name for file in tmp_path.iterdir()] == ["sheet.html"]


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_it_prints_on_one_sheet_in_a_real_browser(data: Path, tmp_path: Path) -> None:
    target, printed = tmp_path / "sheet.html", tmp_path / "sheet.pdf"
    assert run("report", "--data", str(data), "--period", "last 24 hours", "--html", str(target)).returncode == 0
    command = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
    command += [f"--user-data-dir={tmp_path / 'profile'}", f"--print-to-pdf={printed}", target.as_uri()]
    subprocess.run(command, capture_output=True, check=True, timeout=120)
    assert re.findall(rb"/Count (\d+)", printed.read_bytes()) == [b"1"]


def test_nothing_recorded_a_time_that_is_none_and_a_folder_that_is_none(tmp_path: Path) -> None:
    empty = run("report", "--data", str(tmp_path / "new"), "--html", str(tmp_path / "empty.html"))
    assert empty.returncode == 0 and (tmp_path / "empty.html").exists()
    assert "No machine has reported anything yet" in run("report", "--data", str(tmp_path / "new")).stdout
    one_line_of_trouble(run("report", "--data", str(tmp_path), "--period", "soonish"), 2, "--period soonish")
    where = str(tmp_path / "none" / "sheet.html")
    one_line_of_trouble(run("report", "--data", str(tmp_path), "--html", where), 2, "--html")
