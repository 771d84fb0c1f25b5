"""People at work: several sessions that give orders without end, each by itself, and what each was told."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from random import Random

from assistant.domain.values import Answer, Decision, Hypothesis, Session, Transcript
from assistant.errors import CoreError
from tests.site import the_plant

OPERATOR_1 = Session("OP-17", "PRN-1")
OPERATOR_2 = Session("OP-23", "PRN-2")
QUALITY = Session("QA-5", "AOI-1")
SUPERVISOR = Session("SV-3", "SMT-2")
PROBER = Session("SV-3", "RWK-1")
"""A session of its own, so that nobody else's question comes between."""
EVERYBODY = (OPERATOR_1, OPERATOR_2, QUALITY, SUPERVISOR)

LOTS = ("4711", "4712", "4721", "4722")
BOARDS = tuple(str(n) for n in (*range(10205, 10212), *range(10305, 10312)))
"""Few, so that two people often want the same one."""
BENCH = tuple(str(n) for n in (*range(10213, 10220), *range(10313, 10320)))
BIN = tuple(str(n) for n in (*range(10231, 10273), *range(10325, 10349)))
"""Boards that may be scrapped; each once, there is no way back."""
PROBE = "10201"
"""A board that only `works` touches."""
REASONS = ("bridging", "void", "tombstone", "damaged")
ORDERED = (Decision.DONE, Decision.FAILED, Decision.UNCERTAIN)
"""What an order can come to that got past the policy."""

Turn = Callable[[Transcript], Awaitable[Answer]]


class Crew:
    """Everybody on one plant."""

    def __init__(self, turn: Turn, random: Random, told: dict[str, Answer] | None = None) -> None:
        """`turn` takes a transcript to its answer; `told` is filled with what was answered, by turn."""
        self.turn, self._random = turn, random
        self.told: dict[str, Answer] = {} if told is None else told
        self.unanswered = 0
        """Turns whose core went away before it answered."""
        self._bin = list(BIN)
        self._random.shuffle(self._bin)
        self._held: set[str] = set()
        self._stopped: set[str] = set()

    async def say(self, text: str, session: Session) -> Answer:
        """One turn. Raises CoreError when its core goes away."""
        ident = uuid.uuid4().hex
        try:
            answer = await self.turn(Transcript(ident, session, (Hypothesis(text),)))
        except CoreError:
            self.unanswered += 1
            raise
        self.told[ident] = answer
        return answer

    async def confirmed(self, text: str, session: Session, reply: str = "yes") -> Answer:
        """A command, and the reply if there is a question."""
        answer = await self.say(text, session)
        return await self.say(reply, session) if answer.decision is Decision.CONFIRM else answer

    async def work(self, session: Session, *, until: asyncio.Event | None = None, rest_s: float = 0.05) -> None:
        """One errand after another, with a rest of up to so many seconds."""
        while until is None or not until.is_set():
            await self.errand(session)
            await asyncio.sleep(self._random.uniform(0.0, rest_s))

    async def errand(self, session: Session) -> Answer:
        """One thing that this person may do."""
        role = {operator.id: operator.role for operator in the_plant().operators}[session.badge]
        errands = [self._hold, self._hold, self._stop, self._rework, self._note, self._undo]
        if role != "quality":
            errands += [self._start, self._start]
        if role != "operator":
            errands += [self._release, self._release, self._scrap]
        return await self._random.choice(errands)(session)

    async def works(self, session: Session = PROBER) -> bool:
        """Whether an order goes through, from the words to the observation."""
        # Asked back where an earlier order about it is uncertain: looked at, and yes.
        answer = await self.confirmed(f"hold board {PROBE}, void", session)
        if answer.decision is Decision.REFUSED and "already" in answer.say:
            answer = await self.confirmed(f"release board {PROBE}", session)
        return answer.decision is Decision.DONE

    async def settled(self, within: float) -> bool:
        """Wait until an order goes through, for so many seconds at most; more and more patiently.

        Plants and cores of several lanes share one process: who asks without a rest keeps them from connecting.
        """
        until, rest = time.monotonic() + within, 0.05
        while time.monotonic() < until:
            if await self.works():
                return True
            await asyncio.sleep(rest)
            rest = min(1.0, 2 * rest)
        return False

    # ---- errands -----------------------------------------------------------------------------------------

    async def _hold(self, session: Session) -> Answer:
        thing = self._thing()
        answer = await self.confirmed(f"hold {thing}, {self._random.choice(REASONS)}", session)
        if answer.decision in ORDERED or "already" in answer.say:
            self._held.add(thing)
        return answer

    async def _release(self, session: Session) -> Answer:
        thing = self._random.choice(sorted(self._held)) if self._held else self._thing()
        answer = await self.confirmed(f"release {thing}", session)
        self._held.discard(thing)
        return answer

    async def _stop(self, session: Session) -> Answer:
        machine = self._machine(session)
        self._stopped.add(machine)
        return await self.confirmed(f"stop {machine}", session)

    async def _start(self, session: Session) -> Answer:
        here = {machine.name for machine in the_plant().machines}
        stopped = sorted(self._stopped & here)
        machine = self._random.choice(stopped) if stopped else self._machine(session)
        self._stopped.discard(machine)
        return await self.confirmed(f"start {machine}", session)

    async def _rework(self, session: Session) -> Answer:
        board = self._random.choice(BENCH)
        return await self.confirmed(f"send board {board} to rework, {self._random.choice(REASONS[:3])}", session)

    async def _scrap(self, session: Session) -> Answer:
        if not self._bin:
            return await self._note(session)
        board = self._bin.pop()
        return await self.confirmed(f"scrap board {board}, damaged", session, board[-2:])

    async def _note(self, session: Session) -> Answer:
        return await self.say(f"note on {self._thing()}: looked at it", session)

    async def _undo(self, session: Session) -> Answer:
        return await self.confirmed("undo", session)

    # ---- what there is -----------------------------------------------------------------------------------

    def _thing(self) -> str:
        lot, board = self._random.choice(LOTS), self._random.choice(BOARDS)
        machine = self._random.choice(the_plant().machines).name
        return self._random.choice([f"lot {lot}", f"board {board}", f"board {board}", machine])

    def _machine(self, session: Session) -> str:
        """One on the line of this person, or any."""
        own = next((operator.line for operator in the_plant().operators if operator.id == session.badge), "")
        names = [m.name for m in the_plant().machines if not own or the_plant().line_of(m.id) == own]
        return self._random.choice(names)
