"""`assistant run`: the main job on this box."""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import AsyncExitStack, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli import options
from assistant.cli.app import app
from assistant.domain.values import Session
from assistant.errors import AssistantError, AudioError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from assistant.bootstrap.headset import Place
    from assistant.turn.station import Station

YES = ("y", "yes")


@app.command()
def run(
    badge: options.Badge = "",
    station: options.Station = "",
    device: Annotated[
        str, typer.Option(help="Only a headset whose name this regular expression fits.", show_default=False)
    ] = "",
    no_audio: Annotated[bool, typer.Option("--no-audio", help="Only hold the core, for ask, hear and others.")] = False,
    metrics: Annotated[
        int | None,
        typer.Option(help="Port for Prometheus, this machine only.", show_default=False, min=0, max=65535),
    ] = None,
    demo: Annotated[bool, typer.Option("--demo", help="The demo shift, whatever is plugged in.")] = False,
    out: Annotated[Path, typer.Option(help="Where the demo shift keeps its files.")] = Path("out"),
    seed: Annotated[int, typer.Option(help="Of the demo shift's plant.")] = 7,
    data: options.Data = None,
    site: options.Site = None,
) -> int:
    """Serve the headsets that are here; without one, a terminal; without that, a spoken demo shift from WAV to WAV."""
    if no_audio:
        asyncio.run(_hold(data, site, metrics))
        return 0
    found = [] if demo else asyncio.run(_found(site, Session(badge, station), device))
    if found:
        asyncio.run(_serve(found, data, site, metrics))
        return 0
    if not demo and (terminal := _terminal()) is not None:
        print("no headset here (assistant devices shows what there is); a terminal instead", flush=True)
        terminal(badge=badge, station=station, data=data, site=site)
        return 0
    from assistant.cli.demo import shift

    return asyncio.run(shift(out, site, seed))


async def _found(site: Path | None, session: Session, device: str) -> Sequence[Place]:
    """The headsets to serve, as far as there are any."""
    from assistant.adapters.sound import devices
    from assistant.bootstrap.headset import load_headsets, places
    from assistant.errors import UsageError

    known = load_headsets(site)
    try:
        listed = await devices()
    except AudioError as exc:
        print(f"assistant: {exc}", file=sys.stderr)
        listed = []
    found = places(known, listed, session, device)
    if device and not found:
        raise UsageError(f"--device {device}: no such headset; assistant devices shows what there is")
    return found


async def _serve(found: Sequence[Place], data: Path | None, site: Path | None, port: int | None) -> None:
    """All of them, until SIGINT or SIGTERM."""
    from assistant import bootstrap
    from assistant.adapters.garbage import settled
    from assistant.adapters.metrics import HOST, Metrics
    from assistant.adapters.systemd import supervised
    from assistant.bootstrap.headset import open_engines, open_stations
    from assistant.bootstrap.wake import wakeword
    from assistant.settings.paths import data_dir

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    folder, loaded = data_dir(data), bootstrap.load_site(site)
    async with AsyncExitStack() as stack:
        if port is not None:
            figures = Metrics()
            await stack.enter_async_context(bootstrap.host_core(loaded, folder, figures))
            _say(f"metrics at http://{HOST}:{stack.enter_context(figures.serving(port))}/metrics")
        # A connection takes one turn after the other, so each headset has its own.
        doors = [await stack.enter_async_context(bootstrap.open_core(loaded, folder)) for _ in found]
        engines = await stack.enter_async_context(open_engines(site, loaded))
        kept = bootstrap.recordings(loaded.evidence, folder)
        wakes = partial(wakeword, site)
        stations = await stack.enter_async_context(open_stations(found, engines, doors, _say, kept, wakes))
        for place in found:
            who = place.session.badge or "nobody checked in: look-ups only"
            _say(f"{place.session.station or '-'}: {place.profile} headset, {who}")
        _say("press Enter to talk, or send SIGUSR1; yes and Enter checks in a badge that was named; Ctrl-C ends")
        _keys(loop, stations)
        work = [asyncio.create_task(station.run()) for station in stations]
        settled()
        await stack.enter_async_context(supervised())
        waiting = asyncio.create_task(stop.wait())
        await asyncio.wait([*work, waiting], return_when=asyncio.FIRST_COMPLETED)
        for task in [*work, waiting]:
            if task.done() and not task.cancelled() and (problem := task.exception()) is not None:
                raise problem
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


def _keys(loop: asyncio.AbstractEventLoop, stations: Sequence[Station]) -> None:
    """Push to talk without a button: SIGUSR1 or Enter for the first headset, its number and Enter for another."""
    loop.add_signal_handler(signal.SIGUSR1, stations[0].press)
    if not sys.stdin.isatty():
        return

    confirming: list[asyncio.Task[None]] = []

    def read() -> None:
        line = sys.stdin.readline()
        if not line:
            loop.remove_reader(sys.stdin.fileno())
            return
        if line.strip().lower() in YES:
            confirming.append(loop.create_task(_confirm(stations)))
            return
        number = int(line) if line.strip().isdecimal() else 1
        if 1 <= number <= len(stations):
            stations[number - 1].press()

    loop.add_reader(sys.stdin.fileno(), read)


async def _confirm(stations: Sequence[Station]) -> None:
    """Somebody at the terminal says that the badge named into a headset is here."""
    try:
        if not any([await station.confirm() for station in stations]):
            _say("nobody asked to be checked in")
    except AssistantError as exc:
        _say(str(exc))


def _say(line: str) -> None:
    if line:
        print(line, flush=True)


def _terminal() -> Callable[..., object] | None:
    """The terminal's command, where there is one and somebody sits at it."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return None
    commands = {one.callback.__name__: one.callback for one in app.registered_commands if one.callback is not None}
    return commands.get("terminal")


async def _hold(data: Path | None, site: Path | None, port: int | None) -> None:
    """The core of this data folder, until SIGINT or SIGTERM."""
    from assistant import bootstrap
    from assistant.adapters.eventlog import sqlite_note
    from assistant.adapters.garbage import settled
    from assistant.adapters.metrics import HOST, Metrics
    from assistant.adapters.systemd import supervised
    from assistant.settings.paths import data_dir

    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    folder, loaded = data_dir(data), bootstrap.load_site(site)
    async with AsyncExitStack() as stack:
        metrics = Metrics() if port is not None else None
        await stack.enter_async_context(bootstrap.host_core(loaded, folder, metrics))
        print(f"core ready in {folder}, machines at {loaded.hardware.endpoint}", flush=True)
        print(sqlite_note(), flush=True)
        if metrics is not None:
            served = stack.enter_context(metrics.serving(port or 0))
            print(f"metrics at http://{HOST}:{served}/metrics", flush=True)
        settled()
        await stack.enter_async_context(supervised())
        await stop.wait()
