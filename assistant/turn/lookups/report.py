"""What happened in a stretch of time: the hand-over in three sentences, and the rest for who asks on."""

from __future__ import annotations

from collections.abc import Iterator

from assistant.domain.views import PLANT, Scope, Span
from assistant.domain.views.measures import PLACEMENT_OFFSET, QUANTITIES
from assistant.domain.views.setups import SetUp
from assistant.turn import naming
from assistant.turn.lookups import causes
from assistant.turn.lookups.alarms import flood
from assistant.turn.lookups.count import found_words
from assistant.turn.lookups.look import Look, Reply, reply
from assistant.turn.lookups.measure import DRIFTS, HOUR, value
from assistant.turn.lookups.times import longest

MOST_NOTES = 6
MOST_DECISIONS = 8
HELD = "holds"
MOVED = 0.1
"""A drift of less than this share of what its limits allow is not worth telling."""
ENOUGH = 10
"""Values in the last hour, for a drift to be told."""


def report(look: Look) -> Reply:
    """Made, failed and yield; what stood longest; what is open now. Then defects, drifts, set-ups, notes, decisions."""
    counts = look.views.production.counts(look.span, PLANT)
    notes, downtime = _notes(look), longest(look, "stood")
    if not (counts.made or counts.failed or counts.passed or downtime or notes or _decisions(look)):
        return reply(look.text("none", period=look.when()))
    share = look.views.quality.first_pass(look.span, PLANT).share
    made = look.text(
        "made",
        period=look.when(),
        made=look.counted("boards", counts.made),
        failed=look.text("failed", count=naming.count(counts.failed)) if counts.failed else "",
        **{"yield": look.text("yield", percent=naming.percent(share)) if share is not None else ""},
    )
    behind, little = causes.much(look, look.span, PLANT)
    # A flood of alarms, a reel that may spoil boards, a note, what is open: the first of these is said at once.
    first, *later = [one for one in (flood(look), *behind[:1], *notes[:1], _open(look)) if one] or [""]
    return reply(
        made,
        downtime or look.text("no_downtime"),
        first,
        *(one for one in later if one not in notes),
        _defects(look),
        *behind[1:],
        *little,
        *_drifts(look),
        *(one for one in notes if one != first),
        *_set_ups(look),
        *_lines(look),
        *_decisions(look),
    )


def _open(look: Look) -> str:
    """What is open now, not then: whoever takes over has it before them."""
    counts = {
        HELD: len(look.views.holds.open()),
        "alarms": len(look.views.alarms.open(PLANT)),
        "rework": sum(board.rework for board in look.world.boards.awake.values()),
    }
    items = [look.counted(key, count) for key, count in counts.items() if count]
    return look.text("open" if items else "nothing_open", items=naming.listing(items))


def _defects(look: Look) -> str:
    found = look.views.quality.top_defects(look.span, PLANT, 3)
    return look.text("defects", items="; ".join(found_words(defect) for defect in found)) if found else ""


def _drifts(look: Look) -> Iterator[str]:
    """Quantities that ended far from where they began: the mean of the first hour beside that of the last."""
    for machine in look.world.machines.values():
        place = _moved(look, machine.id)
        if place:
            yield place
        for quantity in QUANTITIES:
            if place and quantity == PLACEMENT_OFFSET:
                continue
            ran = look.views.measures.summary(look.span, machine.id, quantity)
            end = Span(max(look.span.start, look.span.end - HOUR), look.span.end)
            newest = look.views.measures.summary(end, machine.id, quantity)
            if ran is None or newest is None or newest.n < ENOUGH:
                continue
            by = newest.mean - ran.first_hour_mean
            limits = look.known.limits.get(machine.kind, {}).get(quantity)
            least = MOVED * (limits[1] - limits[0]) if limits is not None else 0.0
            if abs(by) >= max(least, DRIFTS * abs(ran.mean)):
                yield look.text(
                    "drift",
                    quantity=look.text(quantity),
                    machine=machine.name,
                    way=look.text("rose" if by > 0 else "fell"),
                    by=value(look, quantity, abs(by)),
                    first=naming.measured(ran.first_hour_mean),
                    last=value(look, quantity, newest.mean),
                )


def _moved(look: Look, machine: str) -> str:
    """A place that was put down farther and farther off, up to the end or to a stop that mended it."""
    said = causes.moved(look, machine, look.span)
    if said:
        return said
    ends = (stop.start for stop in reversed(look.views.times.stops(look.span, machine)))
    spans = (Span(look.span.start, end) for end in ends if end > look.span.start)
    return next(filter(None, (causes.moved(look, machine, span, causes.UNTIL) for span in spans)), "")


def _notes(look: Look) -> list[str]:
    taken = look.views.notes.taken(look.span, PLANT)[-MOST_NOTES:]
    return [
        look.text("note", badge=note.badge, subject=look.name(note.subject), text=note.text.rstrip(".?!"))
        for note in reversed(taken)
    ]


def _set_ups(look: Look) -> Iterator[str]:
    """Lines that were changed over: told by their first machine."""
    for line in look.world.lines.values():
        before, told = "", list[SetUp]()
        for done in look.views.set_ups.done(look.span, Scope(machine=line.machines[0])):
            if done.product != before:
                told.append(done)
            before = done.product
        if len(told) == 1:
            yield look.text("set_up", unit=line.name, product=look.name(told[0].product), time=look.clock(told[0].time))
        elif told:
            last = {"product": look.name(told[-1].product), "time": look.clock(told[-1].time)}
            yield look.text("set_ups", unit=line.name, times=naming.times(len(told)), **last)


def _lines(look: Look) -> Iterator[str]:
    for line in look.world.lines.values():
        scope = Scope(line=line.id)
        share = look.views.quality.first_pass(look.span, scope).share
        if share is None:
            continue
        counts = look.views.production.counts(look.span, scope)
        stood = sum(down.seconds for down in look.views.times.downtime(look.span, scope))
        yield look.text(
            "line",
            line=line.name,
            made=look.counted("boards", counts.made),
            **{"yield": naming.percent(share)},
            duration=naming.duration(stood),
        )


def _decisions(look: Look) -> list[str]:
    """Who had what done."""
    done = [one for one in look.views.orders.by_person(look.span) if one.outcome == "done"][-MOST_DECISIONS:]
    badges = dict.fromkeys(one.badge for one in done)
    return [
        look.text(
            "decided",
            badge=badge,
            items=look.some(
                [f"{naming.value(one.method)} {look.name(one.subject)}" for one in done if one.badge == badge]
            ),
        )
        for badge in badges
    ]
