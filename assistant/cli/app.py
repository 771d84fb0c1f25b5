"""The group that each command adds itself to."""

from __future__ import annotations

import typer

app = typer.Typer(
    name="assistant",
    help="The line you can talk to.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def _everything() -> None:
    """A callback keeps `app` a group of commands however few there are."""
