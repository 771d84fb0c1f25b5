"""`assistant mes`: what the factory's own system refused, and having it sent again."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from assistant.cli import options
from assistant.cli.app import app
from assistant.domain.values import Decision, Session

mes = typer.Typer(help="What the factory's own system (MES) refused.", no_args_is_help=True)
app.add_typer(mes, name="mes")


@mes.command()
def parked(as_json: options.Json = False, data: options.Data = None, site: options.Site = None) -> None:
    """List the events that it refused, oldest first, by their position in the log."""
    from assistant.adapters.mes.store import look
    from assistant.cli.show import visible
    from assistant.settings.paths import data_dir

    _, found = look(data_dir(data, make=False))
    for one in found:
        if as_json:
            print(json.dumps(msgspec.to_builtins(one)))
            continue
        when = datetime.fromtimestamp(one.time, UTC).strftime("%Y-%m-%d %H:%M")
        print(visible(f"{one.position}  {one.type}  given up {when} UTC: {one.reason}"))
    if not found and not as_json:
        print("nothing is parked")


@mes.command()
def resend(
    positions: Annotated[list[int], typer.Argument(min=1, metavar="POSITION…", help="As `mes parked` lists them.")],
    who: options.Badge = "",
    as_json: options.Json = False,
    data: options.Data = None,
    site: options.Site = None,
) -> None:
    """Send refused events again, one after the other. Exit status 1 when one of them did not arrive."""
    arrived = asyncio.run(_resend(positions, Session(who), data, site, as_json=as_json))
    raise typer.Exit(0 if arrived else 1)


async def _resend(
    positions: list[int], session: Session, data: Path | None, site: Path | None, *, as_json: bool
) -> bool:
    from assistant import bootstrap
    from assistant.cli import show
    from assistant.settings.paths import data_dir

    arrived = True
    async with bootstrap.open_core(bootstrap.load_site(site), data_dir(data)) as door:
        for position in positions:
            answer = await door.resend(position, session)
            print(show.json_line(answer) if as_json else show.visible(answer.say), flush=True)
            arrived = arrived and answer.decision is Decision.DONE
    return arrived
