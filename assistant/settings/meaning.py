"""`models/meaning/adapter.yaml`: which language model, how it is asked, and what its probabilities are worth."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import msgspec

from assistant.errors import SiteError
from assistant.settings import yaml


class Lora(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Shape of the adapter; only its training reads it."""

    rank: int
    alpha: int


class Adapter(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The file."""

    base: str
    """Id of the base model in the manifest."""
    file: str
    """The adapter, beside this file; it need not be there."""
    before: str
    """Prompt: what stands before the words."""
    after: str
    """Prompt: what stands between the words and the answer."""
    end: str
    """What ends an answer."""
    lora: Lora
    intents: tuple[str, ...] = ()
    """What it was trained to understand."""
    calibration: tuple[tuple[float, float], ...] = ((0.0, 0.0), (1.0, 1.0))
    """(probability of an answer, share of such answers that are right), both rising."""


def load(models: Path) -> tuple[Adapter, Path] | None:
    """The adapter's card in a site's `models/` and the file it speaks of; None where there is no card."""
    card = models / "meaning" / "adapter.yaml"
    if not card.is_file():
        return None
    adapter = yaml.read(card, Adapter)
    rising = all(one[0] <= two[0] and one[1] <= two[1] for one, two in pairwise(adapter.calibration))
    bounded = all(0.0 <= value <= 1.0 for point in adapter.calibration for value in point)
    if len(adapter.calibration) < 2 or not rising or not bounded:
        raise SiteError(card, "two points or more, from 0 to 1, rising", key="calibration")
    return adapter, card.parent / adapter.file
