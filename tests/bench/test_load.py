"""The load figure: it counts by the plant's ledger, and an order that was lost or doubled shows in it."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from assistant.adapters.eventlog import SqliteLog
from assistant.bench import load
from assistant.domain import events as e
from assistant.errors import UsageError
from tests.a_core import the_site


async def test_stations_that_speak_at_once_lose_no_order_and_double_none(tmp_path: Path) -> None:
    figure, share = await load.measure(the_site(), tmp_path, stations=6, rounds=1)
    assert (share.right, share.n) == (26, 26), "six at once and six alone, each held and released, and one to warm up"
    assert figure.n == 12 and figure.ours > 0 and figure.ratio == figure.ours / figure.reference


@pytest.mark.parametrize(
    ("deeds", "right"),
    [
        ({"one": ["accepted", "done"], "two": ["accepted", "done"]}, (2, 2)),
        ({"one": ["accepted", "done"], "two": ["accepted"]}, (1, 2)),
        ({"one": ["accepted", "done"]}, (1, 2)),
        ({"one": ["accepted", "done", "done"], "two": ["accepted", "done"]}, (1, 2)),
        ({"one": ["accepted", "done"], "two": ["accepted", "done"], "three": ["accepted", "done"]}, (2, 3)),
    ],
    ids=["all well", "not done", "lost", "doubled", "nobody's"],
)
def test_a_lost_or_doubled_order_is_counted(
    tmp_path: Path, deeds: dict[str, list[str]], right: tuple[int, int]
) -> None:
    ledger = tmp_path / "ledger.jsonl"
    entries = [{"order": order, "result": result} for order, results in deeds.items() for result in results]
    ledger.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    with closing(SqliteLog(tmp_path, floor_bytes=0)) as log:
        for order in ("one", "two"):
            request = e.OrderRequested("PRN-1", "hold", {"unit": "L4712", "reason": "void"}, "OP-17", "PRN-1", 3.0)
            done = e.OrderDone("PRN-1", "held=L4712", 2.0)
            log.append(
                [e.Event(order, "/assistant", order, 1.0, request), e.Event(f"{order}-d", "/a", order, 2.0, done)]
            )
    assert load.carried_out(ledger, tmp_path) == right


async def test_a_site_without_enough_boards_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="121 stations asked for"):
        await load.measure(the_site(), tmp_path, stations=121)
