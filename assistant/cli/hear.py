"""`assistant hear`: recordings through the very turn that typed words take, and the answer as sound."""

from __future__ import annotations

import asyncio
import sys
import time
import uuid
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli import options, show
from assistant.cli.app import app
from assistant.domain.values import Answer, Hypothesis, Session, Transcript
from assistant.errors import AudioError, EngineError, UsageError

if TYPE_CHECKING:
    from assistant.adapters.ear import Ear, Heard
    from assistant.adapters.recordings import Recordings
    from assistant.bootstrap import Door
    from assistant.cli.awake import Awake
    from assistant.ports import Voice


@dataclass(frozen=True, slots=True)
class Spoken:
    """One recording's turn."""

    answer: Answer
    heard: Heard
    sound: bytes
    """The answer as a WAV file; empty for silence or without a voice."""


@app.command()
def hear(
    files: Annotated[list[Path], typer.Argument(help="WAV or FLAC, any rate.", show_default=False)],
    badge: options.Badge = "",
    station: options.Station = "",
    no_wake: Annotated[
        bool, typer.Option("--no-wake", help="Take what does not begin with the wake word, too.")
    ] = False,
    parse_only: options.ParseOnly = False,
    as_json: options.Json = False,
    model: Annotated[str | None, typer.Option(help="line, base, tiny.en, or a folder.", show_default=False)] = None,
    say_to: Annotated[Path | None, typer.Option(help="Folder for the answers' WAVs.", show_default=False)] = None,
    data: options.Data = None,
    site: options.Site = None,
) -> int:
    """Hear recordings, one after the other, and answer each."""
    from assistant.bootstrap import wake_phrase
    from assistant.cli.awake import Awake

    session, awake = Session(badge, station), Awake(wake_phrase(site), always=no_wake)
    return asyncio.run(_hear(files, session, awake, data, site, model, say_to, parse_only=parse_only, as_json=as_json))


async def _hear(
    files: Sequence[Path],
    session: Session,
    awake: Awake,
    data: Path | None,
    site: Path | None,
    model: str | None,
    say_to: Path | None,
    *,
    parse_only: bool,
    as_json: bool,
) -> int:
    from assistant import bootstrap
    from assistant.settings.paths import data_dir

    folder, loaded = data_dir(data, make=not parse_only), bootstrap.load_site(site)
    if say_to is not None:
        _folder(say_to)
    bad = 0
    async with AsyncExitStack() as stack:
        ear = bootstrap.ear(site, model, loaded)
        stack.callback(ear.close)
        voice = bootstrap.voice(site) if say_to is not None else None
        if voice is not None:
            stack.push_async_callback(voice.close)
        opened = bootstrap.open_parser(loaded, folder) if parse_only else bootstrap.open_core(loaded, folder)
        door = await stack.enter_async_context(opened)
        await door.check(session)
        prompt, kept = bootstrap.vocabulary(loaded), bootstrap.recordings(loaded.evidence, folder)
        for file in files:
            try:
                spoken = await take(file, session, awake, ear, prompt, door, voice, kept, parse_only=parse_only)
            except (AudioError, EngineError) as exc:
                # One bad file of many: said, counted, and the others are heard all the same.
                _trouble(exc)
                bad += 1
                continue
            if say_to is not None and spoken.sound:
                (say_to / f"{file.name}.wav").write_bytes(spoken.sound)
            print(show.json_line(spoken.answer, _extra(spoken.heard)) if as_json else _plain(file, spoken), flush=True)
    return 1 if bad else 0


async def take(
    file: Path,
    session: Session,
    awake: Awake,
    ear: Ear,
    prompt: Sequence[str],
    door: Door,
    voice: Voice | None,
    kept: Recordings | None = None,
    *,
    parse_only: bool,
) -> Spoken:
    """One recording: hear it, take its turn, speak the answer.

    Raises AudioError for what is no recording, EngineError for one that could not be heard. `kept`: where its sound is
    kept, if it was for us and the site keeps any.
    """
    from assistant.adapters import audiofile

    started = time.perf_counter()
    heard = await ear.hear(audiofile.read(file), prompt)
    transcribed = _ms(started)
    cut = heard.utterance.cut
    words, passed_over = awake.heard(heard.hypotheses, session)
    heard = replace(heard, rejected=heard.rejected or passed_over)
    transcript = Transcript(uuid.uuid4().hex, session, words, "voice", heard.rejected, cut)
    answer = await (door.parse if parse_only else door.turn)(transcript)
    if kept is not None and not parse_only:
        _keep(kept, transcript.turn, heard, answer)
    started = time.perf_counter()
    sound = await _speech(voice, answer)
    awake.answered(answer, session)  # from when it has been said
    ms = {"transcribe": transcribed, **answer.ms, **({"speak": _ms(started)} if voice is not None else {})}
    return Spoken(replace(answer, ms=ms), heard, sound)


def _keep(kept: Recordings, turn: str, heard: Heard, answer: Answer) -> None:
    """What was heard of a turn that was for us; what was not meant for us is not ours to keep, nor what was said
    while the microphone was asked to sleep."""
    from assistant.turn.core import ASLEEP
    from assistant.turn.read import UNKNOWN

    if answer.intent == UNKNOWN or answer.rule == ASLEEP:
        return
    try:
        kept.keep(turn, heard.utterance, time.time())
    except AudioError as exc:
        # The deed is done and written down; that its sound is not is said here.
        _trouble(exc)


async def _speech(voice: Voice | None, answer: Answer) -> bytes:
    say = " ".join(one.say for one in (answer, *answer.also) if one.say)
    if voice is None or not say:
        return b""
    try:
        return await voice.speak(say)
    except EngineError as exc:
        # The deed is done and written down; that it cannot be said aloud is said here.
        _trouble(exc, "no voice: ")
        return b""


def _extra(heard: Heard) -> dict[str, Any]:
    """What `hear` adds to the contract's fields."""
    return {
        "transcript": heard.hypotheses[0].text if heard.hypotheses else "",
        "nbest": [_hypothesis(hypothesis) for hypothesis in heard.hypotheses],
        "rejected": heard.rejected,
        "voiced_s": round(heard.utterance.voiced_s, 2),
        "clipped": round(heard.utterance.clipped, 3),
        "cut": heard.utterance.cut,
    }


def _hypothesis(hypothesis: Hypothesis) -> dict[str, Any]:
    said = {"text": hypothesis.text, "logprob": round(hypothesis.logprob, 3)}
    return {**said, "heard": hypothesis.heard} if hypothesis.heard else said


def _plain(file: Path, spoken: Spoken) -> str:
    heard = spoken.heard
    words = heard.hypotheses[0].text if heard.hypotheses else f"({heard.rejected})"
    passed_over = f"({heard.rejected}) " if heard.hypotheses and heard.rejected else ""
    return f"{show.visible(file.name)}: {words!r} {passed_over}{show.plain_line(spoken.answer)}"


def _trouble(exc: Exception, what: str = "") -> None:
    """One line, whatever a file is called."""
    print(f"assistant: {what}{show.visible(' '.join(str(exc).split()))}", file=sys.stderr)


def _folder(say_to: Path) -> None:
    try:
        say_to.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise UsageError(f"--say-to {say_to}: {exc.strerror or exc}") from exc


def _ms(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 1)
