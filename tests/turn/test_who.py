"""Who may do what where: what a headset may be asked for, changed roles, and badges that come and go."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from dataclasses import replace

import msgspec
import pytest
import pytest_asyncio

from assistant.bootstrap import Site
from assistant.domain import events as e
from assistant.domain.values import Decision, Session
from assistant.errors import UsageError
from assistant.settings.stations import Station, Stations
from tests.a_core import OPERATOR, SUPERVISOR, Bench, a_core, the_site
from tests.fakes.memory_log import MemoryLog
from tests.site import the_plant

ALL = ("hold", "release", "rework", "scrap", "stop", "start", "acknowledge", "call", "note", "changeover", "undo")
SPOKEN = tuple(name for name in ALL if name not in ("scrap", "changeover"))
TESTER = Session("SV-3", "ICT-1")


@pytest_asyncio.fixture
async def bench() -> AsyncIterator[Bench]:
    """Scrap and changeover are typed, and at the tester's headset nothing is started."""
    own = {"ICT-1": Station(headset=("hold", "note")), "RWK-1": Station(headset=(*SPOKEN, "scrap"), terminal=())}
    where = Stations(headset=SPOKEN, terminal=ALL, stations=own)
    async with a_core(site=replace(the_site(), stations=where)) as bench:
        yield bench


async def test_a_headset_may_be_asked_only_for_what_is_listed_and_says_where_else(bench: Bench) -> None:
    answer = await bench.hear(("scrap board 10231, damaged", -0.1), session=SUPERVISOR)
    assert (answer.decision, answer.rule) == (Decision.REFUSED, "refused: headset")
    assert answer.say == "That isn't done by voice here. Do it at the terminal."
    assert (await bench.say("scrap board 10231, damaged", SUPERVISOR)).decision is Decision.CONFIRM


async def test_a_station_s_own_list_is_the_whole_of_it(bench: Bench) -> None:
    assert (await bench.hear(("hold lot 4712, bridging", -0.1), session=TESTER)).decision is Decision.DONE
    refused = await bench.hear(("release lot 4712", -0.1), session=TESTER)
    assert (refused.decision, refused.rule) == (Decision.REFUSED, "refused: headset")
    assert (await bench.say("release lot 4712", TESTER)).decision is Decision.CONFIRM


async def test_where_nothing_is_typed_the_answer_names_the_headset(bench: Bench) -> None:
    answer = await bench.say("hold lot 4712, bridging", Session("SV-3", "RWK-1"))
    assert (answer.decision, answer.say) == (Decision.REFUSED, "That isn't typed here. Do it by voice.")


async def test_look_ups_and_words_about_the_conversation_are_open_to_everybody(bench: Bench) -> None:
    assert (await bench.hear(("status of lot 4712", -0.1), session=TESTER)).decision is Decision.ANSWERED
    assert (await bench.hear(("help", -0.1), session=TESTER)).decision is Decision.ANSWERED


async def test_a_question_that_was_typed_is_not_answered_by_voice_where_it_may_not_be_asked(bench: Bench) -> None:
    assert (await bench.say("scrap board 10231, damaged", SUPERVISOR)).decision is Decision.CONFIRM
    answer = await bench.hear(("three one", -0.1), session=SUPERVISOR)
    assert answer.decision is Decision.REFUSED
    assert "order.requested" not in bench.types()


async def test_the_shipped_site_lists_every_action_for_a_terminal() -> None:
    from assistant import bootstrap

    site = bootstrap.load_site(None)
    assert site.stations is not None
    actions = {name for name, spec in site.intents.by_name.items() if spec.kind == "action"}
    assert set(site.stations.terminal) == actions


# ---- roles ---------------------------------------------------------------------------------------------------


async def changed(bench: Bench, badge: str, role: str, line: str = "") -> None:
    event = e.Event(uuid.uuid4().hex, "/site", badge, bench.clock.now(), e.OperatorRoleChanged(role, line))
    await bench.ingest._recorder.record(event)


@pytest.mark.parametrize(("role", "rule"), [("quality", "refused: changed"), ("operator", "refused: role")])
async def test_a_question_to_somebody_whose_role_changes_is_void(bench: Bench, role: str, rule: str) -> None:
    """Also where the new role might have done it too: what was asked was asked of a supervisor."""
    await bench.say("hold lot 4712, bridging", SUPERVISOR)
    assert (await bench.say("release lot 4712", SUPERVISOR)).decision is Decision.CONFIRM
    await changed(bench, "SV-3", role)
    answer = await bench.say("yes", SUPERVISOR)
    assert (answer.decision, answer.rule) == (Decision.REFUSED, rule)
    assert (await bench.say("yes", SUPERVISOR)).decision is Decision.IGNORED


async def test_a_role_that_the_site_s_file_changes_is_an_event_and_so_is_the_way_back() -> None:
    log = MemoryLog()

    def site(role: str) -> Site:
        first, *others = the_plant().operators
        people = (msgspec.structs.replace(first, role=role), *others)
        return replace(the_site(), plant=msgspec.structs.replace(the_plant(), operators=people))

    for role in ("operator", "supervisor", "operator", "operator"):
        async with a_core(log, site=site(role)) as bench:
            assert bench.core._world.operators["OP-17"].role == role
    told = [event.data for event in log.events if event.type == "operator.role_changed"]
    assert told == [
        e.OperatorRoleChanged("supervisor", "SMT-1", "operator"),
        e.OperatorRoleChanged("operator", "SMT-1", "supervisor"),
    ]


async def test_who_is_in_the_file_no_more_may_do_nothing_and_may_come_back() -> None:
    log = MemoryLog()
    others = tuple(one for one in the_plant().operators if one.id != "OP-17")
    without = replace(the_site(), plant=msgspec.structs.replace(the_plant(), operators=others))
    async with a_core(log):
        pass
    async with a_core(log, site=without) as bench:
        with pytest.raises(UsageError):
            bench.core.check(OPERATOR)
        assert (await bench.say("hold lot 4712, bridging")).rule == "refused: nobody"
    async with a_core(log) as bench:
        assert (await bench.say("hold lot 4712, bridging")).decision is Decision.DONE


# ---- checking in ---------------------------------------------------------------------------------------------


async def test_checking_in_is_an_event_and_the_same_again_is_none(bench: Bench) -> None:
    await bench.presence.check_in(OPERATOR, "terminal")
    await bench.presence.check_in(OPERATOR, "terminal")
    told = [event for event in bench.log.events if event.type == "badge.checked_in"]
    assert [(event.subject, event.data) for event in told] == [("OP-17", e.CheckedIn("PRN-1", "terminal"))]


async def test_who_checks_out_has_no_question_left(bench: Bench) -> None:
    await bench.presence.check_in(SUPERVISOR, "terminal")
    await bench.say("stop oven one", SUPERVISOR)
    assert (await bench.say("start oven one", SUPERVISOR)).decision is Decision.CONFIRM
    await bench.presence.check_out(SUPERVISOR, "voice")
    await bench.presence.check_in(SUPERVISOR, "voice")
    assert (await bench.say("yes", SUPERVISOR)).decision is Decision.IGNORED


async def test_who_checks_in_takes_the_place_and_voids_what_the_other_was_asked(bench: Bench) -> None:
    await bench.presence.check_in(SUPERVISOR, "terminal")
    await bench.say("stop oven one", SUPERVISOR)
    assert (await bench.say("start oven one", SUPERVISOR)).decision is Decision.CONFIRM
    await bench.presence.check_in(Session("QA-5", SUPERVISOR.station), "terminal")
    assert (await bench.say("yes", SUPERVISOR)).decision is Decision.IGNORED
    with pytest.raises(UsageError, match="is not checked in"):
        await bench.presence.check_out(SUPERVISOR, "terminal")


async def test_checking_in_takes_a_badge_of_this_plant(bench: Bench) -> None:
    with pytest.raises(UsageError):
        await bench.presence.check_in(Session("OP-99", "PRN-1"), "terminal")
    await bench.presence.check_in(Session("", "PRN-1"), "terminal")
    assert "badge.checked_in" not in bench.types(), "and nobody is nobody"
