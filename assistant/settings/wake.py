"""`models/wake/recipe.yaml`: what the voices say that a wake-word head is trained on."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from assistant.errors import SiteError, UsageError
from assistant.settings import yaml


class Recipe(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole file."""

    seed: int
    """The same recipe, seed and weights give the same clips."""
    phrase: str
    """What headsets listen for."""
    check: tuple[str, ...]
    """Voices that no head is trained on, and that choose its threshold."""
    said: tuple[str, ...]
    """How a phrase is said; `{}` stands for it."""
    near: dict[str, tuple[str, ...]]
    """Phrase -> what resembles it and is not it."""
    sentences: tuple[str, ...]
    """What people say otherwise."""

    def resembling(self, phrase: str) -> tuple[str, ...]:
        """What must not wake for `phrase`: what the recipe has for it, and what is made of its own words."""
        words = phrase.split()
        made = [*words, " ".join(reversed(words)), *(f"{words[0]} {name}" for name in NAMES)]
        made += [f"{name} {words[-1]}" for name in NAMES]
        return tuple(dict.fromkeys([*self.near.get(phrase, ()), *(text for text in made if text != phrase)]))


def file_name(phrase: str) -> str:
    """What a phrase's head is called: `hey foreman` -> `hey_foreman`. Raises UsageError for what is no phrase."""
    words = phrase.lower().split()
    if not words or not all(PLAIN.fullmatch(word) for word in words) or len("".join(words)) < LEAST_LETTERS:
        raise UsageError(f"{phrase!r}: a wake phrase is words of letters, {LEAST_LETTERS} letters or more")
    return "_".join(words)


PLAIN = re.compile(r"[a-z]+(?:'[a-z]+)?")
LEAST_LETTERS = 8
"""A shorter phrase is said by chance all day."""
NAMES = ("Maria", "Peter", "the manager", "printer", "tomorrow")
"""Put in place of a phrase's first or last word."""


def load(folder: Path) -> Recipe:
    """Read `wake/recipe.yaml` in a site's `models/`. Raises SiteError."""
    file = folder / "wake" / "recipe.yaml"
    recipe = yaml.read(file, Recipe)
    try:
        file_name(recipe.phrase)
    except UsageError as exc:
        raise SiteError(file, str(exc), key="phrase") from exc
    if not recipe.sentences:
        raise SiteError(file, "needs sentences", key="sentences")
    if not recipe.said or not all("{}" in one for one in recipe.said):
        raise SiteError(file, "each must hold {}, the phrase's place", key="said")
    return recipe


class Measure(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`models/wake/measure.yaml`: what the reserved voices say, of which nothing is trained on."""

    seed: int
    said: tuple[str, ...]
    """With the phrase, whose place is `{}`."""
    near: tuple[str, ...]
    """What resembles it."""
    speech: tuple[str, ...]
    """What people talk about."""


def measure_plan(folder: Path) -> Measure:
    """Read `wake/measure.yaml` in a site's `models/`. Raises SiteError."""
    return yaml.read(folder / "wake" / "measure.yaml", Measure)
