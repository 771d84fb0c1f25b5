"""The wake word: openWakeWord's two ONNX files turn sound into embeddings, and a small head of ours hears one phrase.

Its package is not used (docs/decisions/0011): the files are data, run here as it runs them. 80 ms of sound are 8
spectrogram rows (with 30 ms before them), 76 rows are one embedding of 96 numbers, and the head looks at the newest 16.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from assistant.adapters.audiofile import RATE, Samples, levelled
from assistant.errors import EngineError, ModelError
from assistant.ports import FRAME, Maybe, Transcriber

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
QUIET = 0.1
"""A head that is right gives noise no more."""
NOTICED = 3.0
"""Natural log odds below the head's threshold: from here on an ear is asked; one that hears the phrase is believed."""
LATER = 2
"""Steps until it is: the head notices a phrase before its last sound, and is surer then."""
AGAIN_S = 0.32
"""Before the ear is asked once more, when it was not the phrase: that may come now."""
LOOKED_S = 1.5
"""Of sound that the ear is given: a phrase of three syllables and a little before it."""
WEIGHT = 1.5
"""Of the ear's likeness beside the head's log odds."""
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

    @property
    def least_odds(self) -> float:
        """The threshold as natural log odds."""
        return odds(self.threshold)

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
    """ports.Wakeword by a head over the embeddings.

    The head alone wakes too often at talk that sounds like its phrase, and misses some of it in noise. So it only
    notices, well below its threshold, and how near an ear's words come to the phrase counts too (`said`).
    """

    def __init__(self, embedder: Embedder, head: Head) -> None:
        self._embedder, self._head = embedder, head
        embedder.reset()
        self._window: Samples = np.zeros((0, SIZE), np.float32)
        self._sound: Samples = np.zeros(0, np.float32)
        """The newest LOOKED_S."""
        self._rest = 0
        """Samples during which nothing is noticed."""
        self._later = 0
        """Steps until what was noticed is over; 0: nothing was."""
        self._odds = 0.0
        """The most since it was."""

    @property
    def phrase(self) -> str:
        """What it listens for."""
        return self._head.phrase

    def feed(self, samples: object) -> Maybe | None:
        """See ports.Wakeword. Raises EngineError."""
        sound = np.asarray(samples, np.float32)
        if not np.isfinite(sound).all():
            raise EngineError("the sound holds samples that are no numbers")
        self._sound = np.concatenate([self._sound, sound])[-int(LOOKED_S * RATE) :]
        self._rest = max(0, self._rest - len(sound))
        found = None
        for embedding in self._embedder.feed(sound):
            self._window = np.concatenate([self._window, embedding[None]])[-WINDOW:]
            if len(self._window) == WINDOW:
                found = self._noticed(odds(float(self._head.score(self._window[None])[0]))) or found
        return found

    def _noticed(self, now: float) -> Maybe | None:
        if self._rest:
            return None
        if not self._later:
            if now >= self._head.least_odds - NOTICED:
                self._later, self._odds = LATER, now
            return None
        self._later -= 1
        self._odds = max(self._odds, now)
        if self._later:
            return None
        self._rest = int(AGAIN_S * RATE)
        return Maybe(self._odds, levelled(self._sound))

    def said(self, maybe: Maybe, likeness: float | None) -> bool:
        """See ports.Wakeword; nothing more is noticed for REFRACTORY_S when it was. Without an ear the head decides."""
        least = self._head.least_odds
        said = maybe.odds >= least if likeness is None else maybe.odds + WEIGHT * likeness >= least - NOTICED
        if said:
            self._rest = int(REFRACTORY_S * RATE)
        return said


def wakes(wakeword: OwnWakeword, ear: Transcriber | None, sound: Samples) -> list[int]:
    """At which samples of a recording it wakes, heard frame by frame; without an `ear` by the head alone."""
    found = []
    for at in range(0, len(sound) - FRAME + 1, FRAME):
        maybe = wakeword.feed(sound[at : at + FRAME])
        if maybe is None:
            continue
        if wakeword.said(maybe, ear.likeness(maybe.sound, wakeword.phrase) if ear is not None else None):
            found.append(at + FRAME)
    return found


def odds(probability: float) -> float:
    """Natural log odds of a probability, held away from what is no number."""
    kept = min(max(probability, 1e-9), 1 - 1e-9)
    return math.log(kept / (1 - kept))


def self_test(embedder: Embedder, head: Head, clip: Samples) -> None:
    """Raises EngineError where this machine's arithmetic does not hear a clip of the phrase, or hears it in noise
    (pitfalls K6)."""
    rng = np.random.default_rng(0)
    noise = (0.05 * rng.standard_normal(int((FIRST_S + 2) * RATE))).astype(np.float32)
    lead = (0.001 * rng.standard_normal(int(FIRST_S * RATE))).astype(np.float32)
    said, empty = best(embedder, head, np.concatenate([lead, clip, lead[:RATE]])), best(embedder, head, noise)
    if said < head.threshold or empty > QUIET:
        raise EngineError(
            f"the wake word does not work on this machine: {said:.2f} for its own clip, {empty:.2f} for noise"
        )


def best(embedder: Embedder, head: Head, samples: Samples) -> float:
    """The highest probability in a recording."""
    return float(head.score(windowed(embedder.all(samples))).max(initial=0.0))


def windowed(embeddings: Samples) -> Samples:
    """Each run of WINDOW embeddings, shape (n, WINDOW, SIZE)."""
    if len(embeddings) < WINDOW:
        return np.zeros((0, WINDOW, SIZE), np.float32)
    return np.lib.stride_tricks.sliding_window_view(embeddings, WINDOW, axis=0).transpose(0, 2, 1)
