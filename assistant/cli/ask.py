"""`assistant ask`: typed words through the very turn that spoken ones take."""

from __future__ import annotations

import asyncio
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from assistant.cli import options, show
from assistant.cli.app import app
from assistant.domain.values import Hypothesis, Session, Transcript
from assistant.errors import UsageError

MOST_CHARACTERS = 2000
"""Longer than anybody speaks; a line above it is refused, not cut."""


@app.command()
def ask(
    text: Annotated[str, typer.Argument(help="What to say; - reads one utterance a line.", show_default=False)],
    badge: options.Badge = "",
    station: options.Station = "",
    parse_only: options.ParseOnly = False,
    as_json: options.Json = False,
    data: options.Data = None,
    site: options.Site = None,
) -> None:
    """Say something by keyboard, and see the answer."""
    lines = _lines() if text == "-" else iter([text])
    asyncio.run(_ask(lines, Session(badge, station), data, site, parse_only=parse_only, as_json=as_json))


async def _ask(
    lines: Iterator[str], session: Session, data: Path | None, site: Path | None, *, parse_only: bool, as_json: bool
) -> None:
    from assistant import bootstrap
    from assistant.settings.paths import data_dir

    folder, loaded = data_dir(data, make=not parse_only), bootstrap.load_site(site)
    async with bootstrap.open_parser(loaded, folder) if parse_only else bootstrap.open_core(loaded, folder) as door:
        await door.check(session)
        for line in lines:
            if len(line) > MOST_CHARACTERS:
                raise UsageError(f"an utterance of {len(line)} characters; at most {MOST_CHARACTERS}")
            transcript = Transcript(uuid.uuid4().hex, session, (Hypothesis(line),))
            answer = await (door.parse if parse_only else door.turn)(transcript)
            print(show.json_line(answer) if as_json else show.plain_line(answer), flush=True)


def _lines() -> Iterator[str]:
    for raw in sys.stdin.buffer:
        line = raw.decode("utf-8", errors="replace").strip()
        if line:
            yield line
