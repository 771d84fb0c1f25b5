"""A language model that says what a test wrote down for it, and remembers what it was asked."""

from __future__ import annotations

from collections.abc import Mapping

from assistant.errors import EngineError
from assistant.ports import Completion


class ScriptedModel:
    """ports.LanguageModel without weights. `answers`: what it is shown -> what it writes; else `unknown`."""

    def __init__(
        self, answers: Mapping[str, str] | None = None, logprobs: tuple[float, ...] = (0.0,), fails: str = ""
    ) -> None:
        self.answers = answers or {}
        self.logprobs = logprobs
        """Of every answer."""
        self.fails = fails
        """While this is set, every question fails with it: `the language model died`."""
        self.asked: list[str] = []
        """What it was shown, in order."""
        self.closed = False

    async def complete(self, text: str) -> Completion:
        """See ports.LanguageModel."""
        self.asked.append(text)
        if self.fails or self.closed:
            raise EngineError(self.fails or "the language model is closed")
        return Completion(self.answers.get(text, "unknown"), self.logprobs)

    async def close(self) -> None:
        """See ports.LanguageModel."""
        self.closed = True
