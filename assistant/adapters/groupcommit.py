"""Appends of many tasks as few transactions: what arrives while one commit runs goes into the next."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from assistant.domain.events import Event
from assistant.errors import LogError
from assistant.ports import EventLog

MOST_EVENTS = 2000
"""In one transaction: more would make the first of them wait."""


class GroupCommit:
    """An asyncio front to a log: one writer thread, each caller resolved only after its COMMIT."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="event-log")
        self._waiting: list[tuple[Sequence[Event], asyncio.Future[Sequence[Event]]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def append(self, events: Sequence[Event]) -> Sequence[Event]:
        """See ports.EventLog.append; many tasks may await this at once."""
        future: asyncio.Future[Sequence[Event]] = asyncio.get_running_loop().create_future()
        self._waiting.append((events, future))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
        # A caller that is cancelled must not take the others' transaction with it.
        return await asyncio.shield(future)

    async def close(self) -> None:
        """Finish what was asked for."""
        while self._waiting or (self._writer is not None and not self._writer.done()):
            await asyncio.wait([self._writer] if self._writer is not None else [])
        self._thread.shutdown()

    async def _write(self) -> None:
        while self._waiting:
            batch = [self._waiting.pop(0)]
            while self._waiting and sum(len(events) for events, _ in batch) < MOST_EVENTS:
                batch.append(self._waiting.pop(0))
            try:
                await self._store(batch)
            except LogError:
                # One caller's bad event must not fail the others: each alone, in order.
                for one in batch:
                    try:
                        await self._store([one])
                    except LogError as exc:
                        if not one[1].done():
                            one[1].set_exception(exc)

    async def _store(self, batch: list[tuple[Sequence[Event], asyncio.Future[Sequence[Event]]]]) -> None:
        together = [event for events, _ in batch for event in events]
        stored = await asyncio.get_running_loop().run_in_executor(self._thread, self._log.append, together)
        at = 0
        for events, future in batch:
            if not future.done():
                future.set_result(stored[at : at + len(events)])
            at += len(events)
