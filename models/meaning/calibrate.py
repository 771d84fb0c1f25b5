"""What the model's probabilities are worth: fitted on one half of the hand-written sentences, shown on the other.

::

    python models/meaning/calibrate.py --diagram docs/reliability.svg

Every sentence is read by the model alone. A logistic curve from the log-odds of an answer's probability to "all of it
is right" is fitted to tests/meaning/dev.tsv and fresh.tsv and written into adapter.yaml as points with straight lines
between; the diagram and the calibration error are of tests/meaning/test.tsv, which the fit has not seen.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import re
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from assistant import bootstrap
from assistant.bench import sentences
from assistant.turn.understand import Calibration, Understander

HERE = Path(__file__).parent
SITE = HERE.parents[1]
GRID = (0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 1.0)
LEAST = 1e-4
FITTED = ("dev.tsv", "fresh.tsv")


def log_odds(probability: float) -> float:
    bounded = min(1 - LEAST, max(LEAST, probability))
    return math.log(bounded / (1 - bounded))


def curve(graded: Sequence[tuple[float, bool]]) -> tuple[float, float]:
    """Slope and offset of the logistic curve, by Newton's method on the likelihood with a little weight on (1, 0)."""
    a, b = 1.0, 0.0
    for _ in range(50):
        g = [0.1 * (a - 1.0), 0.1 * b]
        h = [[0.1, 0.0], [0.0, 0.1]]
        for probability, right in graded:
            x = log_odds(probability)
            p = 1 / (1 + math.exp(-(a * x + b)))
            for i, xi in enumerate((x, 1.0)):
                g[i] += (p - right) * xi
                for j, xj in enumerate((x, 1.0)):
                    h[i][j] += p * (1 - p) * xi * xj
        det = h[0][0] * h[1][1] - h[0][1] * h[1][0]
        a -= (h[1][1] * g[0] - h[0][1] * g[1]) / det
        b -= (h[0][0] * g[1] - h[1][0] * g[0]) / det
    return a, b


async def graded(file: Path) -> list[tuple[float, bool]]:
    """(probability of the answer, all right) of each sentence, read by the model alone."""
    site = bootstrap.load_site(None)
    async with AsyncExitStack() as stack:
        found = bootstrap.understander(site, stack)
        if found is None:
            raise SystemExit("no language model: assistant models pull")
        by = Understander(found.model, found.language, found.intents, Calibration())
        entities = sentences.plant(site)
        results = []
        for sentence in sentences.sentences(file):
            commands = await by.understand(sentence.text, entities)
            if commands[0].by == "model":
                results.append((commands[0].confidence, sentences.exact(commands, sentence)))
        return results


def diagram(results: Sequence[tuple[float, bool]], error: float) -> str:
    """A reliability diagram: share right over confidence in ten bins, each dot as large as its bin."""
    side, left = 320, 44
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{side + 64}" height="{side + 72}" font-family="sans-serif" '
        'font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<path d="M{left} 16V{side + 16}H{side + left}" fill="none" stroke="#555"/>',
        f'<path d="M{left} {side + 16}L{side + left} 16" stroke="#bbb" stroke-dasharray="4 4"/>',
    ]
    for tick in range(0, 11, 2):
        x, y = left + side * tick / 10, 16 + side * (1 - tick / 10)
        parts.append(f'<text x="{x}" y="{side + 34}" text-anchor="middle">{tick / 10:g}</text>')
        parts.append(f'<text x="{left - 8}" y="{y + 4}" text-anchor="end">{tick / 10:g}</text>')
    for index in range(10):
        inside = [(c, r) for c, r in results if min(9, int(c * 10)) == index]
        if inside:
            mean, right = sum(c for c, _ in inside) / len(inside), sum(r for _, r in inside) / len(inside)
            radius = 3 + 12 * math.sqrt(len(inside) / len(results))
            parts.append(
                f'<circle cx="{left + side * mean:.1f}" cy="{16 + side * (1 - right):.1f}" r="{radius:.1f}" '
                f'fill="#1f77b4" fill-opacity="0.7"><title>{len(inside)} sentences: confidence {mean:.2f}, '
                f"right {right:.2f}</title></circle>"
            )
    parts.append(
        f'<text x="{left + side / 2}" y="{side + 54}" text-anchor="middle">confidence ({len(results)} sentences, '
        f"calibration error {error:.1f} points)</text>"
    )
    parts.append(
        f'<text transform="translate(12 {16 + side / 2}) rotate(-90)" text-anchor="middle">share right</text></svg>\n'
    )
    return "\n".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--diagram", type=Path, default=SITE / "docs" / "reliability.svg")
    options = parser.parse_args()
    kept_aside = SITE / "tests" / "meaning"
    raw = [one for name in FITTED for one in asyncio.run(graded(kept_aside / name))]
    a, b = curve(raw)
    points = [(p, round(1 / (1 + math.exp(-(a * log_odds(p) + b))), 4)) for p in GRID]
    card = HERE / "adapter.yaml"
    line = "calibration: [" + ", ".join(f"[{p:g}, {share:g}]" for p, share in points) + "]"
    wrapped = re.sub(r"(.{1,116})(?:, |$)", r"\1,\n  ", line).strip().rstrip(",")
    text = re.sub(r"(?ms)^calibration: .*?\]\]\n?", "", card.read_text())
    card.write_text(text.rstrip() + "\n" + wrapped + "\n")
    other = asyncio.run(graded(kept_aside / "test.tsv"))
    before = sentences.calibration_error(other)
    fitted = Calibration(tuple(points))
    shown = [(fitted.confidence(probability), right) for probability, right in other]
    error = sentences.calibration_error(shown)
    options.diagram.write_text(diagram(shown, error))
    print(f"slope {a:.3f}, offset {b:.3f}; calibration error on the other half {before:.1f} -> {error:.1f} points")


if __name__ == "__main__":
    main()
