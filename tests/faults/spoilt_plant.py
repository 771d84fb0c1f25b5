"""The reference plant with a server that shows what it likes: bad quality, another time, or nothing new."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from assistant.adapters.tasks import ended
from assistant.plant.ledger import Ledger
from assistant.plant.server import PlantServer, _variant
from tests.site import the_hardware, the_plant

BAD, UNCERTAIN = 0x80000000, 0x40000000
"""OPC UA status codes (Part 4, 7.39)."""


@dataclass(frozen=True)
class Spoilt:
    """How values are wrong."""

    status: int = 0
    """Their status code."""
    shift_s: float = 0.0
    """Their own time, this much before or after the present."""
    only: str = ""
    """The one variable that is so; empty for all of them, the heartbeat included."""


class SpoiltPlant(PlantServer):
    """Its machines do what they are asked and its ledger says so; only what it shows can be wrong."""

    spoilt: Spoilt | None = None
    still: Literal["", "heart", "all"] = ""
    """What is not brought up to date any more though the server answers: heartbeats and journal, or everything."""

    def show(self, spoilt: Spoilt | None = None, still: Literal["", "heart", "all"] = "") -> None:
        """From the next tick on."""
        self.spoilt, self.still = spoilt, still
        self._shown.clear()

    async def _write(self, whose: str, values: dict[str, object], at: Any) -> None:
        from asyncua import ua

        beats = self._hardware.heartbeat.format(machine=whose)
        if self.still == "all" or (self.still == "heart" and beats not in values):
            return
        fresh = {name: value for name, value in values.items() if not (self.still == "heart" and name == beats)}
        if self._shown.get(whose) == fresh:
            return
        self._shown[whose] = fresh
        for name, value in fresh.items():
            wrong = self.spoilt if self.spoilt is not None and self._meant(self.spoilt, whose, name) else Spoilt()
            own: Any = at + timedelta(seconds=wrong.shift_s)
            status = ua.StatusCode(ua.UInt32(wrong.status))
            shown = ua.DataValue(_variant(value), StatusCode=status, SourceTimestamp=own)
            await self._server.write_attribute_value(self._id(name), shown)

    def _meant(self, spoilt: Spoilt, whose: str, name: str) -> bool:
        pattern = self._hardware.variables.get(spoilt.only, "")
        return not spoilt.only or name == pattern.format(machine=whose)


@asynccontextmanager
async def a_spoilt_plant(endpoint: str, ledger: Path, *, seed: int, speed: float) -> AsyncIterator[SpoiltPlant]:
    """One in this process, right at first."""
    ready = asyncio.Event()
    with Ledger(ledger) as book:
        server = SpoiltPlant(the_plant(), the_hardware(), book, seed=seed, speed=speed)
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
