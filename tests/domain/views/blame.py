"""How often a reel or a place is named that nothing is the matter with, and how often the bad reel is found.

    python -m tests.domain.views.blame [SHIFTS] [STORIES]

Weeks of the plant with every story but the bad reel's, each with a seed of its own, asked about shift by shift; then
that story told after a day without any, so many times, asked about when it is over.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from assistant.bench import Share
from assistant.bootstrap.site import declarations
from assistant.domain import events as e
from assistant.domain.views import PLANT, Span, Views
from assistant.domain.views.materials import Suspect
from assistant.plant.stories import Fact
from assistant.plant.weeks import DAY_S, START, Programme, played, week
from assistant.settings import causes, stories
from assistant.settings.paths import shipped_site
from tests.site import the_plant

SHIFT_S = 8 * 3600.0
NEEDED = (e.PartsPlaced, e.BoardInspected, e.ReelChanged)
RULE = causes.load(shipped_site() / "hardware")


def known(events: Iterable[e.Event], views: Views | None = None) -> Iterator[tuple[e.Event, Views]]:
    """What is needed of these events, one after the other, and the views that know them."""
    views = views or Views()
    for event in declarations(the_plant(), START - 3600):
        views.apply(event)
    for event in events:
        if isinstance(event.data, NEEDED):
            views.apply(event)
            yield event, views


def innocent(seed: int, shifts: int) -> Iterator[tuple[list[Suspect], list[str]]]:
    """For each of so many shifts without a bad reel: the reels and the places that are named."""
    told = [one for name, one in stories.load(shipped_site() / "hardware", the_plant()).items() if name != "reel"]
    facts: list[Fact] = []
    ends = START + SHIFT_S
    for event, views in known(week(the_plant(), seed, shifts / 3 + 0.02, stories=told, tell=facts.append)):
        if event.time < ends:
            continue
        span = Span(ends - SHIFT_S, ends)
        wears = [one for one in facts if one.what == "drift" and one.part and one.since < ends]
        worn = {one.where for one in wears if one.until > span.start}
        moved = {machine.id: views.materials.moved(span, machine.id, RULE.rise) for machine in the_plant().machines}
        places = [f"{machine} {one.place}" for machine, one in moved.items() if one is not None and machine not in worn]
        yield views.materials.suspects(span, PLANT, RULE), places
        ends += SHIFT_S


def guilty(seed: int) -> tuple[list[Suspect], Fact]:
    """What is named when the story of the bad reel is over, and which reel it was."""
    facts: list[Fact] = []
    story = stories.load(shipped_site() / "hardware", the_plant())["reel"]
    views = Views()
    programme = Programme(DAY_S + story.lasts * 60 + 600, ((story, DAY_S),), facts.append)
    for _ in known(played(the_plant(), seed, programme, START, f"story{seed}"), views):
        pass
    bad = next(fact.moved(START) for fact in facts if fact.what == "reel" and fact.value)
    told = next(fact.moved(START) for fact in facts if fact.what == "told")
    return views.materials.suspects(Span(told.since, told.until), PLANT, RULE), bad


def main(shifts: int = 63, told: int = 20) -> None:
    """Measure both."""
    asked, reels, places, seed = 0, 0, 0, 100
    while asked < shifts:
        for suspects, moved in innocent(seed, min(21, shifts - asked)):
            asked, reels, places = asked + 1, reels + bool(suspects), places + bool(moved)
            for one in (*suspects, *moved):
                print(f"seed {seed}, shift {asked}: {one}", flush=True)  # noqa: T201
        seed += 1
    found = [guilty(number) for number in range(told)]
    right = sum(bool(named) and {one.reel for one in named} == {bad.name} for named, bad in found)
    shares = (
        Share("shifts without a bad reel in which one was named", reels, asked),
        Share("shifts in which a place was named that nothing was the matter with", places, asked),
        Share("bad reels that were named, and no other", right, told),
    )
    for share in shares:
        low, high = share.interval
        print(f"{share.name:72} {share.right:3} of {share.n:3}  (95 %: {max(0.0, low):.1%} to {high:.1%})")  # noqa: T201


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
