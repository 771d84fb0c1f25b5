"""The stories told on the plant: what is true of each, from what was done, against what the machines reported."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from assistant.domain import events as e
from assistant.errors import SiteError, UsageError
from assistant.plant.stories import Fact
from assistant.plant.weeks import START, alone, played
from assistant.settings import stories
from assistant.settings.paths import shipped_site
from assistant.settings.stories import Story
from tests.site import the_plant

SEEDS = (7, 11)


@cache
def the_stories() -> dict[str, Story]:
    return stories.load(shipped_site() / "hardware", the_plant())


@cache
def told(name: str, seed: int) -> tuple[list[e.Event], list[Fact]]:
    """Everything that was reported, and everything that is true."""
    facts: list[Fact] = []
    programme = alone(the_stories()[name], lambda fact: facts.append(fact.moved(START)))
    return list(played(the_plant(), seed, programme, START, "told")), facts


EACH = [(name, seed) for name in ("changeover", "clog", "handover", "jam", "nozzle", "reel") for seed in SEEDS]


def within(fact: Fact, events: list[e.Event], machine: str = "") -> list[e.Event]:
    """What was reported in a fact's half-open stretch of time."""
    source = f"/machines/{machine or fact.where}"
    return [event for event in events if event.source == source and fact.since <= event.time < fact.until]


def slope(points: list[tuple[float, float]]) -> float:
    """Least squares: change a second."""
    x0 = sum(x for x, _ in points) / len(points)
    y0 = sum(y for _, y in points) / len(points)
    return sum((x - x0) * (y - y0) for x, y in points) / sum((x - x0) ** 2 for x, _ in points)


def waited(state: str, fact: Fact, events: list[e.Event]) -> float:
    """Seconds that a machine spent in a state in a fact's time, from its reports alone."""
    seconds, now, since = 0.0, "", 0.0
    for event in events:
        if event.subject == fact.where and isinstance(event.data, e.MachineStateChanged):
            if now == state:
                seconds += max(0.0, min(event.time, fact.until) - max(since, fact.since))
            now, since = event.data.state, event.time
    return seconds + (max(0.0, fact.until - max(since, fact.since)) if now == state else 0.0)


def measured(fact: Fact, data: e.Payload) -> float | None:
    """What a report says of a fact's quantity."""
    match data:
        case e.PasteMeasured() if fact.name == "paste_height":
            return sum(data.heights.values()) / len(data.heights)
        case e.PartsPlaced() if fact.name == "placement_offset":
            return data.offsets[fact.part] if fact.part else max(data.offsets.values())
        case e.BoardHeated() if fact.name == "peak_temperature":
            return data.peak
    return None


def as_reported(fact: Fact, events: list[e.Event]) -> None:
    """Hold one fact against the events; each kind of fact by a recomputation of its own."""
    here = within(fact, events)
    at = [event for event in events if abs(event.time - fact.since) < 1.0]
    match fact.what:
        case "drift":
            values = [(event.time, measured(fact, event.data)) for event in here]
            points = [(time, value) for time, value in values if value is not None]
            drifted = slope(points) * (fact.until - fact.since)
            assert drifted == pytest.approx(fact.value, abs=0.1 * abs(fact.value))
        case "alarm":
            raised = [
                event.time
                for event in events
                if isinstance(event.data, e.AlarmRaised)
                and (event.subject, event.data.code) == (fact.where, fact.name)
                and fact.since <= event.time <= fact.until
            ]
            assert (len(raised), raised[0], raised[-1]) == (fact.count, fact.since, fact.until)
        case "acknowledged":
            (seen,) = [event for event in at if isinstance(event.data, e.AlarmAcknowledged)]
            assert isinstance(seen.data, e.AlarmAcknowledged) and seen.data.code == fact.name
            (asked,) = [event for event in events if event.id == seen.causationid]
            assert isinstance(asked.data, e.OrderRequested) and asked.data.badge == fact.by
        case "down":
            states = [
                (event.time, event.data)
                for event in events
                if event.subject == fact.where
                and isinstance(event.data, e.MachineStateChanged)
                and fact.since <= event.time <= fact.until
            ]
            (since, went), (until, came) = states
            assert (since, went.state, went.cause) == (fact.since, "down", fact.name)
            assert (until, came.previous) == (fact.until, "down")
            assert until - since == pytest.approx(fact.value, abs=0.01)
        case "starved" | "blocked":
            assert waited(fact.what, fact, events) == pytest.approx(fact.value, abs=0.1)
        case "reel":
            placed = [event for event in here if isinstance(event.data, e.PartsPlaced)]
            used = [event for event in placed if event.data.reels[fact.part] == fact.name]  # type: ignore[attr-defined]
            assert len(used) == fact.count > 0
            (changed,) = [event for event in at if isinstance(event.data, e.ReelChanged)]
            assert isinstance(changed.data, e.ReelChanged)
            assert (changed.subject, changed.data.reel) == (fact.where, fact.name)
        case "changeover":
            later = [event for event in events if event.time >= fact.since]
            ready = [event.time for event in later if event.data == e.MachineSetUp(fact.name)]
            assert len(ready) == fact.count
            downs = [
                event.time
                for event in later
                if isinstance(event.data, e.MachineStateChanged) and event.data.cause == "SetUp"
            ]
            assert ready[-1] - downs[0] == pytest.approx(fact.value, abs=0.1)
            orders = {
                event.subject for event in at if event.data == e.WorkOrderCreated(fact.name, fact.where, "running")
            }
            assert orders == {fact.by}
        case "note":
            (note,) = [event for event in at if isinstance(event.data, e.NoteTaken)]
            assert isinstance(note.data, e.NoteTaken)
            assert (note.subject, note.data.text, note.data.badge) == (fact.where, fact.name, fact.by)
        case "defects":
            found = [
                defect for event in here if isinstance(event.data, e.BoardInspected) for defect in event.data.defects
            ]
            assert found.count(fact.name) == fact.count
        case "failed":
            failed = [event for event in here if isinstance(event.data, e.BoardInspected) and event.data.defects]
            assert len(failed) == fact.count
        case "made":
            last = next(line.machines[-1] for line in the_plant().lines if line.id == fact.where)
            departed = [event for event in within(fact, events, last) if isinstance(event.data, e.BoardDeparted)]
            assert len({event.subject for event in departed}) == fact.count > 0
        case "stood":
            had = {
                event.subject
                for event in events
                if isinstance(event.data, e.PartsPlaced) and event.data.reels.get(fact.part) == fact.name
            }
            stood = sum(
                (defect, place) == ("tombstone", fact.part)
                for event in events
                if isinstance(event.data, e.BoardInspected) and event.subject in had
                for defect, place in zip(event.data.defects, event.data.places, strict=True)
            )
            # The inspection sees one or the other that is none.
            assert 0 < fact.count <= stood <= fact.count + 3
        case "told":
            assert fact.until - fact.since == the_stories()[fact.story].lasts * 60
        case _:
            raise AssertionError(f"a fact that no test knows: {fact}")


@pytest.mark.parametrize(("name", "seed"), EACH)
def test_whatever_is_true_of_a_story_is_what_the_machines_reported(name: str, seed: int) -> None:
    events, facts = told(name, seed)
    for fact in facts:
        as_reported(fact, events)
    kinds = {fact.what for fact in facts}
    assert {"made", "failed", "told"} < kinds


@pytest.mark.parametrize(("name", "seed"), EACH)
def test_nothing_else_goes_wrong_on_the_line_of_a_story(name: str, seed: int) -> None:
    events, facts = told(name, seed)
    story = the_stories()[name]
    whole = next(fact for fact in facts if fact.what == "told")
    machines = next(line.machines for line in the_plant().lines if line.id == story.line)
    here = [event for machine in machines for event in within(whole, events, machine)]
    raised = sum(isinstance(event.data, e.AlarmRaised) for event in here)
    assert raised == sum(fact.count for fact in facts if fact.what == "alarm")
    downs = [event for event in here if isinstance(event.data, e.MachineStateChanged) and event.data.state == "down"]
    set_ups = sum(fact.count for fact in facts if fact.what == "changeover")
    assert len(downs) == sum(fact.what == "down" for fact in facts) + set_ups


@pytest.mark.parametrize("seed", SEEDS)
def test_a_clogging_stencil_makes_ever_more_boards_with_too_little_solder(seed: int) -> None:
    events, facts = told("clog", seed)
    drift = next(fact for fact in facts if fact.what == "drift")
    low, _ = the_plant().kinds["spi"].limits["paste_height"]
    failed = [
        event.time - drift.since
        for event in within(drift, events)
        if isinstance(event.data, e.BoardInspected) and "insufficient_solder" in event.data.defects
    ]
    first, second = sum(at < 1800 for at in failed), sum(at >= 1800 for at in failed)
    assert second > 2 * first
    heights = {event.subject: event.data.heights for event in events if isinstance(event.data, e.PasteMeasured)}
    for event in within(drift, events):
        if isinstance(event.data, e.BoardInspected):
            thin = {pad.split(".")[0] for pad, height in heights[event.subject].items() if height < low}
            assert thin == set(event.data.places), "a verdict says what was measured, and where"


@pytest.mark.parametrize("seed", SEEDS)
def test_boards_with_parts_that_stand_up_got_them_from_the_bad_reel(seed: int) -> None:
    events, facts = told("reel", seed)
    bad, good = [fact for fact in facts if fact.what == "reel"]
    reels = {
        event.subject: event.data.reels["U7"]
        for event in events
        if isinstance(event.data, e.PartsPlaced) and "U7" in event.data.reels
    }
    stood = [
        reels[event.subject]
        for event in events
        if event.source == "/machines/AOI-2"
        and isinstance(event.data, e.BoardInspected)
        and ("tombstone", "U7") in zip(event.data.defects, event.data.places, strict=True)
    ]
    assert stood.count(bad.name) >= 10
    assert stood.count(bad.name) / bad.count > 10 * (len(stood) - stood.count(bad.name)) / (len(reels) - bad.count)
    assert good.since == bad.until


@pytest.mark.parametrize("seed", SEEDS)
def test_what_stands_after_a_jam_is_starved_and_what_stands_before_it_is_blocked(seed: int) -> None:
    _, facts = told("jam", seed)
    down = next(fact for fact in facts if fact.what == "down")
    waits = {(fact.where, fact.what): fact.value for fact in facts if fact.what in ("starved", "blocked")}
    for machine, state in (("OVN-2", "starved"), ("AOI-2", "starved"), ("PNP-3", "blocked"), ("PRN-2", "blocked")):
        assert waits[machine, state] > 0.9 * down.value


def test_a_story_is_the_same_each_time_and_another_with_another_seed() -> None:
    again: list[Fact] = []
    programme = alone(the_stories()["jam"], lambda fact: again.append(fact.moved(START)))
    assert list(played(the_plant(), 7, programme, START, "told")) == told("jam", 7)[0]
    assert again == told("jam", 7)[1] != told("jam", 11)[1]


# ---- files -------------------------------------------------------------------------------------------------------

STORY = """about: something
line: SMT-1
day: 1
clock: 01:00
lasts: 60
steps:
  - {at: 10, do: down, machine: PRN-1, cause: LoadError, lasts: 5}
"""


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("line: SMT-1", "line: SMT-9", "SMT-9"),
        ("machine: PRN-1", "machine: PRN-2", "PRN-2"),
        ("do: down", "do: fall", "fall"),
        ("at: 10", "at: 70", "not within the story"),
        ("clock: 01:00", "clock: noon", "clock"),
        ("lasts: 5}", "lasts: 5, fault: OVN-CHAIN}", "OVN-CHAIN"),
        ("cause: LoadError, ", "", "cause"),
        ("do: down, machine: PRN-1, cause: LoadError, lasts: 5", "do: alarm, machine: PRN-1, code: X", "no alarm 'X'"),
        (
            "do: down, machine: PRN-1, cause: LoadError, lasts: 5",
            "do: drift, machine: AOI-1, quantity: paste_height, by: 1, over: 1, lasts: 1",
            "measures paste_height",
        ),
        (
            "do: down, machine: PRN-1, cause: LoadError, lasts: 5",
            "do: note, about: PRN-1, badge: OP-99, station: PRN-1, text: x",
            "OP-99",
        ),
    ],
)
def test_mistake_in_a_story_is_one_line_that_names_its_file(tmp_path: Path, old: str, new: str, says: str) -> None:
    file = tmp_path / stories.FOLDER / "mine.yaml"
    file.parent.mkdir()
    file.write_text(STORY)
    assert stories.load(tmp_path, the_plant())["mine"].name == "mine"
    assert old in STORY
    file.write_text(STORY.replace(old, new))
    with pytest.raises(SiteError, match=r"mine\.yaml") as raised:
        stories.load(tmp_path, the_plant())
    assert says in str(raised.value) and "\n" not in str(raised.value)


def test_site_without_stories_has_none_and_an_unknown_one_names_those_that_are_there(tmp_path: Path) -> None:
    assert stories.load(tmp_path, the_plant()) == {}
    with pytest.raises(UsageError, match=r"--story fire.*clog"):
        stories.chosen(the_stories(), "fire")
