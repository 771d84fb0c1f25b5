"""Where there is nothing to go by, a true sentence is said: log and snapshot on disk, through the core itself."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from pathlib import Path

import pytest

from assistant.adapters.eventlog import SqliteLog
from assistant.adapters.snapshots import NAME, Snapshots
from assistant.bootstrap import start
from assistant.bootstrap.core import Parts
from assistant.bootstrap.known import AT_THE_END, Remembering
from assistant.domain import events as e
from assistant.domain.values import Decision, Hypothesis, Transcript
from assistant.domain.views import Views
from tests.a_core import QUALITY, the_site
from tests.fakes.stepped_clock import SteppedClock
from tests.site import the_plant
from tests.turn.test_lookups import HOUR, MINUTE, NOW, SINCE_SIX, Tale, three_lots
from tests.turn.test_stories_told import Quiet

NEVER = "The sensor hub has never been made here, as far as is recorded."
TO_COME = "That is still to come, so I can't know it."
ASKED = ("how many boards were made on line one", "how many boards failed", "yield on line one", "what happened today")


@asynccontextmanager
async def a_core(folder: Path, now: float = NOW) -> AsyncIterator[Parts]:
    """A core over the log and the snapshot of a folder, both on disk; its plant has nothing more to say."""
    clock = SteppedClock()
    clock.wall = now
    with closing(SqliteLog(folder, floor_bytes=0)) as log:
        async with AsyncExitStack() as stack:
            remembering = Remembering(Snapshots(folder, Views, floor_bytes=0))
            machines = Quiet(the_plant(), wall=clock.now)
            parts = await start(the_site(), log, machines, stack, clock, remembering)
            await parts.ingest.catch_up()
            yield parts


async def say(parts: Parts, *asked: str) -> list[str]:
    """What is answered to each."""
    told = []
    for said in asked:
        answer = await parts.core.turn(Transcript(uuid.uuid4().hex, QUALITY, (Hypothesis(said),)))
        assert answer.decision is Decision.ANSWERED, (said, answer)
        told.append(answer.say)
    return told


def write(folder: Path, tale: Tale) -> None:
    """As the log of a folder."""
    with closing(SqliteLog(folder, floor_bytes=0)) as log:
        log.append(tale.events)


def much() -> Tale:
    """Three lots, and so much more that a core leaves a snapshot."""
    tale = three_lots()
    for number in range(AT_THE_END):
        tale.state(3 * HOUR - number, "RWK-1", ("running", "idle")[number % 2])
    return tale


def spoilt(raw: bytes, how: str) -> bytes:
    """A snapshot that says nothing any more, or says it wrong."""
    middle = len(raw) // 2
    return raw[:middle] if how == "cut" else raw[:middle] + bytes([raw[middle] ^ 1]) + raw[middle + 1 :]


@pytest.mark.parametrize("how", ["a bit flipped", "cut"])
async def test_a_corrupt_snapshot_changes_no_answer(tmp_path: Path, how: str) -> None:
    write(tmp_path, much())
    async with a_core(tmp_path) as parts:
        told = await say(parts, *ASKED)
    assert told[0] == f"10 boards were made on line one {SINCE_SIX}."
    snapshot = tmp_path / NAME
    snapshot.write_bytes(spoilt(snapshot.read_bytes(), how))
    async with a_core(tmp_path) as parts:
        assert await say(parts, *ASKED) == told


async def test_a_core_that_starts_from_its_snapshot_says_the_same(tmp_path: Path) -> None:
    write(tmp_path, much())
    async with a_core(tmp_path) as parts:
        told = await say(parts, *ASKED)
    assert (tmp_path / NAME).exists()
    async with a_core(tmp_path) as parts:
        assert await say(parts, *ASKED) == told


async def test_machines_that_never_reported_are_said_to_be_unheard_of(tmp_path: Path) -> None:
    """Line one works and reports; of line two, of paste and of placements there is nothing."""
    write(tmp_path, Tale().state(4 * HOUR, "PRN-1", "running").board(30 * MINUTE, "B10201", "L4711", "AOI-1"))
    asked = {
        "why did printer two stop": "I haven't heard of printer two yet, so I can't say.",
        "what is the paste height at S P I two": "No paste height has been measured at paste inspection two yet.",
        "placement offset at placer one": "No placement offset has been measured at placer one yet.",
    }
    async with a_core(tmp_path) as parts:
        assert await say(parts, *asked) == list(asked.values())
        (told,) = await say(parts, "yield on line one")
        assert "%" not in told and "per cent" not in told and "percent" not in told, told


async def test_a_board_that_nobody_inspected_has_neither_passed_nor_failed(tmp_path: Path) -> None:
    write(tmp_path, Tale().board(30 * MINUTE, "B10201", "L4711", "PRN-1"))
    async with a_core(tmp_path) as parts:
        for told in await say(parts, "how many boards passed", "how many boards failed"):
            assert told.startswith("No board"), told
        (told,) = await say(parts, "status of board 10201")
        assert "passed" not in told and "failed" not in told, told


async def test_over_an_empty_log_nothing_is_made_up(tmp_path: Path) -> None:
    async with a_core(tmp_path) as parts:
        assert await say(parts, *ASKED) == ["No machine has reported anything yet, so I can't say."] * len(ASKED)


async def test_what_is_to_come_and_what_never_was_are_told_apart(tmp_path: Path) -> None:
    write(tmp_path, three_lots())
    asked = {
        "how many boards failed this evening": TO_COME,
        "what happened tomorrow": TO_COME,
        "how many boards were made of the sensor hub": NEVER,
        "yield of the sensor hub": NEVER,
    }
    async with a_core(tmp_path) as parts:
        assert await say(parts, *asked) == list(asked.values())


async def test_machine_time_that_is_ahead_of_ours_is_not_counted_as_past(tmp_path: Path) -> None:
    """A machine whose clock is two hours fast reports a board."""
    tale = three_lots()
    tale.at(-2 * HOUR, "B10227", e.BoardDeparted("AOI-1", "L4712"), "AOI-1")
    write(tmp_path, tale)
    async with a_core(tmp_path) as parts:
        assert await say(parts, "how many boards were made on line one in the last hour") == [
            "5 boards were made on line one in the last hour."
        ]
