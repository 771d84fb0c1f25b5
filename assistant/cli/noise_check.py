"""`assistant noise-check`: whether a place is fit for voice today, in plain words."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli import options
from assistant.cli.app import app
from assistant.domain.values import Session
from assistant.errors import AudioError, UsageError

if TYPE_CHECKING:
    from assistant.adapters.audiofile import Samples

OPEN_S = 15.0
"""A headset that gives no sound by then, beside the time of listening, gives none."""


@app.command("noise-check")
def noise_check(
    file: Annotated[
        Path | None, typer.Option(help="A recording of the place: WAV or FLAC.", show_default=False)
    ] = None,
    seconds: Annotated[float, typer.Option(help="How much of it is listened to.")] = 10.0,
    device: Annotated[str, typer.Option(help="Part of the headset's name.", show_default=False)] = "",
    as_json: options.Json = False,
    site: options.Site = None,
) -> None:
    """Listen to a place and say whether it is fit for voice today; speak a sentence meanwhile, as you would at work."""
    from assistant.adapters import audiofile, surroundings

    if seconds < surroundings.SHORTEST_S:
        raise UsageError(f"--seconds {seconds:g}: {surroundings.SHORTEST_S:.0f} are needed to judge a place")
    if file is None:
        samples = asyncio.run(_listened(seconds, device, site))
    else:
        samples = audiofile.read(file)[: int(seconds * audiofile.RATE)]
    place = surroundings.measured(samples)
    if as_json:
        said = {"above_db": place.above_db, "verdict": place.verdict, "words": list(surroundings.words(place))}
        print(json.dumps({**asdict(place), **said}))
        return
    for line in surroundings.words(place):
        print(line)


async def _listened(seconds: float, device: str, site: Path | None) -> Samples:
    """What the first headset of this box hears from now on. Raises AudioError."""
    from assistant.adapters import surroundings
    from assistant.adapters.sound import Headset
    from assistant.adapters.sound import devices as listing
    from assistant.bootstrap.headset import load_headsets, places

    found = places(load_headsets(site), await listing(), Session(), device)
    if not found:
        raise AudioError("no headset here; assistant devices shows what there is, --file takes a recording")
    headset = Headset(found[0].wanted)
    try:
        async with asyncio.timeout(seconds + OPEN_S):
            return await surroundings.listen(headset, seconds)
    except TimeoutError as exc:
        raise AudioError(f"{found[0].profile} headset: no sound comes from it") from exc
    finally:
        await headset.close()
