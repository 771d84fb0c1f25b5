"""A terminal before a real core: a log on disk, the core's socket, machines without a network, and a clock to step."""

from __future__ import annotations

import io
import re
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from rich.console import Console
from textual.pilot import Pilot

from assistant.adapters import corelink
from assistant.adapters.eventlog import SqliteLog
from assistant.bootstrap import LocalCore, start, terminal_means
from assistant.bootstrap.core import Parts
from assistant.domain.values import Answer, Hypothesis, Session, Transcript
from assistant.terminal.app import Terminal
from assistant.terminal.means import Means, Started
from tests.a_core import OPERATOR, QUALITY, SUPERVISOR, the_site
from tests.fakes.memory_machines import MemoryMachines
from tests.fakes.running_plant import PATIENCE_S, until
from tests.fakes.stepped_clock import SteppedClock
from tests.site import the_plant

__all__ = ["OPERATOR", "QUALITY", "SUPERVISOR", "Desk", "a_desk", "drawn", "shown", "until", "wait_for"]
SIZES = ((80, 24), (40, 12), (120, 40))


@dataclass
class Desk:
    """A core that can be taken away, and what a terminal is given to meet it."""

    folder: Path
    make: Callable[[], Means]
    """What the next terminal is given: each has a world of its own."""
    machines: MemoryMachines
    clock: SteppedClock
    parts: Parts
    log: SqliteLog
    _up: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def say(self, text: str, session: Session = OPERATOR, turn: str = "") -> Answer:
        """Type something at another terminal."""
        return await self.hear((text, 0.0), session=session, turn=turn, channel="text")

    async def hear(
        self, *heard: tuple[str, float], session: Session = OPERATOR, turn: str = "", channel: str = "voice"
    ) -> Answer:
        """Speak something into a headset."""
        offered = tuple(Hypothesis(text, logprob) for text, logprob in heard)
        return await self.parts.core.turn(Transcript(turn or uuid.uuid4().hex, session, offered, channel))

    async def work(self, seconds: float) -> None:
        """Let the plant work for a while, in steps so that its events are spread over that time."""
        for _ in range(max(int(seconds // 60), 1)):
            self.clock.step(min(seconds, 60.0))
            self.machines.advance(min(seconds, 60.0))
        await self.parts.ingest.catch_up()

    async def open(self) -> None:
        """Let clients in."""
        await self._up.enter_async_context(corelink.serve(self.folder, LocalCore(self.parts.core).handle))

    async def shut(self) -> None:
        """As if the core had gone."""
        await self._up.aclose()

    def terminal(self, session: Session = OPERATOR, view: str = "", **options: float) -> Terminal:
        """A screen."""
        return Terminal(self.make(), session, view=view, **options)

    @asynccontextmanager
    async def screen(
        self, session: Session = OPERATOR, size: tuple[int, int] = (80, 24), view: str = "", **options: float
    ) -> AsyncIterator[tuple[Terminal, Pilot[None]]]:
        """A screen that has read the log and looked for the core."""
        app = self.terminal(session, view, **options)
        app.link.deaf_s = PATIENCE_S  # a busy machine is no deaf core
        async with app.run_test(size=size) as pilot:
            await wait_for(pilot, lambda: app.caught_up and app.link.up is not None)
            yield app, pilot


@asynccontextmanager
async def a_desk(folder: Path, *, up: bool = True, starts: Callable[[], Started] | None = None) -> AsyncIterator[Desk]:
    """A core over a log in this folder, which has heard all that its plant has to say."""
    clock = SteppedClock()
    machines = MemoryMachines(the_plant(), wall=clock.now)
    async with AsyncExitStack() as stack:
        log = SqliteLog(folder, floor_bytes=0)
        stack.callback(log.close)
        parts = await start(the_site(), log, machines, stack, clock)
        await parts.ingest.catch_up()

        def make() -> Means:
            return replace(terminal_means(the_site(), folder, starts=False, clock=clock), start=starts)

        desk = Desk(folder, make, machines, clock, parts, log)
        stack.push_async_callback(desk.shut)
        if up:
            await desk.open()
        yield desk


async def wait_for(pilot: Pilot[None], met: Callable[[], bool]) -> None:
    """Wait for a condition, not for a while."""

    async def looked() -> bool:
        await pilot.pause()
        return met()

    await until(looked)


def shown(app: Terminal) -> str:
    """The screen as lines of text."""
    width, height = app.size
    console = Console(
        width=width, height=height, file=io.StringIO(), force_terminal=True, record=True, legacy_windows=False
    )
    console.print(app.screen._compositor.render_update(full=True))
    return "\n".join(line.rstrip() for line in console.export_text(styles=False).split("\n"))


async def drawn(app: Terminal, pilot: Pilot[None]) -> str:
    """The same, drawn anew and laid out, without what is different each time: ids of turns and orders."""
    app.drawing.draw()
    await pilot.pause()
    return re.sub(r"\b[0-9a-f]{8}\b", "########", shown(app))
