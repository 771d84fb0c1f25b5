"""Whisper straight through CTranslate2: n-best, with the encoder given only the speech.

faster-whisper's own `transcribe` pads every command to 30 s, and nearly all its time goes into that padding.
Here the encoder sees the speech and two seconds of silence, decoding happens once, at temperature 0, and what
Whisper is known to make up from nothing is gated out: its words are evidence, not permission.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from assistant.adapters.audiofile import RATE
from assistant.domain.values import Hypothesis, Utterance
from assistant.errors import ModelError

BEAM = 5
N_BEST = 5
PADDING_FRAMES = 200
"""Silence after the speech, in 10 ms frames: with less, the end of a sentence is repeated more often."""
HOP = 160
MOST_PROMPT_TOKENS = 200
"""Whisper keeps 223 of a prompt and cuts the rest without a word (pitfalls W3)."""
TOKENS_A_SECOND = 12
"""Nobody speaks faster; more tokens than this are a loop."""

MIN_VOICED_S = 0.1
MAX_NO_SPEECH = 0.8
MIN_LOGPROB = -1.2
MAX_COMPRESSION = 2.4
"""Whisper's own measure of a loop: how far zlib packs the text."""


class Whisper:
    """ports.Transcriber. One call at a time, from one thread."""

    def __init__(self, folder: Path, *, threads: int = 2) -> None:
        """Load a CTranslate2 Whisper (model.bin, tokenizer.json). Raises ModelError."""
        import ctranslate2
        import tokenizers
        from faster_whisper.feature_extractor import FeatureExtractor
        from faster_whisper.tokenizer import Tokenizer

        try:
            self._model = ctranslate2.models.Whisper(
                str(folder), device="cpu", compute_type="int8", inter_threads=1, intra_threads=threads
            )
            words = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        except Exception as exc:
            raise ModelError(f"{folder}: not a Whisper model that can be loaded ({_first_line(exc)})") from exc
        many = self._model.is_multilingual
        self._tokenizer = Tokenizer(words, many, task="transcribe", language="en")
        self._features = FeatureExtractor(feature_size=self._model.n_mels)
        self.rejected = ""
        """Why the last call heard nothing: `silence`, `no speech`, `unsure`, `loop`; empty when it heard something."""

    def transcribe(self, utterance: Utterance, prompt: Sequence[str] = ()) -> Sequence[Hypothesis]:
        """n-best, best first; empty (with `rejected` saying why) when nothing was said."""
        self.rejected = ""
        samples = np.asarray(utterance.samples, dtype=np.float32)
        if utterance.voiced_s < MIN_VOICED_S or not len(samples):
            return self._reject("silence")
        import ctranslate2

        mel = self._features(samples, padding=PADDING_FRAMES * HOP)
        mel = np.ascontiguousarray(mel[None, :, : mel.shape[1] // 2 * 2])  # the encoder halves the frames
        longest = int(len(samples) / RATE * TOKENS_A_SECOND) + 8
        head = self._head(prompt)
        (result,) = self._model.generate(
            ctranslate2.StorageView.from_array(mel),
            [head],
            beam_size=BEAM,
            num_hypotheses=N_BEST,
            # The limit counts the prompt too, and a model reads 448 tokens at most.
            max_length=min(448, len(head) + longest),
            return_scores=True,
            return_no_speech_prob=True,
        )
        if result.no_speech_prob > MAX_NO_SPEECH:
            return self._reject("no speech")
        heard = [
            Hypothesis(text, float(score))
            for ids, score in zip(result.sequences_ids, result.scores, strict=True)
            if (text := without_tail(self._tokenizer.decode(ids).strip()))
        ]
        if not heard:
            return self._reject("no speech")
        if heard[0].logprob < MIN_LOGPROB:
            return self._reject("unsure")
        if looping(heard[0].text):
            return self._reject("loop")
        return merged(heard)

    def _head(self, prompt: Sequence[str]) -> list[int]:
        """What the decoder is told first: the prompt's names, then the task."""
        tokenizer = self._tokenizer
        head: list[int] = []
        if prompt:
            kept: list[int] = []
            # Each name a sentence: after a list of commas Whisper goes on listing, and says short commands twice.
            for name in prompt:  # whole names only: half a name would be a new one
                more = tokenizer.encode(f" {name[:1].upper()}{name[1:]}.")
                if len(kept) + len(more) > MOST_PROMPT_TOKENS:
                    break
                kept += more
            head = [tokenizer.sot_prev, *kept]
        return [*head, *tokenizer.sot_sequence, tokenizer.no_timestamps]

    def _reject(self, why: str) -> Sequence[Hypothesis]:
        self.rejected = why
        return ()


def without_tail(text: str) -> str:
    """Without a last sentence that says the one before it again, whole or begun."""
    sentences = re.findall(r"[^.?!]+[.?!]*", text)
    while len(sentences) > 1:
        last, before = _words(sentences[-1]), _words(sentences[-2])
        if last and before[: len(last)] != last:
            break
        sentences.pop()
    return "".join(sentences).strip()


def looping(text: str) -> bool:
    """Whether a text says the same over and over."""
    raw = text.lower().encode()
    return len(raw) > 40 and len(raw) / len(zlib.compress(raw)) > MAX_COMPRESSION


def merged(heard: Sequence[Hypothesis]) -> tuple[Hypothesis, ...]:
    """One of those that differ in case and punctuation only: the likeliest."""
    best: dict[tuple[str, ...], Hypothesis] = {}
    for hypothesis in sorted(heard, key=lambda h: -h.logprob):
        best.setdefault(tuple(_words(hypothesis.text)), hypothesis)
    return tuple(best.values())


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9']+", text.lower())


def _first_line(exc: Exception) -> str:
    return str(exc).strip().splitlines()[0] if str(exc).strip() else type(exc).__name__
