"""The wake word: openWakeWord's two ONNX files turn sound into embeddings, and a small head of ours hears one phrase.

Its package is not used (docs/decisions/0011): the files are data, run here as it runs them. 80 ms of sound are 8
spectrogram rows (with 30 ms before them), 76 rows are one embedding of 96 numbers, and the head looks at the newest 16.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from assistant.adapters.audiofile import RATE, Samples
from assistant.errors import EngineError, ModelError

STEP = 1280
"""Samples between embeddings: 80 ms."""
CONTEXT = 480
"""Samples before a step that its spectrogram needs too."""
ROWS, BANDS = 76, 32
"""Of the spectrogram, for one embedding."""
SIZE = 96
"""Numbers in an embedding."""
WINDOW = 16
"""Embeddings that the head looks at."""
FIRST_S = (-(-ROWS // 8) + WINDOW - 1) * STEP / RATE
"""So much real sound must have been heard before anything counts: nothing is made up to fill a buffer (pitfalls K1)."""
REFRACTORY_S = 2.0
"""One phrase wakes once (pitfalls K2)."""
HEARD = 0.5
"""A score from here on: the phrase was said. The head's own threshold is mapped to it."""
QUIET = 0.1
MOST_BYTES = 4 << 20
_ARRAYS = ("mean", "scale", "project", "project_bias", "hidden", "hidden_bias", "out", "out_bias")


class Embedder:
    """Sound to embeddings, step by step, over one stream."""

    def __init__(self, folder: Path) -> None:
        """`folder`: holds `melspectrogram.onnx` and `embedding_model.onnx`. Raises EngineError."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        try:
            self._rows, self._embed = (
                onnxruntime.InferenceSession(folder / name, options, providers=["CPUExecutionProvider"])
                for name in ("melspectrogram.onnx", "embedding_model.onnx")
            )
        except Exception as exc:  # onnxruntime has no exception of its own that is public
            raise EngineError(f"{folder}: the wake word's models cannot be loaded: {exc}") from exc
        self.reset()

    def reset(self) -> None:
        """Another stream begins."""
        self._sound: Samples = np.zeros(0, np.float32)
        self._spectrogram: Samples = np.zeros((0, BANDS), np.float32)

    def feed(self, samples: Samples) -> list[Samples]:
        """The embeddings that became whole with these samples, shape (SIZE,) each. Raises EngineError."""
        self._sound = np.concatenate([self._sound, np.asarray(samples, np.float32) * 32767])
        whole: list[Samples] = []
        while len(self._sound) >= CONTEXT + STEP:
            rows = self._run(self._rows, "input", self._sound[None, : CONTEXT + STEP]).reshape(-1, BANDS) / 10 + 2
            self._sound = self._sound[STEP:]
            self._spectrogram = np.concatenate([self._spectrogram, rows])[-ROWS:]
            if len(self._spectrogram) == ROWS:
                whole.append(self._run(self._embed, "input_1", self._spectrogram[None, :, :, None]).reshape(SIZE))
        return whole

    def all(self, samples: Samples) -> Samples:
        """Of a whole recording, shape (n, SIZE), the way `feed` makes them."""
        self.reset()
        found = self.feed(samples)
        self.reset()
        return np.stack(found) if found else np.zeros((0, SIZE), np.float32)

    def _run(self, session: Any, name: str, values: Samples) -> Samples:
        try:
            return np.asarray(session.run(None, {name: values})[0], np.float32)
        except Exception as exc:
            raise EngineError(f"the wake word's model failed: {exc}") from exc


@dataclass(frozen=True, slots=True)
class Head:
    """What was learned of one phrase: three layers, several heads side by side whose answers are averaged."""

    phrase: str
    """The words."""
    threshold: float
    """Probability from which the phrase counts as said."""
    arrays: dict[str, Samples]
    """By name; the first axis counts heads (but for `mean` and `scale`, shape (SIZE,))."""

    def score(self, windows: Samples) -> Samples:
        """Probability that the phrase ends with each window; `windows`: shape (n, WINDOW, SIZE)."""
        a = self.arrays
        scaled = (windows - a["mean"]) * a["scale"]
        total = np.zeros(len(windows), np.float32)
        for one in range(len(a["out"])):
            each = np.maximum(scaled @ a["project"][one] + a["project_bias"][one], 0)
            hidden = np.maximum(each.reshape(len(windows), -1) @ a["hidden"][one] + a["hidden_bias"][one], 0)
            total += hidden @ a["out"][one] + a["out_bias"][one]
        return np.asarray(1 / (1 + np.exp(-np.clip(total / len(a["out"]), -30, 30))), np.float32)

    def mapped(self, score: float) -> float:
        """On the port's scale, where HEARD is the threshold."""
        if score >= self.threshold:
            return HEARD + (1 - HEARD) * (score - self.threshold) / max(1 - self.threshold, 1e-9)
        return HEARD * score / self.threshold

    def save(self, file: Path) -> None:
        """Plain arrays, no pickle."""
        held: dict[str, Any] = {"phrase": np.array(self.phrase), "threshold": np.array(self.threshold), **self.arrays}
        with file.open("wb") as out:
            np.savez_compressed(out, **held)

    @classmethod
    def load(cls, file: Path) -> Self:
        """Raises ModelError for what is no head; nothing in the file is ever executed (pitfalls K7)."""
        try:
            if file.stat().st_size > MOST_BYTES:
                raise ValueError("larger than any head")
            with np.load(file, allow_pickle=False) as held:
                phrase, threshold = str(held["phrase"]), float(held["threshold"])
                arrays = {name: np.asarray(held[name], np.float32) for name in _ARRAYS}
            head = cls(phrase, threshold, arrays)
            if not 0 < threshold < 1 or not np.isfinite(head.score(np.zeros((1, WINDOW, SIZE), np.float32))).all():
                raise ValueError("numbers that make no sense")
        except Exception as exc:  # a damaged archive fails in many ways, all of which mean this
            raise ModelError(f"{file} is no wake-word head: {exc}") from exc
        return head


class OwnWakeword:
    """ports.Wakeword by a head over the embeddings."""

    def __init__(self, embedder: Embedder, head: Head) -> None:
        self._embedder, self._head = embedder, head
        self._window: Samples = np.zeros((0, SIZE), np.float32)
        self._rest = 0
        """Samples during which a phrase that woke wakes no more."""

    @property
    def phrase(self) -> str:
        """What it listens for."""
        return self._head.phrase

    def feed(self, samples: object) -> float:
        """The port's: HEARD or more once, when the phrase has just been said; then 0 for REFRACTORY_S.

        Raises EngineError.
        """
        sound = np.asarray(samples, np.float32)
        if not np.isfinite(sound).all():
            raise EngineError("the sound holds samples that are no numbers")
        self._rest = max(0, self._rest - len(sound))
        best = 0.0
        for embedding in self._embedder.feed(sound):
            self._window = np.concatenate([self._window, embedding[None]])[-WINDOW:]
            if len(self._window) == WINDOW:
                best = max(best, self._head.mapped(float(self._head.score(self._window[None])[0])))
        if self._rest:
            return 0.0
        if best >= HEARD:
            self._rest = int(REFRACTORY_S * RATE)
        return best


def self_test(embedder: Embedder, head: Head, clip: Samples) -> None:
    """Raises EngineError where this machine's arithmetic does not hear a clip of the phrase, or hears it in noise
    (pitfalls K6)."""
    rng = np.random.default_rng(0)
    noise = (0.05 * rng.standard_normal(int((FIRST_S + 2) * RATE))).astype(np.float32)
    lead = (0.001 * rng.standard_normal(int(FIRST_S * RATE))).astype(np.float32)
    said, empty = best(embedder, head, np.concatenate([lead, clip, lead[:RATE]])), best(embedder, head, noise)
    if said < HEARD or empty > QUIET:
        raise EngineError(
            f"the wake word does not work on this machine: {said:.2f} for its own clip, {empty:.2f} for noise"
        )


def best(embedder: Embedder, head: Head, samples: Samples) -> float:
    """The highest score in a recording, on the port's scale."""
    windows = windowed(embedder.all(samples))
    return max((head.mapped(float(score)) for score in head.score(windows)), default=0.0)


def windowed(embeddings: Samples) -> Samples:
    """Each run of WINDOW embeddings, shape (n, WINDOW, SIZE)."""
    if len(embeddings) < WINDOW:
        return np.zeros((0, WINDOW, SIZE), np.float32)
    return np.lib.stride_tricks.sliding_window_view(embeddings, WINDOW, axis=0).transpose(0, 2, 1)
