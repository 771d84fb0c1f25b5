"""Whisper straight through CTranslate2: n-best, with the encoder given only the speech.

faster-whisper's own `transcribe` pads every command to 30 s, and nearly all its time goes into that padding.
Here the encoder sees the speech and five seconds of silence, decoding happens once, at temperature 0, and what
Whisper is known to make up from nothing is gated out: its words are evidence, not permission.

The figures below were chosen on 259 spoken commands (22 synthetic voices, as they are and at 10, 5, 0 and -5 dB), the
100 orders of real people of the Speech-to-Intent Benchmark, and the 164 of 2,400 synthetic noises that the voice
activity detector takes for speech.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import structlog

from assistant.adapters.audiofile import RATE, Samples, resampled
from assistant.adapters.heap import keep_freed
from assistant.adapters.repeats import looping, without_repeat, words
from assistant.domain.values import Hypothesis, Utterance
from assistant.errors import EngineError, ModelError
from assistant.ports import Mender

BEAM = 5
N_BEST = 5
HOP = 160
"""Samples a frame of the spectrogram."""
PADDING_FRAMES = 500
"""Silence after the speech. After 200 frames one sentence in six is said twice, after 500 one in fifty; 40 ms more."""
LONGEST_S = 25.0
"""Whisper hears 30 s, padding included. What is longer is refused whole: half a sentence may lack its "not"."""
MOST_TOKENS = 448
"""Whisper's decoder reads no more, prompt included."""
MOST_PROMPT_TOKENS = 223
"""Half of that, less one; faster-whisper cuts the rest without a word (pitfalls W3)."""
TOKENS_A_SECOND = 8
SPARE_TOKENS = 10
"""Real people need 5 tokens a second; decoding that goes on beyond `TOKENS_A_SECOND` has lost the sound."""

MIN_VOICED_S = 0.1
"""Less is a click."""
MIN_LOGPROB = -1.2
"""With a prompt no noise came above it; of the commands below it, all in loud noise, one in five was right."""
NO_SPEECH = ((0.9, 0.0), (0.6, -0.5), (0.5, -0.7))
"""Probability of no speech above the first with a log-probability below the second: noise. Alone, less than 0.9 is not:
clear commands came with up to 0.71 (0.04 with the ear's adapter, which finds 0.90 and more in noise)."""
LOOPED_LOGPROB = -0.7
"""Of a sentence that was said for ever: each round made the next one surer, so that its score says nothing."""
LEAK_LOGPROB = -0.9
"""Words of the prompt alone, and none of them clear: "quality" was heard in a noisy "void" at -0.95 (pitfalls W3)."""
FIRST_MERGE = "\u0120 t"
"""Of GPT-2's byte pairs: a space and a t."""
CLEAR = -0.1
"""What is heard more clearly is heard no second time, whatever it is."""
NEAR = 0.5
"""How little less likely than what was heard a candidate must be, natural log a token, to need no second look."""
LASTING = 0.9
"""How much of its time it takes when it is heard again, faster and so higher: the noise drowns other words then."""
MOST_SCORED = 8
"""Candidates: each costs a pass of the decoder."""
MOST_LESS = 1.5
"""How much less likely than what was heard a candidate may be, natural log a token: it was not decoded, after all."""
MOST_LESS_IN_ALL = 15.0
"""The same of all its tokens together; a long sentence hides a word that is quite another. Of 114 noisy coffee orders
that no template read, 101 were right with it and three another; with 12 it was 96 and two (docs/decisions/0015)."""


@dataclass(frozen=True, slots=True)
class _Look:
    """One way to hear an utterance: as it was said, or faster; by one ear or the other."""

    ear: Whisper
    head: Sequence[int]
    """What the decoder is told first."""
    sound: Any
    """What the encoder makes of it."""
    frames: int
    """Of its spectrogram."""
    heard: tuple[Hypothesis, ...] = ()
    """n-best, best first."""
    no_speech: float = 0.0
    scores: dict[str, list[float]] = field(default_factory=dict)
    """Of each text that was scored against it, natural-log probability of each token: each costs a pass."""

    @property
    def most(self) -> int:
        """Tokens that may be decoded; the limit counts what the decoder is told first too."""
        return min(MOST_TOKENS - len(self.head), int(self.frames * HOP / RATE * TOKENS_A_SECOND) + SPARE_TOKENS)

    def score(self, text: str) -> list[float]:
        """Natural-log probability of each token of a text."""
        if text not in self.scores:
            self.scores[text] = self.ear.scored(text, self)
        return self.scores[text]


class Whisper:
    """ports.Transcriber. One call at a time, from one thread."""

    def __init__(self, folder: Path, *, threads: int = 1, second: Whisper | None = None) -> None:
        """Load a CTranslate2 Whisper, multilingual or English only. Raises ModelError.

        `folder` holds model.bin, config.json, vocabulary.txt (or .json) and tokenizer.json; `threads`: cores
        to use; a second one helps the encoder and slows each step of decoding, and is better left to the voice.
        `second`: another ear, which is asked for its opinion on what is unclear; without one it is this one again.
        """
        import ctranslate2
        import tokenizers
        from faster_whisper.feature_extractor import FeatureExtractor
        from faster_whisper.tokenizer import Tokenizer

        for name in ("model.bin", "config.json", "tokenizer.json"):
            if not (folder / name).is_file():
                raise ModelError(f"{folder}: no Whisper model, {name} is missing")
        keep_freed()
        try:
            self._model = ctranslate2.models.Whisper(
                str(folder), device="cpu", compute_type="int8", inter_threads=1, intra_threads=threads
            )
            vocabulary = tokenizers.Tokenizer.from_str(mended((folder / "tokenizer.json").read_text(encoding="utf-8")))
        except Exception as exc:  # tokenizers raises bare Exception
            raise ModelError(f"{folder}: no Whisper model that can be loaded ({_first_line(exc)})") from exc
        many = self._model.is_multilingual
        if vocabulary.token_to_id("<|endoftext|>") != (50257 if many else 50256):
            raise ModelError(f"{folder}: tokenizer.json belongs to another model than model.bin")
        self._tokenizer = Tokenizer(vocabulary, many, task="transcribe", language="en")
        self._features = FeatureExtractor(feature_size=self._model.n_mels)
        self._second = second or self
        self.rejected = ""
        """Why the last call heard nothing: `silence`, `too long`, `no speech`, `unsure`, `loop`; else empty."""

    def transcribe(
        self, utterance: Utterance, prompt: Sequence[str] = (), mender: Mender | None = None
    ) -> Sequence[Hypothesis]:
        """n-best, best first; empty, with `rejected` saying why, when nothing was said. Raises EngineError.

        `prompt`: names that may occur, the likeliest first; those that no longer fit are left out whole. What `mender`
        makes of the n-best stands behind them, scored against the same sound, as far as it fits that sound.
        """
        self.rejected = ""
        samples = np.asarray(utterance.samples, dtype=np.float32)
        if utterance.voiced_s < MIN_VOICED_S:
            return self._reject("silence")
        if len(samples) > LONGEST_S * RATE:
            return self._reject("too long")
        try:
            look = self._look(samples, prompt, utterance.voiced_s)
            why = refusal(look.heard[0], look.no_speech, prompt) if look.heard else "loop"
            if why:
                return self._reject(why)
            if mender is None or mender.settled(look.heard):
                return look.heard
            return (*look.heard, *self._mended(look, samples, prompt, utterance.voiced_s, mender))
        except (RuntimeError, ValueError, MemoryError) as exc:  # whatever C++ threw
            raise EngineError(f"the recogniser failed: {_first_line(exc)}") from exc

    def likeness(self, sound: object, phrase: str) -> float:
        """See ports.Transcriber. Without a prompt, whose words would be written too, and so with a capital."""
        samples = np.asarray(sound, np.float32)
        try:
            look = _Look(self, self._head(()), self._encode(samples), len(samples) // HOP)
            written = self._tokenizer.decode(self._generate(look).sequences_ids[0]).strip()
            # Of silence nothing is written, and surely.
            own = look.score(written) if written else [0.0]
            said = look.score(phrase[:1].upper() + phrase[1:])
            return float(np.mean(said) - np.mean(own))
        except (RuntimeError, ValueError, MemoryError) as exc:
            raise EngineError(f"the recogniser failed: {_first_line(exc)}") from exc

    def _mended(
        self, look: _Look, samples: Samples, prompt: Sequence[str], voiced_s: float, mender: Mender
    ) -> Sequence[Hypothesis]:
        """What is offered for what was heard; where it was not clear and nothing offered is near, it is heard again."""
        best, offered = look.heard[0], mender.offer(look.heard)[:MOST_SCORED]
        fitting = _fitting(offered, [look])
        near = fitting and fitting[0].logprob > best.logprob - NEAR
        if best.logprob > CLEAR or near:
            return fitting
        again = self._second._look(resampled(samples, round(RATE / LASTING)), prompt, voiced_s)
        more = mender.offer(look.heard, again.heard)[:MOST_SCORED] if again.heard else ()
        if not more:
            return fitting
        once = {one.text: one for one in (*offered, *more)}
        return _fitting(list(once.values()), [look, again])

    def scored(self, text: str, look: _Look) -> list[float]:
        """Natural-log probability of each token of a text, given the sound and what the decoder was told first."""
        tokenizer = self._tokenizer
        start = [token for token in look.head if token != tokenizer.no_timestamps]  # `align` adds it
        tokens = [token for token in tokenizer.encode(f" {text}") if token < tokenizer.eot]
        (result,) = self._model.align(look.sound, start, [tokens], look.frames)
        scored = np.log(np.maximum(result.text_token_probs[: len(tokens)], 1e-9))
        return [float(one) for one in scored]

    def _encode(self, samples: Samples) -> Any:
        """What the encoder makes of the speech and the silence after it."""
        import ctranslate2

        mel = self._features(samples, padding=PADDING_FRAMES * HOP)
        mel = np.ascontiguousarray(mel[None, :, : mel.shape[1] // 2 * 2])  # the encoder halves the frames
        return self._model.encode(ctranslate2.StorageView.from_array(mel))

    def _look(self, samples: Samples, prompt: Sequence[str], voiced_s: float) -> _Look:
        """What is heard in an utterance."""
        look = _Look(self, self._head(prompt), self._encode(samples), len(samples) // HOP)
        result = self._generate(look)
        heard = merged(self._hypotheses(result, look.most, voiced_s))
        return replace(look, heard=heard, no_speech=result.no_speech_prob)

    def _generate(self, look: _Look) -> Any:
        """CTranslate2's result for one utterance: `sequences_ids`, `scores`, `no_speech_prob`."""
        (result,) = self._model.generate(
            look.sound,
            [list(look.head)],
            beam_size=BEAM,
            num_hypotheses=N_BEST,
            max_length=len(look.head) + look.most,
            suppress_blank=True,
            return_scores=True,
            return_no_speech_prob=True,
        )
        return result

    def _hypotheses(self, result: Any, most: int, voiced_s: float) -> Iterator[Hypothesis]:
        """What was decoded, without repeats; what is nothing but a loop is left out."""
        for ids, score in zip(result.sequences_ids, result.scores, strict=True):
            text, cut_off = self._tokenizer.decode(ids).strip(), len(ids) >= most
            once = without_repeat(text, cut_off=cut_off)
            endless = cut_off and (once == text or len(words(once)) < 3)
            if not words(once) or endless or looping(text, once, voiced_s):
                continue
            # CTranslate2 divides the sum by the words' tokens; the end of text, which is in the sum, is one more.
            logprob = float(score) * len(ids) / (len(ids) + 1)
            yield Hypothesis(once, min(logprob, LOOPED_LOGPROB) if cut_off else logprob)

    def _head(self, prompt: Sequence[str]) -> list[int]:
        """What the decoder is told first: the prompt's names, then the task.

        Bare names side by side: punctuation between them is imitated, and costs right ids (98 of 100 orders right
        with none, 97 with each name a sentence, 67 without a prompt).
        """
        tokenizer = self._tokenizer
        task = [*tokenizer.sot_sequence, tokenizer.no_timestamps]
        names: list[int] = []
        for kept, name in enumerate(prompt):
            # Data is never instruction: what spells a control token in a name is not one.
            more = [token for token in tokenizer.encode(f" {name.strip()}") if token < tokenizer.eot]
            if len(names) + len(more) > MOST_PROMPT_TOKENS:
                left_out = len(prompt) - kept
                structlog.get_logger(__name__).warning("prompt too long", kept=kept, left_out=left_out)
                break
            names += more
        return [tokenizer.sot_prev, *names, *task] if names else task

    def _reject(self, why: str) -> Sequence[Hypothesis]:
        self.rejected = why
        return ()


def _fitting(offered: Sequence[Hypothesis], looks: Sequence[_Look]) -> Sequence[Hypothesis]:
    """Of what is offered, what the sound allows, best first; its log-probability as if it had been decoded.

    Heard twice, it is the mean of both that counts, each beside what was heard best there.
    """
    best = looks[0].heard[0]
    heard = [look.score(look.heard[0].text) for look in looks] if offered else []
    fitting = []
    for one in offered:
        pairs = [(look.score(one.text), was) for look, was in zip(looks, heard, strict=True)]
        less = float(np.mean([np.mean(scored) - np.mean(was) for scored, was in pairs]))
        if less >= -MOST_LESS and np.mean([sum(scored) - sum(was) for scored, was in pairs]) >= -MOST_LESS_IN_ALL:
            fitting.append(replace(one, logprob=best.logprob + min(0.0, less)))
    return sorted(fitting, key=lambda one: -one.logprob)


def mended(vocabulary: str) -> str:
    """A tokenizer.json with the first of its merges, which the converted files of Whisper lack.

    Without it " two" is a space and "two", which no Whisper was trained on: a prompt so spelled teaches nothing, and a
    candidate so spelled scores as nonsense. What is decoded is the same with it and without.
    """
    content = json.loads(vocabulary)
    merges = content["model"].get("merges")
    if merges and merges[0] not in (FIRST_MERGE, FIRST_MERGE.split()):
        merges.insert(0, FIRST_MERGE if isinstance(merges[0], str) else FIRST_MERGE.split())
    return json.dumps(content)


def refusal(best: Hypothesis, no_speech: float, prompt: Sequence[str] = ()) -> str:
    """Why the best hypothesis is no evidence of speech (`no speech`, `unsure`); empty when it is."""
    if any(no_speech > probability and best.logprob < logprob for probability, logprob in NO_SPEECH):
        return "no speech"
    if best.logprob < MIN_LOGPROB:
        return "unsure"
    if best.logprob < LEAK_LOGPROB and set(words(best.text)) <= set(words(" ".join(prompt))):
        return "unsure"
    return ""


def merged(heard: Iterable[Hypothesis]) -> tuple[Hypothesis, ...]:
    """Best first; of those that differ in case and punctuation only, the likeliest."""
    best: dict[tuple[str, ...], Hypothesis] = {}
    for hypothesis in sorted(heard, key=lambda h: -h.logprob):
        best.setdefault(tuple(words(hypothesis.text)), hypothesis)
    return tuple(best.values())


def _first_line(exc: Exception) -> str:
    return (str(exc).strip().splitlines() or [type(exc).__name__])[0]
