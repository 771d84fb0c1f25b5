"""How things are named in answers: ids with their noun, machines by name, values in words, times of day."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.domain.calendar import Calendar
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
        case "day" | "from":
            return rest.replace("/", " to ")
    return value(word)


def clock(calendar: Calendar, seconds: float) -> str:
    """Time of day at this site, `14:05`."""
    return f"{calendar.wall(seconds):%H:%M}"


def count(number: int) -> str:
    """As a person would say it: every one up to ten thousand, then in thousands; no five digits, those are an id."""
    if number < 10_000:
        return str(number)
    return f"about {round(number / 1000)} thousand"


def percent(share: float) -> str:
    """A share of 0 to 1 in percent, whole; but all and none are said of nothing less."""
    hundred = 100 * share
    if share in (0.0, 1.0) or 0.5 <= hundred < 99.5:
        return f"{hundred:.0f}"
    tenths = min(max(round(hundred, 1), 0.1), 99.9)
    return f"{tenths:g}"


def duration(seconds: float) -> str:
    """`45 seconds`, `12 minutes`, `1 hour 20 minutes`, `14 hours`, `3 days`."""
    if seconds < 89.5:
        return _many(round(seconds), "second")
    minutes = round(seconds / 60)
    if minutes < 60:
        return _many(minutes, "minute")
    if minutes < 600:
        rest = f" {_many(minutes % 60, 'minute')}" if minutes % 60 else ""
        return f"{_many(minutes // 60, 'hour')}{rest}"
    hours = round(seconds / 3600)
    return _many(hours, "hour") if hours < 48 else _many(round(seconds / 86400), "day")


def times(number: int) -> str:
    """`once`, `twice`, `3 times`."""
    return {1: "once", 2: "twice"}.get(number, f"{count(number)} times")


def measured(value: float) -> str:
    """A measured value: whole from 10 on, one decimal below."""
    return f"{value:.0f}" if abs(value) >= 9.95 else f"{round(value, 1):g}"


def amount(word: str) -> str:
    """`90m` -> `90 minutes`, `1h` -> `hour`; empty for nothing."""
    if not word:
        return ""
    unit = "hour" if word.endswith("h") else "minute"
    return unit if word[:-1] == "1" else f"{word[:-1]} {unit}s"


def _many(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


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
