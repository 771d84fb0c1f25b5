"""Appends of many tasks as few transactions: what arrives while one commit runs goes into the next."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from assistant.domain.events import Event
from assistant.errors import LogError
from assistant.ports import EventLog

MOST_EVENTS = 2000
"""In one transaction: more would make the first of them wait."""

Waiting = tuple[Sequence[Event], asyncio.Future[Sequence[Event]]]


class GroupCommit:
    """An asyncio front to a log: one writer thread, each caller resolved only after its COMMIT."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="event-log")
        self._waiting: deque[Waiting] = deque()
        self._writer: asyncio.Task[None] | None = None
        self._closed = False

    async def append(self, events: Sequence[Event]) -> Sequence[Event]:
        """See ports.EventLog.append; many tasks may await this at once. What a cancelled caller gave is stored too."""
        if self._closed:
            raise LogError("the event log is closed")
        future: asyncio.Future[Sequence[Event]] = asyncio.get_running_loop().create_future()
        self._waiting.append((events, future))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
        return await future

    async def close(self) -> None:
        """Finish what was asked for; the log itself stays open."""
        self._closed = True
        if self._writer is not None:
            await asyncio.wait([self._writer])
        self._thread.shutdown()

    async def _write(self) -> None:
        while self._waiting:
            await self._store(self._gathered())

    def _gathered(self) -> list[Waiting]:
        batch: list[Waiting] = []
        size = 0
        while self._waiting and size < MOST_EVENTS:
            batch.append(self._waiting.popleft())
            size += len(batch[-1][0])
        return batch

    async def _store(self, batch: Sequence[Waiting]) -> None:
        together = [event for events, _ in batch for event in events]
        try:
            stored = await asyncio.get_running_loop().run_in_executor(self._thread, self._log.append, together)
        except Exception as exc:
            if len(batch) > 1:
                # One caller's bad event must not fail the others: each alone, in order.
                for one in batch:
                    await self._store([one])
            elif not batch[0][1].done():
                batch[0][1].set_exception(exc)
            return
        at = 0
        for events, future in batch:
            if not future.done():
                future.set_result(stored[at : at + len(events)])
            at += len(events)
