"""Learning a wake-word head: a small network by hand in numpy, so that nothing but numpy is needed to train one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from assistant.adapters.audiofile import Samples
from assistant.adapters.wakeword import SIZE, WINDOW, Head

PROJECTED, HIDDEN = 32, 48
"""Numbers left of each embedding, and of the whole window."""
BATCH_SAID, BATCH_OTHER = 96, 416
HARD = 0.5
"""Of the other windows in a batch, so many are those that the head takes most for the phrase."""
POOL, RENEWED = 4096, 200
"""How many are kept as hard, and after how many steps they are looked for again."""
DROPPED = 0.25
"""Share of inputs to the hidden layer left out at each step."""
RATE_OF_LEARNING, DECAY = 1e-3, 1e-4
_LEARNED = ("project", "project_bias", "hidden", "hidden_bias", "out", "out_bias")


Halves = npt.NDArray[np.float16]
"""Half precision: what is learned from is large."""


@dataclass(frozen=True, slots=True)
class Examples:
    """What is learned from."""

    said: Halves
    """Windows that the phrase ends with, shape (n, WINDOW, SIZE)."""
    other: Halves
    """Embeddings of everything else, one after the other, shape (m, SIZE)."""
    starts: npt.NDArray[np.int64]
    """Where in `other` a window of one recording begins."""


def train(
    phrase: str, examples: Examples, *, heads: int, steps: int, seed: int, step: Callable[[], None] = lambda: None
) -> Head:
    """A head with threshold 0.5, to be chosen afterwards. `step`: called at each of heads * steps steps."""
    sample = examples.other[:: max(1, len(examples.other) // 50_000)].astype(np.float32)
    mean, scale = sample.mean(axis=0), 1 / np.maximum(sample.std(axis=0), 1e-3)
    learned = [
        _one(examples, mean, scale, steps, np.random.default_rng([seed, number]), step) for number in range(heads)
    ]
    arrays = {name: np.stack([one[name] for one in learned]) for name in _LEARNED}
    return Head(phrase, 0.5, {"mean": mean, "scale": scale, **arrays})


def _one(
    examples: Examples,
    mean: Samples,
    scale: Samples,
    steps: int,
    rng: np.random.Generator,
    step: Callable[[], None],
) -> dict[str, Samples]:
    weights = _begin(rng)
    moments = {name: (np.zeros_like(value), np.zeros_like(value)) for name, value in weights.items()}
    hard = examples.starts
    labels = np.concatenate([np.ones(BATCH_SAID), np.zeros(BATCH_OTHER)]).astype(np.float32)
    importance = np.concatenate([np.full(BATCH_SAID, 0.5 / BATCH_SAID), np.full(BATCH_OTHER, 0.5 / BATCH_OTHER)])
    for number in range(1, steps + 1):
        if number % RENEWED == 0:
            hard = _hardest(examples, mean, scale, weights, rng)
        chosen = np.concatenate(
            [
                rng.choice(hard, int(HARD * BATCH_OTHER)),
                rng.choice(examples.starts, BATCH_OTHER - int(HARD * BATCH_OTHER)),
            ]
        )
        said = examples.said[rng.integers(len(examples.said), size=BATCH_SAID)]
        windows = np.concatenate([said, _gather(examples.other, chosen)]).astype(np.float32)
        gradients = _gradients((windows - mean) * scale, labels, importance.astype(np.float32), weights, rng)
        # The rate falls to nothing along a half cosine, so that the last steps only polish.
        rate = RATE_OF_LEARNING * 0.5 * (1 + np.cos(np.pi * number / steps))
        for name, gradient in gradients.items():
            first, second = moments[name]
            first += 0.1 * (gradient - first)
            second += 0.001 * (gradient**2 - second)
            change = (first / (1 - 0.9**number)) / (np.sqrt(second / (1 - 0.999**number)) + 1e-8)
            weights[name] -= rate * (change + (DECAY * 10 * weights[name] if weights[name].ndim > 1 else 0))
        step()
    return weights


def _begin(rng: np.random.Generator) -> dict[str, Samples]:
    wide = WINDOW * PROJECTED
    return {
        "project": (rng.standard_normal((SIZE, PROJECTED)) * np.sqrt(2 / SIZE)).astype(np.float32),
        "project_bias": np.zeros(PROJECTED, np.float32),
        "hidden": (rng.standard_normal((wide, HIDDEN)) * np.sqrt(2 / wide)).astype(np.float32),
        "hidden_bias": np.zeros(HIDDEN, np.float32),
        "out": (rng.standard_normal(HIDDEN) * np.sqrt(1 / HIDDEN)).astype(np.float32),
        "out_bias": np.zeros((), np.float32),
    }


def _gradients(
    inputs: Samples, labels: Samples, importance: Samples, weights: dict[str, Samples], rng: np.random.Generator
) -> dict[str, Samples]:
    """Of the cross entropy, by hand."""
    count = len(inputs)
    each = np.maximum(inputs @ weights["project"] + weights["project_bias"], 0)
    flat = each.reshape(count, -1)
    kept = (rng.random(flat.shape, np.float32) >= DROPPED).astype(np.float32) / (1 - DROPPED)
    dropped = flat * kept
    hidden = np.maximum(dropped @ weights["hidden"] + weights["hidden_bias"], 0)
    score = 1 / (1 + np.exp(-np.clip(hidden @ weights["out"] + weights["out_bias"], -30, 30)))
    error = ((score - labels) * importance).astype(np.float32)
    back = np.outer(error, weights["out"]) * (hidden > 0)
    back_each = ((back @ weights["hidden"].T) * kept * (flat > 0)).reshape(-1, PROJECTED)
    return {
        "project": inputs.reshape(-1, SIZE).T @ back_each,
        "project_bias": back_each.sum(axis=0),
        "hidden": dropped.T @ back,
        "hidden_bias": back.sum(axis=0),
        "out": hidden.T @ error,
        "out_bias": error.sum(),
    }


def _hardest(
    examples: Examples, mean: Samples, scale: Samples, weights: dict[str, Samples], rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    """The windows of `other`, out of many taken at random, that look most like the phrase."""
    looked = rng.choice(examples.starts, min(len(examples.starts), 12 * POOL), replace=False)
    head = Head("", 0.5, {"mean": mean, "scale": scale, **{name: weights[name][None] for name in _LEARNED}})
    scores = np.concatenate([head.score(_gather(examples.other, part)) for part in _parts(looked)])
    return np.asarray(looked[np.argsort(scores)[-min(POOL, len(looked)) :]])


def _gather(embeddings: Halves, starts: npt.NDArray[np.int64]) -> Samples:
    gathered: Samples = embeddings[starts[:, None] + np.arange(WINDOW)].astype(np.float32)
    return gathered


def _parts(starts: npt.NDArray[np.int64], size: int = 2048) -> Sequence[npt.NDArray[np.int64]]:
    return [starts[at : at + size] for at in range(0, len(starts), size)]
