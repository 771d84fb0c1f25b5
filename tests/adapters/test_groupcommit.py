"""Many tasks, few transactions, nobody told before COMMIT."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from assistant.adapters import eventlog
from assistant.adapters.eventlog import SqliteLog
from assistant.adapters.groupcommit import MOST_EVENTS, GroupCommit
from assistant.domain import events as e
from assistant.errors import LogError
from tests.contracts.eventlog_contract import chained, held, some
from tests.fakes.memory_log import MemoryLog


class Gated(MemoryLog):
    """A log whose commits wait until a test lets them."""

    def __init__(self) -> None:
        super().__init__()
        self.gate, self.begun = threading.Event(), threading.Event()
        self.commits: list[int] = []
        """How many events each transaction was asked to store."""

    def append(self, events: Sequence[e.Event]) -> Sequence[e.Event]:
        self.begun.set()
        assert self.gate.wait(30)
        self.commits.append(len(events))
        return super().append(events)


@pytest.fixture
async def log() -> AsyncIterator[Gated]:
    log = Gated()
    yield log
    log.gate.set()


async def begun(log: Gated) -> None:
    assert await asyncio.to_thread(log.begun.wait, 30)


async def test_what_arrives_during_a_commit_goes_into_the_next(log: Gated) -> None:
    commit = GroupCommit(log)
    first = asyncio.create_task(commit.append([held("e1")]))
    await begun(log)
    others = [asyncio.create_task(commit.append(some(2, first=2 * n))) for n in range(1, 21)]
    await asyncio.sleep(0)  # each has handed over its events
    assert not any(task.done() for task in (first, *others))
    log.gate.set()
    stored = [await task for task in (first, *others)]
    assert log.commits == [1, 40]
    assert [len(events) for events in stored] == [1] + 20 * [2]
    assert [event for events in stored for event in events] == log.events
    await commit.close()


async def test_one_transaction_has_its_limit(log: Gated) -> None:
    commit = GroupCommit(log)
    first = asyncio.create_task(commit.append([held("e1")]))
    await begun(log)
    half = MOST_EVENTS // 2
    others = [asyncio.create_task(commit.append(some(half, first=10 + half * n))) for n in range(3)]
    await asyncio.sleep(0)
    log.gate.set()
    await asyncio.gather(first, *others)
    assert log.commits == [1, MOST_EVENTS, half]
    await commit.close()


async def test_one_bad_event_fails_its_caller_only(log: Gated) -> None:
    commit = GroupCommit(log)
    first = asyncio.create_task(commit.append([held("e1")]))
    await begun(log)
    bad = asyncio.create_task(commit.append([held("e2"), held("e1", "void")]))
    good = asyncio.create_task(commit.append([held("e3")]))
    await asyncio.sleep(0)
    log.gate.set()
    await first
    with pytest.raises(LogError, match="other content"):
        await bad
    assert [event.position for event in await good] == [2]
    assert [event.id for event in log.events] == ["e1", "e3"]
    await commit.close()


async def test_while_the_disk_is_full_everybody_is_told_and_later_it_works(log: Gated) -> None:
    commit = GroupCommit(log)
    log.problem = "disk nearly full"
    log.gate.set()
    results = await asyncio.gather(*(commit.append([held(f"e{n}")]) for n in range(5)), return_exceptions=True)
    assert [str(result) for result in results] == 5 * ["disk nearly full"]
    log.problem = ""
    assert [event.position for event in await commit.append([held("e9")])] == [1]
    await commit.close()


async def test_a_cancelled_caller_takes_nobody_with_it(log: Gated) -> None:
    commit = GroupCommit(log)
    first = asyncio.create_task(commit.append([held("e1")]))
    await begun(log)
    second = asyncio.create_task(commit.append([held("e2")]))
    third = asyncio.create_task(commit.append([held("e3")]))
    await asyncio.sleep(0)
    first.cancel()
    second.cancel()
    log.gate.set()
    assert [event.position for event in await third] == [3]
    assert first.cancelled()
    assert second.cancelled()
    await commit.close()


async def test_a_fault_of_the_log_reaches_its_caller_and_hangs_nobody() -> None:
    class Broken(MemoryLog):
        def append(self, events: Sequence[e.Event]) -> Sequence[e.Event]:
            raise ZeroDivisionError

    commit = GroupCommit(Broken())
    results = await asyncio.gather(*(commit.append([held(f"e{n}")]) for n in range(3)), return_exceptions=True)
    assert [type(result) for result in results] == 3 * [ZeroDivisionError]
    await commit.close()


async def test_closing_finishes_what_was_asked_for_and_takes_no_more(log: Gated) -> None:
    commit = GroupCommit(log)
    tasks = [asyncio.create_task(commit.append([held(f"e{n}")])) for n in range(3)]
    await begun(log)
    closing_ = asyncio.create_task(commit.close())
    await asyncio.sleep(0)
    with pytest.raises(LogError, match="closed"):
        await commit.append([held("late")])
    log.gate.set()
    await closing_
    assert all(task.done() for task in tasks)
    assert [event.id for event in log.events] == ["e0", "e1", "e2"]
    await GroupCommit(log).close()  # also one that was never used


async def test_over_the_real_log_every_caller_gets_its_own_and_the_chain_holds(tmp_path: Path) -> None:
    with closing(SqliteLog(tmp_path, floor_bytes=0)) as log:
        commit = GroupCommit(log)

        async def one(n: int) -> None:
            for part in range(4):
                batch = [held(f"{n}-{part}-{k}") for k in range(n % 3 + 1)]
                stored = await commit.append(batch)
                assert [event.id for event in stored] == [event.id for event in batch]
                # Told only after COMMIT: another connection sees it.
                assert stored[-1] in list(eventlog.read(tmp_path, after=stored[-1].position - 1))

        await asyncio.gather(*(one(n) for n in range(30)))
        await commit.close()
        assert chained(list(log.read()))
    assert eventlog.verify(tmp_path)[0] == 4 * (10 * 1 + 10 * 2 + 10 * 3)
