"""How things are put on the screen: events, states and turns as short safe text."""

from __future__ import annotations

import fnmatch
import time
from collections.abc import Mapping, Sequence
from dataclasses import fields

from assistant.domain import events as e
from assistant.domain.shown import visible
from assistant.domain.values import Decision
from assistant.terminal.state import Exchange
from assistant.turn import naming

E10 = {
    1: ("productive", "green"),
    2: ("standby", "yellow"),
    3: ("engineering", "cyan"),
    4: ("scheduled down", "blue"),
    5: ("unscheduled down", "red"),
    6: ("non-scheduled", "bright_black"),
}
"""SEMI E10 time states by the thousands of their CFX number: the word and the colour, one of the sixteen."""
UNKNOWN_STATE = ("not heard of", "bright_black")
DECIDED = {
    Decision.DONE: "green",
    Decision.ANSWERED: "green",
    Decision.CONFIRM: "yellow",
    Decision.ASK: "yellow",
    Decision.REFUSED: "red",
    Decision.FAILED: "red",
    Decision.UNCERTAIN: "red",
    Decision.IGNORED: "bright_black",
}
"""Colour of what a turn came to; the word stands beside it."""
UNSHOWN = ("order", "deadline", "observed_at")
"""Fields that the one line of an event leaves out."""
FILTERS = {
    "what matters": (
        "-board.arrived -board.departed -paste.measured -parts.placed -board.heated -passed -starved -blocked"
    ),
    "everything": "",
    "alarms": "alarm.*",
    "turns": "turn.*",
    "orders": "order.*",
    "holds": "*.held",
}
"""Filters of the live events that one key goes through."""


def clock(seconds: float) -> str:
    """Time of day to the second, at this box."""
    return time.strftime("%H:%M:%S", time.localtime(seconds))


def e10(code: int | None) -> tuple[str, str]:
    """Word and colour of a SEMI E10 state."""
    return E10.get((code or 0) // 1000, UNKNOWN_STATE)


def plain(text: str) -> str:
    """One line of somebody else's text, safe to show."""
    return visible(" ".join(text.split("\n")))


def reading(intent: str, slots: Mapping[str, str]) -> str:
    """What was understood, ids exactly as they are."""
    return plain(" ".join([naming.value(intent), *(naming.value(value) for value in slots.values())]))


def readings(exchange: Exchange) -> str:
    """All commands of a breath."""
    return " + ".join(reading(intent, slots) for intent, slots in exchange.readings())


def heard(exchange: Exchange) -> str:
    """What was heard."""
    said = exchange.heard.text or (f"({exchange.heard.note})" if exchange.heard.note else "(not for the assistant)")
    return plain(said)


def sure(exchange: Exchange) -> str:
    """How sure that was: `typed`, or `heard, 93% sure`."""
    data = exchange.heard
    how = "typed" if data.channel == "text" else "heard"
    doubt = f", in doubt: {data.doubt}" if data.doubt else ""
    model = " by the model" if data.by == "model" else ""
    return plain(f"{how}, {data.confidence * 100:.0f}% sure{model}{doubt}")


def event(one: e.Event) -> str:
    """An event on one line: type, subject, and what else it says in short."""
    said: list[str] = []
    match one.data:
        case e.TurnHeard(badge=badge, station=station, text=text):
            return plain(f"{one.type} {badge or 'nobody'} {station}: {text}")
        case e.TurnAnswered(decision=decision, say=say):
            return plain(f"{one.type} {decision}: {say}")
    for field in fields(one.data):
        value = getattr(one.data, field.name)
        if field.name in UNSHOWN or value in ("", (), {}, 0, 0.0):
            continue
        if isinstance(value, str):
            said.append(value)
        elif isinstance(value, int | float):
            said.append(f"{field.name}={value:g}")
        elif isinstance(value, tuple) and all(isinstance(item, str) for item in value) and len(value) <= 3:
            said.append(",".join(value))
        else:
            said.append(f"{len(value)} {field.name}")
    subject = one.subject[:8] if one.type.startswith(("turn.", "order.")) else one.subject
    return plain(f"{one.type} {subject} {' · '.join(said)}".rstrip())


def matches(one: e.Event, line: str, wanted: str) -> bool:
    """Whether a filter lets an event through: every word must be in its line, `-word` must not; `*` is any letters."""
    line = line.lower()
    for word in wanted.lower().split():
        negative, pattern = word.startswith("-"), word.removeprefix("-")
        if pattern and negative is _found(pattern, one.type, line):
            return False
    return True


def _found(pattern: str, kind: str, line: str) -> bool:
    return fnmatch.fnmatchcase(kind, pattern) if "*" in pattern else pattern in line


def bars(values: Sequence[float | None], top: float) -> str:
    """One character a value, `▁` to `█` of `top`; a dot where there is none."""
    steps = "▁▂▃▄▅▆▇█"
    shown = ""
    for value in values:
        if value is None:
            shown += "·"
            continue
        share = min(max(value / top, 0.0), 1.0) if top > 0 else 0.0
        shown += steps[min(int(share * len(steps)), len(steps) - 1)]
    return shown
