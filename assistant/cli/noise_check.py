"""`assistant noise-check`: whether a place is fit for voice today, in plain words."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from assistant.cli import options
from assistant.cli.app import app
from assistant.errors import UsageError


@app.command("noise-check")
def noise_check(
    file: Annotated[
        Path | None, typer.Option(help="A recording of the place: WAV or FLAC.", show_default=False)
    ] = None,
    seconds: Annotated[float, typer.Option(help="How much of it is listened to.")] = 10.0,
    as_json: options.Json = False,
) -> None:
    """Listen to a place and say whether it is fit for voice today; speak a sentence meanwhile, as you would at work."""
    from assistant.adapters import audiofile, surroundings

    if seconds < surroundings.SHORTEST_S:
        raise UsageError(f"--seconds {seconds:g}: {surroundings.SHORTEST_S:.0f} are needed to judge a place")
    if file is None:
        raise UsageError("--file: name a recording of the place")
    place = surroundings.measured(audiofile.read(file)[: int(seconds * audiofile.RATE)])
    if as_json:
        said = {"above_db": place.above_db, "verdict": place.verdict, "words": list(surroundings.words(place))}
        print(json.dumps({**asdict(place), **said}))
        return
    for line in surroundings.words(place):
        print(line)
