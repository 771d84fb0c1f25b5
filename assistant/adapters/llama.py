"""A language model in a child process (adapters.llama_child): asked for one answer at a time, with a deadline.

Whatever happens to the process, the caller hears EngineError, and the next question starts a new one; after
a few starts within a minute it is left alone for a while.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import asdict, dataclass
from typing import Any

from assistant.adapters.children import Starts, killed
from assistant.errors import EngineError
from assistant.ports import Completion

LOAD_S = 20.0
"""Loading a model of 100 MB takes a second; a busy machine gets more."""
ANSWER_S = 2.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What the process loads."""

    model: str
    """Path of the GGUF file."""
    adapter: str
    """Path of a LoRA adapter as GGUF, or empty."""
    before: str
    """What stands before the words in every prompt; evaluated once."""
    after: str
    """What stands between the words and the answer."""
    end: str
    """What ends an answer."""
    grammar: str
    """GBNF: what an answer may look like."""
    context: int = 512
    """Tokens that prompt and answer may have together."""
    threads: int = 1
    """Cores; one is enough, and the ear has the other."""


class Llama:
    """ports.LanguageModel by llama.cpp."""

    def __init__(self, plan: Plan, *, answer_s: float = ANSWER_S, load_s: float = LOAD_S) -> None:
        """The process starts with `start`, or with the first question."""
        self._plan, self._answer_s, self._load_s = plan, answer_s, load_s
        self._child: asyncio.subprocess.Process | None = None
        self._starts = Starts("the language model")
        self._turn = asyncio.Lock()
        self._closed = False

    @property
    def pid(self) -> int | None:
        """The process's id, or None while there is none."""
        return self._child.pid if self._child is not None else None

    async def start(self) -> None:
        """Load the model now. Raises EngineError."""
        async with self._turn:
            await self._running()

    async def complete(self, text: str) -> Completion:
        """See ports.LanguageModel."""
        async with self._turn:
            child = await self._running()
            reply = await self._ask(child, {"text": text}, self._answer_s)
        if "error" in reply:
            raise EngineError(f"the language model: {reply['error']}")
        try:
            return Completion(str(reply["answer"]), tuple(map(float, reply["logprobs"])))
        except (KeyError, TypeError, ValueError) as exc:
            raise EngineError("the language model answered nonsense") from exc

    async def close(self) -> None:
        """End the process, for good."""
        self._closed = True
        await self._end()

    async def _running(self) -> asyncio.subprocess.Process:
        if self._closed:
            raise EngineError("the language model is closed")
        if self._child is not None and self._child.returncode is None:
            return self._child
        self._starts.note()
        try:
            child = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", "assistant.adapters.llama_child"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env={**os.environ, "OMP_WAIT_POLICY": "PASSIVE"},  # threads that wait must not take the ear's core
                start_new_session=True,  # Ctrl-C is for us; the child ends with its standard input
            )
        except OSError as exc:
            raise EngineError(f"the language model cannot be started: {exc.strerror or exc}") from exc
        self._child = child
        reply = await self._ask(child, asdict(self._plan), self._load_s)
        if "error" in reply:
            await self._end()
            raise EngineError(f"the language model cannot be loaded: {reply['error']}")
        return child

    async def _ask(self, child: asyncio.subprocess.Process, request: dict[str, Any], within_s: float) -> dict[str, Any]:
        """One line in, one line out; a process that is late or gone is ended."""
        assert child.stdin is not None and child.stdout is not None
        try:
            async with asyncio.timeout(within_s):
                child.stdin.write(json.dumps(request).encode() + b"\n")
                await child.stdin.drain()
                line = await child.stdout.readline()
            reply = json.loads(line) if line else None
        except TimeoutError as exc:
            await self._end()
            raise EngineError(f"the language model did not answer within {within_s:g} s") from exc
        except (OSError, ValueError) as exc:
            await self._end()
            raise EngineError("the language model died") from exc
        except asyncio.CancelledError:
            await self._end()  # its answer would be taken for the next one's
            raise
        if not isinstance(reply, dict):
            await self._end()
            raise EngineError("the language model died")
        return reply

    async def _end(self) -> None:
        child, self._child = self._child, None
        await killed(child)
