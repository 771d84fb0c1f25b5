"""What the assistant says by itself, on the screen and as plain lines: to whom it is for, once, until it was heard."""

from __future__ import annotations

import uuid
from pathlib import Path

from assistant.adapters import eventlog
from assistant.domain import events as e
from assistant.terminal.widgets import Listing
from tests.terminal.desk import OPERATOR, SUPERVISOR, Desk, a_desk, drawn, shown, until, wait_for
from tests.terminal.test_plain import reading

WORDS, MARK = "Oven one: zone three off temperature.", "FOR YOU"


async def announced(desk: Desk, words: str = WORDS, to: str = "line", line: str = "SMT-1") -> str:
    """Its id."""
    made = e.AnnouncementMade("bad-alarm", uuid.uuid4().hex, words, to, line)
    event = e.Event(uuid.uuid4().hex, "/assistant", "OVN-1", desk.clock.now(), made)
    await desk.parts.core.notices.minutes.recorder.record(event)
    return event.id


def told(desk: Desk) -> list[tuple[str, e.AnnouncementTold]]:
    found = [(event.subject, event.data) for event in eventlog.read(desk.folder)]
    return [(subject, data) for subject, data in found if isinstance(data, e.AnnouncementTold)]


async def test_it_stands_marked_in_the_conversation_until_a_key_says_it_was_heard(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as desk, desk.screen(view="operator") as (app, pilot):
        await announced(desk, "Elsewhere.", line="SMT-2")
        ident = await announced(desk)
        await wait_for(pilot, lambda: bool(told(desk)))
        assert told(desk) == [(ident, e.AnnouncementTold("OP-17", "PRN-1", "screen"))]
        screen = await drawn(app, pilot)
        assert screen.count(MARK) == screen.count(WORDS) == 1 and "Elsewhere" not in screen
        await pilot.press("k")
        await wait_for(pilot, lambda: f"Noted: {WORDS}" in shown(app))
        assert MARK not in await drawn(app, pilot)
        (heard,) = [event for event in eventlog.read(desk.folder) if isinstance(event.data, e.AnnouncementHeard)]
        assert (heard.subject, heard.data) == (ident, e.AnnouncementHeard("OP-17", "PRN-1"))
        assert len(told(desk)) == 1


async def test_it_was_no_turn_so_the_evidence_is_that_of_the_last_turn(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as desk:
        await desk.say("hold lot L4712, bridging", turn="t1")
        async with desk.screen(view="operator") as (app, pilot):
            ident = await announced(desk)
            await wait_for(pilot, lambda: MARK in shown(app))
            await pilot.press("up", "end")
            await wait_for(pilot, lambda: app.query_one("#talk", Listing).selected == ident)
            assert app.drawing.marked_turn() == "t1"


async def test_in_another_view_it_is_said_above_and_counts_as_told_once_it_was_seen(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as desk, desk.screen(SUPERVISOR, view="supervisor") as (app, pilot):
        await announced(desk, "First-pass yield is low.", "supervisor")
        await wait_for(pilot, lambda: f"{MARK} (F2): First-pass yield is low." in shown(app))
        assert told(desk) == []
        await pilot.press("f2")
        await wait_for(pilot, lambda: len(told(desk)) == 1)
        await pilot.press("enter", *"understood", "enter")
        await wait_for(pilot, lambda: MARK not in shown(app))


async def test_without_a_core_it_is_shown_and_written_down_when_there_is_one(tmp_path: Path) -> None:
    async with a_desk(tmp_path, up=False) as desk, desk.screen(view="operator") as (app, pilot):
        await announced(desk)
        await wait_for(pilot, lambda: MARK in shown(app))
        assert told(desk) == []
        await desk.open()
        await wait_for(pilot, lambda: len(told(desk)) == 1)


async def test_a_plain_line_says_it_once_to_whoever_it_is_for(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as desk:
        await announced(desk, "Line two.", line="SMT-2")
        await announced(desk)
        async with reading(desk, OPERATOR) as reader:
            await reader.heard(f"for you: {WORDS}")
            await until(lambda: bool(told(desk)))
            reader.type("got it")
            await reader.heard(f"Noted: {WORDS}")
            assert sum("for you" in line for line in reader.lines) == len(told(desk)) == 1
