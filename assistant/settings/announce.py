"""`hardware/announce.yaml`: what the assistant says by itself, to whom, and what when nobody hears it."""

from __future__ import annotations

import string
from pathlib import Path
from typing import Literal

import msgspec

from assistant.errors import SiteError
from assistant.settings import yaml

NAME = "announce.yaml"
HOLES = {
    "alarm": {"machine", "text", "severity", "times"},
    "hold": {"unit", "reason", "by"},
    "call": {"who", "unit"},
    "drift": {"machine", "quantity", "by", "hours"},
    "yield": {"line", "percent", "limit", "boards"},
}
"""Kind of rule -> what its words may name."""


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One thing worth speaking up about."""

    when: Literal["alarm", "hold", "call", "drift", "yield"]
    """What comes about: an alarm is raised, something is held, somebody is called, a measured quantity moves, a
    line's first-pass yield falls."""
    say: str
    """The words, with holes."""
    to: str
    """A role, or `line` for whoever is checked in at a station of the line, or `called` for whom a call calls."""
    severity: Literal["Information", "Warning", "Error", "Alarm"] = "Error"
    """Of an alarm: at least so grave (CFX)."""
    quantity: str = ""
    """Of a drift: which; empty for any."""
    share: float = 0.25
    """Of a drift: so much of the width between the limits, within `hours`."""
    hours: float = 1.0
    """Of a drift or a yield: over how long."""
    under: float = 0.9
    """Of a yield: 0 to 1."""
    boards: int = 40
    """Of a drift or a yield: fewer than this say nothing."""
    again_h: float = 8.0
    """Of a drift or a yield: not again for so long."""


class Announce(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole file."""

    rules: dict[str, Rule] = {}
    """By name."""
    escalate_to: str = ""
    """The role that is told what nobody has said to have heard; empty for nobody."""
    escalate_after_s: float = 300.0


def load(folder: Path) -> Announce:
    """Read a site's rules; none where there is no such file. Raises SiteError."""
    file = folder / NAME
    if not file.is_file():
        return Announce()
    found = yaml.read(file, Announce)
    for name, rule in found.rules.items():
        try:
            holes = {hole for _, hole, _, _ in string.Formatter().parse(rule.say) if hole is not None}
        except ValueError as exc:
            raise SiteError(file, f"bad template: {exc}", key=f"rules.{name}.say") from exc
        unknown = {hole for hole in holes if hole[:1].lower() + hole[1:] not in HOLES[rule.when]}
        if unknown:
            raise SiteError(file, f"no hole {min(unknown)!r} in what is said of a {rule.when}", key=f"rules.{name}.say")
        if rule.to == "called" and rule.when != "call":
            raise SiteError(file, "only of a call somebody is called", key=f"rules.{name}.to")
    return found
