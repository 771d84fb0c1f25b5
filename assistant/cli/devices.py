"""`assistant devices`: what there is to hear and be heard with, and whether it does."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli import options
from assistant.cli.app import app
from assistant.cli.show import visible
from assistant.domain.values import Session
from assistant.errors import AudioError

if TYPE_CHECKING:
    from assistant.adapters.audiofile import Samples
    from assistant.adapters.sound import Headset
    from assistant.bootstrap.headset import Place

QUIET_S, SPOKEN_S = 4.0, 8.0
"""Twenty seconds in all, with what is played back."""
OPEN_S = 15.0
"""For the device to be there."""


@app.command()
def devices(
    check: Annotated[bool, typer.Option("--check", help="Hear and be heard, in twenty seconds.")] = False,
    device: Annotated[
        str, typer.Option(help="Only one whose name this regular expression fits.", show_default=False)
    ] = "",
    as_json: options.Json = False,
    site: options.Site = None,
) -> int:
    """List sound devices as PortAudio sees them; with --check, try the headset that would be used."""
    return asyncio.run(_check(site, device, as_json=as_json) if check else _list(site, device, as_json=as_json))


async def _list(site: Path | None, device: str, *, as_json: bool) -> int:
    from assistant.adapters.sound import devices as listing
    from assistant.bootstrap.headset import load_headsets, places, profile_of

    known, listed = load_headsets(site), await listing()
    for one in listed:
        profile = profile_of(known, one)
        if as_json:
            print(json.dumps({**asdict(one), "headset": profile}))
        else:
            ways = f"{one.inputs} in, {one.outputs} out, {one.rate:.0f} Hz"
            print(f"{visible(one.name):40} {one.host_api:8} {ways:28} {profile or '-'}")
    found = places(known, listed, Session(), device)
    if not as_json:
        served = ", ".join(f"{place.profile} at {place.session.station or 'wherever --at says'}" for place in found)
        print(f"assistant run would serve: {served}" if found else "no headset among them", flush=True)
    return 0


async def _check(site: Path | None, device: str, *, as_json: bool) -> int:
    """Noise, then speech, then what was heard played back."""
    from assistant.adapters import earcons as made
    from assistant.adapters.audiofile import as_wav
    from assistant.adapters.sound import Headset
    from assistant.adapters.sound import devices as listing
    from assistant.adapters.soundcheck import advice, measured
    from assistant.bootstrap.headset import load_headsets, places
    from assistant.settings import earcons
    from assistant.settings.paths import site_folder

    found: list[Place] = places(load_headsets(site), await listing(), Session(), device)
    if not found:
        raise AudioError("no headset here; assistant devices shows what there is")
    sounds = made.sounds(earcons.load(site_folder(site, "hardware")))
    headset = Headset(found[0].wanted)
    try:
        name = await asyncio.wait_for(_opened(headset), OPEN_S)
        _say(f"{name}: keep quiet for {QUIET_S:.0f} seconds", as_json=as_json)
        quiet = await _listened(headset, QUIET_S)
        if "awake" in sounds:
            await headset.play(sounds["awake"])
        _say(f"now say, as you would at work: hold lot four seven one two ({SPOKEN_S:.0f} s)", as_json=as_json)
        spoken = await _listened(headset, SPOKEN_S)
        result = measured(quiet, spoken)
        problems = advice(result)
        _say("this is how you sound", as_json=as_json)
        await headset.play(as_wav(spoken * 32767))
    except TimeoutError as exc:
        raise AudioError(f"{found[0].profile} headset: no sound comes from it") from exc
    finally:
        await headset.close()
    if as_json:
        print(json.dumps({"device": name, **asdict(result), "problems": list(problems)}))
    else:
        levels = f"speech {result.speech_db:.0f} dB, noise {result.noise_db:.0f} dB"
        print(f"{levels}, {result.above_db:.0f} dB between them")
        for problem in problems or ["All well."]:
            print(problem)
    return 1 if problems else 0


async def _opened(headset: Headset) -> str:
    from assistant.ports import DeviceState

    async for item in headset.frames():
        if isinstance(item, DeviceState) and item.state == "open":
            return item.name
    raise AudioError("no headset")


async def _listened(headset: Headset, seconds: float) -> Samples:
    """So much of what comes from now on. Raises AudioError when the headset is lost meanwhile."""
    import numpy as np

    from assistant.adapters.audiofile import RATE
    from assistant.ports import FRAME, DeviceState

    frames: list[Samples] = []
    headset.forget()
    async with asyncio.timeout(seconds + OPEN_S):
        async for item in headset.frames():
            if isinstance(item, DeviceState):
                if item.state == "lost":
                    raise AudioError(f"the headset was lost ({item.why})")
                continue
            frames.append(np.asarray(item.samples, np.float32))
            if len(frames) * FRAME >= seconds * RATE:
                break
    return np.concatenate(frames)


def _say(line: str, *, as_json: bool) -> None:
    if not as_json:
        print(line, flush=True)
