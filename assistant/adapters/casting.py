"""Who says what: the clips that a wake-word head is trained, checked and measured on, before anything is said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from assistant.adapters.speakers import Speaker, blends, espeak_speakers
from assistant.settings.wake import Recipe

Kind = Literal["phrase", "near", "speech"]
NEAR, SPEECH = 0.8, 0.6
"""Clips that resemble the phrase, and sentences, for each clip of it."""
PLAIN = 0.5
"""Clips by espeak-ng for each by Kokoro: they cost next to nothing."""
SPEEDS = (0.8, 1.3)


@dataclass(frozen=True, slots=True)
class Line:
    """One clip to be."""

    kind: Kind
    """The phrase, what resembles it, or other speech."""
    text: str
    speaker: Speaker


def cast(recipe: Recipe, phrase: str, voices: Sequence[str], amount: int, *, seed: int, own: bool) -> list[Line]:
    """`amount` clips of the phrase by Kokoro's `voices`, and what goes with them, mixed so that any beginning of the
    list holds something of each. `own`: our own voice says everything too."""
    rng = np.random.default_rng([recipe.seed, seed])
    ways = [one.format(phrase.capitalize()) for one in recipe.said]
    resembling = recipe.resembling(phrase)
    lines: list[Line] = []
    plans: tuple[tuple[Kind, Sequence[str], float], ...] = (
        ("phrase", ways, 1.0),
        ("near", resembling, NEAR),
        ("speech", recipe.sentences, SPEECH),
    )
    for kind, texts, share in plans:
        count = round(amount * share)
        people = [Speaker("kokoro", names, _speed(rng)) for names in _enough(blends(voices, count, rng), count)]
        people += espeak_speakers(rng, round(PLAIN * count))
        lines += [
            Line(kind, text, person) for text, person in zip(_dealt(texts, len(people), rng), people, strict=True)
        ]
        if own:
            lines += [Line(kind, text, Speaker("own")) for text in texts]
    order = rng.permutation(len(lines))
    return [lines[place] for place in order]


def _speed(rng: np.random.Generator) -> float:
    return float(np.round(rng.uniform(*SPEEDS), 2))


def _enough(people: Sequence[tuple[str, ...]], count: int) -> list[tuple[str, ...]]:
    return [people[number % len(people)] for number in range(count)]


def _dealt(texts: Sequence[str], count: int, rng: np.random.Generator) -> Iterable[str]:
    """Each text as often as any other, in no order."""
    dealt = [text for _ in range(count // len(texts) + 1) for text in rng.permutation(texts)]
    return [str(text) for text in dealt[:count]]
