"""PocketSphinx with a closed grammar: a peer of the ear, for the benchmark only.

Its package is an extra (`peers`), and its acoustic model and dictionary come inside its wheel.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from assistant.adapters.audiofile import RATE, Samples
from assistant.errors import EngineError, ModelError

ARPABET = dict(
    zip(
        "aAuoWIeREiyOYUwbCdDfghjklmnNprsStTvqJzZ",
        "AA AE AH AO AW AY EH ER EY IH IY OW OY UH UW B CH D DH F G HH JH K L M N NG P R S SH T TH V W Y Z ZH".split(),
        strict=True,
    )
)
"""Letter of domain.spoken.sounds -> phone."""
MOST_ACTIVE = 3000
"""Models a frame, of 30,000 by default: a tenth of the time on a grammar of 1,600 states, the same words."""
Pronounce = Callable[[str], str]
"""A word -> its phones, as domain.spoken.sounds writes them."""


def missing() -> str:
    """Why there is no such peer here; empty when there is one."""
    try:
        import pocketsphinx  # noqa: F401
    except ImportError:
        return "pocketsphinx is not installed (the extra `peers`)"
    return ""


class Sphinx:
    """Hears sentences of one grammar and nothing else. One call at a time, from one thread."""

    def __init__(self, steps: Sequence[Mapping[str, int]], ends: Collection[int], pronounce: Pronounce) -> None:
        """Load model, dictionary and grammar. Raises ModelError.

        `steps`: state -> word -> state, from state 0 to one of `ends`; words that the dictionary lacks are said as
        `pronounce` tells.
        """
        import pocketsphinx

        self._steps, self._ends = steps, frozenset(ends)
        config: dict[str, Any] = {"lm": None, "samprate": float(RATE), "loglevel": "FATAL", "maxhmmpf": MOST_ACTIVE}
        try:
            self._decoder = pocketsphinx.Decoder(**config)
            words = sorted({word for step in steps for word in step})
            self.added = [word for word in words if self._decoder.lookup_word(word) is None]
            for word in self.added:
                self._decoder.add_word(word, " ".join(ARPABET[phone] for phone in pronounce(word)), update=False)
            last = len(steps)
            grammar = pocketsphinx.FsgModel("site", self._decoder.logmath, 1.0, last + 1)
            numbers = {word: grammar.word_add(word) for word in words}
            for start, step in enumerate(steps):
                for word, end in step.items():
                    grammar.trans_add(start, end, 0, numbers[word])
            for end in ends:
                grammar.null_trans_add(end, last, 0)
            grammar.set_start_state(0)
            grammar.set_final_state(last)
            self._decoder.add_fsg("site", grammar)
            self._decoder.activate_search("site")
        except (RuntimeError, ValueError, KeyError) as exc:
            raise ModelError(f"PocketSphinx takes no such grammar: {exc}") from exc

    def transcribe(self, samples: Samples) -> str:
        """The sentence of the grammar that fits best; empty where none does. Raises EngineError."""
        sound = (np.clip(samples, -1.0, 1.0) * 32767).astype(np.int16).tobytes()
        try:
            self._decoder.start_utt()
            self._decoder.process_raw(sound, full_utt=True)
            self._decoder.end_utt()
            heard = self._decoder.hyp()
        except RuntimeError as exc:
            raise EngineError(f"PocketSphinx failed: {exc}") from exc
        return " ".join(self._whole(heard.hypstr.split())) if heard is not None else ""

    def _whole(self, words: list[str]) -> list[str]:
        """As much of it, from the front, as is a sentence: breath after one is heard as the beginning of more."""
        state: int | None = 0
        whole = 0
        for number, word in enumerate(words, 1):
            state = self._steps[state].get(word) if state is not None else None
            if state in self._ends:
                whole = number
        return words[:whole]
