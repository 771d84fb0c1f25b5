"""The checker must be able to say no: a good run, and the same with one thing wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from assistant.adapters.eventlog import SqliteLog
from assistant.domain import events as e
from assistant.domain.values import Answer, Decision
from tests.faults import checker

T = 1_795_600_800.0
Story = list[e.Event]
Deeds = list[dict[str, Any]]


def event(ident: str, subject: str, at: float, data: e.Payload, turn: str = "") -> e.Event:
    return e.Event(ident, "/assistant", subject, T + at, data, correlationid=turn)


def heard(turn: str, at: float, badge: str, intent: str, text: str) -> e.Event:
    return event(f"h-{turn}", turn, at, e.TurnHeard(text, "text", badge, "AOI-1", intent, {}, 1.0, "template"), turn)


def answered(turn: str, at: float, decision: str, say: str = "words") -> e.Event:
    return event(f"a-{turn}", turn, at, e.TurnAnswered(decision, say), turn)


def requested(order: str, at: float, badge: str, turn: str, method: str, **args: str) -> e.Event:
    return event(order, order, at, e.OrderRequested("PRN-1", method, args, badge, "AOI-1", T + at + 3), turn)


def done(order: str, at: float) -> e.Event:
    return event(f"d-{order}", order, at, e.OrderDone("PRN-1", "held", T + at - 0.01))


def deed(order: str, at: float, method: str, result: str, **args: str) -> dict[str, Any]:
    stamp = datetime.fromtimestamp(T + at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "t": stamp,
        "order": order,
        "machine": "PRN-1",
        "method": method.capitalize(),
        "args": args,
        "result": result,
        "why": "",
    }


STORY: Story = [
    event("q", "QA-5", 0, e.OperatorRegistered("quality")),
    event("o", "OP-17", 0, e.OperatorRegistered("operator", "SMT-1")),
    heard("1", 1.0, "OP-17", "hold", "hold lot 4712, void"),
    requested("o1", 1.1, "OP-17", "1", "hold", unit="L4712", reason="void"),
    done("o1", 1.3),
    answered("1", 1.4, "done"),
    heard("2", 2.0, "QA-5", "release", "release lot 4712"),
    answered("2", 2.1, "confirm"),
    heard("3", 3.0, "QA-5", "yes", "yes"),
    requested("o3", 3.1, "QA-5", "3", "release", unit="L4712"),
    done("o3", 3.3),
    answered("3", 3.4, "done"),
    heard("4", 4.0, "QA-5", "scrap", "scrap board 10207"),
    answered("4", 4.1, "confirm"),
    heard("5", 5.0, "QA-5", "yes", "zero seven"),
    requested("o5", 5.1, "QA-5", "5", "scrap", unit="B10207", reason=""),
    event("u-o5", "o5", 5.3, e.OrderUncertain("PRN-1", "no answer")),
    answered("5", 5.4, "uncertain"),
]
DEEDS: Deeds = [
    deed("o1", 1.2, "hold", "accepted", unit="L4712", reason="void"),
    deed("o1", 1.25, "hold", "done", unit="L4712", reason="void"),
    deed("o3", 3.2, "release", "accepted", unit="L4712"),
    deed("o3", 3.25, "release", "done", unit="L4712"),
    deed("o5", 5.2, "scrap", "accepted", unit="B10207", reason=""),
]


def found(folder: Path, story: Story, deeds: Deeds, **more: Any) -> list[str]:
    with closing(SqliteLog(folder, floor_bytes=0)) as log:
        log.append(story)
    ledger = folder / "ledger.jsonl"
    ledger.write_text("".join(json.dumps(one) + "\n" for one in deeds))
    return checker.problems(folder, ledger, **more)


def test_a_good_run_has_no_problems(tmp_path: Path) -> None:
    told = {"1": Answer("", "hold", {}, 1.0, "template", Decision.DONE, "words", ("o1", "d-o1"))}
    assert found(tmp_path, STORY, DEEDS, told=told, sent={"o1": 1, "not an order": 9}) == []


def without(*idents: str) -> Callable[[Story, Deeds], tuple[Story, Deeds]]:
    return lambda story, deeds: ([one for one in story if one.id not in idents], deeds)


def instead(ident: str, **changed: Any) -> Callable[[Story, Deeds], tuple[Story, Deeds]]:
    """One event's data with other fields."""
    return lambda story, deeds: (
        [replace(one, data=replace(one.data, **changed)) if one.id == ident else one for one in story],
        deeds,
    )


def also(*more: e.Event | dict[str, Any]) -> Callable[[Story, Deeds], tuple[Story, Deeds]]:
    events = [one for one in more if isinstance(one, e.Event)]
    return lambda story, deeds: ([*story, *events], [*deeds, *(one for one in more if isinstance(one, dict))])


WRONG: dict[str, Callable[[Story, Deeds], tuple[Story, Deeds]]] = {
    "was done by its machine 2 times": also(DEEDS[1]),
    "which no log asked for": also(deed("o9", 6, "hold", "accepted", unit="L4711", reason="void")),
    "before it was asked for": lambda story, deeds: (
        story,
        [{**deeds[0], "t": "2020-01-01T00:00:00.000Z"}, *deeds[1:]],
    ),
    "reached PRN-1 as Hold {'unit': 'L4711'}": also(deed("o1", 1.2, "hold", "rejected", unit="L4711")),
    "was accepted by its machine after its deadline": instead("o5", deadline=T + 5.15),
    "its machine never accepted it": lambda story, deeds: (story, deeds[2:]),
    "by a look that is older than itself": instead("d-o1", observed_at=T),
    "has no end in the log": without("u-o5"),
    "ended more than once: order.done, order.uncertain": also(event("x", "o1", 9, e.OrderUncertain("PRN-1", "why"))),
    "ended in order.uncertain without a reason": instead("u-o5", reason=""),
    "is order.failed by the log, and its machine accepted it": also(event("x", "o5", 9, e.OrderFailed("PRN-1", "why"))),
    "came of a yes to no question": without("a-2"),
    "was confirmed without its digits": instead("h-5", text="yes"),
    "was not confirmed: release": instead("h-3", intent="release"),
    "is not for a operator": instead("q", role="operator"),
    "came of the words of QA-5 at AOI-1": instead("h-1", badge="QA-5"),
    "before any words were written down": without("h-1"),
    "came of stop, which orders no such thing": instead("h-1", intent="stop"),
    "without a word": instead("a-5", say=""),
    "ended in refused ('words'), and PRN-1 accepted its order": instead("a-1", decision="refused"),
    "ended in done ('words'), and not every machine accepted": lambda story, deeds: (story, deeds[2:]),
    "was heard twice": also(replace(STORY[2], id="again")),
    "was answered 2 times": also(replace(STORY[5], id="again")),
}


@pytest.mark.parametrize("says", WRONG)
def test_each_thing_that_is_wrong_is_named(says: str, tmp_path: Path) -> None:
    assert any(says in problem for problem in found(tmp_path, *WRONG[says](STORY, DEEDS))), says


def test_an_open_order_is_right_where_no_core_was_started_since(tmp_path: Path) -> None:
    story = [one for one in STORY if one.id != "u-o5"]
    assert found(tmp_path, story, DEEDS, open_orders=True) == []


def test_what_clients_were_told_is_held_to_the_ledger_too(tmp_path: Path) -> None:
    told = {"1": Answer("", "hold", {}, 1.0, "template", Decision.REFUSED, "I did nothing", ("lost",))}
    problems = found(tmp_path, STORY, DEEDS, told=told, sent={"o1": 2})
    assert any("ended in refused ('I did nothing')" in problem for problem in problems)
    assert any("events that are not in the log: lost" in problem for problem in problems)
    assert any("o1 went over the wire 2 times" in problem for problem in problems)


def test_a_broken_chain_is_all_that_is_said(tmp_path: Path) -> None:
    found(tmp_path, STORY, DEEDS)
    (tmp_path / "events.db").write_bytes(b"no database" * 500)
    (problem,) = checker.problems(tmp_path, tmp_path / "ledger.jsonl")
    assert problem.startswith("the log does not hold: ")
