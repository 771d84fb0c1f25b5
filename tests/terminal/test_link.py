"""The core goes away and comes back, does not answer, dies over a turn, or is not there at all."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from assistant.adapters import corelink
from assistant.domain.values import Answer, Session
from assistant.errors import CoreError
from assistant.terminal.means import Started
from tests.terminal.desk import OPERATOR, QUALITY, a_desk, shown, wait_for


@dataclass
class Process:
    """A process that was started, as far as the terminal looks at it."""

    pid: int = 4711
    status: int | None = None

    def poll(self) -> int | None:
        return self.status


async def test_a_core_that_goes_is_noticed_and_one_that_comes_back_is_used_again(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as desk, desk.screen(OPERATOR) as (app, pilot):
        for _ in range(2):
            await desk.shut()
            await wait_for(pilot, lambda: "NO CORE since" in shown(app))
            app.say("stop printer one")
            await wait_for(pilot, lambda: "no core is running" in shown(app))
            await desk.open()
            await wait_for(pilot, lambda: "core up" in shown(app) and "NO CORE" not in shown(app))
        app.say("hold lot L4712, void")
        await wait_for(pilot, lambda: app.state.world.lots["L4712"].hold is not None)
        assert not any(heard.intent == "stop" for heard in (one.heard for one in app.state.exchanges.values()))


async def test_a_core_that_dies_over_a_turn_is_said_and_nothing_is_sent_again(tmp_path: Path) -> None:
    asked: list[corelink.Request] = []
    dying = asyncio.Event()

    async def handle(request: corelink.Request) -> Answer | None:
        if request.op == "turn":
            asked.append(request)
            dying.set()
            raise asyncio.CancelledError  # the connection ends without an answer
        return None

    async with a_desk(tmp_path, up=False) as desk:
        async with corelink.serve(tmp_path, handle), desk.screen(OPERATOR) as (app, pilot):
            app.say("stop printer one")
            await wait_for(pilot, lambda: "before it answered" in shown(app))
        assert len(asked) == 1


async def test_a_core_that_stands_still_is_as_good_as_none(tmp_path: Path) -> None:
    still = asyncio.Event()

    async def handle(request: corelink.Request) -> Answer | None:
        await still.wait()
        return None

    async with a_desk(tmp_path, up=False) as desk, corelink.serve(tmp_path, handle):
        app = desk.terminal()
        app.link.deaf_s = 0.2
        async with app.run_test() as pilot:
            await wait_for(pilot, lambda: "has not answered" in shown(app))
            app.link.deaf_s = 60.0
            still.set()
            await wait_for(pilot, lambda: bool(app.link.up))


async def test_where_no_core_is_up_one_is_started_and_never_a_second(tmp_path: Path) -> None:
    started: list[Process] = []

    def start() -> Started:
        started.append(Process())
        return started[-1]

    async with a_desk(tmp_path, up=False, starts=start) as desk, desk.screen(OPERATOR) as (app, pilot):
        await wait_for(pilot, lambda: "one is being started" in shown(app))
        await pilot.press("f9")
        assert (len(started), app.link.started) == (1, 4711)
        await desk.open()
        await wait_for(pilot, lambda: bool(app.link.up))
        await desk.shut()
        await wait_for(pilot, lambda: app.link.up is False)
        desk.clock.step(61)
        await wait_for(pilot, lambda: "F9 starts one" in shown(app))
        assert len(started) == 1
        await pilot.press("f9")
        await wait_for(pilot, lambda: len(started) == 2)


async def test_a_core_that_ends_at_once_is_no_core_and_it_is_said_where_it_says_why(tmp_path: Path) -> None:
    def start() -> Started:
        return Process(status=2)

    async with a_desk(tmp_path, up=False, starts=start) as desk, desk.screen(OPERATOR, (120, 40)) as (app, pilot):
        await wait_for(pilot, lambda: "core.log" in shown(app))
        assert app.link.started is None


async def test_where_none_can_be_started_it_says_the_one_thing_to_do(tmp_path: Path) -> None:
    async with a_desk(tmp_path, up=False) as desk, desk.screen(OPERATOR) as (app, pilot):
        await wait_for(pilot, lambda: "start it: assistant run" in shown(app))
        await pilot.press("f9")
        await pilot.pause()
        assert app.link.started is None


async def test_a_badge_that_is_not_known_here_is_not_checked_in(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as desk, desk.screen(OPERATOR) as (app, _):
        assert "no such badge" in await app.link.check(Session("OP-99", "PRN-1"))
        assert not await app.link.check(OPERATOR)


async def test_a_question_counts_down_and_runs_out(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as desk:
        await desk.say("hold lot 4712, void", QUALITY)
        async with desk.screen(QUALITY) as (app, pilot):
            app.say("release lot L4712")
            await wait_for(pilot, lambda: " 10 s " in shown(app))
            desk.clock.step(4)
            await wait_for(pilot, lambda: "  6 s " in shown(app))
            desk.clock.step(6.1)
            await wait_for(pilot, lambda: "yes ]" not in shown(app))
            app.say("yes")
            await wait_for(pilot, lambda: "That question ran out" in shown(app))
            assert app.state.world.lots["L4712"].hold is not None


async def test_what_was_asked_by_voice_is_answered_by_key(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as desk, desk.screen(QUALITY) as (app, pilot):
        await desk.say("hold lot 4712, void", QUALITY)
        await desk.hear(("release lot 4712", -0.1), session=QUALITY)
        await wait_for(pilot, lambda: "yes ]" in shown(app))
        await pilot.press("y")
        await wait_for(pilot, lambda: app.state.world.lots["L4712"].hold is None)


async def test_several_terminals_see_the_same(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as desk, desk.screen(OPERATOR) as (one, pilot):
        async with desk.screen(QUALITY) as (other, other_pilot):
            one.say("hold lot L4712, void")
            await wait_for(other_pilot, lambda: other.state.world.lots["L4712"].hold is not None)
        one.say("undo")
        await wait_for(pilot, lambda: one.state.world.lots["L4712"].hold is None)


async def test_a_log_that_cannot_be_read_is_said_and_the_screen_goes_on(tmp_path: Path) -> None:
    from assistant.errors import LogError

    broken = True

    async with a_desk(tmp_path) as desk:
        whole = desk.make()

        def read(after: int, limit: int) -> object:
            if broken:
                raise LogError("events.db: disk I/O error")
            return whole.read(after, limit)

        desk.make = lambda: replace(whole, read=read)  # type: ignore[arg-type]
        app = desk.terminal(OPERATOR)
        async with app.run_test() as pilot:
            await wait_for(pilot, lambda: "disk I/O error" in shown(app))
            broken = False
            await wait_for(pilot, lambda: app.caught_up and "disk I/O" not in shown(app))


async def test_a_fault_of_its_own_is_one_line_and_no_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with a_desk(tmp_path) as desk:
        app = desk.terminal(OPERATOR)
        with suppress(ZeroDivisionError):
            async with app.run_test() as pilot:
                app.call_later(lambda: 1 // 0)
                await wait_for(pilot, lambda: app.fault is not None)
        assert isinstance(app.fault, ZeroDivisionError)
    printed = capsys.readouterr()
    assert "Traceback" not in printed.out + printed.err


async def test_the_core_can_be_missing_for_ever(tmp_path: Path) -> None:
    async with a_desk(tmp_path, up=False) as desk:
        link = desk.terminal().link
        await link.beat()
        with pytest.raises(CoreError, match="no core"):
            await link.say("yes", OPERATOR)
        await link.close()
