"""The help page: what can be said here and now, each with what is really here, and the keys."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from assistant.domain.shown import visible
from assistant.domain.values import Session
from assistant.terminal.compose import Composer
from assistant.terminal.state import State

KEYS = (
    ("Enter, Space", "type something to say; digits begin it too"),
    ("Esc", "back; while typing: leave it"),
    ("v, F5", "evidence of the marked turn, or of the last one"),
    ("↑ ↓", "mark another turn or item; Tab goes from list to list, Enter opens what can be done about it"),
    ("F1, ?", "this page"),
    ("F2 F3 F4", "operator, supervisor, all events"),
    ("f, /", "another filter of the events; a filter of your own (-word leaves out, * is any letters)"),
    ("b, F6", "check in with another badge"),
    ("Ctrl+P", "every intent with an example"),
    ("F9", "start a core, when there is none"),
    ("F10, Ctrl+Q", "quit; the core goes on"),
)
"""The terminal's own keys, whatever the site."""


def now_lines(composer: Composer, state: State, session: Session, now: float) -> Iterator[tuple[str, str, str]]:
    """(key, what can be said, which intent that is), what answers a question first."""
    dialogue = [spec for spec in composer.intents.by_name.values() if spec.kind == "dialogue"]
    question = state.question(session, now)
    if question is not None:
        if question.digits:
            yield "", "the last two digits", "to the question"
        elif question.open:
            yield "", "what is asked for", "to the question"
        wanted = ("no",) if question.digits or question.open else ("yes", "no")
        for spec in dialogue:
            if spec.intent in wanted:
                yield spec.key, spec.example, "to the question"
    for one in composer.possible(session, now):
        yield one.intent.key, one.sentence, one.intent.intent
    for spec in dialogue:
        if spec.intent not in ("yes", "no"):
            yield spec.key, spec.example, spec.intent


def page(composer: Composer, state: State, session: Session, now: float) -> Text:
    """All of it."""
    text = Text()
    question = state.question(session, now)
    if question is not None:
        text.append(f"I asked: {visible(question.say)}\n", "bold yellow")
    if session.badge not in state.world.operators:
        text.append("Nobody is checked in here, so only questions. Press b to check in.\n", "bold yellow")
    for key, said, what in now_lines(composer, state, session, now):
        text.append(f" {key or ' '} ", "bold reverse" if key else "")
        text.append(f"  {visible(said)}", "bold")
        text.append(f"  {visible(what)}\n", "bright_black")
    text.append("\nIn danger, use the emergency stop: the assistant is none.\n\n", "bold red")
    for key, what in KEYS:
        text.append(f" {key} ", "bold reverse")
        text.append(f"  {what}\n")
    return text
