"""How many: boards made, passed, failed, held, reworked, scrapped; and which ones."""

from __future__ import annotations

from collections.abc import Iterable

from assistant.domain.views import Scope, Span
from assistant.domain.views.crowd import mask_of
from assistant.domain.views.quality import Defect
from assistant.turn import naming
from assistant.turn.lookups.look import Look, Reply, reply

FINE = ("made", "passed")
"""Nobody goes to look at these: they are named only for who asks which ones."""
NAMED_AT_ONCE = 2
"""More than these are named only for who asks which ones."""
MOST_NAMED = 60
"""Nobody listens to more ids than these, however often they say "more"."""


def count(look: Look) -> Reply:
    """The number, its time, and for who asks on, which ones."""
    metric = look.command.slots["metric"]
    counts = look.views.production.counts(look.span, look.scope)
    number = int(getattr(counts, metric))
    if not number and (never := never_made(look)):
        return reply(never)
    if metric == "held" and "period" not in look.command.slots:
        return _held_now(look, number)
    said = look.counted(metric, number, where=look.where(), period=look.when())
    named = look.listed(which(look, metric), "which")
    if number > MOST_NAMED:
        named.append(look.text("left", count=naming.count(number - MOST_NAMED)))
    most = worst(look) if metric == "failed" and number else ""
    if number <= NAMED_AT_ONCE and metric not in FINE:
        return reply(said, most, *named)
    return Reply((said, most, "", *named))


def _held_now(look: Look, number: int) -> Reply:
    """What is on hold now, and how much was put on hold in the shift: who gives no time means now."""
    held = [
        hold.subject
        for hold in look.views.holds.history(Span(look.now, look.now + 1), look.scope)
        if hold.until is None
    ]
    items = [look.name(subject) for subject in dict.fromkeys(held)]
    now = look.counted("held_now", len(items), where=look.where(), items=look.some(items))
    shift = look.counted("held", number, where=look.where(), period=look.when()) if not look.trouble() else ""
    return Reply((now, shift, "", *look.rest(items, "which")))


def which(look: Look, metric: str) -> list[str]:
    """The names of what was counted, at most MOST_NAMED: of boards those that came last."""
    span, scope, views = look.span, look.scope, look.views
    if metric == "held":
        holds = views.holds.history(span, scope)
        put = dict.fromkeys(hold.subject for hold in holds if hold.since >= span.start)
        return [look.name(one) for one in put][:MOST_NAMED]
    quality, production = views.quality, views.production
    match metric:
        case "made":
            return _names(look, _numbers(production.boards_made(span, scope)))
        case "passed":
            failed = mask_of(quality.failed(span, scope))
            return _names(look, _numbers(quality.inspected(span, scope) & ~failed))
        case "failed":
            return _names(look, quality.failed(span, scope))
        case "reworked":
            return _names(look, production.boards_reworked(span, scope))
    return _names(look, production.boards_scrapped(span, scope))


def never_made(look: Look) -> str:
    """That a product, order or lot was never made at all; empty where it was, or where none is asked about."""
    slots = look.command.slots
    for slot in ("product", "order", "lot"):
        if slot in slots:
            ever = Span(0.0, look.now)
            counts = look.views.production.counts(ever, Scope(**{slot: slots[slot]}))
            inspected = counts.passed + counts.failed
            return "" if counts.made or inspected else look.text("never_made", what=look.name(slots[slot]))
    return ""


def worst(look: Look) -> str:
    """The defect found most often, and where; empty where none was."""
    found = look.views.quality.top_defects(look.span, look.scope, 1)
    return look.text("most_often", items=found_words(found[0])) if found else ""


def found_words(defect: Defect) -> str:
    """`bridging 12 times, mostly at U7`."""
    place, there = defect.places[0] if defect.places else ("", 0)
    at = f", {'mostly ' if there < defect.count else ''}at {place}" if place and 2 * there >= defect.count else ""
    return f"{naming.value(defect.name)} {naming.times(defect.count)}{at}"


def _names(look: Look, boards: Iterable[int]) -> list[str]:
    names = look.views.register.boards.names
    return sorted(look.name(names[board]) for board in sorted(boards)[-MOST_NAMED:])


def _numbers(mask: int) -> list[int]:
    """The last of the boards that are given as bits, at most MOST_NAMED."""
    found: list[int] = []
    while mask and len(found) < MOST_NAMED:
        last = mask.bit_length() - 1
        found.append(last)
        mask ^= 1 << last
    return found
