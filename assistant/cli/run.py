"""`assistant run`: the main job on this box."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated

import typer

from assistant.cli import options
from assistant.cli.app import app


@app.command()
def run(
    no_audio: Annotated[bool, typer.Option("--no-audio", help="Only hold the core, for ask, hear and others.")] = False,
    metrics: Annotated[
        int | None,
        typer.Option(help="Port for Prometheus, this machine only.", show_default=False, min=0, max=65535),
    ] = None,
    out: Annotated[Path, typer.Option(help="Where the demo shift keeps its files.")] = Path("out"),
    seed: Annotated[int, typer.Option(help="Of the demo shift's plant.")] = 7,
    data: options.Data = None,
    site: options.Site = None,
) -> int:
    """Hold the core; without --no-audio, a spoken demo shift from WAV to WAV (this version has no headset loop)."""
    if no_audio:
        asyncio.run(_hold(data, site, metrics))
        return 0
    from assistant.cli.demo import shift

    return asyncio.run(shift(out, site, seed))


async def _hold(data: Path | None, site: Path | None, port: int | None) -> None:
    """The core of this data folder, until SIGINT or SIGTERM."""
    from assistant import bootstrap
    from assistant.adapters.eventlog import sqlite_note
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
        await stack.enter_async_context(supervised())
        await stop.wait()
