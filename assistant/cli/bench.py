"""`assistant bench`: speed and accuracy on this machine, as ratios against named references."""

from __future__ import annotations

import asyncio
import json
import math
import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from assistant.cli import options
from assistant.cli.app import app
from assistant.errors import UsageError

if TYPE_CHECKING:
    from assistant.bench import Figure, Mean, Rate, Share, Spread, Value
    from assistant.bootstrap import Site


@dataclass(frozen=True, slots=True)
class Plain:
    """A figure that is neither a ratio nor a share."""

    name: str
    value: str


PARTS = ("hearing", "stories", "wake", "meaning", "appends", "load", "views")
APART = ("headset", "ids", "quiet", "always")
"""Measured only when named, for they take minutes and hours: a headset's loop (PulseAudio); ids that we say, heard
again; hours in which nobody speaks to the assistant, with the wake word in use, and with the button always down."""
EVENTS = 300_000
QUIET_H = 10.0
HELD_OUT = ("test.tsv", "blind.tsv")
"""Sentences that no plan, template or threshold was written with in sight; what was mended after is in the README."""


@app.command()
def bench(
    parts: Annotated[
        list[str] | None,
        typer.Argument(
            help=f"{', '.join(PARTS)}; all when none is named; or {', '.join(APART)}. After hearing, a folder.",
            show_default=False,
        ),
    ] = None,
    clips: Annotated[
        Path | None,
        typer.Option(help="Recordings with labels.json (wake: any, without the phrase).", show_default=False),
    ] = None,
    noise: Annotated[list[float] | None, typer.Option(help="Noise to mix in, dB.", show_default=False)] = None,
    room: Annotated[
        str, typer.Option(help="Where that noise is from: line (machines) or cafe (talk backwards, crockery).")
    ] = "line",
    seed: Annotated[
        int | None, typer.Option(help="Of that noise: another number, other noise.", min=1, show_default=False)
    ] = None,
    piece: Annotated[str, typer.Option("--part", help="Which of how many parts of the recordings, 1/4.")] = "1/1",
    peer: Annotated[bool, typer.Option(help="Hear with faster-whisper alone and with PocketSphinx, too.")] = True,
    sentences: Annotated[Path | None, typer.Option(help="Sentences and what they mean.", show_default=False)] = None,
    events: Annotated[
        list[int] | None, typer.Option(help=f"Of `views`: events in the log, again for a curve [{EVENTS}].", min=1000)
    ] = None,
    days: Annotated[
        float, typer.Option(help="Of `views`: days of the plant that are asked for in one sentence; 0 for none.", min=0)
    ] = 7.0,
    utterances: Annotated[int, typer.Option(help="headset: so many in a row.")] = 38,
    faults: Annotated[int, typer.Option(help="headset: so often each fault of a device.")] = 5,
    echoes: Annotated[int, typer.Option(help="headset: so many answers of ours, heard again.")] = 10,
    hours: Annotated[
        float, typer.Option(help="headset, quiet, always: so many hours of sound, as fast as taken.")
    ] = 0.0,
    as_json: options.Json = False,
    data: options.Data = None,
    site: options.Site = None,
) -> None:
    """Measure this machine."""
    named = list(parts or PARTS)
    if len(named) == 2 and named[0] == "hearing" and named[1] not in PARTS and Path(named[1]).is_dir():
        clips = Path(named.pop())
    for part in named:
        if part not in PARTS + APART:
            raise UsageError(f"{part}: no such part; there are {', '.join(PARTS + APART)}")
    for part in named:
        hearing = Hearing(clips, tuple(noise or ()), room, seed, _part(piece), peer)
        results: Iterable[Figure | Share | Mean | Spread | Value | Plain]
        if part in ("quiet", "always"):
            results = _quiet(site, clips, data, hours or QUIET_H, always=part == "always")
        elif part == "ids":
            results = _ids(site)
        elif part in APART:
            results = _headset(site, clips, utterances, faults, echoes, hours)
        else:
            results = _measure(part, hearing, sentences, events or [EVENTS], site, days)
        for result in results:
            print(_line(result, as_json=as_json), flush=True)


@dataclass(frozen=True, slots=True)
class Hearing:
    """Which recordings are heard, and how."""

    clips: Path | None
    mix: tuple[float, ...]
    room: str
    seed: int | None
    part: tuple[int, int]
    peer: bool


def _part(text: str) -> tuple[int, int]:
    """`2/4` as numbers. Raises UsageError."""
    first, _, many = text.partition("/")
    if not (first.isdigit() and many.isdigit() and 1 <= int(first) <= int(many)):
        raise UsageError(f"--part {text}: not one of several, such as 1/4")
    return int(first), int(many)


def _measure(
    part: str, heard: Hearing, sentences: Path | None, events: list[int], site: Path | None, days: float
) -> Iterator[Figure | Share | Mean | Spread | Value | Plain]:
    from assistant import bootstrap
    from assistant.bench import appends, hearing, load, meaning
    from assistant.settings.paths import shipped_site

    loaded = bootstrap.load_site(site)
    match part:
        case "hearing":
            folder = heard.clips or shipped_site() / "tests" / "speech" / "commands"
            if heard.room not in hearing.ROOMS:
                raise UsageError(f"--room {heard.room}: neither of {', '.join(hearing.ROOMS)}")
            plain = bootstrap.untaught(site) if heard.peer else None
            for row in hearing.measure(
                loaded,
                bootstrap.whisper(site, threads=hearing.THREADS),
                folder,
                folder=site,
                mix=heard.mix,
                room=heard.room,
                seed=heard.seed or hearing.SEED,
                part=heard.part,
                peer=plain,
            ):
                yield Plain(*row) if isinstance(row, tuple) else row
        case "stories":
            yield from _asked(site, loaded, heard.clips)
        case "wake":
            yield from _woken(site, heard.clips)
        case "meaning":
            yield meaning.measure(loaded)
            folder = shipped_site() / "tests" / "meaning"
            for file in [sentences] if sentences else [folder / name for name in HELD_OUT]:
                yield from _understanding(loaded, file)
        case "views":
            yield from _curve(loaded, events)
            yield from _a_week(loaded, site, days)
        case _:
            # On the disk that is asked about, not on a RAM disk.
            with tempfile.TemporaryDirectory(dir=Path.cwd()) as fresh:
                if part == "load":
                    yield from asyncio.run(load.measure(loaded, Path(fresh)))
                else:
                    yield from appends.measure(Path(fresh))


def _curve(loaded: Site, events: list[int]) -> Iterator[Figure | Spread | Value | Plain]:
    """The views at each of these sizes of the log; then each figure as it grows with it."""
    from assistant.bench import Figure, views

    curve: dict[str, list[str]] = {}
    for count in events:
        # On the disk that is asked about, not on a RAM disk.
        with tempfile.TemporaryDirectory(dir=Path.cwd()) as fresh:
            for result in views.measure(loaded, Path(fresh), count):
                yield result
                _, _, what = result.name.partition(": ")
                value = 1 / result.ratio if isinstance(result, Figure) else result.value
                curve.setdefault(what, []).append(f"{value:,.3g}")
    if len(events) > 1:
        sizes = " / ".join(f"{count:,}" for count in events)
        for what, values in curve.items():
            yield Plain(f"{sizes} events: {what}", " / ".join(values))


def _a_week(loaded: Site, site: Path | None, days: float) -> Iterator[Share | Spread | Value]:
    """So many days of the plant, asked for in one sentence."""
    from assistant.bench import asked

    if not days:
        return
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as fresh, asyncio.Runner() as runner:
        yield from _each(runner, asked.measure(loaded, site, Path(fresh), days))


def _headset(
    chosen: Path | None, clips: Path | None, utterances: int, faults: int, echoes: int, hours: float
) -> Iterator[Share | Plain]:
    """A headset through real PortAudio, on a sound daemon of our own."""
    from assistant import bootstrap
    from assistant.adapters.virtual import missing
    from assistant.bench import Share, headset_figures, soak
    from assistant.settings.paths import shipped_site, site_folder

    folder, loaded = clips or site_folder(chosen, "models") / "speech" / "demo", bootstrap.load_site(chosen)
    free = shipped_site() / "tests" / "speech" / "free"
    if why := missing():
        yield Plain("headset: not measured", why)
        return
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as fresh, asyncio.Runner() as runner:
        worn = headset_figures.measure(
            loaded, chosen, Path(fresh), folder, utterances, faults, echoes, free if free.is_dir() else None
        )
        for results in (worn, soak.soak(loaded, chosen, folder, hours)) if hours else (worn,):
            for found in _each(runner, results):
                yield found if isinstance(found, Share) else Plain(*found)


def _asked(chosen: Path | None, site: Site, clips: Path | None) -> Iterator[Share | Plain]:
    """The stories' questions, spoken; what was not answered truly is named."""
    from assistant.bench import stories
    from assistant.settings.paths import shipped_site, site_folder

    folder = clips or shipped_site() / "tests" / "speech" / "stories"
    found = []
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as fresh, asyncio.Runner() as runner:
        told = stories.measure(site, chosen, site_folder(chosen, "hardware"), folder, Path(fresh))
        for one in _each(runner, told):
            found.append(one)
            for why in one.wrong:
                yield Plain(f"{one.file}, {one.said!r}", f"{why}: heard {one.heard!r}, said {one.answer!r}")
    yield from stories.shares(found)


def _ids(chosen: Path | None) -> Iterator[Share | Plain]:
    """Ids at random, said by our own voice and heard again."""
    from assistant import bootstrap
    from assistant.bench import Share, ids

    for row in ids.measure(bootstrap.load_site(chosen), chosen):
        yield row if isinstance(row, Share) else Plain(*row)


def _quiet(
    chosen: Path | None, real: Path | None, kept: Path | None, hours: float, *, always: bool
) -> Iterator[Share | Plain]:
    """Hours in which nobody speaks to it. `kept`: a new folder for the log and what it did not leave alone."""
    from assistant import bootstrap
    from assistant.bench import Rate, Share, quiet

    with tempfile.TemporaryDirectory(dir=Path.cwd()) as fresh, asyncio.Runner() as runner:
        folder = Path(fresh)
        if kept is not None:
            folder = kept / ("always" if always else "quiet")
            folder.mkdir(parents=True)
        results = quiet.measure(bootstrap.load_site(chosen), chosen, real, folder, hours, always=always)
        for row in _each(runner, results):
            if isinstance(row, Rate):
                yield _rate(row)
            else:
                yield row if isinstance(row, Share) else Plain(*row)


def _rate(row: Rate) -> Plain:
    low, high = row.interval
    told = f"{row.count} in {row.hours:.2f} h  (95 %: {low:.2f} to {high:.2f} an hour)"
    return Plain(row.name, told if row.hours else "-")


def _woken(site: Path | None, real: Path | None) -> Iterator[Share | Plain]:
    """The wake phrase by unseen voices, and everything else. `real`: a folder of recordings without the phrase."""
    from assistant.adapters.wakecurve import Point
    from assistant.bench import Rate, wake
    from assistant.cli.trainwake import curve_lines
    from assistant.settings.paths import shipped_site

    for row in wake.measure(site, shipped_site() / "tests" / "speech" / "wake", real):
        if isinstance(row, Rate):
            yield _rate(row)
        elif isinstance(row, str):
            yield Plain("the wake stage costs", row)
        elif isinstance(row, Point):
            (line,) = curve_lines([row], as_json=False)
            yield Plain("curve", line)
        else:
            yield row


def _understanding(site: Site, file: Path) -> Iterator[Share | Plain]:
    """How hand-written sentences are understood, by each way of reading."""
    from assistant.bench import sentences

    if not file.is_file():
        return
    yield Plain("sentences of", file.name)
    with asyncio.Runner() as runner:
        for result in _each(runner, sentences.measure(site, file)):
            yield from result.shares
            if not math.isnan(result.calibration_error):
                yield Plain(f"{result.name}: calibration error", f"{result.calibration_error:.1f} points in ten bins")
            yield Plain(
                f"{result.name}: time to meaning",
                f"median {result.median_ms:.3g} ms, 95th percentile {result.p95_ms:.3g} ms",
            )


T = TypeVar("T")


def _each(runner: asyncio.Runner, results: AsyncIterator[T]) -> Iterator[T]:
    """What a measurement finds, each as soon as it is there."""
    while True:
        try:
            found = runner.run(_next(results))
        except StopAsyncIteration:
            return
        yield found


async def _next(results: AsyncIterator[T]) -> T:
    return await anext(results)


def _line(result: Figure | Share | Mean | Spread | Value | Plain, *, as_json: bool) -> str:
    from assistant.bench import Mean, Share, Spread, Value

    if as_json:
        return json.dumps(asdict(result))
    if isinstance(result, Plain):
        return f"{result.name:66} {result.value}"
    if isinstance(result, Value):
        return f"{result.name:66} {result.value:,.3f} {result.unit}"
    if isinstance(result, Spread):
        bounds = f"95 %: {result.low:,.3f} to {result.high:,.3f}; n={result.n}"
        return f"{result.name:66} {result.value:,.3f} {result.unit}  ({bounds})"
    if isinstance(result, Mean):
        share, of = result.right / result.n, f"{result.right} of {result.n} by {result.recordings} recordings"
        return f"{result.name:66} {share:.1%}  ({of}; 95 %: {result.low:.1%} to {result.high:.1%})"
    if isinstance(result, Share):
        low, high = (max(0.0, bound) for bound in result.interval)
        share = result.right / result.n if result.n else 0.0
        return f"{result.name:66} {result.right:3} of {result.n:3} {share:6.1%}  (95 %: {low:.1%} to {high:.1%})"
    times = f"{1 / result.ratio:.1f} times as fast" if result.ratio < 1 else f"{result.ratio:.2f} times as long"
    return (
        f"{result.name:44} {result.ours:8.3g} {result.unit} beside {result.reference:8.3g} {result.unit}: {times}"
        f"  (n={result.n}; reference: {result.note})"
    )
