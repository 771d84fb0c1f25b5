"""`assistant badge`: who is checked in where, and checking in and out by hand."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import typer

from assistant.cli import options
from assistant.cli.app import app
from assistant.domain.values import Session
from assistant.errors import UsageError

badge = typer.Typer(invoke_without_command=True, help="Who is checked in where: whom a station's headset speaks for.")
app.add_typer(badge, name="badge")


@badge.callback()
def who(
    context: typer.Context, as_json: options.Json = False, data: options.Data = None, site: options.Site = None
) -> None:
    """List who is checked in, by station."""
    context.obj = data
    if context.invoked_subcommand is not None:
        return
    found = _checked_in(data)
    for station, who in sorted(found.items()):
        print(json.dumps({"station": station, "badge": who}) if as_json else f"{station}  {who}")
    if not found and not as_json:
        print("nobody is checked in")


@badge.command("in")
def check_in(
    context: typer.Context,
    who: options.Badge = "",
    station: options.Station = "",
    data: options.Data = None,
    site: options.Site = None,
) -> None:
    """Check a badge in: from now on the station's headset speaks for it."""
    asyncio.run(_check(Session(who, station), data if data is not None else context.obj, site, out=False))
    print(f"{who} is checked in at {station}")


@badge.command("out")
def check_out(
    context: typer.Context,
    who: options.Badge = "",
    station: options.Station = "",
    data: options.Data = None,
    site: options.Site = None,
) -> None:
    """Check a badge out: from now on the station's headset speaks for nobody."""
    asyncio.run(_check(Session(who, station), data if data is not None else context.obj, site, out=True))
    print(f"{who} is checked out at {station}")


async def _check(session: Session, data: Path | None, site: Path | None, *, out: bool) -> None:
    from assistant import bootstrap
    from assistant.settings.paths import data_dir

    if not session.badge or not session.station:
        raise UsageError(f"{'--at' if session.badge else '--as'}: checking in and out takes a badge and a station")
    async with bootstrap.open_core(bootstrap.load_site(site), data_dir(data)) as door:
        await (door.check_out if out else door.check_in)(session, "terminal")


def _checked_in(data: Path | None) -> dict[str, str]:
    from assistant.adapters import eventlog
    from assistant.domain.world import World
    from assistant.settings.paths import data_dir

    world = World()
    for event in eventlog.read(data_dir(data, make=False)):
        world.apply(event)
    return dict(world.checked_in)
