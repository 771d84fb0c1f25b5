"""How things are named in answers: ids with their noun, machines by name, values in words, times of day."""

from __future__ import annotations

import time
from collections.abc import Sequence

from assistant.domain.world import World


def unit(world: World, ident: str) -> str:
    """`lot L4712`, `printer one`, `line two`, `work order WO-1007`; the voice reads the digits one by one."""
    match world.kind_of(ident):
        case "machine":
            return world.machines[ident].name
        case "line":
            return world.lines[ident].name
        case "product":
            return f"the {world.products[ident].name}"
        case "order":
            return f"work order {ident}"
        case "lot" | "board" as kind:
            return f"{kind} {ident}"
    return ident


def value(word: str) -> str:
    """`insufficient_solder` -> `insufficient solder`."""
    return word.replace("_", " ")


def period(word: str) -> str:
    """`last:90m` -> `last 90 minutes`, `between:06:00-08:00` -> `between 06:00 and 08:00`."""
    name, _, rest = word.partition(":")
    match name:
        case "last":
            return f"last {rest[:-1]} {'hours' if rest.endswith('h') else 'minutes'}"
        case "between":
            return f"between {rest.replace('-', ' and ')}"
        case "since":
            return f"since {rest}"
    return value(word)


def clock(seconds: float) -> str:
    """Time of day at this box, `14:05`."""
    return time.strftime("%H:%M", time.localtime(seconds))


def listing(items: Sequence[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"


def roles(names: Sequence[str]) -> str:
    """`an operator, quality or a supervisor`."""
    articles = {"quality": "", "operator": "an "}
    return listing([f"{articles.get(name, 'a ')}{name}" for name in names], "or")


def cap(text: str) -> str:
    """A sentence begins with a capital."""
    return text[:1].upper() + text[1:]
