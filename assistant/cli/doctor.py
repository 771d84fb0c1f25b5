"""`assistant doctor`: what is not as it should be, and the one thing to do about it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from assistant.cli import options
from assistant.cli.app import app
from assistant.errors import SiteError, UsageError
from assistant.settings.paths import data_dir

if TYPE_CHECKING:
    from assistant.adapters.recordings import Recordings
    from assistant.bootstrap import Site
    from assistant.settings.hardware import Hardware
    from assistant.settings.mes import Mes
    from assistant.settings.security import Certificate

SOON_S = 30 * 86400.0
"""Before a certificate ends: time to make a new one and bring it to the other side."""
MOST_PARKED = 5
"""Parked events told of, the newest."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    what: str
    """Which."""
    state: str
    """`ok`, `missing` (works without, worse), `soon` (works now, not for long) or `broken`."""
    why: str = ""
    """What is wrong, in words."""
    remedy: str = ""
    """The one thing to do."""


@app.command()
def doctor(as_json: options.Json = False, data: options.Data = None, site: options.Site = None) -> None:
    """Look at site files, machines, MES, weights, language model sound kept; exit status 1 when one is broken."""
    broken = asyncio.run(_doctor(site, data_dir(data, make=False), as_json=as_json))
    raise typer.Exit(1 if broken else 0)


async def _doctor(site: Path | None, data: Path, *, as_json: bool) -> bool:
    broken = False
    async for finding in _findings(site, data):
        broken = broken or finding.state == "broken"
        print(json.dumps(asdict(finding)) if as_json else _line(finding), flush=True)
    return broken


def _line(finding: Finding) -> str:
    tail = f": {finding.why}" if finding.why else ""
    return f"{finding.state:8} {finding.what}{tail}" + (f"; {finding.remedy}" if finding.remedy else "")


async def _findings(site: Path | None, data: Path) -> AsyncIterator[Finding]:
    from assistant import bootstrap
    from assistant.adapters.weights import Weights
    from assistant.settings import manifest
    from assistant.settings.paths import cache_dir, site_folder

    loaded = bootstrap.load_site(site)  # a site file that is off ends here, with its one line
    yield Finding("site files", "ok")
    for finding in _link(loaded.hardware, data, time.time()):
        yield finding
    listed = manifest.load(site_folder(site, "models"))
    weights = Weights(listed, cache_dir())
    for name, model in listed.models.items():
        if not model.default:
            continue
        bad = [found for found in weights.look(name, hashed=True) if found.state != "ok"]
        why = ", ".join(f"{found.weight.file} is {found.state}" for found in bad)
        state = "ok" if not bad else "missing" if all(found.state == "missing" for found in bad) else "broken"
        yield Finding(f"weights of {name}", state, why, f"run: assistant models pull {name}" if bad else "")
    yield await _understanding(loaded)
    yield _sound(bootstrap.recordings(loaded.evidence, data), time.time())
    if loaded.mes is not None:
        for finding in await _factory(loaded.mes, data):
            yield finding


def _sound(recordings: Recordings, now: float) -> Finding:
    """How much sound of turns is kept, and whether it is deleted in time."""
    kept = recordings.kept(now)
    limit = f"each for {recordings.keep_s / 3600:g} h" if recordings.keep_s else "none is to be"
    why = f"{kept.files} recordings, {kept.bytes / 1e6:.1f} MB, {limit} (hardware/evidence.yaml)"
    if kept.overdue:
        return Finding("sound kept", "broken", f"{why}; {kept.overdue} past it", "run: assistant run --no-audio")
    return Finding("sound kept", "ok", why)


def _link(hardware: Hardware, data: Path, now: float) -> Iterator[Finding]:
    """The way to the machines: open on this machine only, else over certificates that hold for a while yet."""
    from assistant.settings import security

    if why := security.open_endpoint(hardware.endpoint, secured=hardware.security is not None):
        yield Finding("machines' endpoint", "broken", why, "run: assistant hardware certificates DIR")
        return
    yield Finding("machines' endpoint", "ok")
    named = hardware.security
    if named is None:
        return
    folder = data / security.FOLDER
    for what, read in (
        ("assistant's certificate", partial(security.pair, folder / named.certificate, folder / named.private_key)),
        ("server's certificate", partial(security.certificate, folder / named.server_certificate)),
    ):
        try:
            yield _dates(what, read(), now)
        except SiteError as exc:
            yield Finding(what, "broken", str(exc))
    try:
        commander, _ = security.accounts()
    except UsageError as exc:
        yield Finding("account at the server", "broken", str(exc))
        return
    if commander is None:
        why = f"no {security.USER} in this environment, so that the server is asked for nobody"
        yield Finding("account at the server", "missing", why, f"set {security.USER} and {security.PASSWORD}")
    else:
        yield Finding("account at the server", "ok")


def _dates(what: str, certificate: Certificate, now: float) -> Finding:
    from assistant.settings.security import day

    remedy = "run: assistant hardware certificates DIR, then put the new ones in place on both sides"
    if why := certificate.problem(now):
        return Finding(what, "broken", why)
    if certificate.ends - now < SOON_S:
        return Finding(what, "soon", f"{certificate.file} expires on {day(certificate.ends)}", remedy)
    return Finding(what, "ok")


async def _factory(mes: Mes, data: Path) -> list[Finding]:
    """Whether the factory's own system answers, and what it has not got."""
    from assistant import bootstrap

    state = await bootstrap.mes_state(mes, data)
    remedy = "see that it is up, and endpoint, token and ca in hardware/mes.yaml"
    found = [Finding("MES", "broken", state.silent, remedy) if state.silent else Finding("MES", "ok")]
    left = state.waiting
    if state.unreadable:
        found.append(Finding("MES outbox", "broken", state.unreadable, "see that this user may read the data folder"))
    elif not left.count:
        found.append(Finding("MES outbox", "ok", "nothing waits"))
    else:
        since = time.strftime("%Y-%m-%d %H:%M", time.localtime(left.oldest))
        why = f"{left.count} {'event waits' if left.count == 1 else 'events wait'}, the oldest from {since}"
        found.append(Finding("MES outbox", "ok", why))
    for one in left.parked[-MOST_PARKED:]:
        why = f"{one.type} at position {one.position} was refused ({one.reason}) and is parked"
        found.append(Finding("MES outbox", "broken", why, "tell who runs the MES; it is in the log as before"))
    return found


async def _understanding(site: Site) -> Finding:
    """Whether free words are understood: the model loaded, and asked."""
    from assistant import bootstrap
    from assistant.errors import EngineError

    if site.meaning is None:
        why = "no language model, the templates understand alone"
        return Finding("understanding", "missing", why, "run: assistant models pull")
    async with AsyncExitStack() as stack:
        by = bootstrap.understander(site, stack)
        assert by is not None
        try:
            await by.model.complete("status of lot1")
        except EngineError as exc:
            remedy = "run make setup: its engine is compiled there"
            return Finding("understanding", "broken", f"{exc}; the templates understand alone", remedy)
    if not site.meaning.plan.adapter:
        return Finding("understanding", "missing", "no adapter for this site's intents, free words are mostly guessed")
    return Finding("understanding", "ok")
