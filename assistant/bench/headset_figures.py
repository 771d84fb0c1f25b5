"""What a headset at work comes to in figures: times to the first word by path and stage, faults, and its own voice."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from math import ceil, floor, sqrt
from pathlib import Path
from statistics import median

from assistant.bench import Share
from assistant.bench.headset import Turn, a_bench, clips_of, utterances
from assistant.bench.headset_faults import FAULTS, broken, echoed
from assistant.bootstrap import Site


def stages(turns: Sequence[Turn]) -> Mapping[str, float]:
    """Median seconds of each stage, and of all together (`all`)."""
    known = [turn.shares for turn in turns if turn.shares]
    if not known:
        return {}
    names = list(known[0])
    return {
        **{name: median(one[name] for one in known) for name in names},
        "all": median(sum(one.values()) for one in known),
    }


def between(seconds: Sequence[float]) -> tuple[float, float]:
    """95 % interval of a median, by the order of what was measured (Conover, Practical Nonparametric Statistics)."""
    ordered, off = sorted(seconds), 0.98 * sqrt(len(seconds))
    low, high = floor(len(ordered) / 2 - off), ceil(len(ordered) / 2 + off)
    return ordered[max(0, low)], ordered[min(len(ordered) - 1, high)]


def paths(turns: Sequence[Turn]) -> Iterator[tuple[str, str]]:
    """By what read the words: the time to the first audio, and each stage's share in it."""
    for path in ("template", "model"):
        taken = [turn for turn in turns if turn.shares and turn.times is not None and turn.times.by == path]
        for name, seconds in stages(taken).items():
            if name == "all":
                low, high = between([sum(turn.shares.values()) for turn in taken])
                known = f", of {len(taken)} (95 %: {low * 1000:.0f} to {high * 1000:.0f} ms)"
                yield (
                    f"headset, {path} path: last voiced sample to first word",
                    f"median {seconds * 1000:.0f} ms{known}",
                )
            else:
                yield f"headset, {path} path: of that, {name}", f"median {seconds * 1000:.0f} ms"


async def measure(
    site: Site,
    chosen: Path | None,
    fresh: Path,
    folder: Path,
    count: int,
    faults: int,
    echoes: int,
    free: Path | None = None,
) -> AsyncIterator[Share | tuple[str, str]]:
    """Everything, in shares and in (name, value) pairs. `fresh`: an empty folder; `folder`: recordings with labels.

    `free`: further ones, that no template has.
    """
    async with a_bench(fresh, site, chosen) as bench:
        turns = [turn async for turn in utterances(bench, folder, count)]
        if count:
            yield Share(
                "headset: utterances that were heard and answered", sum(bool(one.heard) for one in turns), count
            )
        for number, turn in enumerate(turns, start=1):
            if not turn.heard:
                yield f"headset: utterance {number}, lost", f"{turn.clip.text} {turn.why}"
        spoken = count
        if free is not None and count:
            freely = [turn async for turn in utterances(bench, free, len(clips_of(free)))]
            spoken += len(freely)
            yield Share(
                "headset: of free ways of saying, heard and answered",
                sum(bool(one.heard) for one in freely),
                len(freely),
            )
            turns += freely
        for figure in paths(turns):
            yield figure
        if count:
            yield "headset: samples lost meanwhile", f"{bench.tap.lost} of {spoken} utterances' sound"
        for fault in FAULTS if faults else ():
            back = [await broken(bench, fault) for _ in range(faults)]
            well = [seconds for seconds in back if seconds is not None]
            yield Share(f"headset: back by itself, said once: {fault}", len(well), faults)
            if well:
                yield (
                    f"headset: back after it is there again: {fault}",
                    f"median {median(well):.2f} s, at most {max(well):.2f} s",
                )
        acted = 0
        for number in range(echoes):
            acted += await echoed(bench, number)
        if echoes:
            yield Share("headset: own words heard again, nothing done", echoes - acted, echoes)
