"""A line that goes on numbers lots of its own; what it says changes nothing that somebody else said."""

from __future__ import annotations

import pytest

from assistant.domain import events as e
from assistant.domain.world import World
from tests.site import a_world

LOT = e.LotCreated("WO-1011", "PCA-310", "SMT-1", ("B10901", "B10902"))


def told(world: World, subject: str, data: e.Payload, source: str = "/machines/PRN-1") -> World:
    world.apply(e.Event("run-1", source, subject, 1000.0, data))
    return world


def test_a_machine_may_tell_of_a_new_order_and_its_lots() -> None:
    world = told(a_world(), "WO-1011", e.WorkOrderCreated("PCA-310", "SMT-1", "next"))
    told(world, "L4800", LOT)
    assert world.workorders["WO-1011"].status == "next"
    assert world.boards["B10902"].lot == "L4800"
    told(world, "WO-1011", e.WorkOrderCreated("PCA-310", "SMT-1", "running"))
    assert world.workorders["WO-1011"].status == "running"


def test_a_machine_may_number_a_lot_that_has_no_boards_yet() -> None:
    assert told(a_world(), "L4731", LOT).lots["L4731"].boards == LOT.boards


@pytest.mark.parametrize(
    ("subject", "data"),
    [
        ("L4712", LOT),
        ("L4800", e.LotCreated("WO-1011", "PCA-310", "SMT-1", ("B10901", "B10231"))),
        ("L4800", e.LotCreated("WO-1011", "PCA-310", "SMT-1", ("PRN-1",))),
        ("PRN-2", LOT),
        ("B10231", LOT),
        ("L4712", e.WorkOrderCreated("PCA-310", "SMT-1", "next")),
    ],
)
def test_a_machine_takes_nothing_from_what_is_there(subject: str, data: e.Payload) -> None:
    world, before = told(a_world(), subject, data), a_world()
    assert {lot.id: (lot.boards, lot.product) for lot in world.lots.values()} == {
        lot.id: (lot.boards, lot.product) for lot in before.lots.values()
    }
    assert {board.id: board.lot for board in world.boards.values()} == {b.id: b.lot for b in before.boards.values()}
    assert world.workorders.keys() == before.workorders.keys()


def test_of_an_order_that_is_known_a_machine_tells_the_status_only() -> None:
    order = told(a_world(), "WO-1009", e.WorkOrderCreated("PCA-200", "SMT-2", "running")).workorders["WO-1009"]
    assert (order.product, order.line, order.status) == ("PCA-425", "SMT-1", "running")


def test_the_factory_s_own_word_counts() -> None:
    world = told(a_world(), "L4712", LOT, source="/mes")
    assert world.lots["L4712"].boards == LOT.boards
