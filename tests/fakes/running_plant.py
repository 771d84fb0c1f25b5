"""The reference plant as a server in this process, on a free loopback port."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from assistant.adapters.tasks import ended
from assistant.plant.ledger import Ledger
from assistant.plant.server import PlantServer
from assistant.plant.weeks import Programme
from assistant.settings.security import Link
from tests.processes import free_endpoint
from tests.site import the_hardware, the_plant

__all__ = ["free_endpoint", "running_plant", "until"]
PATIENCE_S = 20.0
"""How long `until` waits for something that must come; reaching it is a failure, not a measurement."""


@asynccontextmanager
async def running_plant(
    endpoint: str,
    *,
    ledger: Path | None = None,
    seed: int = 7,
    speed: float = 1.0,
    link: Link | None = None,
    programme: Programme | None = None,
) -> AsyncIterator[PlantServer]:
    """The plant, ready for clients; stopped at the end."""
    ready = asyncio.Event()
    with Ledger(ledger) as book:
        server = PlantServer(the_plant(), the_hardware(), book, seed=seed, speed=speed, link=link, programme=programme)
        task = asyncio.create_task(server.run(endpoint, ready.set))
        waiting = asyncio.create_task(ready.wait())
        await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if task.done():
            task.result()
        try:
            yield server
        finally:
            await ended(task)


async def until(met: Callable[[], bool | Awaitable[bool]]) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            answer = met()
            if answer if isinstance(answer, bool) else await answer:
                return
            await asyncio.sleep(0.01)
