"""`assistant models train-wake`: teach this machine another wake phrase."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli import options
from assistant.cli.models import models
from assistant.errors import ModelError, UsageError

if TYPE_CHECKING:
    from assistant.adapters.wakecurve import Point
    from assistant.bootstrap.wake import Progress, Trained

LEAST, MOST = 10, 5000


@models.command("train-wake")
def train_wake(
    phrase: Annotated[str, typer.Argument(help="Words that nobody says by chance.", show_default=False)],
    clips: Annotated[int, typer.Option(help="Times that Kokoro's voices say it; more take longer.")] = 300,
    out: Annotated[
        Path | None, typer.Option(help="Where the head goes; else where this machine finds it.", show_default=False)
    ] = None,
    as_json: options.Json = False,
    data: options.Data = None,
    site: options.Site = None,
) -> None:
    """Make speech in many voices, rooms and noises, learn the phrase, and say how well it is heard."""
    from assistant.bootstrap import wake
    from assistant.settings.paths import cache_dir
    from assistant.settings.wake import file_name

    name = file_name(phrase)
    if not LEAST <= clips <= MOST:
        raise UsageError(f"--clips {clips}: {LEAST} to {MOST}")
    wake.needed(site)
    folder = out if out is not None else cache_dir() / wake.HEADS
    started = time.monotonic()
    with progress() as shown:
        trained = wake.train_wake(site, phrase, clips, cache_dir() / wake.CLIPS, shown)
    file = _kept(trained, folder, name)
    for line in curve_lines(trained.points, as_json=as_json):
        print(line)
    if not as_json:
        found, hours = trained.point.share, trained.point.hours
        print(
            f'"{trained.head.phrase}": threshold {trained.head.threshold:.3f}, heard {found:.1%} of the times that '
            f"voices kept apart said it, {trained.point.false} false wakes in {hours:.1f} hours of synthetic sound, "
            "by this head alone; a headset's ear hears it too before it wakes"
        )
    print(f"{file} after {time.monotonic() - started:.0f} s", file=sys.stderr)


def _kept(trained: Trained, folder: Path, name: str) -> Path:
    """Head and clip in one folder. Raises ModelError."""
    import numpy as np
    import soundfile

    file = folder / f"{name}.npz"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        trained.head.save(file)
        steps = np.round(np.clip(trained.clip, -1, 1) * 32767).astype(np.int16)
        soundfile.write(file.with_suffix(".flac"), steps, 16_000, format="FLAC", subtype="PCM_16")
    except (OSError, soundfile.SoundFileError) as exc:
        raise ModelError(f"{file}: cannot be written: {exc}") from exc
    return file


def curve_lines(points: Sequence[Point], *, as_json: bool) -> Iterator[str]:
    """A row a threshold: how often it wakes when it should, and how often when it should not."""
    for point in points:
        if as_json:
            yield json.dumps(asdict(point))
            continue
        hits = ", ".join(f"{how} {hit} of {of} ({hit / max(1, of):.1%})" for how, (hit, of) in point.found.items())
        false = f"{point.false} false in {point.hours:.1f} h ({point.an_hour:.2f} an hour)"
        yield f"threshold {point.threshold:.4f}: {hits}; {false}"


@contextmanager
def progress() -> Iterator[Progress]:
    """A bar a stage where somebody watches, a line a tenth where nobody does."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        tenths: dict[str, int] = {}

        def say(what: str, done: int, total: int) -> None:
            tenth = done * 10 // total if total else 10
            if tenth > tenths.get(what, -1):
                tenths[what] = tenth
                print(f"{what}: {done} of {total}", file=sys.stderr)

        yield say
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bars(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, object] = {}

        def show(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total or None)
            bars.update(tasks[what], completed=done, total=total or None)  # type: ignore[arg-type]

        yield show
