"""`assistant badge`: checking in and out by hand, and who is where."""

from __future__ import annotations

from pathlib import Path

from assistant.adapters import eventlog
from tests.processes import Line, one_line_of_trouble, run


def test_a_badge_is_checked_in_shown_and_checked_out(line: Line, tmp_path: Path) -> None:
    here = ("--data", str(tmp_path))
    assert run("badge", "in", "--as", "OP-17", "--at", "PRN-1", *here, env=line.env).stdout == (
        "OP-17 is checked in at PRN-1\n"
    )
    assert run("badge", *here).stdout == "PRN-1  OP-17\n"
    assert run("badge", "--json", *here).stdout == '{"station": "PRN-1", "badge": "OP-17"}\n'
    one_line_of_trouble(run("badge", "out", "--as", "SV-3", "--at", "PRN-1", *here, env=line.env), 2, "not checked in")
    assert run("badge", "out", "--as", "OP-17", "--at", "PRN-1", *here, env=line.env).returncode == 0
    assert run("badge", *here).stdout == "nobody is checked in\n"
    types = [event.type for event in eventlog.read(tmp_path, types=["badge.checked_in", "badge.checked_out"])]
    assert types == ["badge.checked_in", "badge.checked_out"]


def test_checking_in_takes_a_badge_and_a_station_that_exist(line: Line, tmp_path: Path) -> None:
    here = ("--data", str(tmp_path))
    one_line_of_trouble(run("badge", "in", "--as", "OP-99", "--at", "PRN-1", *here, env=line.env), 2, "no such badge")
    one_line_of_trouble(run("badge", "in", "--as", "OP-17", *here, env=line.env), 2, "--at")
