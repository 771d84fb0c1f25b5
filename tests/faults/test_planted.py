"""A campaign that could find nothing would prove nothing: each is given what it must find."""

from __future__ import annotations

import random
from contextlib import closing
from pathlib import Path

from assistant.adapters import eventlog
from assistant.adapters.eventlog import SqliteLog
from tests.a_core import a_core
from tests.contracts.eventlog_contract import some
from tests.fakes.stepped_clock import SteppedClock
from tests.faults import disk, fuzz, stations, tampered
from tests.faults.tampered import Change
from tests.faults.utterances import Utterance


class WallClock(SteppedClock):
    """Tells the wall's time as the steady one."""

    def monotonic(self) -> float:
        """See ports.Clock."""
        return self.wall


async def test_deeds_that_were_not_said_are_found() -> None:
    async with a_core() as bench:
        found, _ = await fuzz.one(bench, Utterance("denied", "stop oven one"), random.Random(3))
        assert len(found) == 1 and "led to stop OVN-1" in found[0]
        found, _ = await fuzz.one(bench, Utterance("denied", "note on lot 4712: bent"), random.Random(3))
        assert len(found) == 1 and "led to note L4712" in found[0]


async def test_a_question_that_goes_by_the_wall_clock_is_found(tmp_path: Path) -> None:
    found = await disk.clocks(4, random.Random(1), tmp_path, -3600.0, WallClock())
    assert any("yes after" in problem for problem in found)


async def test_a_yes_that_anybody_may_say_is_found(tmp_path: Path) -> None:
    async with stations.playing(tmp_path, random.Random(1)) as play:
        one = stations.PEOPLE[0]  # whose session both people are taken for
        found = [problem async for problem in stations.a_strange_yes(play, one, one)]
        assert any("a strange yes" in problem for problem in found)


def test_a_change_that_is_not_named_at_its_place_is_found(tmp_path: Path) -> None:
    with closing(SqliteLog(tmp_path, floor_bytes=0)) as log:
        log.append(some(7))
    head = eventlog.head(tmp_path)
    assert tampered.held_against(tmp_path, head, Change(0)) == []
    assert len(tampered.held_against(tmp_path, head, Change(3))) == 2
    assert len(tampered.held_against(tmp_path, head, Change(7, shown=False))) == 1
