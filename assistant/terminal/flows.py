"""What takes more than one key: a sentence put together, a turn looked at, a badge changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.domain.values import Session
from assistant.settings.intents import Intent
from assistant.terminal.compose import Choice, next_hole, parts, sentence
from assistant.terminal.screens import LEAVE_OUT, TYPE_IT, Chooser, Evidence
from assistant.turn import naming, told

if TYPE_CHECKING:
    from assistant.terminal.app import Terminal


async def compose(app: Terminal, spec: Intent, about: str) -> None:
    """Ask for what fills the holes of an intent's sentence, and say it; what is free is typed."""
    template, chosen = parts(spec.typed), dict[str, Choice | None]()
    if about:
        chosen["unit"] = app.composer.choice(about)
    while (part := next_hole(template, chosen)) is not None:
        said = sentence(template, chosen)
        if part.hole == spec.free:
            app.type(said)
            return
        now, slots = app.means.clock.now(), app.composer.slots(chosen)
        offered = app.composer.choices(spec, part.hole, app.session, slots, now)
        title = f"{said.strip()} …" if offered else f"{said.strip()} … nothing here can be chosen now"
        choice = await app.push_screen_wait(Chooser(title, offered, optional=part.optional))
        if choice is None:
            return
        if choice is TYPE_IT:
            app.type(said)
            return
        chosen[part.hole] = None if choice is LEAVE_OUT else choice
    app.say(sentence(template, chosen))


async def ask_about(app: Terminal, ident: str) -> None:
    """Ask what is to be done about one thing, and begin that."""
    specs = app.composer.about(ident, app.session, app.means.clock.now())
    choices = [Choice(spec.intent, naming.value(spec.intent), spec.key) for spec in specs]
    name = naming.unit(app.state.world, ident)
    choice = await app.push_screen_wait(Chooser(f"{name}: what about it?", choices, typed=False))
    if choice is not None:
        app.begin(app.composer.intents.by_name[choice.value], ident)


async def evidence(app: Terminal, turn: str) -> None:
    """Show all that is kept of a turn, and of those beside it."""
    while turn:
        whole, sound = app.means.whole(turn)
        if whole is None:
            break
        way = await app.push_screen_wait(Evidence(list(told.lines(whole, sound))))
        if not way:
            return
        turns = list(app.state.exchanges)
        at = turns.index(turn) if turn in turns else len(turns)
        turn = turns[min(max(at + way, 0), len(turns) - 1)]
    app.say_notice("no turn there" if not turn else f"turn {turn[:8]} is not in the log")


async def check_in(app: Terminal) -> None:
    """Ask for another badge."""
    operators = app.state.world.operators.values()
    choices = [Choice(one.badge, one.badge, f"{one.role} {one.line}".strip()) for one in operators]
    choices.append(Choice("", "nobody", "check out"))
    choice = await app.push_screen_wait(Chooser("Whose badge is it?", choices, typed=False))
    if choice is None:
        return
    session = Session(choice.value, app.session.station)
    trouble = await app.link.check(session)
    if trouble:
        app.say_notice(trouble)
        return
    app.session, app.drawing.dirty = session, True
    app.say_notice(f"{choice.value} is checked in" if choice.value else "nobody is checked in")
