"""Fuzzed utterances: whatever is said, nothing is done that was not said.

What may come of an utterance is known from how it was made (tests.faults.utterances), never from reading it. Templates
only: the language model is another campaign's. A question back is no deed, and is answered by nobody.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from assistant.domain import events as e
from assistant.domain.values import Answer, Decision, Session
from tests.a_core import Bench, a_core
from tests.faults.real_sentences import mutated
from tests.faults.tally import Tally
from tests.faults.utterances import FAMILIES, HELD, STOPPED, Deed, Utterance
from tests.site import the_intents

NAME = "fuzz"
FULL, SHORT = 10_000, 500
MAKERS = {**FAMILIES, "written": mutated}
SESSIONS = (Session("OP-17", "PRN-1"), Session("OP-23", "PRN-2"), Session("QA-5", "AOI-1"), Session("SV-3", "SMT-2"))
SETTING_UP = Session("SV-3", "RWK-1")
UNDERSTOOD = 0.5
"""Least share of plain orders that must be done or asked back, or the campaign proves nothing."""


async def run(times: int, seed: int, folder: Path) -> Tally:
    """Say so many things to a core over fakes, each of the families in turn."""
    began, rng = time.perf_counter(), random.Random(seed)
    problems: list[str] = []
    heeded: Counter[bool] = Counter()
    names = list(MAKERS)
    stage = Stage()
    async with stage.stack:
        for count in range(times):
            said = MAKERS[names[count % len(names)]](rng)
            bench = await stage.bench()
            found, answer = await one(bench, said, rng)
            problems += found
            if said.wanted:
                heeded[answer is not None and answer.decision in (Decision.DONE, Decision.CONFIRM)] += 1
    note = f"{heeded[True]} of {heeded.total()} plain orders done or asked back"
    if heeded.total() >= 20 and heeded[True] < UNDERSTOOD * heeded.total():
        problems.append(f"only {note}: this shows nothing")
    return Tally(NAME, times, problems, time.perf_counter() - began, note)


class Stage:
    """A plant with something on hold and something stopped; another one as soon as anything has changed."""

    def __init__(self) -> None:
        self.stack = AsyncExitStack()
        self._bench: Bench | None = None
        self._mark = 0
        """Events in the log when the setting up was over."""

    async def bench(self) -> Bench:
        """One on which nothing has been done and nothing is pending."""
        if self._bench is None or not _untouched(self._bench.log.events[self._mark :]):
            await self.stack.aclose()
            self._bench = await self.stack.enter_async_context(a_core())
            for text in (f"hold lot {HELD}, bridging", *(f"stop {names[0]}" for names in STOPPED.values())):
                answer = await self._bench.say(text, SETTING_UP)
                assert answer.decision is Decision.DONE, answer
            self._mark = len(self._bench.log.events)
        return self._bench


def _untouched(since: Sequence[e.Event]) -> bool:
    """Whether nobody was answered but by silence or a look-up."""
    quiet = (Decision.IGNORED.value, Decision.ANSWERED.value)
    return all(
        event.data.decision in quiet if isinstance(event.data, e.TurnAnswered) else isinstance(event.data, e.TurnHeard)
        for event in since
    )


async def one(bench: Bench, said: Utterance, rng: random.Random) -> tuple[list[str], Answer | None]:
    """Say it; what came of it that should not have, and the answer."""
    before = len(bench.log.events)
    session, voice = rng.choice(SESSIONS), rng.random() < 0.25
    try:
        if voice:
            answer = await bench.hear((said.text, -rng.random() / 2), session=session)
        else:
            answer = await bench.say(said.text, session)
    except Exception as exc:  # whatever it is, it is what this campaign looks for
        return [f"{said.family}: {said.text!r}: {type(exc).__name__}: {exc}"], None
    done = deeds(bench.log.events[before:])
    wrong = [deed for deed in done if not _allowed(deed, said.deeds)]
    problems = [f"{said.family}: {said.text!r} by {session.badge} led to {method} {unit}" for method, unit in wrong]
    if answer.decision is Decision.DONE and the_intents().by_name[answer.intent].kind == "action" and not done:
        problems.append(f"{said.family}: {said.text!r} was told done, and nothing was")
    return problems, answer


def deeds(events: Sequence[e.Event]) -> list[Deed]:
    """What was asked of machines or written down, as methods and what they are about."""
    found: list[Deed] = []
    for event in events:
        match event.data:
            case e.OrderRequested(machine=machine, method=method, args=args):
                found.append((method, args.get("unit", machine)))
            case e.NoteTaken():
                found.append(("note", event.subject))
            case e.CallRaised():
                found.append(("call", event.subject))
    return found


def _allowed(deed: Deed, allowed: frozenset[Deed]) -> bool:
    return bool({deed, (deed[0], "*"), ("*", "*")} & allowed)
