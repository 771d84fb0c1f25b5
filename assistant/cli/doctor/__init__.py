"""`assistant doctor`: what is not as it should be, and the one thing to do about it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path

import typer

from assistant.cli import options
from assistant.cli.app import app
from assistant.cli.doctor import box, engines, factory, log, machines, sound
from assistant.cli.doctor.finding import Finding
from assistant.settings.paths import data_dir

__all__ = ["Finding", "doctor"]


@app.command()
def doctor(as_json: options.Json = False, data: options.Data = None, site: options.Site = None) -> None:
    """Look at files, machines, log, box, weights, language model and MES; status 1 when one is broken."""
    broken = asyncio.run(_doctor(site, data_dir(data, make=False), as_json=as_json))
    raise typer.Exit(1 if broken else 0)


async def _doctor(site: Path | None, data: Path, *, as_json: bool) -> bool:
    broken = False
    async for finding in _findings(site, data):
        broken = broken or finding.state == "broken"
        print(json.dumps(asdict(finding)) if as_json else finding.line(), flush=True)
    return broken


async def _findings(site: Path | None, data: Path) -> AsyncIterator[Finding]:
    """Everything, the cheap things first; each line comes as soon as it is known."""
    from assistant import bootstrap

    loaded = bootstrap.load_site(site)  # a site file that is off ends here, with its one line
    now = time.time()
    yield Finding("site files", "ok")
    way = list(machines.link(loaded.hardware, data, now))
    for finding in (*box.look(data), *log.look(data, now), *way):
        yield finding
    if all(finding.state != "broken" for finding in way):
        yield await machines.answering(loaded, data)
    yield await sound.look(site)
    for finding in engines.weights(site):
        yield finding
    yield await engines.understanding(loaded)
    yield log.sound(bootstrap.recordings(loaded.evidence, data), now)
    if loaded.mes is not None:
        for finding in await factory.look(loaded.mes, data):
            yield finding
