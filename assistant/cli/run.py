"""`assistant run`: the main job on this box."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import Annotated

import typer

from assistant.cli import options
from assistant.cli.app import app


@app.command()
def run(
    no_audio: Annotated[bool, typer.Option("--no-audio", help="Only hold the core, for ask, hear and others.")] = False,
    out: Annotated[Path, typer.Option(help="Where the demo shift keeps its files.")] = Path("out"),
    seed: Annotated[int, typer.Option(help="Of the demo shift's plant.")] = 7,
    data: options.Data = None,
    site: options.Site = None,
) -> int:
    """Hold the core; without --no-audio, a spoken demo shift from WAV to WAV (this version has no headset loop)."""
    if no_audio:
        asyncio.run(_hold(data, site))
        return 0
    from assistant.cli.demo import shift

    return asyncio.run(shift(out, site, seed))


async def _hold(data: Path | None, site: Path | None) -> None:
    """The core of this data folder, until SIGINT or SIGTERM."""
    from assistant import bootstrap
    from assistant.adapters.eventlog import sqlite_note
    from assistant.settings.paths import data_dir

    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    folder, loaded = data_dir(data), bootstrap.load_site(site)
    async with bootstrap.host_core(loaded, folder):
        print(f"core ready in {folder}, machines at {loaded.hardware.endpoint}", flush=True)
        print(sqlite_note(), flush=True)
        await stop.wait()
