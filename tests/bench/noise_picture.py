"""The picture of hearing in noise, from what `assistant bench hearing --json` printed.

::

    assistant bench hearing DIR --site tests/sites/coffee --room cafe \
        --noise 6 --noise 9 --noise 12 --noise 15 --noise 18 --noise 21 --noise 24 --json > docs/hearing-noise.jsonl
    python -m tests.bench.noise_picture docs/hearing-noise.jsonl docs/hearing-noise.svg

Rows of the same name, of several runs, are added up.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from assistant.bench import Share

PUBLISHED: Mapping[float, float] = {6: 93.5, 9: 96.5, 12: 98.0, 15: 98.5, 18: 98.5, 21: 99.0, 24: 99.0}
"""Picovoice Rhino, dB -> per cent of 619 recordings with all slots right: the peer's own table."""
PEER = "Picovoice Rhino, as published"
LOOKS = {
    "ours": ("line-assistant", "#0072b2", 3, ""),
    "faster-whisper": ("faster-whisper alone", "#d55e00", 2, ""),
    "PocketSphinx": ("PocketSphinx, closed grammar", "#009e73", 2, ""),
    PEER: (PEER, "#666666", 2, "6 4"),
}
"""Whose -> what it is called, colour, width of its line, dashes."""
CLEAN = 29.0
"""Where on the axis of noise what has none is drawn."""
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 800, 420, 62, 240, 24, 58
APART = 20.0
"""Pixels between the names of two lines."""
_ROW = re.compile(r"(?P<who>[^,]+), people, (?:as recorded|clean|in [^,]+ at (?P<db>-?[\d.]+) dB)")
Curve = dict[float, Share]
"""Noise in dB, CLEAN for none -> share right."""


def curves(lines: Iterable[str]) -> dict[str, Curve]:
    """By whose they are; what is no share of real people's recordings in noise is passed over."""
    found: dict[str, Curve] = {}
    for line in lines:
        row = json.loads(line)
        named = _ROW.fullmatch(row.get("name", ""))
        if named is None or set(row) != {"name", "right", "n"}:
            continue
        curve = found.setdefault(named["who"], {})
        at = float(named["db"]) if named["db"] else CLEAN
        before = curve.get(at, Share(row["name"], 0, 0))
        curve[at] = Share(row["name"], before.right + row["right"], before.n + row["n"])
    return found


def picture(found: Mapping[str, Curve]) -> str:
    """The SVG, on a light ground of its own, so that it reads on a dark page too."""
    counts = sorted({share.n for curve in found.values() for share in curve.values()}) or [0]
    n = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        'font-family="sans-serif" font-size="13" fill="#222">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="8" fill="#fff"/>',
        *_axes(),
    ]
    ends: list[tuple[float, str, str]] = []
    for who, (name, colour, width, dashes) in LOOKS.items():
        published = [(db, right, right, right) for db, right in PUBLISHED.items()]
        points = published if who == PEER else _points(found.get(who, {}))
        if not points:
            continue
        parts += _line(points, colour, width, dashes)
        ends.append((_y(points[-1][1]), name, colour))
    parts += _names(ends)
    parts.append(
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 14}" text-anchor="middle">noise: loudest frame of speech '
        f"over that of the noise, dB (n={n} each)</text></svg>\n"
    )
    return "\n".join(parts)


Point = tuple[float, float, float, float]
"""Noise, share right in per cent, its interval."""


def _points(curve: Curve) -> list[Point]:
    return [
        (db, 100 * share.right / share.n, 100 * share.interval[0], 100 * share.interval[1])
        for db, share in sorted(curve.items())
        if share.n
    ]


def _x(db: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * (db - 5) / (CLEAN + 1 - 5)


def _y(percent: float) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - percent / 100)


def _axes() -> Iterable[str]:
    for percent in range(0, 101, 20):
        y = _y(percent)
        yield f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>'
        yield f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{percent} %</text>'
    for db in PUBLISHED:
        yield f'<text x="{_x(db):.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{db:g}</text>'
    yield f'<text x="{_x(CLEAN):.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">none</text>'
    middle = (TOP + HEIGHT - BOTTOM) / 2
    yield f'<text transform="translate(16 {middle}) rotate(-90)" text-anchor="middle">all slots right</text>'


def _line(points: Sequence[Point], colour: str, width: int, dashes: str) -> Iterable[str]:
    noisy = [point for point in points if point[0] != CLEAN]
    path = "L".join(f"{_x(db):.1f} {_y(right):.1f}" for db, right, *_ in noisy)
    if path:
        dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
        yield f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="{width}"{dashed}/>'
    for db, right, low, high in points:
        x = _x(db)
        if high > low:
            yield f'<path d="M{x:.1f} {_y(low):.1f}V{_y(high):.1f}" stroke="{colour}" stroke-opacity="0.45"/>'
        yield f'<circle cx="{x:.1f}" cy="{_y(right):.1f}" r="{width + 1}" fill="{colour}"/>'


def _names(ends: Iterable[tuple[float, str, str]]) -> Iterable[str]:
    """Each beside the end of its line, none over another."""
    last = 0.0
    for y, name, colour in sorted(ends):
        last = max(y, last + APART)
        yield f'<text x="{WIDTH - RIGHT + 10}" y="{last + 4:.1f}" fill="{colour}" font-weight="bold">{name}</text>'


def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path, nargs="+")
    parser.add_argument("picture", type=Path)
    options = parser.parse_args()
    lines = [line for file in options.results for line in file.read_text(encoding="utf-8").splitlines() if line]
    options.picture.write_text(picture(curves(lines)), encoding="utf-8")


if __name__ == "__main__":
    main()
