"""It speaks up: once, to whom it is for, and to somebody else when nobody has heard it."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.adapters.groupcommit import GroupCommit
from assistant.bootstrap.site import declarations
from assistant.domain import events as e
from assistant.domain.kept import keep, recall
from assistant.domain.values import Session
from assistant.domain.views import Views
from assistant.domain.world import World
from assistant.errors import SiteError
from assistant.settings import announce
from assistant.settings.paths import shipped_site
from assistant.turn.announce import FRESH_S, Announcer, Matters, meant_for
from assistant.turn.record import Recorder
from tests.fakes.memory_log import MemoryLog
from tests.fakes.stepped_clock import SteppedClock
from tests.site import the_plant

MINE, OTHERS = Session("OP-17", "PRN-1"), Session("OP-23", "PRN-2")
SUPERVISOR, QUALITY = Session("SV-3", "PRN-2"), Session("QA-5", "AOI-1")
HOT = e.AlarmRaised("OVN-ZONE-TEMP", "Error", "zone three off temperature")
RULES = announce.load(shipped_site() / "hardware")


class House:
    """What happens in a plant, and what is said of it."""

    def __init__(self) -> None:
        self.log, self.clock = MemoryLog(), SteppedClock()
        self.world, self.views = World(), Views()
        self.recorder = Recorder(GroupCommit(self.log).append, self.world, self.views)
        limits = {name: kind.limits for name, kind in the_plant().kinds.items()}
        self.announcer = Announcer(RULES, Matters(self.world, self.views, limits), self.recorder, self.clock)
        self._count = 0

    async def furnished(self) -> House:
        """With what the site's files declare."""
        await self.recorder.record(*declarations(the_plant(), self.clock.now() - 7200))
        return self

    async def happened(self, subject: str, data: e.Payload, *, ago: float = 0.0) -> None:
        self._count += 1
        at = self.clock.now() - ago
        await self.recorder.record(e.Event(f"run-{self._count}", "/machines/PRN-1", subject, at, data))

    async def said(self) -> list[str]:
        """Everything that was announced so far."""
        await self.announcer.look()
        return [event.data.words for event in self.log.events if isinstance(event.data, e.AnnouncementMade)]

    def told(self, session: Session) -> list[str]:
        return [self.world.announcements[ident].words for ident in meant_for(self.world, session)]


@pytest.fixture
async def house() -> House:
    return await House().furnished()


async def test_a_grave_alarm_is_said_once_on_its_own_line(house: House) -> None:
    await house.happened("OVN-1", HOT)
    await house.happened("PRN-2", e.AlarmRaised("PRN-LOW", "Warning", "paste low"))
    assert await house.said() == ["Oven one: zone three off temperature."]
    assert await house.said() == ["Oven one: zone three off temperature."]
    assert house.told(MINE) == ["Oven one: zone three off temperature."] and house.told(OTHERS) == []
    await house.happened("OVN-1", e.AlarmCleared("OVN-ZONE-TEMP"))
    house.clock.step(60)
    await house.happened("OVN-1", HOT)  # it came again: that is news
    assert len(await house.said()) == 2


async def test_what_is_old_is_not_read_out_by_a_core_that_starts(house: House) -> None:
    await house.happened("OVN-1", HOT, ago=FRESH_S + 1)
    await house.happened("L4712", e.LotHeld("PRN-1", "bridging"), ago=FRESH_S + 1)
    assert await house.said() == []


async def test_a_hold_at_my_station_is_told_to_others_than_its_maker(house: House) -> None:
    order = e.OrderRequested("PRN-1", "hold", {"unit": "L4712", "reason": "bridging"}, "OP-17", "PRN-1", 0.0)
    await house.happened("o1", order)
    await house.happened("L4712", e.LotHeld("PRN-1", "bridging", "o1"))
    assert await house.said() == ["Lot L4712 was put on hold, bridging, by OP-17."]
    assert house.told(MINE) == [] and house.told(QUALITY) == ["Lot L4712 was put on hold, bridging, by OP-17."]
    assert house.told(OTHERS) == []


async def test_a_call_reaches_whom_it_calls_and_what_nobody_hears_is_told_to_the_supervisor(house: House) -> None:
    await house.happened("PRN-1", e.CallRaised("quality", "OP-17", "PRN-1"))
    assert await house.said() == ["Quality wanted at printer one."]
    assert house.told(QUALITY) == ["Quality wanted at printer one."] and house.told(SUPERVISOR) == []
    house.clock.step(RULES.escalate_after_s)
    await house.announcer.look()
    await house.announcer.look()
    assert house.told(SUPERVISOR) == ["Quality wanted at printer one."]
    assert [event.type for event in house.log.events].count("announcement.escalated") == 1
    (ident,) = house.world.announcements
    await house.happened(ident, e.AnnouncementHeard("SV-3", "PRN-2"))
    assert house.told(QUALITY) == house.told(SUPERVISOR) == []


async def test_a_drift_is_said_and_a_steady_hour_is_not(house: House) -> None:
    for board in range(60):
        slow = 120.0 - 0.3 * board  # 18 µm in the hour
        await house.happened("B10201", e.PasteMeasured("SPI-1", "L4711", {"U7.1": slow}), ago=3590.0 - 60 * board)
        steady = 120.0 + (board % 5)
        await house.happened("B10301", e.PasteMeasured("SPI-2", "L4721", {"U7.1": steady}), ago=3590.0 - 60 * board)
    assert await house.said() == ["Paste height at paste inspection one has moved by 18 in the last hour."]
    house.clock.step(60)
    assert len(await house.said()) == 1
    house.clock.step(RULES.rules["drift"].again_h * 3600)
    assert len(await house.said()) == 1  # nothing was measured since


async def test_a_yield_under_its_limit_is_told_to_the_supervisor(house: House) -> None:
    for board in range(60):
        verdict = "failed" if board % 5 == 0 else "passed"
        defects = ("bridging",) if verdict == "failed" else ()
        inspected = e.BoardInspected("AOI-1", "L4711", verdict, defects, ("U7",) * len(defects))
        await house.happened(f"B2{board:04}", inspected, ago=3000.0 - 50 * board)
    assert await house.said() == [
        "First-pass yield on line one is 80 percent over the last 60 boards; 85 is wanted.",
    ]
    assert len(house.told(SUPERVISOR)) == 1 and house.told(MINE) == []


async def test_a_core_that_starts_again_says_nothing_twice(house: House) -> None:
    await house.happened("OVN-1", HOT)
    await house.said()
    again = recall(keep(house.world), house.views.register.boards)
    assert again.announced == house.world.announced
    assert list(again.announcements) == list(house.world.announcements)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("rules: {a: {when: alarm, to: line, say: '{unit} is ill'}}", "unit"),
        ("rules: {a: {when: hold, to: called, say: 'x'}}", "called"),
        ("rules: {a: {when: fire, to: line, say: 'x'}}", "fire"),
        ("rules: {a: {when: hold, to: line, say: '{unit'}}", "say"),
    ],
)
def test_a_rule_that_cannot_be_is_one_line(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / announce.NAME).write_text(text)
    with pytest.raises(SiteError, match=says) as caught:
        announce.load(tmp_path)
    assert announce.NAME in str(caught.value) and "\n" not in str(caught.value)


def test_a_site_without_the_file_says_nothing_by_itself(tmp_path: Path) -> None:
    assert announce.load(tmp_path).rules == {}
