"""`assistant terminal` as a person runs it: in a terminal of its own, before a core that lives elsewhere."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path

import pytest

from tests.processes import one_line_of_trouble, run
from tests.terminal.desk import a_desk
from tests.terminal.quits import opened_and_quit


async def test_it_quits_again_and_again_and_the_core_goes_on(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as desk:
        for _ in range(3):
            ended = await opened_and_quit(tmp_path, "--as", "OP-17", "--at", "PRN-1")
            assert ended.status == 0, ended.shown
            assert "Traceback" not in ended.shown
        door = await desk.make().connect()
        assert door is not None
        await door.aclose()


async def test_without_colour_it_writes_no_colour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with a_desk(tmp_path):
        ended = await opened_and_quit(tmp_path, "--as", "OP-17", "--at", "PRN-1", size=(40, 12))
    assert ended.status == 0
    renditions = re.findall(r"\x1b\[([0-9;]*)m", ended.shown)
    assert renditions
    assert not list(filter(_colour, renditions))


def _colour(codes: str) -> bool:
    """Whether a rendition (ECMA-48 SGR) sets a colour; 39 and 49 are the terminal's own."""
    numbers = [int(code) for code in codes.split(";") if code.isdigit()]
    return any(30 <= n <= 38 or 40 <= n <= 48 or 90 <= n <= 107 for n in numbers)


async def test_plain_lines_hold_no_escape_codes(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as desk:
        await desk.say("note on lot L4712: a\x1b[2Jb")
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "assistant", "terminal", "--plain", "--no-start", "--as", "OP-17", "--at", "PRN-1",
            "--data", str(tmp_path), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env=os.environ,
        )  # fmt: skip
        out, _ = await child.communicate(b"/evidence\nhold lot L4712, void\n")
        assert child.returncode == 0
    text = out.decode()
    assert "done: hold L4712 void" in text
    assert "a\\u001b[2Jb" in text
    assert all(line.isprintable() for line in text.splitlines())


def test_what_is_no_terminal_is_told_so_in_one_line(tmp_path: Path) -> None:
    one_line_of_trouble(run("terminal", "--data", str(tmp_path), stdin=""), 2, "--plain")


def test_a_view_that_is_none_is_one_line(tmp_path: Path) -> None:
    one_line_of_trouble(run("terminal", "--view", "wall", "--data", str(tmp_path)), 2, "--view wall", "operator")
