"""Whether what a site names can be reached, looked at once and let go."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from urllib.parse import urlsplit

from assistant.adapters.opcua import OpcUaMachines
from assistant.adapters.tasks import ended
from assistant.bootstrap.site import Site
from assistant.errors import AssistantError
from assistant.settings import security

WITHIN_S = 5.0
"""A plant that answers later answers nobody in time."""
KNOCK_S = 1.0
PORT = 4840
"""Of OPC UA, where an address names none."""


async def machines_silent(site: Site, data: Path) -> str:
    """Why the first machine cannot be read now, or empty."""
    first = site.plant.machines[0].id
    try:
        machines = OpcUaMachines(site.hardware, [first], security.link(site.hardware, data, time.time()))
    except AssistantError as exc:
        return str(exc)
    if await _refused(site.hardware.endpoint):
        return f"nothing answers at {site.hardware.endpoint}"
    follower = asyncio.create_task(_followed(machines))
    try:
        async with asyncio.timeout(WITHIN_S):
            while machines.age() == float("inf"):  # noqa: ASYNC110 (a heartbeat has no event to wait for)
                await asyncio.sleep(0.05)
            await machines.observe(first)
    except TimeoutError:
        return f"nothing answers at {site.hardware.endpoint}"
    except AssistantError as exc:
        return str(exc)
    finally:
        await ended(follower)
        await machines.close()
    return ""


async def _refused(endpoint: str) -> bool:
    """Whether nobody listens there, which is known at once; a host that keeps silent is waited for elsewhere."""
    address = urlsplit(endpoint)
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(address.hostname, address.port or PORT), KNOCK_S)
    except ConnectionRefusedError:
        return True
    except OSError:
        return False
    writer.close()
    return False


async def _followed(machines: OpcUaMachines) -> None:
    """Listen to the machines: that is what opens the session that reads."""
    seen: dict[str, int] = {}
    async for happenings in machines.happenings(seen):
        seen |= {one.journal: one.sequence for one in happenings}
