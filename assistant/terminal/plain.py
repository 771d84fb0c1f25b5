"""The terminal as plain lines, for a screen reader, a serial line or a pipe: no cursor, no colour, nothing redrawn."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from itertools import islice

from assistant.domain import events as e
from assistant.domain.values import Session
from assistant.errors import AssistantError
from assistant.terminal import manual, words
from assistant.terminal.compose import Composer
from assistant.terminal.link import Link
from assistant.terminal.means import Means
from assistant.terminal.state import Exchange, Question, State
from assistant.turn import naming, told
from assistant.turn.notices import SCREEN

READ_S = 0.2
"""How often the log is looked at."""
BLOCK = 65536
"""Bytes read at a time."""
HURRY_S = 4.0
"""So many seconds before its end a question's time is said once more."""
COMMANDS = (
    "/help: what can be said here and now; /who BADGE: check in; /evidence: all about the last turn; "
    "/state: this station; /quit. Everything else is said."
)


class Plain:
    """Says what happens, and takes what is typed."""

    def __init__(self, means: Means, session: Session, out: Callable[[str], None]) -> None:
        """`out` prints one line."""
        self._means, self._session, self._out = means, session, out
        self._state = State(means.policy.world, means.views, *means.before())
        self._composer = Composer(means.policy, self._state)
        self._link = Link(means)
        self._up: bool | None = None
        self._asked: Question | None = None
        self._hurried = False
        self._announced: set[tuple[Session, str]] = set()
        self._caught_up = asyncio.Event()
        self._trouble = ""

    async def run(self, fd: int) -> int | None:
        """Until the input ends or /quit. The process id of a core that was started from here, or None."""
        watch = [asyncio.create_task(self._watch()), asyncio.create_task(self._link.keep())]
        watch.append(asyncio.create_task(self._mind_announcements()))
        try:
            await self._link.beat()
            if not self._link.up:
                self._start_core()
            await self._caught_up.wait()
            self._out(f"{self._where()}. {COMMANDS}")
            async for line in _lines(fd):
                if line.strip() == "/quit":
                    break
                if line.strip():
                    await self._take(line.strip())
        finally:
            for task in watch:
                task.cancel()
            await asyncio.gather(*watch, return_exceptions=True)
            await self._link.close()
        return self._link.started

    # ---- what is typed -------------------------------------------------------------------------------------

    async def _take(self, line: str) -> None:
        command, _, rest = line.partition(" ")
        match command:
            case "/help":
                self._help()
            case "/who":
                await self._check_in(rest.strip())
            case "/evidence":
                self._evidence()
            case "/state":
                self._station()
            case _ if line.startswith("/"):
                self._out(f"no such command. {COMMANDS}")
            case _:
                await self._say(line)

    async def _say(self, line: str) -> None:
        try:
            answer = await self._link.say(line, self._session)
        except AssistantError as exc:
            self._out(f"not said: {exc}" if "before it answered" not in str(exc) else f"{exc}; see what came of it")
            return
        if not answer.events and answer.say:
            self._out(f"{answer.decision or ''}: {answer.say}")
        else:
            self._poll()  # its answer is in the log by now: say it before the next line is taken
        if answer.intent == "help":
            self._help()

    def _help(self) -> None:
        now = self._means.clock.now()
        for _, said, what in manual.now_lines(self._composer, self._state, self._session, now):
            self._out(f"  {said}  ({what})")

    async def _check_in(self, badge: str) -> None:
        session = Session(badge, self._session.station)
        trouble = await self._link.check(session)
        if not trouble:
            self._session = session
        self._out(trouble or self._where())

    def _evidence(self) -> None:
        talk = self._state.talk(self._session)
        whole, sound = self._means.whole(talk[-1].turn) if talk else (None, None)
        for line in told.lines(whole, sound) if whole is not None else ["no turn yet"]:
            self._out(line)

    def _station(self) -> None:
        world = self._state.world
        for ident in self._idents():
            machine = world.machines[ident]
            parts = [f"{machine.name}, {machine.id}: {machine.state or 'not heard of'}"]
            parts += [f"board {machine.board}"] if machine.board else []
            parts += [f"alarm, {alarm.text}" for alarm in machine.alarms.values()]
            parts += [f"on hold, {naming.value(machine.hold.reason)}"] if machine.hold is not None else []
            self._out("; ".join(parts))
        for ident, why, _, badge in self._state.holds():
            self._out(f"{naming.unit(world, ident)} is on hold, {naming.value(why)}{f', by {badge}' if badge else ''}")

    # ---- what happens --------------------------------------------------------------------------------------

    async def _watch(self) -> None:
        while True:
            try:
                while self._poll():  # noqa: ASYNC110 (keys are heard between two bites)
                    await asyncio.sleep(0)
                self._caught_up.set()
                self._trouble = ""
            except AssistantError as exc:
                if str(exc) != self._trouble:
                    self._trouble = str(exc)
                    self._out(self._trouble)
            self._mind_the_core()
            self._mind_the_question()
            await asyncio.sleep(READ_S)

    def _poll(self) -> bool:
        """Take in what is new in the log and say what matters; whether there may be more."""
        new = list(islice(self._means.read(self._state.world.position, 300), 300))
        for event in new:
            self._state.apply(event)
            if self._caught_up.is_set():
                for line in self._told(event):
                    self._out(line)
        return len(new) == 300

    def _told(self, event: e.Event) -> Iterator[str]:
        """An event in plain words, if it matters at this station."""
        at, here, data = words.clock(event.time), event.subject in self._idents(), event.data
        match data:
            case e.TurnAnswered() if (one := self._state.exchanges.get(event.subject)) is not None:
                if not self._session.station or one.heard.station in (self._session.station, *self._idents()):
                    yield from self._exchange(one, data)
            case e.AlarmRaised(text=text) if here:
                yield f"{at} alarm at {naming.unit(self._state.world, event.subject)}: {text}"
            case e.MachineStateChanged(state=state) if here and state in ("stopped", "down", "held"):
                yield f"{at} {naming.unit(self._state.world, event.subject)} is {state}"
            case e.LotHeld() | e.BoardHeld() | e.MachineHeld():
                yield f"{at} {naming.unit(self._state.world, event.subject)} is on hold, {naming.value(data.reason)}"
            case e.LotReleased() | e.BoardReleased() | e.MachineReleased():
                yield f"{at} {naming.unit(self._state.world, event.subject)} is released"
            case e.ConnectionLost(reason=reason):
                yield f"{at} no connection to the machines: {reason}"
            case e.ConnectionRestored():
                yield f"{at} the machines are reached"

    def _exchange(self, one: Exchange, answered: e.TurnAnswered) -> Iterator[str]:
        typed_here = one.heard.channel == "text" and one.session == self._session
        if not typed_here:
            yield f"{one.heard.badge or 'nobody'} said: {words.heard(one)} ({words.sure(one)})"
        yield f"{answered.decision}: {words.readings(one)}. {answered.say}".rstrip()

    def _mind_the_core(self) -> None:
        if self._link.up is not self._up:
            before, self._up = self._up, self._link.up
            if self._link.up is False and not self._link.starting:
                self._out(f"no core: {self._link.why}. It is looked for; what is said now is not heard.")
            elif before is False:
                self._out("the core is back")

    def _mind_the_question(self) -> None:
        now = self._means.clock.now()
        asked = self._state.question(self._session, now)
        if asked is not None and (self._asked is None or asked.asked.turn != self._asked.asked.turn):
            how = "say its digits" if asked.digits else "answer it" if asked.open else "say yes or no"
            self._out(f"question, {max(asked.until - now, 0):.0f} seconds to answer: {how}")
            self._hurried = False
        elif asked is not None and not self._hurried and asked.until - now < HURRY_S:
            self._out(f"{asked.until - now:.0f} seconds left")
            self._hurried = True
        elif asked is None and self._asked is not None and now >= self._asked.until:
            self._out("the question ran out; nothing was done")
        self._asked = asked

    async def _mind_announcements(self) -> None:
        """Say what the assistant says by itself, once to each session, and have that written down."""
        await self._caught_up.wait()
        while True:
            session = self._session
            for ident, one in self._state.announced(session).items():
                if (session, ident) not in self._announced:
                    self._announced.add((session, ident))
                    self._out(f"{words.clock(one.at)} for you: {words.plain(one.words)} (say: got it)")
                if not one.told_to(session, SCREEN):
                    with suppress(AssistantError):
                        await self._link.told(session, ident)
            await asyncio.sleep(READ_S)

    # ---- small things --------------------------------------------------------------------------------------

    def _idents(self) -> tuple[str, ...]:
        """Machines of this station: itself, those of the line, or all."""
        world, station = self._state.world, self._session.station
        if station in world.lines:
            return world.lines[station].machines
        return (station,) if station in world.machines else tuple(world.machines)

    def _where(self) -> str:
        station = naming.unit(self._state.world, self._session.station) if self._session.station else "no station"
        who = self._session.badge or "nobody checked in"
        return f"{station}, {who}, {'core up' if self._link.up else 'no core'}"

    def _start_core(self) -> None:
        if self._means.start is None:
            self._out("no core is running; start it: assistant run")
            return
        try:
            self._link.start_core()
            self._out("no core was running; one is being started, and goes on when this ends")
        except AssistantError as exc:
            self._out(str(exc))


async def _lines(fd: int) -> AsyncIterator[str]:
    """Lines of a file descriptor, without a thread, which could not be ended."""
    loop, blocks = asyncio.get_running_loop(), asyncio.Queue[bytes]()

    def more() -> None:
        # Read here and nowhere else: only now is it certain that a read does not wait.
        block = os.read(fd, BLOCK)
        blocks.put_nowait(block)
        if not block:
            loop.remove_reader(fd)

    try:
        loop.add_reader(fd, more)
    except PermissionError:  # a plain file never waits
        while block := os.read(fd, BLOCK):
            blocks.put_nowait(block)
        blocks.put_nowait(b"")
    rest = b""
    try:
        while block := await blocks.get():
            *whole, rest = (rest + block).split(b"\n")
            for line in whole:
                yield line.decode("utf-8", errors="replace")
        if rest:
            yield rest.decode("utf-8", errors="replace")
    finally:
        loop.remove_reader(fd)
