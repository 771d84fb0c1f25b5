"""A terminal that begins from the core's snapshot shows what one shows that has read the whole log."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from assistant.adapters import eventlog
from assistant.adapters.snapshots import NAME
from assistant.bootstrap.known import known_of, snapshots
from assistant.domain.kept import keep
from assistant.domain.values import Session
from assistant.domain.views import Views
from assistant.domain.world import World
from assistant.terminal.means import Means
from assistant.terminal.output import per_hour
from assistant.terminal.state import State
from tests.terminal.desk import OPERATOR, QUALITY, a_desk

SAID = (
    ("hold lot 4712, bridging", OPERATOR),
    ("which lots are on hold", OPERATOR),
    ("release lot 4712", QUALITY),
    ("yes", QUALITY),
    ("hold board 10231, void", QUALITY),
    ("scrap board 10232, void", QUALITY),
)


def _state(means: Means, folder: Path) -> State:
    """As a terminal has it that has read all there is."""
    state = State(means.policy.world, means.views, *means.before())
    for event in means.read(state.world.position, 1_000_000):
        state.apply(event)
    return state


def _whole(folder: Path) -> State:
    state = State(World(), Views())
    for event in eventlog.read(folder):
        state.apply(event)
    return state


def _shown(state: State, now: float) -> dict[str, object]:
    """Everything that a screen is drawn from."""
    sessions = (OPERATOR, QUALITY, Session("SV-3", "AOI-1"))
    return {
        "exchanges": state.exchanges,
        "recent": list(state.recent),
        "questions": [state.question(session, now) for session in sessions],
        "waits": [state.waits_for_another(session, now) for session in sessions],
        "holds": state.holds(),
        "rework": state.rework(),
        "alarms": state.alarms(),
        "e10": {machine.id: machine.e10 for machine in state.world.machines.values()},
        "lost": state.world.lost,
        "output": [per_hour(state.views, line, now, 48) for line in state.world.lines],
        "world": {field.name: getattr(keep(state.world), field.name) for field in fields(keep(state.world))},
    }


async def test_from_a_snapshot_and_from_the_first_event_the_screen_is_the_same(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as desk:
        await desk.work(1800)
        for text, session in SAID[:3]:
            await desk.say(text, session)
        middle = desk.parts.world.position
        for text, session in SAID[3:]:
            await desk.say(text, session)
        now = desk.clock.now()
        whole = _shown(_whole(tmp_path), now)
        assert whole["questions"] != [None] * 3 and whole["exchanges"] and whole["holds"]
        for until in (middle, desk.parts.world.position):
            assert snapshots(tmp_path).save(known_of(tmp_path, until=until))
            means = desk.make()
            assert means.views.position == until, "it began there"
            found = _shown(_state(means, tmp_path), now)
            assert {name: found[name] for name in found if found[name] != whole[name]} == {}


async def test_without_a_snapshot_that_fits_the_whole_log_is_read(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as desk:
        await desk.say(*SAID[0])
        assert snapshots(tmp_path).save(known_of(tmp_path))
        file = tmp_path / NAME
        file.write_bytes(file.read_bytes()[:-1])
        means = desk.make()
        assert means.views.position == 0 and file.exists(), "whoever only reads leaves it where it is"
        now = desk.clock.now()
        assert _shown(_state(means, tmp_path), now) == _shown(_whole(tmp_path), now)


async def test_what_was_said_long_ago_is_still_in_the_conversation(tmp_path: Path) -> None:
    """More events came since than the screen keeps of events."""
    async with a_desk(tmp_path) as desk:
        await desk.say(*SAID[1], turn="long ago")
        while len(list(eventlog.read(tmp_path))) < 2600:
            await desk.work(3600)
        assert snapshots(tmp_path).save(known_of(tmp_path))
        state = _state(desk.make(), tmp_path)
        assert list(state.exchanges) == ["long ago"] and len(state.recent) == 2000
        assert all(event.type != "turn.heard" for event in state.recent)
