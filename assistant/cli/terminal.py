"""`assistant terminal`: a station's screen and the supervisor's window; with --plain, lines for a screen reader."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

import typer

from assistant.cli import options
from assistant.cli.app import app
from assistant.cli.show import visible
from assistant.domain.values import Session
from assistant.errors import AssistantError, UsageError


@app.command()
def terminal(
    badge: options.Badge = "",
    station: options.Station = "",
    plain: Annotated[bool, typer.Option("--plain", help="Plain lines, for a screen reader.")] = False,
    view: Annotated[str, typer.Option(help="operator, supervisor or events; else by the badge.")] = "",
    start: Annotated[bool, typer.Option("--start/--no-start", help="Whether it may start a core.")] = True,
    data: options.Data = None,
    site: options.Site = None,
) -> None:
    """Say by keys what cannot be said by voice, and see what happens. The core goes on when it quits."""
    from assistant import bootstrap
    from assistant.settings.paths import data_dir
    from assistant.terminal.draw import VIEWS

    if view and view not in VIEWS:
        raise UsageError(f"--view {view}: one of {', '.join(VIEWS)}")
    folder, loaded = data_dir(data), bootstrap.load_site(site)
    means = bootstrap.terminal_means(loaded, folder, site, starts=start)
    session = Session(badge, station)
    if plain:
        from assistant.terminal.plain import Plain

        started = asyncio.run(
            Plain(means, session, lambda line: print(visible(line), flush=True)).run(sys.stdin.fileno())
        )
    else:
        if not sys.stdin.isatty() or not sys.stdout.isatty():
            raise UsageError("this is no terminal: use --plain")
        from assistant.terminal.app import Terminal

        screen = Terminal(means, session, view=view)
        screen.run()
        if screen.fault is not None:
            raise AssistantError(f"the terminal broke: {type(screen.fault).__name__}: {screen.fault}")
        started = screen.link.started
    if started is not None:
        print(f"the core that was started here goes on as process {started}; `kill {started}` ends it", file=sys.stderr)
