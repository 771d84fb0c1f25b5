"""`assistant report`: what happened, on one sheet."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from assistant.cli import options
from assistant.cli.app import app
from assistant.cli.show import visible
from assistant.errors import UsageError


@app.command()
def report(
    period: Annotated[
        str,
        typer.Option(help="As it is said: overnight, since six, last Tuesday.", show_default=False),
    ] = "",
    html: Annotated[
        Path | None, typer.Option(help="Write it as a page that prints on one sheet.", show_default=False)
    ] = None,
    as_json: options.Json = False,
    data: options.Data = None,
    site: options.Site = None,
) -> None:
    """The hand-over: of the shift at work, or of the one before where that has just begun. Touches nothing."""
    from assistant import bootstrap
    from assistant.cli import reportpage
    from assistant.settings.paths import data_dir

    loaded = bootstrap.load_site(site)
    sheet, names = bootstrap.sheet(loaded, data_dir(data, make=False), period, time.time())
    if html is not None:
        lines = ", ".join(line.name for line in sheet.lines)
        _write(html, reportpage.page(sheet, reportpage.Words(names, loaded.calendar, lines)))
    if as_json:
        print(msgspec.json.encode(sheet).decode())
    elif html is None:
        print("\n".join(visible(sentence) for sentence in sheet.sentences))
    else:
        print(f"{sheet.period or 'nothing'}: {html}")


def _write(file: Path, text: str) -> None:
    """The page, whole or not at all: a printer or a browser may be looking at the one before."""
    try:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=file.parent, delete=False) as out:
            out.write(text)
        Path(out.name).chmod(0o666 & ~_umask())
        Path(out.name).replace(file)
    except OSError as exc:
        raise UsageError(f"--html {file}: {exc.strerror or exc}") from exc


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
