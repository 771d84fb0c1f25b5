"""How well: first-pass yield and rolled yield, the defects found most."""

from __future__ import annotations

from assistant.domain.views import Scope
from assistant.turn import naming
from assistant.turn.lookups import causes
from assistant.turn.lookups.count import found_words, never_made, worst
from assistant.turn.lookups.look import Look, Reply, reply

AT_ONCE = 3
"""Defects named in the first sentence."""
MOST = 12


def first_pass_yield(look: Look) -> Reply:
    """The share that passed the first time, the rolled one where it is another, and what was found."""
    share = look.views.quality.first_pass(look.span, look.scope)
    if share.share is None:
        return reply(never_made(look) or look.text("none", where=look.where(), period=look.when()))
    some = look.text(
        "some",
        where=look.where(),
        period=look.when(),
        percent=naming.percent(share.share),
        good=naming.count(share.good),
        all=naming.count(share.all),
    )
    lines = _lines(look)
    return reply(some, lines[0] if lines else "", worst(look), _rolled(look, share.share), *lines[1:])


def _rolled(look: Look, first: float) -> str:
    rolled = look.views.quality.rolled(look.span, look.scope)
    if rolled is None or naming.percent(rolled) == naming.percent(first):
        return ""
    return look.text("rolled", percent=naming.percent(rolled))


def _lines(look: Look) -> list[str]:
    """The line that is worst, where all are asked about and they differ."""
    if look.scope != Scope():
        return []
    shares = {line: look.views.quality.first_pass(look.span, Scope(line=line)).share for line in look.world.lines}
    known = sorted((share, line) for line, share in shares.items() if share is not None)
    if len(known) < 2 or naming.percent(known[0][0]) == naming.percent(known[-1][0]):
        return []
    return [look.text("worst_line", line=look.name(known[0][1]), percent=naming.percent(known[0][0]))]


def top_defects(look: Look) -> Reply:
    """What was found most, and where."""
    found = look.views.quality.top_defects(look.span, look.scope, MOST)
    holes = {"where": look.where(), "period": look.when()}
    if not found:
        seen = look.views.quality.first_pass(look.span, look.scope).all
        seen = seen or look.views.quality.inspected(look.span, look.scope).bit_count()
        if not seen:
            return reply(never_made(look) or look.text("uninspected", **holes))
        return reply(look.text("none", boards=look.counted("boards", seen), **holes))
    items = [found_words(defect) for defect in found]
    groups = [items[at : at + AT_ONCE] for at in range(AT_ONCE, len(items), AT_ONCE)]
    first = look.text("some", items="; ".join(items[:AT_ONCE]), **holes)
    behind, little = causes.much(look, look.span, look.scope)
    further = [look.text("then", items="; ".join(group)) for group in groups]
    # The worst, and what may be behind them, are the answer; the others are for who asks on.
    return Reply((first, *(behind[:1] or [""]), "", *behind[1:], *further, *little))
