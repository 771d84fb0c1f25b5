"""`assistant hardware`: what is needed before the first machine answers: certificates, and a file of node ids."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli import options
from assistant.cli.app import app
from assistant.errors import UsageError

if TYPE_CHECKING:
    from assistant.settings.hardware import Security
    from assistant.settings.security import Link

hardware = typer.Typer(help="Certificates, and what a machine's server shows.", no_args_is_help=True)
app.add_typer(hardware, name="hardware")


@hardware.command()
def certificates(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where they go; nothing there is overwritten.")],
    days: Annotated[int, typer.Option(min=1, max=3650, help="How long they hold.")] = 365,
    host: Annotated[
        list[str] | None, typer.Option(help="Name or address of the plant, beside this machine's.", show_default=False)
    ] = None,
    data: options.Data = None,
    site: options.Site = None,
) -> None:
    """Make a certificate and a key for the assistant and for the plant; each side trusts exactly the other's.

    Of a real plant's server only its own certificate is needed: put it in the place of plant.der.
    """
    from assistant.settings.certificates import make
    from assistant.settings.security import day

    for made in make(folder, days=days, hosts=host or []):
        print(f"{made.file}: {made.uri}, holds until {day(made.ends)}")
    print("for the site's hardware/opcua.yaml:\nsecurity:")
    named = _named(folder.resolve())
    print(f"  policy: {named.policy}")
    for key in ("certificate", "private_key", "server_certificate"):
        print(f'  {key}: "{getattr(named, key)}"')


@hardware.command()
def browse(
    endpoint: Annotated[str, typer.Argument(metavar="URL", help="opc.tcp://…")],
    certificates: Annotated[
        Path | None, typer.Option(help="Connect with those of this folder.", show_default=False)
    ] = None,
    data: options.Data = None,
    site: options.Site = None,
) -> None:
    """Walk a live server and print a proposed hardware/opcua.yaml, with comments for what has no place in it.

    It only reads. User and password come from LINE_ASSISTANT_OPCUA_USER and _PASSWORD.
    """
    from assistant.adapters.opcua_browse import browse as walk
    from assistant.settings.hardware import load, unfit
    from assistant.settings.paths import site_folder
    from assistant.settings.proposal import proposed

    if why := unfit(endpoint):
        raise UsageError(why)
    known = load(site_folder(site, "hardware"))
    link = _link(endpoint, certificates)
    found = asyncio.run(walk(endpoint, link))
    sys.stdout.write(proposed(found, known, _named(certificates.resolve()) if certificates else None))


def _named(folder: Path) -> Security:
    from assistant.settings.hardware import Security
    from assistant.settings.security import ASSISTANT, PLANT

    return Security(
        certificate=str(folder / ASSISTANT[0]),
        private_key=str(folder / ASSISTANT[1]),
        server_certificate=str(folder / PLANT[0]),
    )


def _link(endpoint: str, certificates: Path | None) -> Link:
    """How to connect. Raises UsageError for an open endpoint elsewhere, SiteError for certificates."""
    from assistant.settings import security

    if why := security.open_endpoint(endpoint, secured=certificates is not None):
        raise UsageError(f"{why} (--certificates)")
    if certificates is None:
        return security.Link()
    trust = security.in_folder(certificates, security.ASSISTANT, security.PLANT)
    if why := trust.problem(time.time()):
        raise UsageError(f"--certificates: {why}")
    return security.Link(trust, *security.accounts())
