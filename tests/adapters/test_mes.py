"""The factory's own system over real HTTP: told every chosen event once by key, heard strictly, never in the way."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assistant.adapters import eventlog
from assistant.adapters.clock import SystemClock
from assistant.adapters.eventlog import SqliteLog
from assistant.adapters.mes import MesClient, Outbox, Store, waiting
from assistant.adapters.mes.outbox import MOST_ASKED_S, UNCLEAR_TRIES
from assistant.adapters.mes.store import look
from assistant.domain import events as e
from assistant.errors import MesError
from assistant.ports import Clock
from assistant.settings.mes import Mes
from tests.fakes.reference_mes import FAULTS, ReferenceMes, reference_mes
from tests.fakes.stepped_clock import SteppedClock

NOW = 1_795_600_800.0


def held(ident: str, source: str = "/machines/PRN-1") -> e.Event:
    return e.Event(ident, source, "L4712", NOW, e.LotHeld("PRN-1", "bridging", "o1"), "turn-1", "o1")


def heard(ident: str) -> e.Event:
    """Not for the MES."""
    return e.Event(ident, "/assistant", "t1", NOW, e.TurnAnswered("done", "Lot L4712 is on hold."))


def called(ident: str) -> e.Event:
    """No subject: at no station."""
    return e.Event(ident, "/assistant", "", NOW, e.CallRaised("maintenance", "OP-17"))


class Counted(SteppedClock):
    """A clock that says how long was waited; time goes on by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        await super().sleep(seconds)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteLog]:
    with closing(SqliteLog(tmp_path, floor_bytes=0)) as log:
        yield log


def site(mes: ReferenceMes, **more: Any) -> Mes:
    return Mes(endpoint=mes.endpoint, **{"connect_s": 2.0, "answer_s": 2.0, **more})


@asynccontextmanager
async def an_outbox(
    folder: Path, mes: ReferenceMes, clock: Clock | None = None, *, new_only: bool = False, **more: Any
) -> AsyncIterator[Outbox]:
    """As one process has it: opened, used, let go of."""
    settings, clock = site(mes, **more), clock or Counted()
    async with AsyncExitStack() as stack:
        client = MesClient(settings, mes.token, clock)
        stack.push_async_callback(client.aclose)
        store = Store(folder)
        stack.push_async_callback(store.close)
        yield Outbox(folder, settings.chosen(), client.deliver, store, clock, new_only=new_only, chance=lambda: 0.5)


def forget_the_log(folder: Path) -> None:
    for file in folder.glob("events.*"):
        file.unlink()


def got(mes: ReferenceMes) -> list[str]:
    return [event["id"] for event in mes.stored.values()]


# ---- the outbox ------------------------------------------------------------------------------------------------


async def test_each_chosen_event_is_told_in_order_as_a_structured_cloudevent(tmp_path: Path, log: SqliteLog) -> None:
    stored = log.append([held("e1"), heard("no"), called("c1"), held("e2")])
    async with reference_mes() as mes, an_outbox(tmp_path, mes) as outbox:
        await outbox.catch_up()
        assert got(mes) == ["e1", "c1", "e2"]
        first, call, _ = mes.tries
        assert first.headers["content-type"] == "application/cloudevents+json; charset=utf-8"
        assert first.headers["idempotency-key"] == '"/machines/PRN-1#e1"'
        assert first.event["specversion"] == "1.0" and first.event["data"]["reason"] == "bridging"
        assert (first.event["position"], first.event["hash"]) == (1, stored[0].hash)
        assert "subject" not in call.event, "CloudEvents has no empty subject"
        log.append([held("e3")])
        await outbox.catch_up()
        assert got(mes)[-1] == "e3" and len(mes.tries) == 4 and mes.problems == []


async def test_a_restart_goes_on_where_the_last_process_was(tmp_path: Path, log: SqliteLog) -> None:
    log.append([held("e1"), held("e2")])
    async with reference_mes() as mes:
        async with an_outbox(tmp_path, mes) as outbox:
            await outbox.catch_up()
        log.append([held("e3")])
        async with an_outbox(tmp_path, mes) as outbox:
            await outbox.catch_up()
        assert [one.event["id"] for one in mes.tries] == ["e1", "e2", "e3"]


async def test_what_the_mes_said_itself_is_not_told_back(tmp_path: Path, log: SqliteLog) -> None:
    log.append([e.Event("m1", e.FACTORY, "L4799", NOW, e.LotShipped()), held("e1")])
    async with reference_mes() as mes, an_outbox(tmp_path, mes) as outbox:
        await outbox.catch_up()
        assert got(mes) == ["e1"]


async def test_another_log_in_the_folder_is_told_from_its_beginning(tmp_path: Path) -> None:
    async with reference_mes() as mes:
        for ident in ("old", "new"):
            with closing(SqliteLog(tmp_path, floor_bytes=0)) as log:
                log.append([held(ident)])
                async with an_outbox(tmp_path, mes) as outbox:
                    await outbox.catch_up()
            forget_the_log(tmp_path)
        assert got(mes) == ["old", "new"]


async def test_with_first_new_the_past_is_not_told(tmp_path: Path, log: SqliteLog) -> None:
    log.append([held("e1")])
    async with reference_mes() as mes:
        async with an_outbox(tmp_path, mes, new_only=True) as outbox:
            await outbox.catch_up()
        log.append([held("e2")])
        async with an_outbox(tmp_path, mes, new_only=True) as outbox:
            await outbox.catch_up()
        assert got(mes) == ["e2"]


async def test_first_new_with_an_empty_log_loses_nothing_over_a_restart(tmp_path: Path, log: SqliteLog) -> None:
    async with reference_mes() as mes:
        async with an_outbox(tmp_path, mes, new_only=True) as outbox:
            await outbox.catch_up()
        log.append([held("e1")])
        async with an_outbox(tmp_path, mes, new_only=True) as outbox:
            await outbox.catch_up()
        assert got(mes) == ["e1"]


async def test_a_row_that_cannot_be_read_is_parked_and_the_rest_goes_on(tmp_path: Path, log: SqliteLog) -> None:
    log.append([held("e1")])
    with closing(sqlite3.connect(tmp_path / "events.db")) as db:
        db.execute("insert into events values (2, 'x', '/x', 'lot.held', '', 0, '{', '', '')")
        db.commit()
    async with reference_mes() as mes, an_outbox(tmp_path, mes) as outbox:
        await outbox.catch_up()
        assert got(mes) == ["e1"]
    (parked,) = look(tmp_path)[1]
    assert parked.position == 2 and "cannot be read" in parked.reason


@pytest.mark.parametrize("fault", FAULTS)
async def test_whatever_goes_wrong_it_arrives_once_and_in_order(tmp_path: Path, log: SqliteLog, fault: str) -> None:
    log.append([held("e1"), held("e2"), held("e3")])
    async with reference_mes() as mes, an_outbox(tmp_path, mes, answer_s=0.3, connect_s=0.2) as outbox:
        mes.faults.extend(["", fault, fault])
        await outbox.catch_up()
        assert got(mes) == ["e1", "e2", "e3"] and mes.problems == []
        assert waiting(tmp_path, ("lot.held",)).count == 0
        assert waiting(tmp_path, ("lot.held",)).parked == ()


async def test_a_lost_answer_is_asked_for_again_under_the_same_key(tmp_path: Path, log: SqliteLog) -> None:
    log.append([held("e1")])
    async with reference_mes() as mes, an_outbox(tmp_path, mes) as outbox:
        mes.faults.append("500 after commit")
        await outbox.catch_up()
        first, second = mes.tries
        assert (first.key, first.event) == (second.key, second.event)


async def test_back_off_grows_with_chance_in_it_and_retry_after_is_honoured_within_limits(
    tmp_path: Path, log: SqliteLog
) -> None:
    log.append([held("e1")])
    clock = Counted()
    async with reference_mes() as mes, an_outbox(tmp_path, mes, clock) as outbox:
        mes.faults.extend(["500"] * 9)
        await outbox.catch_up()
    assert clock.waits == [0.375, 0.75, 1.5, 3.0, 6.0, 12.0, 24.0, 45.0, 45.0]


@pytest.mark.parametrize(("asked", "waited"), [("7", 7.0), ("86400", MOST_ASKED_S), ("soon", 0.375), ("-5", 0.375)])
async def test_retry_after_counts_within_limits(tmp_path: Path, log: SqliteLog, asked: str, waited: float) -> None:
    log.append([held("e1")])
    clock = Counted()
    async with reference_mes() as mes, an_outbox(tmp_path, mes, clock) as outbox:
        answers = iter([(503, {"Retry-After": asked}, b"")])
        take = mes.take
        mes.take = lambda *given: next(answers, None) or take(*given)  # type: ignore[method-assign]
        await outbox.catch_up()
        assert got(mes) == ["e1"]
    assert clock.waits == [waited]


async def test_a_refused_event_is_parked_with_the_reason_and_the_rest_goes_on(tmp_path: Path, log: SqliteLog) -> None:
    log.append([held("e1"), called("c1"), held("e2")])
    async with reference_mes() as mes:
        mes.refuses.add("call.raised")
        async with an_outbox(tmp_path, mes) as outbox:
            await outbox.catch_up()
        async with an_outbox(tmp_path, mes) as outbox:
            await outbox.catch_up()
        assert got(mes) == ["e1", "e2"] and len(mes.tries) == 3
    (parked,) = waiting(tmp_path, ("lot.held", "call.raised")).parked
    assert (parked.position, parked.source, parked.id, parked.type) == (2, "/assistant", "c1", "call.raised")
    assert parked.reason == "it answers 422 X: [31mnot wanted", "nothing that a terminal would act on"


async def test_a_parked_event_is_sent_again_when_somebody_wants_it(tmp_path: Path, log: SqliteLog) -> None:
    log.append([held("e1"), called("c1"), held("e2")])
    async with reference_mes() as mes:
        mes.refuses.add("call.raised")
        async with an_outbox(tmp_path, mes) as outbox:
            await outbox.catch_up()
            again = await outbox.resend(2)
            assert (again[0], again[1].verdict) == ("c1", "refused")
            assert [one.id for one in look(tmp_path)[1]] == ["c1"], "refused again it stays where it is"
            mes.faults.append("500")
            assert (await outbox.resend(2))[1].verdict == "later"
            mes.refuses.clear()
            assert (await outbox.resend(2))[1].verdict == "delivered"
            assert (got(mes), look(tmp_path)[1]) == (["e1", "e2", "c1"], [])
            for position in (1, 2, 99):
                with pytest.raises(MesError, match="no event is parked"):
                    await outbox.resend(position)


async def test_a_conflict_that_never_names_the_key_is_parked_after_some_tries(tmp_path: Path, log: SqliteLog) -> None:
    log.append([called("c1"), held("e1")])
    async with reference_mes() as mes, an_outbox(tmp_path, mes) as outbox:
        mes.conflicts.add("call.raised")
        await outbox.catch_up()
        assert got(mes) == ["e1"] and len(mes.tries) == UNCLEAR_TRIES + 1
    assert [one.id for one in look(tmp_path)[1]] == ["c1"]


async def test_without_the_right_token_nothing_is_parked(tmp_path: Path, log: SqliteLog) -> None:
    log.append([held("e1")])
    async with reference_mes(token="right") as mes:
        settings = site(mes)
        clock = SystemClock()
        async with AsyncExitStack() as stack:
            client = MesClient(settings, "wrong", clock)
            stack.push_async_callback(client.aclose)
            assert (await client.deliver(b"{}", "k")).verdict == "later"
            with pytest.raises(MesError, match="401"):
                await client.ping()
        async with an_outbox(tmp_path, mes) as outbox:
            await outbox.catch_up()
        assert got(mes) == ["e1"]


async def test_a_mes_that_is_away_is_waited_for(tmp_path: Path, log: SqliteLog) -> None:
    log.append([held("e1")])
    async with reference_mes() as mes:
        port = int(mes.endpoint.rsplit(":", 1)[1].split("/")[0])
        gone = replace(mes)
    async with an_outbox(tmp_path, gone, SystemClock()) as outbox:
        task = asyncio.create_task(outbox.catch_up())
        await asyncio.sleep(0.1)
        assert not task.done() and waiting(tmp_path, ("lot.held",)).count == 1
        async with reference_mes(port) as back:
            await asyncio.wait_for(task, 20)
            assert got(back) == ["e1"]


async def test_a_store_of_another_version_is_left_alone(tmp_path: Path) -> None:
    store = Store(tmp_path)
    await store.heard("5")
    await store.close()
    with closing(sqlite3.connect(tmp_path / "mes.db")) as db:
        db.execute("pragma user_version = 9")
    with pytest.raises(MesError, match="another version"):
        Store(tmp_path)
    with pytest.raises(MesError, match="another version"):
        look(tmp_path)
    assert (tmp_path / "mes.db").stat().st_mode & 0o777 == 0o600


async def test_the_log_is_only_read(tmp_path: Path, log: SqliteLog) -> None:
    log.append([held("e1")])
    before = eventlog.head(tmp_path)
    async with reference_mes() as mes, an_outbox(tmp_path, mes) as outbox:
        await outbox.catch_up()
    assert eventlog.verify(tmp_path) == before
