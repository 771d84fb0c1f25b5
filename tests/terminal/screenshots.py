"""`python -m tests.terminal.screenshots FOLDER`: the README's pictures of the terminal, drawn by the terminal."""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from textual.pilot import Pilot

from assistant.domain.values import Session
from assistant.terminal.app import Terminal
from tests.terminal.desk import OPERATOR, QUALITY, SUPERVISOR, Desk, a_desk, wait_for

PICTURES: Sequence[tuple[str, Session, tuple[int, int], str, Sequence[str]]] = (
    # name, who, size, view, keys
    ("terminal-operator", QUALITY, (80, 24), "operator", ()),
    ("terminal-operator-small", QUALITY, (40, 12), "operator", ()),
    ("terminal-supervisor", SUPERVISOR, (100, 32), "supervisor", ()),
    ("terminal-evidence", OPERATOR, (80, 24), "operator", ("v",)),
    ("terminal-help", OPERATOR, (80, 24), "operator", ("f1",)),
)


async def a_shift(desk: Desk) -> None:
    """Hours of work with what happens in them, and a question that waits."""
    for seconds in (120, 180, 240, 120):
        await desk.work(seconds)
        desk.clock.step(3600 - seconds)
    await desk.work(60)
    await desk.hear(("hold lot 4712 bridging", -0.08), ("hold lot 4712 ridging", -0.61), session=OPERATOR)
    await desk.hear(("send board 10231 to rework tombstone", -0.1), session=QUALITY)
    await desk.hear(("yes", -0.05), session=QUALITY)
    desk.clock.step(2)


async def draw(folder: Path) -> None:
    """All of them."""
    with tempfile.TemporaryDirectory() as data:
        async with a_desk(Path(data)) as desk:
            await a_shift(desk)
            for name, who, size, view, keys in PICTURES:
                if who == QUALITY:
                    await desk.say("release lot 4712", QUALITY)
                    desk.clock.step(3)
                async with desk.screen(who, size, view) as (app, pilot):
                    await _drawn(app, pilot, keys)
                    (folder / f"{name}.svg").write_text(_offline(app.export_screenshot(title="assistant terminal")))


async def _drawn(app: Terminal, pilot: Pilot[None], keys: Sequence[str]) -> None:
    if keys:
        await pilot.press(*keys)
        await wait_for(pilot, lambda: len(app.screen_stack) > 1)
    app.drawing.draw()
    await pilot.pause()


def _offline(svg: str) -> str:
    """Without the web font: a README that loads nothing from elsewhere. Any monospaced font of the reader's will do."""
    return re.sub(r"@font-face\s*{[^}]*}\s*", "", svg).replace("Fira Code", "monospace")


if __name__ == "__main__":
    os.environ["TZ"] = "UTC"
    time.tzset()
    asyncio.run(draw(Path(sys.argv[1])))
