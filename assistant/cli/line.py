"""`assistant line`: the reference plant as an OPC UA server."""

from __future__ import annotations

import asyncio
import json
import math
import signal
import time
import uuid
from collections.abc import Callable, Coroutine
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli import options
from assistant.cli.app import app
from assistant.errors import UsageError

if TYPE_CHECKING:
    from assistant.plant.stories import Fact
    from assistant.plant.weeks import Programme
    from assistant.settings.plant import Plant
    from assistant.settings.security import Link


@app.command()
def line(
    endpoint: Annotated[str | None, typer.Option(help="Where to listen; on this machine only.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same shift.")] = 7,
    speed: Annotated[str, typer.Option(help="Times real time: 60 or 60x.")] = "1",
    days: Annotated[
        float | None,
        typer.Option(
            help="Make so many days and end: orders, lots, small faults and the site's stories go on as in a plant that"
            " runs day and night. Machine times are the plant's own, and its last second is the present.",
            show_default=False,
        ),
    ] = None,
    story: Annotated[
        str | None,
        typer.Option(help="Tell this one of hardware/stories, and end; times as with --days.", show_default=False),
    ] = None,
    truth: Annotated[
        Path | None, typer.Option(help="JSON lines of what is true of the stories.", show_default=False)
    ] = None,
    ledger: Annotated[Path | None, typer.Option(help="JSON lines of what machines did with orders.")] = None,
    straight: Annotated[
        bool,
        typer.Option("--straight", help="With --days or --story: write the empty log of --data at once, no OPC UA."),
    ] = False,
    secure: Annotated[bool, typer.Option("--secure", help="Only the assistant's certificate, two accounts.")] = False,
    certificates: Annotated[
        Path | None,
        typer.Option(help="Of `assistant hardware certificates`; else in the data folder.", show_default=False),
    ] = None,
    data: options.Data = None,
    site: options.Site = None,
) -> None:
    """The reference plant: machines that move boards, behind OPC UA.

    A week at 60x is done in three hours, at 1000x in ten minutes; then the line ends, once its journal is read.

    With --secure its accounts come from LINE_ASSISTANT_OPCUA_USER and _PASSWORD (may command) and, if set,
    LINE_ASSISTANT_OPCUA_OBSERVER_USER and _PASSWORD (may only read).
    """
    from assistant.adapters.garbage import settled
    from assistant.plant.ledger import Ledger
    from assistant.plant.server import PlantServer
    from assistant.settings import hardware, plant
    from assistant.settings.paths import site_folder

    factor = times(speed)
    folder = site_folder(site, "hardware")
    declared, wired = plant.load(folder), hardware.load(folder)
    url = endpoint or wired.endpoint
    if certificates is not None and not secure:
        raise UsageError("--certificates goes with --secure")
    link = _link(certificates, data) if secure else None
    with Ledger(ledger) as book, _Truth(truth) as facts:
        if straight:
            _write(folder, declared, days, story, seed, data, facts)
            return
        programme = _programme(folder, declared, days, story, factor, facts.tell)
        server = PlantServer(declared, wired, book, seed=seed, speed=factor, link=link, programme=programme)

        def ready() -> None:
            facts.origin = server.origin
            how = ", secured" if secure else ""
            if programme is not None:
                told = " ".join(one.name for one, _ in programme.stories) or "none"
                how += f", for {programme.seconds / factor / 60:.1f} minutes, stories: {told}"
            about = f"{len(declared.machines)} machines, seed {seed}, speed {factor:g}{how}"
            settled()
            print(f"line ready at {url}: {about}", flush=True)

        asyncio.run(_until_stopped(server.run(url, ready)))


def times(text: str) -> float:
    """How many times real time `60` or `60x` is. Raises UsageError."""
    try:
        factor = float(text.removesuffix("x"))
    except ValueError:
        factor = 0.0
    if not 0 < factor <= 1000:
        raise UsageError(f"--speed {text}: must be above 0 and at most 1000, such as 60 or 60x")
    return factor


def _programme(
    folder: Path, plant: Plant, days: float | None, story: str | None, speed: float, tell: Callable[[Fact], None]
) -> Programme | None:
    """What the plant goes through; None: it stays as its file says. Raises UsageError, SiteError."""
    from assistant.plant import weeks
    from assistant.settings import stories

    if days is not None and not 0 < days <= 366:
        raise UsageError(f"--days {days:g}: must be above 0 and at most 366")
    if days is None and story is None:
        return None
    told = stories.load(folder, plant)
    if story is not None:
        one = stories.chosen(told, story)
        if days is not None:
            raise UsageError("--story ends by itself; --days has all stories in it")
        return weeks.alone(one, tell)
    assert days is not None
    origin = time.time() + days * weeks.DAY_S * (1 / speed - 1)
    return weeks.several(days, told.values(), origin, datetime.now().astimezone().tzinfo or UTC, tell)


def _write(
    folder: Path, plant: Plant, days: float | None, story: str | None, seed: int, data: Path | None, facts: _Truth
) -> None:
    """The same straight into a log that ends now. Raises UsageError, SiteError, LogError."""
    from assistant import bootstrap
    from assistant.plant import weeks
    from assistant.settings.paths import data_dir

    facts.origin = now = time.time()
    programme = _programme(folder, plant, days, story, math.inf, facts.tell)
    if programme is None:
        raise UsageError("--straight goes with --days or --story")
    facts.origin = now - programme.seconds
    run = uuid.uuid4().hex[:12]
    where = data_dir(data)
    count = bootstrap.write_days(plant, weeks.played(plant, seed, programme, facts.origin, run), where)
    print(f"{count} events in {where}")


class _Truth:
    """Writes facts down as they become known. Without a file it keeps nothing."""

    def __init__(self, file: Path | None) -> None:
        """Raises UsageError when it cannot be opened."""
        self.origin = 0.0
        """Unix seconds UTC of the plant's second 0."""
        try:
            self._file = None if file is None else file.open("a", encoding="utf-8")
        except OSError as exc:
            raise UsageError(f"--truth {file}: {exc.strerror or exc}") from exc

    def tell(self, fact: Fact) -> None:
        """One more."""
        if self._file is not None:
            print(json.dumps(asdict(fact.moved(self.origin)), ensure_ascii=False), file=self._file, flush=True)

    def __enter__(self) -> _Truth:
        return self

    def __exit__(self, *error: object) -> None:
        if self._file is not None:
            self._file.close()


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
