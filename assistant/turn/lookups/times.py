"""Where the time went: downtime by machine and cause, overall equipment effectiveness."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from assistant.domain.views.times import UNKNOWN, Down
from assistant.turn import naming
from assistant.turn.lookups.look import Look, Reply, reply

AT_ONCE = 3
"""Causes named in one sentence."""


def downtime(look: Look) -> Reply:
    """How long machines stood, and which and why, longest first."""
    if look.scope.is_about_lots:
        return reply(look.text("no_time_of_lots"))
    downs = look.views.times.downtime(look.span, look.scope)
    holes = {"where": look.where(), "period": look.when()}
    machine = look.scope.machine
    if machine and set(look.views.times.accounts(look.span, machine)) <= {UNKNOWN}:
        return reply(look.text("unheard", **holes))
    if not downs:
        return reply(look.text("none", **holes))
    total = naming.duration(sum(down.seconds for down in downs))
    if machine:
        often = sum(down.times for down in downs)
        times = naming.times(often)
        if len(downs) == 1:
            why = cause(downs[0]) or look.text("unexplained")
            return reply(
                look.text("once" if often == 1 else "one_cause", duration=total, times=times, cause=why, **holes)
            )
        said = look.text("machine", duration=total, times=times, **holes)
        items = [f"{naming.duration(down.seconds)}, {cause(down) or look.text('unexplained')}" for down in downs]
        groups = ["; ".join(items[at : at + AT_ONCE]) for at in range(0, len(items), AT_ONCE)]
        causes = [look.text("because" if at == 0 else "then", items=group) for at, group in enumerate(groups)]
        return reply(said, *causes)
    worst = by_machine(downs)
    said = look.text("machines", duration=total, **holes)
    return reply(said, *(_machine(look, one, "worst" if at == 0 else "further") for at, one in enumerate(worst)))


def by_machine(downs: Sequence[Down]) -> list[list[Down]]:
    """The same by machine, the machine that stood longest first; of each the longest cause first."""
    ordered = sorted(downs, key=lambda down: down.machine)
    groups = [list(group) for _, group in groupby(ordered, key=lambda down: down.machine)]
    for group in groups:
        group.sort(key=lambda down: -down.seconds)
    return sorted(groups, key=lambda group: -sum(down.seconds for down in group))


def cause(down: Down) -> str:
    """What explains it, in words: the alarm's own, or the cause that the machine gave; empty where nothing does."""
    return down.text or spaced(down.cause)


def spaced(word: str) -> str:
    """A CFX cause as words: `MechanicalFailure` -> `mechanical failure`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", word).lower().replace("_", " ") if word.isalpha() else word


def _cause(look: Look, down: Down) -> str:
    return look.text("cause", cause=cause(down) or look.text("unexplained"))


def _machine(look: Look, downs: Sequence[Down], key: str) -> str:
    total = naming.duration(sum(down.seconds for down in downs))
    return look.text(key, machine=look.name(downs[0].machine), duration=total, cause=_cause(look, downs[0]))


def longest(look: Look, key: str) -> str:
    """The machine that stood longest, how long and mostly why; empty where none stood."""
    downs = look.views.times.downtime(look.span, look.scope)
    return _machine(look, by_machine(downs)[0], key) if downs else ""


def oee(look: Look) -> Reply:
    """Overall equipment effectiveness, its three factors, and what was lost most."""
    if look.scope.is_about_lots:
        return reply(look.text("no_time_of_lots"))
    found = look.views.times.oee(look.span, look.scope)
    holes = {"where": look.where(), "period": look.when()}
    if found is None:
        return reply(look.text("none", **holes))
    return reply(
        look.text("some", percent=naming.percent(found.oee), **holes),
        look.text(
            "factors",
            availability=naming.percent(found.availability),
            performance=naming.percent(found.performance),
            quality=naming.percent(found.quality),
        ),
        longest(look, "lost"),
    )
