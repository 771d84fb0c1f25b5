"""What may be behind defects: the reel that their parts came from, the place that is put down farther and farther off.

Named only as far as the evidence goes (hardware/causes.yaml), and as what it is: what goes together, not a proof.
"""

from __future__ import annotations

from collections.abc import Sequence

from assistant.domain.views import Scope, Span
from assistant.domain.views.materials import Moved, Suspect
from assistant.turn import naming
from assistant.turn.lookups.look import Look

MUCH = 0.1
"""Of all of a defect: what explains less is only for who asks on."""
UNTIL = "moved_until"
"""The answer that names both ends."""
BACK_S = 8 * 3600.0
"""How far back it is told that a place moved."""


def reels(look: Look, span: Span, scope: Scope, *, places: Sequence[str] = (), placer: str = "") -> list[str]:
    """A sentence for each reel that may be the cause of defects in a span, the worst first.

    `places`, `placer`: only of these places, only of that machine; of any where none is given.
    """
    found = look.views.materials.suspects(span, scope, look.known.causes)
    return [
        reel_words(look, one)
        for one in found
        if (not places or one.place in places) and (not placer or one.machine == placer)
    ]


def much(look: Look, span: Span, scope: Scope) -> tuple[list[str], list[str]]:
    """The same, those first of which a good part of the defect comes, and then those of which a little does."""
    found = look.views.materials.suspects(span, scope, look.known.causes)
    much, little = ([one for one in found if (one.count >= MUCH * one.all) is is_much] for is_much in (True, False))
    return [reel_words(look, one) for one in much], [reel_words(look, one) for one in little]


def reel_words(look: Look, one: Suspect) -> str:
    """That, as a sentence."""
    when = ""
    if one.since is not None and one.until is not None:
        since, until = look.times(one.since, one.until)
        when = look.text("reel_until", since=since, until=until)
    elif one.since is not None:
        when = look.text("reel_since", since=look.clock(one.since))
    return look.text(
        "reel",
        count=naming.count(one.count),
        all=naming.count(one.all),
        defect=naming.value(one.defect),
        place=one.place,
        reel=one.reel,
        machine=look.name(one.machine),
        when=when,
    )


def moved(look: Look, machine: str, span: Span, key: str = "moved") -> str:
    """The one place of a placer whose parts are put down farther off than at the beginning of a span, as a sentence."""
    found = look.views.materials.moved(span, machine, look.known.causes.rise)
    return moved_words(look, machine, found, span, key) if found is not None else ""


def moved_words(look: Look, machine: str, found: Moved, span: Span, key: str = "moved") -> str:
    """What moved, as a sentence."""
    since, until = look.times(max(found.since, span.start), span.end)
    return look.text(
        key,
        place=found.place,
        machine=look.name(machine),
        first=naming.measured(found.first),
        last=look.text("unit_placement_offset", value=naming.measured(found.last)),
        since=since if key == UNTIL else look.clock(max(found.since, span.start)),
        until=until,
    )
