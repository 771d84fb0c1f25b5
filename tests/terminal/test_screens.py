"""Every screen at three sizes, as it is drawn, compared line by line."""

from __future__ import annotations

from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from assistant.domain.values import Session
from assistant.terminal.draw import PAGES
from tests.terminal.desk import OPERATOR, QUALITY, SIZES, SUPERVISOR, Desk, a_desk, drawn, shown, wait_for

sizes = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
HOLD, ASK, TALK = (letter * 8 + "0" * 24 for letter in "abc")


async def a_morning(desk: Desk) -> None:
    """Enough to see something of everything."""
    await desk.work(420)
    await desk.hear(("hold lot 4712 bridging", -0.12), ("hold lot 4712 ridging", -0.5), turn=HOLD)
    await desk.say("send board 10231 to rework, tombstone", QUALITY)
    await desk.say("yes", QUALITY)
    await desk.say("hold board 10226, missing part", QUALITY)
    await desk.say("note on lot 4712: [bold]red[/bold] \x1b[31mnot red", QUALITY)


@sizes
async def test_the_operator_s_station(tmp_path: Path, size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    async with a_desk(tmp_path) as desk:
        await a_morning(desk)
        async with desk.screen(OPERATOR, size) as (app, pilot):
            assert await drawn(app, pilot) == snapshot


@sizes
async def test_a_question(tmp_path: Path, size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    async with a_desk(tmp_path) as desk:
        await a_morning(desk)
        await desk.say("release lot 4712", QUALITY, turn=ASK)
        desk.clock.step(3)
        async with desk.screen(QUALITY, size) as (app, pilot):
            assert await drawn(app, pilot) == snapshot


@sizes
async def test_a_question_for_digits(tmp_path: Path, size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    async with a_desk(tmp_path) as desk:
        await desk.say("scrap board 10207, damaged", QUALITY)
        async with desk.screen(QUALITY, size) as (app, pilot):
            assert await drawn(app, pilot) == snapshot


@sizes
async def test_the_supervisor_s_view(tmp_path: Path, size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    async with a_desk(tmp_path) as desk:
        await a_morning(desk)
        async with desk.screen(SUPERVISOR, size) as (app, pilot):
            await wait_for(pilot, lambda: app.drawing.view == "supervisor")
            assert await drawn(app, pilot) == snapshot


@pytest.mark.parametrize("page", [name for _, name in PAGES])
async def test_each_page_of_it_on_a_small_screen(tmp_path: Path, page: str, snapshot: SnapshotAssertion) -> None:
    async with a_desk(tmp_path) as desk:
        await a_morning(desk)
        async with desk.screen(SUPERVISOR, (40, 12)) as (app, pilot):
            await wait_for(pilot, lambda: app.drawing.view == "supervisor")
            for _ in range([name for _, name in PAGES].index(page)):
                await pilot.press("right")
            await pilot.pause()
            assert await drawn(app, pilot) == snapshot


@sizes
async def test_all_events(tmp_path: Path, size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    async with a_desk(tmp_path) as desk:
        await a_morning(desk)
        async with desk.screen(SUPERVISOR, size, "events") as (app, pilot):
            await pilot.pause()
            assert await drawn(app, pilot) == snapshot


@sizes
async def test_the_evidence_of_a_turn(tmp_path: Path, size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    async with a_desk(tmp_path) as desk:
        await desk.hear(("hold lot 4712 bridging", -0.12), ("hold lot 4712 ridging", -0.5), turn=HOLD)
        async with desk.screen(OPERATOR, size) as (app, pilot):
            await pilot.press("v")
            await wait_for(pilot, lambda: "Evidence" in shown(app))
            assert await drawn(app, pilot) == snapshot


@sizes
async def test_help(tmp_path: Path, size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    async with a_desk(tmp_path) as desk:
        await a_morning(desk)
        async with desk.screen(OPERATOR, size) as (app, pilot):
            await pilot.press("f1")
            await wait_for(pilot, lambda: "What can be said" in shown(app))
            assert await drawn(app, pilot) == snapshot


@sizes
async def test_a_choice(tmp_path: Path, size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    async with a_desk(tmp_path) as desk:
        await a_morning(desk)
        async with desk.screen(OPERATOR, size) as (app, pilot):
            await pilot.press("h")
            await wait_for(pilot, lambda: "hold …" in shown(app))
            assert await drawn(app, pilot) == snapshot


@sizes
async def test_the_palette(tmp_path: Path, size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    async with a_desk(tmp_path) as desk, desk.screen(OPERATOR, size) as (app, pilot):
        await pilot.press("ctrl+p")
        await wait_for(pilot, lambda: "acknowledge" in shown(app))
        await pilot.press(*"rele")
        await wait_for(pilot, lambda: "release: release" in shown(app))
        assert await drawn(app, pilot) == snapshot


@sizes
async def test_typing(tmp_path: Path, size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    async with a_desk(tmp_path) as desk, desk.screen(OPERATOR, size) as (app, pilot):
        await pilot.press("enter", *"status of")
        await wait_for(pilot, lambda: "status of" in shown(app))
        assert await drawn(app, pilot) == snapshot


@sizes
async def test_no_core_and_no_machines(tmp_path: Path, size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    async with a_desk(tmp_path, up=False) as desk:
        await desk.work(60)
        async with desk.screen(Session("", "OVN-1"), size) as (app, pilot):
            assert await drawn(app, pilot) == snapshot
