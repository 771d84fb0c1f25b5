"""The demo shift: people speak from sound files, the line does what they say, and somebody else checks it.

Nothing in it is special: the plant is `assistant line` in its own process, each utterance takes the path of
`assistant hear`, and the end is judged by an OPC UA client of its own and by the plant's ledger.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from assistant.cli import show
from assistant.cli.hear import Spoken, take
from assistant.cli.witness import Turn, testify
from assistant.domain.values import Answer, Session
from assistant.errors import AssistantError, SiteError

if TYPE_CHECKING:
    from assistant.bootstrap import Door
    from assistant.bootstrap.headset import Engines

WORN = ("01-status.flac", "16-where.flac", "19-who.flac")
"""What is said again with a headset on: look-ups, which change nothing."""
READY_S = 30.0
"""For the plant to come up."""


class Clip(msgspec.Struct, frozen=True, rename={"badge": "as", "station": "at"}):
    """One utterance of the shift, from labels.json."""

    file: str
    text: str
    badge: str
    station: str
    intent: str
    slots: dict[str, str]
    decision: str


async def shift(out: Path, site: Path | None, seed: int) -> int:
    """Play the whole shift; exit status 0 only if all of it is so."""
    from assistant import bootstrap
    from assistant.adapters.readyvoice import ReadyVoice
    from assistant.bootstrap.headset import Engines, manner
    from assistant.settings.paths import site_folder

    folder = site_folder(site, "models") / "speech" / "demo"
    clips = _clips(folder)
    _emptied(out)
    ledger = out / "ledger.jsonl"
    async with AsyncExitStack() as stack:
        endpoint = await stack.enter_async_context(_plant(ledger, site, seed))
        os.environ[bootstrap.ENDPOINT] = endpoint
        loaded = bootstrap.load_site(site)
        ear, voice = bootstrap.ear(site, None, loaded), bootstrap.voice(site)
        stack.callback(ear.close)
        stack.push_async_callback(voice.close)
        door = await stack.enter_async_context(bootstrap.host_core(loaded, out / "data"))
        prompt = bootstrap.vocabulary(loaded)
        turns: list[Turn] = []
        for number, clip in enumerate(clips, start=1):
            spoken = await take(
                folder / clip.file, Session(clip.badge, clip.station), ear, prompt, door, voice, parse_only=False
            )
            if spoken.sound:
                (out / f"{number:02d}-answer.wav").write_bytes(spoken.sound)
            shutil.copy(folder / clip.file, out / f"{number:02d}-said.flac")
            turn = _turn(clip, spoken)
            turns.append(turn)
            _show(number, clip, spoken, turn)
        problems = [f"turn {n}: {problem}" for n, turn in enumerate(turns, 1) for problem in turn.problems]
        problems += await testify(loaded.hardware, [m.id for m in loaded.plant.machines], ledger, turns)
        problems += await _worn(out, folder, Engines(ear, ReadyVoice(voice), manner(site, loaded)), door)
    return _summed_up(out, turns, problems)


async def _worn(out: Path, folder: Path, engines: Engines, door: Door) -> list[str]:
    """Three turns with a headset on: said into a microphone and heard from an ear piece, through real PortAudio."""
    from assistant.adapters.virtual import missing

    if why := missing():
        print(f"\nthe virtual headset is left out: {why}")
        return []
    from assistant.bench import headset

    print("\nwith a headset on (PortAudio, and PulseAudio for the hardware)")
    problems = []
    async with headset.a_virtual(engines, door) as worn:
        with worn.pulse.recorded(headset.NAME, out / "headset-heard.wav"):
            for clip in [clip for clip in headset.clips_of(folder) if clip.file in WORN]:
                turn = await worn.say(clip, folder)
                print(f"    heard       {turn.heard or '(nothing)'}")
                print(f"    did         {turn.decision}, {1000 * sum(turn.shares.values()):.0f} ms to the first word")
                if turn.decision != clip.decision:
                    problems.append(f"headset: {clip.text!r} came to {turn.decision}, should be {clip.decision}")
    return problems


def _turn(clip: Clip, spoken: Spoken) -> Turn:
    """What was expected of a turn against what it came to."""
    answer = spoken.answer
    slots = {slot: value for slot, value in answer.slots.items() if slot != "text"}
    wanted = {slot: value for slot, value in clip.slots.items() if slot != "text"}
    problems = []
    if (answer.intent, slots) != (clip.intent, wanted):
        problems.append(f"understood {answer.intent} {slots}, meant {clip.intent} {wanted}")
    if answer.decision != clip.decision:
        problems.append(f"came to {answer.decision}, should be {clip.decision}")
    return Turn(show.fields(answer), tuple(problems))


# ---- the plant, in a process of its own ------------------------------------------------------------------


@asynccontextmanager
async def _plant(ledger: Path, site: Path | None, seed: int) -> AsyncIterator[str]:
    """`assistant line` on a free port; its endpoint."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        endpoint = f"opc.tcp://127.0.0.1:{free.getsockname()[1]}/line-assistant"
    command = [sys.executable, "-m", "assistant", "line", "--endpoint", endpoint, "--seed", str(seed)]
    command += ["--ledger", str(ledger), *(["--site", str(site)] if site is not None else [])]
    child = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        assert child.stdout is not None
        try:
            ready = await asyncio.wait_for(child.stdout.readline(), READY_S)
        except TimeoutError as exc:
            raise AssistantError(f"the plant did not come up within {READY_S:.0f} s") from exc
        if not ready:
            raise AssistantError("the plant could not be started (its reason stands above)")
        print(ready.decode().strip())
        yield endpoint
    finally:
        if child.returncode is None:
            child.send_signal(signal.SIGTERM)
            await child.wait()


# ---- files and words -------------------------------------------------------------------------------------


def _clips(folder: Path) -> Sequence[Clip]:
    labels = folder / "labels.json"
    try:
        return msgspec.json.decode(labels.read_bytes(), type=list[Clip])
    except (OSError, msgspec.DecodeError) as exc:
        raise SiteError(labels, f"no demo shift there: {exc}") from exc


def _emptied(out: Path) -> None:
    """A folder for this shift alone; only what an earlier shift left there is taken away."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(out / "data", ignore_errors=True)
        for old in [*out.glob("[0-9][0-9]-*"), out / "ledger.jsonl", out / "summary.json"]:
            old.unlink(missing_ok=True)
        (out / "data").mkdir(mode=0o700)
    except OSError as exc:
        raise AssistantError(f"--out {out}: {exc.strerror or exc}") from exc


def _show(number: int, clip: Clip, spoken: Spoken, turn: Turn) -> None:
    answer = spoken.answer
    words = spoken.heard.hypotheses[0].text if spoken.heard.hypotheses else f"({spoken.heard.rejected})"
    ms = "  ".join(f"{stage} {value:.0f}" for stage, value in answer.ms.items())
    print(f"\n{number:2}  {clip.badge} at {clip.station}")
    print(f"    heard       {words}")
    print(f"    understood  {_read(answer)}  ({answer.confidence:.2f} by {answer.by})")
    print(f"    did         {answer.decision.value if answer.decision else ''}")
    print(f"    said        {answer.say or '(nothing)'}")
    print(f"    ms          {ms}")
    for problem in turn.problems:
        print(f"    WRONG       {problem}")


def _read(answer: Answer) -> str:
    return " ".join([answer.intent, *(f"{slot}={value}" for slot, value in answer.slots.items())])


def _summed_up(out: Path, turns: Sequence[Turn], problems: Sequence[str]) -> int:
    right = sum(not turn.problems for turn in turns)
    summary = {"turns": len(turns), "right": right, "problems": list(problems), "answers": [t.answer for t in turns]}
    (out / "summary.json").write_text(json.dumps(summary, indent=1, ensure_ascii=False) + "\n")
    print(f"\n{right} of {len(turns)} turns as they should be; sound, log and summary in {out}/")
    for problem in problems:
        print(f"WRONG: {problem}")
    if not problems:
        print("What was said is what is so: plant and ledger agree with every word.")
    return 1 if problems else 0
