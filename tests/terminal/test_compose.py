"""Sentences from keys, and what is offered: only what policy would let pass, and all of it read as it is meant."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from assistant.bootstrap import first_world
from assistant.domain.values import Hypothesis, Session, Transcript
from assistant.errors import SiteError
from assistant.settings import intents
from assistant.settings.paths import shipped_site
from assistant.terminal.compose import Choice, Composer, next_hole, parts, sentence
from assistant.terminal.state import State
from tests.site import the_intents, the_plant
from tests.terminal.desk import OPERATOR, QUALITY, SUPERVISOR, Desk, a_desk


def composer(desk: Desk) -> Composer:
    """Over all that is in the log."""
    means = desk.make()
    state = State(means.policy.world, means.views)
    for event in means.read(0, 100_000):
        state.apply(event)
    return Composer(means.policy, state)


def test_a_template_is_filled_hole_by_hole() -> None:
    template = parts("send {unit} to rework[, {defect}]")
    chosen: dict[str, Choice | None] = {}
    hole = next_hole(template, chosen)
    assert hole is not None
    assert (hole.hole, sentence(template, chosen)) == ("unit", "send ")
    chosen["unit"] = Choice("B10231", "board B10231")
    assert sentence(template, chosen) == "send board B10231 to rework"
    chosen["defect"] = None
    assert next_hole(template, chosen) is None
    assert sentence(template, chosen) == "send board B10231 to rework"
    chosen["defect"] = Choice("void", "void")
    assert sentence(template, chosen) == "send board B10231 to rework, void"


@pytest.mark.parametrize("session", [OPERATOR, QUALITY, SUPERVISOR, Session("", "PRN-1"), Session()], ids=str)
async def test_what_help_lists_is_read_as_its_intent_and_is_not_refused(tmp_path: Path, session: Session) -> None:
    async with a_desk(tmp_path) as desk:
        await desk.work(420)
        await desk.say("hold lot 4712, bridging")
        await desk.say("stop printer two", SUPERVISOR)
        listed = list(composer(desk).possible(session, desk.clock.now()))
        for one in listed:
            transcript = Transcript("0" * 32, session, (Hypothesis(one.sentence.replace("…", "look at it")),))
            read = await desk.parts.core.parse(transcript)
            assert read.intent == one.intent.intent, one.sentence
        names = {one.intent.intent for one in listed}
        assert "status" in names
        assert ("release" in names) is (session in (QUALITY, SUPERVISOR))
        assert ("hold" in names) is bool(session.badge)


async def test_only_what_can_be_released_is_offered_to_be_released(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as desk:
        await desk.say("hold lot 4712, bridging")
        await desk.say("hold printer one, damaged")
        offered = composer(desk).choices(the_intents().by_name["release"], "unit", QUALITY, {}, desk.clock.now())
        assert {choice.value for choice in offered} == {"L4712", "PRN-1"}
        assert {choice.note for choice in offered} == {"on hold, bridging", "on hold, damaged"}


async def test_what_is_at_the_station_is_offered_first(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as desk:
        await desk.work(420)
        made, world = composer(desk), first_world(the_plant())
        for event in desk.make().read(0, 100_000):
            world.apply(event)
        offered = made.choices(the_intents().by_name["hold"], "unit", Session("OP-17", "PNP-1"), {}, desk.clock.now())
        board = world.machines["PNP-1"].board
        here = [ident for ident in (world.boards[board].lot, board) if board and ident] if board else []
        assert [choice.value for choice in offered][: len(here) + 1] == [*here, "PNP-1"]


async def test_about_a_thing_only_what_makes_sense_of_it(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as desk:
        await desk.say("hold lot 4712, bridging")
        made, now = composer(desk), desk.clock.now()
        held = {spec.intent for spec in made.about("L4712", QUALITY, now)}
        free = {spec.intent for spec in made.about("L4711", QUALITY, now)}
        assert {"release", "status", "note"} <= held
        assert "hold" not in held
        assert {"hold", "status"} <= free
        assert "release" not in free
        assert not {spec.kind for spec in made.about("L4711", Session(), now)} - {"lookup", "dialogue"}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"key": "H"}, "small letter"),
        ({"key": "v"}, "small letter"),
        ({"key": "s"}, "is the key of"),
        ({"typed": ""}, "go together"),
        ({"typed": "hold {thing}"}, "no slot 'thing'"),
        ({"typed": "hold {unit"}, "bad template"),
    ],
)
def test_keys_that_do_not_work_are_found_when_the_site_is_read(
    tmp_path: Path, changes: dict[str, str], problem: str
) -> None:
    import shutil

    folder = tmp_path / "intents"
    shutil.copytree(shipped_site() / "intents", folder)
    spec = msgspec.structs.replace(the_intents().by_name["stop" if changes.get("key") == "s" else "hold"])
    file = folder / ("start.yaml" if changes.get("key") == "s" else f"{spec.intent}.yaml")
    lines = file.read_text().split("\n")
    for name, value in changes.items():
        at = next(index for index, line in enumerate(lines) if line.startswith(f"{name}:"))
        lines[at] = f'{name}: "{value}"'
    file.write_text("\n".join(lines))
    with pytest.raises(SiteError, match=problem):
        intents.load(folder)
