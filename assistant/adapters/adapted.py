"""Models made on this machine: a downloaded one with an adapter of this project in its weights."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from assistant.adapters import ct2
from assistant.adapters.weights import BLOCK, Found, Weights
from assistant.errors import ModelError

CHANGED = "model.bin"
"""The file that holds the weights; the others are the base's own."""


def ready(weights: Weights, name: str, models: Path) -> Path:
    """The folder of a model, made from its base where it is made and not yet there. Raises ModelError.

    `models`: where the manifest and its adapters lie. What is made has a pinned hash, as what is downloaded has.
    """
    make(weights, name, models)
    return weights.ensure(name)


def make(weights: Weights, name: str, models: Path) -> int:
    """Make what is missing of a model; how many files that were. Raises ModelError, DownloadError (no room)."""
    made = weights.model(name).made
    if made is None or not (missing := weights.missing([name])):
        return 0
    base, adapter = weights.ensure(made.base), models / made.adapter
    for found in missing:
        try:
            weights.put(found, _blocks(found, base, adapter))
        except ModelError as exc:
            # Put says "not the pinned one": of what is made here, the adapter is to blame, or the code.
            raise ModelError(f"{name} cannot be made from {made.base} and {adapter}: {exc}") from exc
    return len(missing)


def _blocks(found: Found, base: Path, adapter: Path) -> Iterator[bytes]:
    if found.weight.file == CHANGED:
        yield from ct2.blocks(ct2.adapted(ct2.read(base / CHANGED), adapter))
        return
    try:
        with (base / found.weight.file).open("rb") as data:
            while block := data.read(BLOCK):
                yield block
    except OSError as exc:
        raise ModelError(f"{base / found.weight.file}: {exc.strerror or exc}") from exc
