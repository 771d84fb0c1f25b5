"""`assistant orders`: those of which nobody knows whether they were carried out, and the word that ends it."""

from __future__ import annotations

import asyncio
import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from assistant.cli import options
from assistant.cli.app import app
from assistant.domain.values import Session

orders = typer.Typer(invoke_without_command=True, help="Orders of which nobody knows whether they were carried out.")
app.add_typer(orders, name="orders")


class Outcome(StrEnum):
    """What somebody saw at the machine."""

    DONE = "done"
    NOT_DONE = "not-done"


@orders.callback()
def uncertain(
    context: typer.Context, as_json: options.Json = False, data: options.Data = None, site: options.Site = None
) -> None:
    """List the uncertain orders, oldest first."""
    context.obj = data
    if context.invoked_subcommand is not None:
        return
    found = _uncertain(data)
    for one in found:
        named = " ".join(f"{name}={value}" for name, value in one["args"].items())
        line = f"{one['order'][:8]}  {one['machine']}  {one['method']} {named}  asked for by {one['badge']}"
        print(json.dumps(one) if as_json else line)
    if not found and not as_json:
        print("no uncertain orders")


@orders.command()
def settle(
    context: typer.Context,
    order: Annotated[str, typer.Argument(help="The order's id, or how it begins.", show_default=False)],
    outcome: Annotated[Outcome, typer.Argument(help="What you saw at the machine.", show_default=False)],
    badge: options.Badge = "",
    as_json: options.Json = False,
    data: options.Data = None,
    site: options.Site = None,
) -> None:
    """End an uncertain order by your word: you looked at the machine."""
    folder = data if data is not None else context.obj
    asyncio.run(_settle(order, outcome, Session(badge), folder, site, as_json=as_json))


async def _settle(
    order: str, outcome: Outcome, session: Session, data: Path | None, site: Path | None, *, as_json: bool
) -> None:
    from assistant import bootstrap
    from assistant.cli import show
    from assistant.settings.paths import data_dir

    loaded = bootstrap.load_site(site)
    async with bootstrap.open_core(loaded, data_dir(data)) as door:
        answer = await door.settle(order, "done" if outcome is Outcome.DONE else "not_done", session)
    print(show.json_line(answer) if as_json else answer.say, flush=True)


def _uncertain(data: Path | None) -> list[dict[str, Any]]:
    from assistant.bootstrap.known import read_only
    from assistant.settings.paths import data_dir

    world = read_only(data_dir(data, make=False))
    requests = ((order, world.requested[order][0]) for order in world.uncertain if order in world.requested)
    return [
        {
            "order": order,
            "machine": asked.machine,
            "method": asked.method,
            "args": dict(asked.args),
            "badge": asked.badge,
            "station": asked.station,
        }
        for order, asked in requests
    ]
