"""`assistant line`: the reference plant as an OPC UA server."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli import options
from assistant.cli.app import app
from assistant.errors import UsageError

if TYPE_CHECKING:
    from assistant.settings.security import Link


@app.command()
def line(
    endpoint: Annotated[str | None, typer.Option(help="Where to listen; on this machine only.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same shift.")] = 7,
    speed: Annotated[float, typer.Option(help="Times real time.")] = 1.0,
    ledger: Annotated[Path | None, typer.Option(help="JSON lines of what machines did with orders.")] = None,
    secure: Annotated[bool, typer.Option("--secure", help="Only the assistant's certificate, two accounts.")] = False,
    certificates: Annotated[
        Path | None,
        typer.Option(help="Of `assistant hardware certificates`; else in the data folder.", show_default=False),
    ] = None,
    data: options.Data = None,
    site: options.Site = None,
) -> None:
    """The reference plant: machines that move boards, behind OPC UA.

    With --secure its accounts come from LINE_ASSISTANT_OPCUA_USER and _PASSWORD (may command) and, if set,
    LINE_ASSISTANT_OPCUA_OBSERVER_USER and _PASSWORD (may only read).
    """
    from assistant.plant.ledger import Ledger
    from assistant.plant.server import PlantServer
    from assistant.settings import hardware, plant
    from assistant.settings.paths import site_folder

    if not 0 < speed <= 1000:
        raise UsageError(f"--speed {speed}: must be above 0 and at most 1000")
    folder = site_folder(site, "hardware")
    declared, wired = plant.load(folder), hardware.load(folder)
    url = endpoint or wired.endpoint
    if certificates is not None and not secure:
        raise UsageError("--certificates goes with --secure")
    link = _link(certificates, data) if secure else None
    with Ledger(ledger) as book:
        server = PlantServer(declared, wired, book, seed=seed, speed=speed, link=link)

        def ready() -> None:
            how = ", secured" if secure else ""
            about = f"{len(declared.machines)} machines, seed {seed}, speed {speed:g}{how}"
            print(f"line ready at {url}: {about}", flush=True)

        asyncio.run(_until_stopped(server.run(url, ready)))


def _link(certificates: Path | None, data: Path | None) -> Link:
    """The plant's end of a secured connection. Raises SiteError for its certificates, UsageError for its accounts."""
    from assistant.settings import security
    from assistant.settings.paths import data_dir

    folder = certificates or data_dir(data, make=False) / security.FOLDER
    trust = security.in_folder(folder, security.PLANT, security.ASSISTANT)
    commander, observer = security.accounts()
    if commander is None:
        raise UsageError(f"--secure: set {security.USER} and {security.PASSWORD} in the environment")
    if why := trust.problem(time.time()):
        raise UsageError(f"--certificates: {why}")
    return security.Link(trust, commander, observer)


async def _until_stopped(work: Coroutine[Any, Any, None]) -> None:
    """Run until SIGINT or SIGTERM, then end in order."""
    from assistant.adapters.tasks import ended

    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    task, told = asyncio.create_task(work), asyncio.create_task(stop.wait())
    await asyncio.wait({task, told}, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    if task.done():
        await task  # it ended by itself: its error is the answer
    await ended(task)
