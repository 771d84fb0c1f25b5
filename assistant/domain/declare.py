"""What a site's files declare, as events; and the names by which people can mean what exists."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from assistant.domain import events as e
from assistant.domain.spoken.language import NumberWords
from assistant.domain.spoken.mentions import Entities, Name
from assistant.domain.spoken.tokens import words
from assistant.domain.world import World

SITE = "/site"
"""Source of what a site's files declare."""


def names(world: World, numbers: NumberWords) -> dict[tuple[str, ...], Name]:
    """Spoken names of machines, lines and products, as token tuples with number words as digits.

    A name without its number ("the oven") stands for all that share it; so does any other name of a machine, if it has
    several words without it ("the optical inspection"; "place" of "place one" is a word like any other).
    """
    table: dict[tuple[str, ...], Name] = {}
    groups: dict[tuple[str, ...], tuple[str, list[str]]] = {}
    lines = {_key(form, numbers) for line in world.lines.values() for form in (line.name, *line.spoken, line.id)}
    for kind, named in (("machine", world.machines), ("line", world.lines), ("product", world.products)):
        things: Iterable[tuple[str, str, tuple[str, ...]]] = (
            (thing.id, thing.name, thing.spoken) for thing in named.values()
        )
        for ident, name, spoken in things:
            for form in (name, *spoken, ident):
                key = _key(form, numbers)
                table.setdefault(key, Name(kind, (ident,)))
                if len(key) > 1 and key[-1].isdigit():  # "printer number one"
                    table.setdefault((*key[:-1], "number", key[-1]), Name(kind, (ident,)))
            shared = [_key(name, numbers)]
            for key in (_key(form, numbers) for form in spoken if kind == "machine"):
                if len(key) > 2 and not any(key[-len(line) :] == line for line in lines):  # not "oven on line one"
                    shared.append(key)
            for short in dict.fromkeys(key[:-1] for key in shared if len(key) > 1 and key[-1].isdigit()):
                groups.setdefault(short, (kind, []))[1].append(ident)
    for short, (kind, members) in groups.items():
        table.setdefault(short, Name(kind, tuple(members)))
    return table


def _key(name: str, numbers: NumberWords) -> tuple[str, ...]:
    return tuple(
        str(numbers.digits[word]) if len(word) > 1 and word in numbers.digits else word for word in words(name)
    )


def entities(world: World, table: dict[tuple[str, ...], Name]) -> Entities:
    """Everything that can be named right now; ids are looked up live, nothing is copied."""
    return Entities(
        ids={"lot": world.lots.keys(), "board": world.boards.keys(), "order": world.workorders.keys()},
        names=table,
        longest=max(map(len, table), default=0),
        lines={machine.id: machine.line for machine in world.machines.values()},
    )


def news(world: World, declarations: Iterable[e.Event], now: float) -> list[e.Event]:
    """What the site's files say and the log does not know.

    A declaration is told once and stands. A role does not: somebody may get one back that they had before, or lose
    the last one by being in the file no more. Each such change is an event of its own.
    """
    found: list[e.Event] = []
    people: set[str] = set()
    for event in declarations:
        if isinstance(event.data, e.OperatorRegistered):
            people.add(event.subject)
            known = world.operators.get(event.subject)
            if known is not None or event.id in world.declared:
                was = (known.role, known.line) if known is not None else ("", "")
                if was != (event.data.role, event.data.line):
                    changed = e.OperatorRoleChanged(event.data.role, event.data.line, was[0])
                    found.append(_changed(world, event.subject, changed, now))
                continue
        if event.id not in world.declared:
            found.append(event)
    gone = [operator for badge, operator in world.operators.items() if badge not in people]
    return found + [_changed(world, one.badge, e.OperatorRoleChanged("", "", one.role), now) for one in gone]


def _changed(world: World, badge: str, data: e.OperatorRoleChanged, now: float) -> e.Event:
    return e.Event(f"{data.type}/{badge}/{world.position}", SITE, badge, now, data)


def declared(subject: str, data: e.Payload, time: float) -> e.Event:
    """One declaration as an event; its id is what it says, so that saying it again is the same event."""
    digest = hashlib.sha256(repr(data).encode()).hexdigest()[:12]
    return e.Event(f"{data.type}/{subject}/{digest}", SITE, subject, time, data)
