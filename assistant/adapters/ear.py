"""Hearing off the event loop: one thread, one utterance at a time, each with a deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from assistant.adapters.audiofile import Samples
from assistant.adapters.endpoint import trim
from assistant.domain.values import Hypothesis, Utterance
from assistant.errors import EngineError
from assistant.ports import Mender, Transcriber

DEADLINE_S = 20.0
"""A second of speech takes a tenth of one; what takes longer than this hangs."""
LIKENESS_S = 1.5
"""Whoever calls waits for an answer; it takes a tenth of this."""
LOAD_S = 120.0
"""For the weights, which take two seconds where nothing else happens."""

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of one recording."""

    hypotheses: tuple[Hypothesis, ...]
    utterance: Utterance
    rejected: str
    """Why nothing was heard, or empty."""


class Ear:
    """Voice activity and Whisper, for asyncio. The model is loaded with the first recording."""

    def __init__(
        self, load: Callable[[], Transcriber], mender: Mender | None = None, *, within_s: float | None = None
    ) -> None:
        """`mender`: for words that are no sentence of the site; `within_s`: else DEADLINE_S."""
        self._load, self._mender, self._within_s = load, mender, within_s
        self._transcriber: Transcriber | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ear")

    async def hear(self, samples: Samples, prompt: Sequence[str] = ()) -> Heard:
        """Words of a recording (float32 mono, 16 kHz). Raises EngineError when it takes too long, ModelError."""
        return await self._in_time(self._hear, samples, prompt)

    async def transcribe(self, utterance: Utterance, prompt: Sequence[str] = ()) -> Heard:
        """Words of what an endpointer found in a live stream. Raises as `hear` does."""
        return await self._in_time(self._transcribe, utterance, prompt)

    async def words(self, utterance: Utterance, prompt: Sequence[str]) -> tuple[Sequence[Hypothesis], str]:
        """See ports.Ears."""
        heard = await self.transcribe(utterance, prompt)
        return heard.hypotheses, heard.rejected

    async def likeness(self, sound: object, phrase: str) -> float:
        """See ports.Ears; LIKENESS_S for it, with what stands before it in the queue."""
        return await self._done(LIKENESS_S, self._likeness, sound, phrase)

    async def load(self) -> None:
        """Load the model now, so that the first who speaks need not wait for it. Raises ModelError."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._loaded)

    async def _in_time(self, work: Callable[[T, Sequence[str]], Heard], sound: T, prompt: Sequence[str]) -> Heard:
        if self._transcriber is None:
            # A cold disk or a busy machine takes its time over the weights: no reason to call a recording unheard.
            await self._done(LOAD_S, self._loaded)
        return await self._done(self._within_s or DEADLINE_S, work, sound, prompt)

    async def _done(self, within_s: float, work: Callable[..., R], *given: object) -> R:
        """What comes of some work in the ear's thread."""
        try:
            async with asyncio.timeout(within_s):
                return await asyncio.get_running_loop().run_in_executor(self._thread, work, *given)
        except TimeoutError as exc:
            raise EngineError(f"the recogniser took longer than {within_s:.0f} s") from exc

    def close(self) -> None:
        """Let the thread go."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _hear(self, samples: Samples, prompt: Sequence[str]) -> Heard:
        return self._transcribe(trim(samples), prompt)

    def _likeness(self, sound: object, phrase: str) -> float:
        return self._loaded().likeness(sound, phrase)

    def _loaded(self) -> Transcriber:
        if self._transcriber is None:
            self._transcriber = self._load()
        return self._transcriber

    def _transcribe(self, utterance: Utterance, prompt: Sequence[str]) -> Heard:
        transcriber = self._loaded()
        hypotheses = transcriber.transcribe(utterance, prompt, self._mender)
        return Heard(tuple(hypotheses), utterance, transcriber.rejected)
