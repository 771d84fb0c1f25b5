"""Every key, pressed: what it leads to in the core's log, or on the screen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from assistant.adapters import eventlog
from assistant.domain import events as e
from assistant.domain.values import Session
from assistant.settings.intents import TERMINALS_OWN
from assistant.terminal.app import Terminal
from assistant.terminal.screens import Chooser, Evidence, Help
from assistant.terminal.widgets import Listing, Part
from tests.site import the_intents
from tests.terminal.desk import OPERATOR, QUALITY, SUPERVISOR, Desk, a_desk, shown, wait_for


def turns(desk: Desk) -> list[e.TurnHeard]:
    return [event.data for event in eventlog.read(desk.folder) if isinstance(event.data, e.TurnHeard)]


async def said(desk: Desk, pilot: Pilot[None], count: int = 1) -> e.TurnHeard:
    """The newest turn, once there are so many and all were answered."""
    app = pilot.app
    assert isinstance(app, Terminal)
    await wait_for(pilot, lambda: sum(one.answered is not None for one in app.state.exchanges.values()) >= count)
    return turns(desk)[-1]


async def chooser(pilot: Pilot[None], words: str = "") -> None:
    await wait_for(pilot, lambda: isinstance(pilot.app.screen, Chooser) and words in shown(pilot.app))  # type: ignore[arg-type]


STORIES: Sequence[tuple[str, Session, Sequence[str], Sequence[str], str, dict[str, str]]] = (
    # key, who, what was said before, keys in the choices, intent, slots
    ("a", OPERATOR, (), ("1",), "acknowledge", {}),
    ("c", OPERATOR, (), ("1", "1"), "call", {"who": "maintenance", "machine": "PRN-1"}),
    ("h", OPERATOR, (), ("1", "1"), "hold", {"reason": "bridging"}),
    ("g", SUPERVISOR, ("stop printer one",), ("1",), "start", {"machine": "PRN-1"}),
    ("i", OPERATOR, (), ("1",), "where", {}),
    ("l", OPERATOR, (), ("1",), "list", {"what": "held_lots"}),
    ("m", OPERATOR, (), ("1", *"scratched", "enter"), "note", {"text": "scratched"}),
    ("o", SUPERVISOR, (), (), "changeover", {}),
    ("r", QUALITY, ("hold lot 4712, void",), ("1",), "release", {"lot": "L4712"}),
    ("s", OPERATOR, (), ("1",), "stop", {"machine": "PRN-1"}),
    ("t", OPERATOR, (), ("1",), "status", {}),
    ("u", OPERATOR, ("hold lot 4712, void",), (), "undo", {}),
    ("w", OPERATOR, (), ("1", "3"), "rework", {"defect": "insufficient_solder"}),
    ("x", QUALITY, (), ("1", "1"), "scrap", {}),
    ("p", OPERATOR, ("status of line one",), (), "repeat", {}),
    ("n", QUALITY, ("hold lot 4712, void", "release lot 4712"), (), "no", {}),
    ("k", OPERATOR, (), (), "heard", {}),
    ("y", QUALITY, ("hold lot 4712, void", "release lot 4712"), (), "yes", {}),
)


def test_every_key_of_the_site_has_its_story() -> None:
    assert {spec.key for spec in the_intents().by_name.values() if spec.key} == {story[0] for story in STORIES}
    assert not {story[0] for story in STORIES} & set(TERMINALS_OWN)


@pytest.mark.parametrize(("key", "who", "before", "then", "intent", "slots"), STORIES, ids=[one[0] for one in STORIES])
async def test_a_key_puts_a_sentence_together_that_is_understood_as_its_intent(
    tmp_path: Path,
    key: str,
    who: Session,
    before: Sequence[str],
    then: Sequence[str],
    intent: str,
    slots: dict[str, str],
) -> None:
    async with a_desk(tmp_path) as desk:
        await desk.work(120)
        for text in before:
            await desk.say(text, who)
        async with desk.screen(who, view="operator") as (app, pilot):
            await pilot.press(key)
            if key == "o":  # boards are in both lines: no line can be changed over now, and that is said
                await chooser(pilot, "nothing here can be chosen")
                await pilot.press("0", *"line one over to the gateway", "enter")
            for index, press in enumerate(then):
                if index < 2 and len(press) == 1 and press.isdigit():
                    await chooser(pilot)
                if press.isalpha() and len(press) == 1:
                    await wait_for(pilot, lambda: app.focused is app.query_one("#entry"))
                await pilot.press(press)
                await pilot.pause()
            heard = await said(desk, pilot, len(before) + 1)
        assert heard.intent == intent
        assert {**heard.slots, **slots} == heard.slots
        assert (heard.channel, heard.badge, heard.station) == ("text", who.badge, who.station)


@pytest.mark.parametrize("key", ["enter", "space"])
async def test_enter_or_space_opens_the_line_to_type_and_enter_says_it(tmp_path: Path, key: str) -> None:
    async with a_desk(tmp_path) as desk, desk.screen() as (app, pilot):
        await pilot.press(key, *"hold lot L4712, bridging", "enter")
        heard = await said(desk, pilot)
        assert (heard.text, heard.slots) == ("hold lot L4712, bridging", {"lot": "L4712", "reason": "bridging"})
        await wait_for(pilot, lambda: "on hold, bridging" in shown(app))
        assert not app.query_one("#entry", Input).has_class("open")


async def test_escape_leaves_the_line_and_says_nothing(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as desk, desk.screen() as (app, pilot):
        await pilot.press("enter", *"stop printer one", "escape")
        await pilot.pause()
        assert not app.query_one("#entry", Input).has_class("open")
        assert not turns(desk)


async def test_digits_answer_the_question_that_wants_them(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as desk:
        await desk.say("scrap board 10207, damaged", QUALITY)
        async with desk.screen(QUALITY) as (app, pilot):
            await wait_for(pilot, lambda: "type the digits" in shown(app))
            await pilot.press("0", "7", "enter")
            await said(desk, pilot, 2)
            await wait_for(pilot, lambda: app.state.world.scrapped("B10207") == "damaged")


async def test_yes_by_mouse(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as desk:
        await desk.say("hold lot 4712, void", QUALITY)
        await desk.say("release lot 4712", QUALITY)
        async with desk.screen(QUALITY) as (app, pilot):
            await wait_for(pilot, lambda: "yes ]" in shown(app))
            row = next(index for index, line in enumerate(shown(app).split("\n")) if "yes ]" in line)
            await pilot.click(offset=(10, row))
            heard = await said(desk, pilot, 3)
            assert heard.intent == "yes"
            await wait_for(pilot, lambda: app.state.world.lots["L4712"].hold is None)


async def test_a_key_by_mouse(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as desk, desk.screen() as (app, pilot):
        lines = shown(app).split("\n")
        row = next(index for index, line in enumerate(lines) if " h  hold" in line)
        await pilot.click(offset=(lines[row].index(" h  hold") + 2, row))
        await chooser(pilot, "hold …")


@pytest.mark.parametrize(("key", "view"), [("f2", "operator"), ("f3", "supervisor"), ("f4", "events")])
async def test_f2_to_f4_are_the_views(tmp_path: Path, key: str, view: str) -> None:
    async with a_desk(tmp_path) as desk, desk.screen(view="events" if view != "events" else "operator") as (app, pilot):
        await pilot.press(key)
        await wait_for(pilot, lambda: app.drawing.view == view)


@pytest.mark.parametrize("key", ["f1", "question_mark"])
async def test_f1_is_help(tmp_path: Path, key: str) -> None:
    async with a_desk(tmp_path) as desk, desk.screen() as (app, pilot):
        await pilot.press(key)
        await wait_for(pilot, lambda: isinstance(app.screen, Help))
        await pilot.press("escape")
        await wait_for(pilot, lambda: not isinstance(app.screen, Help))


async def test_help_that_is_typed_opens_the_same_page(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as desk, desk.screen() as (app, pilot):
        await pilot.press("enter", *"help", "enter")
        await wait_for(pilot, lambda: isinstance(app.screen, Help))


@pytest.mark.parametrize("key", ["f5", "v"])
async def test_the_evidence_of_the_last_turn_and_of_the_one_before(tmp_path: Path, key: str) -> None:
    async with a_desk(tmp_path) as desk:
        await desk.say("status of line one", turn="a" * 32)
        await desk.say("hold lot 4712, void", turn="b" * 32)
        async with desk.screen() as (app, pilot):
            await pilot.press(key)
            await wait_for(pilot, lambda: isinstance(app.screen, Evidence) and "b" * 32 in shown(app))
            await pilot.press("left")
            await wait_for(pilot, lambda: "a" * 32 in shown(app))
            await pilot.press("escape")
            await wait_for(pilot, lambda: not isinstance(app.screen, Evidence))


async def test_the_arrows_mark_a_turn_and_v_shows_that_one(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as desk:
        await desk.say("status of line one", turn="a" * 32)
        await desk.say("hold lot 4712, void", turn="b" * 32)
        async with desk.screen() as (app, pilot):
            await wait_for(pilot, lambda: "hold L4712 void: done" in shown(app))
            await pilot.press("up", "v")
            await wait_for(pilot, lambda: isinstance(app.screen, Evidence) and "a" * 32 in shown(app))


@pytest.mark.parametrize("key", ["f6", "b"])
async def test_checking_in_with_another_badge(tmp_path: Path, key: str) -> None:
    async with a_desk(tmp_path) as desk, desk.screen(Session("", "PRN-1")) as (app, pilot):
        await pilot.press(key)
        await chooser(pilot, "Whose badge")
        await pilot.press("3")
        await wait_for(pilot, lambda: app.session == Session("QA-5", "PRN-1"))


async def test_f_goes_through_the_filters_and_slash_types_one(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as desk:
        await desk.work(300)
        await desk.say("hold lot 4712, void")
        async with desk.screen(view="events") as (app, pilot):
            await pilot.press("f")
            await wait_for(pilot, lambda: app.preset == "everything" and "everything" in shown(app))
            await pilot.press("slash", *"lot.held L4712", "enter")
            await wait_for(pilot, lambda: app.filter == "lot.held L4712")
            await wait_for(pilot, lambda: len(app.query_one("#all", Listing).options) == 1)
            assert "void" in str(app.query_one("#all", Listing).get_option_at_index(0).prompt)


async def test_the_small_screen_s_pages_by_arrows_and_by_mouse(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as desk, desk.screen(SUPERVISOR, (40, 12), "supervisor") as (app, pilot):
        await pilot.press("right")
        await wait_for(pilot, lambda: "Alarms" in shown(app))
        await pilot.press("left")
        await wait_for(pilot, lambda: "PRN-1" in shown(app))
        await pilot.click(Part, offset=(0, 0))
        lines = shown(app).split("\n")
        row = next(index for index, line in enumerate(lines) if "output" in line)
        await pilot.click(offset=(lines[row].index("output") + 1, row))
        await wait_for(pilot, lambda: "this hour" in shown(app))


async def test_an_alarm_in_the_list_is_acknowledged_by_enter(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as desk:
        await desk.work(300)
        async with desk.screen(SUPERVISOR, view="supervisor") as (app, pilot):
            await wait_for(pilot, lambda: len(app.query_one("#alarms", Listing).options) > 0)
            app.query_one("#alarms", Listing).focus()
            machine = app.query_one("#alarms", Listing).selected.partition(" ")[0]
            await pilot.press("enter")
            await chooser(pilot, "what about it?")
            screen = app.screen
            assert isinstance(screen, Chooser)
            at = [choice.value for choice in screen._choices].index("acknowledge")
            await pilot.press(str(at + 1))
            heard = await said(desk, pilot)
            assert (heard.intent, heard.slots) == ("acknowledge", {"machine": machine})
            await wait_for(pilot, lambda: not app.state.world.machines[machine].alarms)


@pytest.mark.parametrize("key", ["f10", "ctrl+q"])
async def test_quitting_leaves_the_core_alone(tmp_path: Path, key: str) -> None:
    async with a_desk(tmp_path) as desk:
        async with desk.screen() as (app, pilot):
            await pilot.press(key)
            await wait_for(pilot, lambda: not app.is_running)
        async with desk.screen() as (app, pilot):
            assert app.link.up


async def test_nobody_at_the_keys_for_long_is_checked_out(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as desk, desk.screen(lock_s=300.0) as (app, pilot):
        desk.clock.step(299)
        await pilot.press("up")
        desk.clock.step(299)
        await pilot.pause(0.3)
        assert app.session.badge == "OP-17"
        desk.clock.step(2)
        await wait_for(pilot, lambda: app.session == Session("", "PRN-1"))
