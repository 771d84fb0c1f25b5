"""Orders at the plant: once each, never late, and every step of them in the ledger."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.domain import events as e
from assistant.errors import AssistantError
from assistant.plant.ledger import Ledger
from assistant.plant.orders import METHODS, Orders
from assistant.plant.simulation import Simulation
from tests.site import the_hardware, the_plant

NOW = 1_000.0


class Plant:
    """A plant with a ledger on disk."""

    def __init__(self, file: Path) -> None:
        self.told: list[tuple[str, e.Payload]] = []
        self.file = file
        self.simulation = Simulation(the_plant(), 7, lambda now, m, subject, data: self.told.append((subject, data)))
        self.orders = Orders(self.simulation, Ledger(file), lambda: NOW)

    def take(self, order: str, machine: str, method: str, *, due: float = NOW + 3, **args: str) -> tuple[bool, str]:
        return self.orders.take(order, machine, method, args, due)

    def written(self) -> list[tuple[str, str, str, str]]:
        lines = [json.loads(line) for line in self.file.read_text().splitlines()]
        return [(line["order"], line["machine"], line["method"], line["result"]) for line in lines]

    def caused(self, order: str) -> list[e.Payload]:
        return [data for _, data in self.told if getattr(data, "order", "") == order]


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    return Plant(tmp_path / "ledger.jsonl")


def test_every_declared_method_is_one_that_the_plant_knows() -> None:
    assert the_hardware().methods.keys() == METHODS.keys()


def test_a_stop_ends_a_start_that_is_under_way_and_anything_else_has_to_wait(plant: Plant) -> None:
    plant.take("a", "OVN-1", "stop")
    plant.simulation.advance(2.0)
    assert plant.take("b", "OVN-1", "start") == (True, "")
    assert plant.take("c", "OVN-1", "start") == (False, "busy with an order before this one")
    assert plant.take("late", "OVN-1", "stop", due=NOW - 1) == (False, "too late")
    assert plant.take("d", "OVN-1", "stop") == (True, "")
    assert plant.take("e", "OVN-1", "stop") == (False, "busy with an order before this one")
    plant.simulation.advance(5.0)
    assert plant.simulation.machines["OVN-1"].state == "stopped"
    assert [result for order, _, _, result in plant.written() if order == "b"] == ["accepted"], "it never had an effect"
    assert [result for order, _, _, result in plant.written() if order == "d"] == ["accepted", "done"]
    assert plant.take("f", "OVN-1", "start") == (True, "")


def test_what_was_carried_out_stands_in_the_journal_also_where_nothing_changed_by_it(plant: Plant) -> None:
    """Without an entry that names it, an order whose end nobody saw would be settled as not done."""
    plant.take("a", "OVN-1", "stop")
    plant.simulation.advance(2.0)
    plant.take("cut short", "OVN-1", "start")
    plant.take("b", "OVN-1", "stop")  # it was stopped, and stays so
    plant.simulation.advance(2.0)
    plant.take("c", "OVN-1", "hold", unit="OVN-1", reason="damaged")
    plant.simulation.advance(2.0)
    plant.take("d", "OVN-1", "start")
    plant.simulation.advance(2.0)
    done = [order for order, _, _, result in plant.written() if result == "done"]
    assert done == ["a", "b", "c", "d"] and all(plant.caused(order) for order in done)
    assert plant.caused("cut short") == []
    (kept,) = plant.caused("b")
    assert isinstance(kept, e.MachineStateChanged) and (kept.previous, kept.state) == ("stopped", "stopped")


def test_ledger_has_each_step_of_an_order_in_the_contract_s_words(plant: Plant) -> None:
    plant.take("a", "PRN-1", "hold", unit="L4712", reason="bridging")
    plant.simulation.advance(2.0)
    accepted, done = (json.loads(line) for line in plant.file.read_text().splitlines())
    assert accepted == {
        "t": "1970-01-01T00:16:40.000Z",
        "order": "a",
        "machine": "PRN-1",
        "method": "Hold",
        "args": {"unit": "L4712", "reason": "bridging"},
        "result": "accepted",
        "why": "",
    }
    assert done == {**accepted, "result": "done"}


def test_accepted_is_on_disk_before_anything_has_happened(plant: Plant) -> None:
    assert plant.take("a", "PRN-1", "stop") == (True, "")
    assert plant.written() == [("a", "PRN-1", "Stop", "accepted")]
    assert plant.simulation.machines["PRN-1"].state != "stopped"


def test_same_order_again_writes_nothing_and_does_nothing(plant: Plant) -> None:
    first = plant.take("a", "PRN-1", "stop")
    plant.simulation.advance(2.0)
    assert plant.take("b", "PRN-1", "start") == (True, "")
    plant.simulation.advance(2.0)
    before = plant.written()
    assert plant.take("a", "PRN-1", "stop") == first
    plant.simulation.advance(2.0)
    assert plant.written() == before
    assert plant.simulation.machines["PRN-1"].state != "stopped"


def test_late_order_is_rejected_and_stays_so(plant: Plant) -> None:
    assert plant.take("a", "PRN-1", "stop", due=NOW - 0.001) == (False, "too late")
    assert plant.take("a", "PRN-1", "stop") == (False, "too late")
    plant.simulation.advance(5.0)
    assert plant.simulation.machines["PRN-1"].state != "stopped"
    assert plant.written() == [("a", "PRN-1", "Stop", "rejected")]


def test_order_at_its_very_deadline_is_in_time(plant: Plant) -> None:
    assert plant.take("a", "PRN-1", "stop", due=NOW) == (True, "")


def test_order_without_an_id_is_rejected_each_time(plant: Plant) -> None:
    for method in ("stop", "start"):
        accepted, why = plant.take("", "PRN-1", method)
        assert (accepted, bool(why)) == (False, True)


def test_second_order_for_the_same_thing_waits_for_the_first(plant: Plant) -> None:
    assert plant.take("a", "PRN-1", "hold", unit="L4712", reason="")[0]
    assert not plant.take("b", "PRN-1", "hold", unit="L4712", reason="")[0]
    plant.simulation.advance(2.0)
    assert len([data for _, data in plant.told if isinstance(data, e.LotHeld)]) == 1


def test_second_order_for_the_same_lot_waits_at_every_machine_of_the_line(plant: Plant) -> None:
    assert plant.take("a", "PRN-1", "hold", unit="L4712", reason="")[0]
    assert not plant.take("b", "AOI-1", "hold", unit="L4712", reason="")[0]
    plant.simulation.advance(2.0)
    assert len([data for _, data in plant.told if isinstance(data, e.LotHeld)]) == 1


def test_id_of_another_order_gets_no_answer_of_that_one(plant: Plant) -> None:
    assert plant.take("a", "PRN-1", "stop")[0]
    accepted, why = plant.take("a", "OVN-1", "stop")
    assert (accepted, bool(why)) == (False, True), "nothing stops OVN-1, so nobody may believe it accepted"
    assert plant.take("a", "PRN-1", "stop")[0]


def test_lot_goes_to_rework_without_the_board_of_it_that_is_there(plant: Plant) -> None:
    bench = plant.simulation.machines["RWK-1"]
    plant.take("a", "RWK-1", "rework", unit="B10231", defect="void")
    plant.simulation.advance(2.0)
    plant.take("b", "RWK-1", "rework", unit="L4712", defect="void")
    plant.simulation.advance(2.0)
    sent = [subject for subject, data in plant.told if isinstance(data, e.BoardSentToRework)]
    assert len(set(sent)) == len(sent) == 24
    assert bench.queue == ["B10231", "L4712"]
    assert not plant.take("c", "RWK-1", "rework", unit="B10240", defect="")[0], "it is there with its lot"
    plant.take("d", "RWK-1", "withdraw", unit="L4712")
    plant.simulation.advance(2.0)
    back = [subject for subject, data in plant.told if isinstance(data, e.BoardWithdrawnFromRework)]
    assert sorted(back) == sorted(sent)
    assert bench.queue == []


def test_order_that_could_not_be_written_down_is_not_accepted_when_it_comes_again(plant: Plant) -> None:
    class Full(Ledger):
        def write(self, *args: object, **named: object) -> None:
            raise OSError(28, "No space left on device")

    orders = Orders(plant.simulation, Full(None), lambda: NOW)
    for _ in range(2):
        with pytest.raises(OSError, match="No space"):
            orders.take("a", "PRN-1", "stop", {}, NOW + 3)
    plant.simulation.advance(5.0)
    assert plant.simulation.machines["PRN-1"].state != "stopped"


def test_ledger_that_cannot_be_opened_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(AssistantError, match=r"--ledger .*no/such/file"):
        Ledger(tmp_path / "no" / "such" / "file")
