"""A client that takes cancelling for its own affair, as asyncua does, holds nobody up for ever."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from assistant.adapters.opcua_client import hang_up, within


async def stubborn(for_ever: asyncio.Event) -> None:
    """Swallows a cancelling, and goes on waiting for what never comes."""
    while not for_ever.is_set():
        with suppress(asyncio.CancelledError):
            await for_ever.wait()


async def test_work_that_cannot_be_cancelled_is_left_alone() -> None:
    over = asyncio.Event()
    with pytest.raises(TimeoutError):
        await within(0.05, stubborn(over))
    over.set()


async def test_work_that_is_cancelled_by_somebody_else_does_not_cancel_who_waits_for_it() -> None:
    async def ended() -> None:
        raise asyncio.CancelledError

    with pytest.raises(ConnectionError):
        await within(5.0, ended())


async def test_who_is_cancelled_takes_the_work_along() -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    task = asyncio.create_task(within(60.0, work()))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await ended.wait()


async def test_hanging_up_waits_for_nobody_and_lets_go_of_the_socket() -> None:
    class Client:
        over = asyncio.Event()
        let_go = False

        async def disconnect(self) -> None:
            await stubborn(self.over)

        def disconnect_socket(self) -> None:
            self.let_go = True

    client = Client()
    await hang_up(client)
    assert client.let_go
    client.over.set()
