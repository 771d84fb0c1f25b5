"""Plain lines: what is typed is said, what happens is printed, and nothing of it moves a cursor."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from assistant.domain.values import Session
from assistant.terminal.plain import Plain
from tests.terminal.desk import OPERATOR, QUALITY, Desk, a_desk, until


@dataclass
class Reader:
    """Somebody with a screen reader."""

    write: int
    lines: list[str] = field(default_factory=list)

    def type(self, line: str) -> None:
        os.write(self.write, line.encode() + b"\n")

    async def heard(self, words: str) -> str:
        """The first line with these words, once it is there."""
        await until(lambda: any(words in line for line in self.lines))
        return next(line for line in self.lines if words in line)


@asynccontextmanager
async def reading(desk: Desk, session: Session = OPERATOR) -> AsyncIterator[Reader]:
    """`--plain`, until /quit."""
    read, write = os.pipe()
    reader = Reader(write)
    plain = Plain(desk.make(), session, reader.lines.append)
    task = asyncio.create_task(plain.run(read))
    try:
        await reader.heard("/help")
        yield reader
        reader.type("/quit")
        assert await task is None
    finally:
        task.cancel()
        os.close(write)
        os.close(read)


async def test_a_line_is_said_and_its_answer_printed(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as desk, reading(desk) as reader:
        assert "printer one, OP-17, core up" in reader.lines[0]
        reader.type("hold lot L4712, bridging")
        assert await reader.heard("done: hold L4712 bridging. Lot four seven one two is on hold, bridging.")
        reader.type("/state")
        await reader.heard("lot L4712 is on hold, bridging, by OP-17")


async def test_a_question_is_said_with_its_time_and_when_it_ran_out(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as desk, reading(desk, QUALITY) as reader:
        reader.type("hold lot L4712, void")
        reader.type("release lot L4712")
        await reader.heard("question, 10 seconds to answer: say yes or no")
        desk.clock.step(7)
        await reader.heard("3 seconds left")
        desk.clock.step(4)
        await reader.heard("ran out")
        reader.type("release lot L4712")
        await until(lambda: sum("10 seconds" in line for line in reader.lines) == 2)
        reader.type("yes")
        await reader.heard("lot L4712 is released")


async def test_help_who_and_evidence(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as desk, reading(desk, Session("", "PRN-1")) as reader:
        reader.type("hold lot L4712, void")
        await reader.heard("refused: hold L4712 void. Nobody is checked in here")
        reader.type("/who OP-99")
        await reader.heard("no such badge")
        reader.type("/who QA-5")
        await reader.heard("printer one, QA-5, core up")
        reader.type("help")
        await reader.heard("stop printer one  (stop)")
        reader.type("/evidence")
        await reader.heard("understood  help")
        reader.type("/dance")
        await reader.heard("no such command")


async def test_what_others_say_here_and_what_machines_do_is_printed(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as desk, reading(desk) as reader:
        await desk.hear(("stop printer one", -0.1), session=OPERATOR)
        await reader.heard("OP-17 said: stop printer one (heard, ")
        await reader.heard("printer one is stopped")
        await desk.say("status of line two", Session("OP-23", "PRN-2"))
        await desk.say("note on lot L4712: a\x1b[2Jb", OPERATOR)
        await reader.heard("done: note L4712")
        assert not any("line two" in line for line in reader.lines)
        assert all("\x1b" not in line or "Noted" not in line for line in reader.lines)


async def test_a_core_that_goes_and_comes_back_is_said_once_each(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as desk, reading(desk) as reader:
        await desk.shut()
        await reader.heard("no core: ")
        reader.type("stop printer one")
        await reader.heard("not said: no core is running")
        await desk.open()
        await reader.heard("the core is back")
        assert sum("no core:" in line for line in reader.lines) == 1


async def test_the_end_of_a_file_ends_it(tmp_path: Path) -> None:
    said = tmp_path / "said.txt"
    said.write_text("status of printer one\nstatus of printer two")
    async with a_desk(tmp_path) as desk:
        lines: list[str] = []
        with said.open("rb") as file:
            assert await Plain(desk.make(), OPERATOR, lines.append).run(file.fileno()) is None
        assert [line for line in lines if line.startswith("answered: status PRN-2")]
