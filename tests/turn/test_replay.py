"""Recorded turns again: the world of then, today's files, and nothing touched."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from assistant.adapters import eventlog
from assistant.adapters.snapshots import fresh
from assistant.bootstrap import Site, led_to, open_replay, turn_of
from assistant.bootstrap.known import known_of, snapshots
from assistant.domain import events as e
from assistant.domain.kept import keep
from assistant.domain.values import Session
from assistant.domain.views import Views
from assistant.turn.replay import Again, words
from tests.a_core import OPERATOR, QUALITY, SUPERVISOR, Bench, a_core, the_site


def kept(bench: Bench, folder: Path) -> None:
    """The bench's log as a file."""
    with closing(eventlog.SqliteLog(folder, floor_bytes=0)) as log:
        log.append(bench.log.events)


async def again(folder: Path, turn: str, site: Site | None = None) -> Again:
    recorded = turn_of(folder, turn)
    assert recorded is not None
    before = led_to(folder, recorded)
    first = min(one.position for one in (*before, recorded))
    async with open_replay(site or the_site(), folder, first) as replay:
        await replay.reach(before, recorded)
        return await replay.read(recorded, words(recorded))


def with_intent(name: str, **changes: object) -> Site:
    """The shipped site with one intent changed."""
    site = the_site()
    intents = site.intents
    by_name = {**intents.by_name, name: msgspec.structs.replace(intents.by_name[name], **changes)}
    return replace(site, intents=msgspec.structs.replace(intents, by_name=by_name))


CONVERSATION: Sequence[tuple[str, Session]] = (
    ("hold lot 4712, bridging", OPERATOR),
    ("hold it, void", OPERATOR),
    ("release lot 4712", QUALITY),
    ("yes", QUALITY),
    ("hold lot 4713", OPERATOR),
    ("solder balls", OPERATOR),
    ("undo", OPERATOR),
    ("stop line", SUPERVISOR),
    ("line two", SUPERVISOR),
    ("scrap board 10231, void", QUALITY),
    ("three two", QUALITY),
    ("scrap board 10231, void", QUALITY),
    ("three one", QUALITY),
    ("hold lots 4712 and 4721, void", OPERATOR),
    ("note on lot 4711: looked at it", OPERATOR),
    ("which lots are on hold", OPERATOR),
    ("the line was asleep all night", OPERATOR),
)


async def test_with_the_same_files_nothing_differs_whatever_came_after(tmp_path: Path) -> None:
    async with a_core() as bench:
        decisions = [
            (await bench.say(text, session, turn=f"t{number}")).decision
            for number, (text, session) in enumerate(CONVERSATION)
        ]
        kept(bench, tmp_path)
    for number, decision in enumerate(decisions):
        told = await again(tmp_path, f"t{number}")
        assert told.differs == (), (CONVERSATION[number], told)
        assert told.answer.decision == decision


async def test_what_is_spoken_again_is_heard_as_then(tmp_path: Path) -> None:
    async with a_core() as bench:
        await bench.hear(("go to sleep", -0.1))
        await bench.hear(("hold lot 4712 bridging", -0.1))
        await bench.hear(("wake up", -0.1))
        await bench.hear(("hold lot 4712 void", -0.2), ("hold lot 4711 void", -0.25))
        bench.clock.step(11)
        await bench.hear(("yes", -0.1))
        turns = [event.subject for event in bench.log.events if event.type == "turn.heard"]
        kept(bench, tmp_path)
    told = [await again(tmp_path, turn) for turn in turns]
    assert [one.differs for one in told] == [()] * 5
    assert [one.answer.rule for one in told] == ["sleep", "asleep", "sleep", "asked: which lot", "expired"]


async def test_another_policy_decides_otherwise_and_is_named(tmp_path: Path) -> None:
    async with a_core() as bench:
        await bench.say("hold lot 4712, bridging", turn="t1")
        kept(bench, tmp_path)
    told = await again(tmp_path, "t1", with_intent("hold", confirm="always"))
    assert told.differs == ("rule", "decision") and not told.acts
    assert told.answer.rule == "confirm: always"
    told = await again(tmp_path, "t1", with_intent("hold", roles=("supervisor",)))
    assert told.answer.rule == "refused: role"


async def test_a_question_that_would_not_be_asked_today_leaves_its_answer_without_one(tmp_path: Path) -> None:
    async with a_core() as bench:
        await bench.say("hold lot 4712, bridging")
        await bench.say("release lot 4712", QUALITY, turn="t1")
        await bench.say("yes", QUALITY, turn="t2")
        kept(bench, tmp_path)
    recorded = turn_of(tmp_path, "t2")
    assert recorded is not None
    assert [one.turn for one in led_to(tmp_path, recorded)] == ["t1"]
    told = await again(tmp_path, "t2", with_intent("release", roles=("supervisor",)))
    assert told.answer.rule == "nothing asked" and not told.acts


async def test_replaying_writes_nothing(tmp_path: Path) -> None:
    async with a_core() as bench:
        await bench.say("hold lot 4712, bridging", turn="t1")
        await bench.say("note on lot 4712: seen", turn="t2")
        kept(bench, tmp_path)
    before = eventlog.head(tmp_path)
    for turn in ("t1", "t2"):
        assert (await again(tmp_path, turn)).acts
    assert eventlog.head(tmp_path) == before


async def test_a_machine_that_refused_then_is_no_difference_of_policy(tmp_path: Path) -> None:
    async with a_core() as bench:
        bench.machines.simulation.holds["L4712"] = "void"  # unknown to the log
        await bench.say("hold lot 4712, bridging", turn="t1")
        kept(bench, tmp_path)
    assert (await again(tmp_path, "t1")).differs == ()


@pytest.mark.parametrize(
    ("text", "differs"), [("hold lot 4712, bridging", ()), ("hold lot 4711, bridging", ("slots",))]
)
async def test_a_turn_from_before_rules_were_kept_is_judged_by_what_it_did(
    tmp_path: Path, text: str, differs: tuple[str, ...]
) -> None:
    async with a_core() as bench:
        await bench.say("hold lot 4712, bridging", turn="t1")
        for place, event in enumerate(bench.log.events):
            if isinstance(event.data, e.TurnHeard):
                old = e.TurnHeard(text, "text", "OP-17", "PRN-1", "hold", event.data.slots, 1.0, "template")
                bench.log.events[place] = replace(event, data=old)
            if isinstance(event.data, e.TurnAnswered):
                bench.log.events[place] = replace(event, data=e.TurnAnswered("done", event.data.say))
        kept(bench, tmp_path)
    told = await again(tmp_path, "t1")
    assert told.differs == differs and told.acts


async def test_the_yes_of_a_second_person_is_read_behind_the_yes_of_the_first(tmp_path: Path) -> None:
    site, first, other = with_intent("scrap", second=("supervisor",)), QUALITY, Session("SV-3", QUALITY.station)
    async with a_core(site=site) as bench:
        said = [("scrap board 10231, void", first), ("three one", first), ("yes", other)]
        rules = [
            (await bench.say(text, session, turn=f"t{number}")).rule for number, (text, session) in enumerate(said)
        ]
        assert rules == ["digits", "confirm: second", "seconded"]
        kept(bench, tmp_path)
    told = [await again(tmp_path, turn, site) for turn in ("t0", "t1", "t2")]
    assert [(one.answer.rule, one.differs) for one in told] == [(rule, ()) for rule in rules]
    recorded = turn_of(tmp_path, "t2")
    assert recorded is not None
    assert [one.turn for one in led_to(tmp_path, recorded)] == ["t0", "t1"]
    async with open_replay(site, tmp_path) as replay:
        await replay.reach(led_to(tmp_path, recorded), recorded)
        twice = [(await replay.read(recorded, words(recorded))).answer.rule for _ in range(2)]
    assert twice == ["seconded", "seconded"], "it can be read once more, from other words"
    assert (await again(tmp_path, "t1")).answer.rule == "confirmed", "the shipped site wants one person"


async def test_what_settled_an_uncertain_order_later_belongs_to_the_turn_that_gave_it(tmp_path: Path) -> None:
    async with a_core() as bench:
        bench.machines.answer_lost = "not done"
        await bench.say("hold lot 4713, bridging", turn="t1")
        assert (await bench.say("hold lot 4713, bridging")).rule == "confirm: unsettled"
        (order,) = bench.core._world.uncertain
        await bench.core.settle(order, "not_done", QUALITY)
        assert (await bench.say("hold lot 4713, bridging", turn="t2")).decision is not None
        kept(bench, tmp_path)
    recorded = turn_of(tmp_path, "t1")
    assert recorded is not None
    (ordered,) = recorded.orders
    assert [event.type for event in ordered.story][-2:] == ["order.uncertain", "order.settled"]
    assert (await again(tmp_path, "t1")).differs == ()


async def test_a_turn_read_again_from_a_snapshot_is_read_as_from_the_first_event(tmp_path: Path) -> None:
    async with a_core() as bench:
        for number, (text, session) in enumerate(CONVERSATION):
            await bench.say(text, session, turn=f"t{number}")
        kept(bench, tmp_path)
    whole = [_timeless(await again(tmp_path, f"t{number}")) for number in range(len(CONVERSATION))]
    of_turns = [found for number in range(len(CONVERSATION)) if (found := turn_of(tmp_path, f"t{number}"))]
    for position in {of_turns[number].position - 1 for number in (3, 9, 16)}:
        assert snapshots(tmp_path).save(known_of(tmp_path, until=position))
        for number in (2, 3, 8, 9, 10, 16):
            assert _timeless(await again(tmp_path, f"t{number}")) == whole[number], (position, number)


def _timeless(told: Again) -> Again:
    """How long it took is different each time."""
    return replace(told, answer=replace(told.answer, ms={}))


async def test_a_turn_is_read_again_in_the_world_before_it_and_the_snapshot_is_used_only_there(tmp_path: Path) -> None:
    async with a_core() as bench:
        for number, (text, session) in enumerate(CONVERSATION[:4]):
            await bench.say(text, session, turn=f"t{number}")
        kept(bench, tmp_path)
        last = bench.log.events[-1].position
    middle = last // 2
    known = known_of(tmp_path, until=middle)
    known.world.seen["told by this snapshot alone"] = 1
    assert snapshots(tmp_path).save(known)
    for until in (1, middle - 1, middle, middle + 1, last):
        plain = fresh(Views())
        for event in eventlog.read(tmp_path, until=until):
            plain.world.apply(event)
            plain.views.apply(event)
        found = known_of(tmp_path, until=until)
        assert (found.world.seen.pop("told by this snapshot alone", 0) == 1) == (until >= middle)
        assert keep(found.world) == keep(plain.world) and found.views.state() == plain.views.state()
    assert snapshots(tmp_path).load(lambda _: known.world.hash, discard=False).world.position == middle, "left alone"
