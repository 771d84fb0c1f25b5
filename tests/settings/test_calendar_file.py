"""hardware/calendar.yaml: what is read, and what is refused with file and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.domain.calendar import Calendar
from assistant.errors import SiteError
from assistant.settings import calendar
from assistant.settings.paths import shipped_site

WHOLE = """
zone: Europe/Berlin
week_starts: sunday
shifts:
  - {name: day, from: 06:00, to: 18:00, breaks: [12:00-12:30], days: [monday, tuesday]}
  - {name: night, from: 18:00, to: 06:00, breaks: [00:00-00:30]}
holidays: [2026-12-25]
"""


def read(folder: Path, text: str) -> Calendar:
    (folder / "calendar.yaml").write_text(text, encoding="utf-8")
    return calendar.load(folder)


def test_the_whole_file_is_read(tmp_path: Path) -> None:
    found = read(tmp_path, WHOLE)
    assert str(found.zone) == "Europe/Berlin" and found.week_starts == 6
    day, night = found.shifts
    assert (day.start, day.end, day.breaks, day.days) == (360, 1080, ((720, 750),), frozenset([0, 1]))
    assert (night.start, night.end, night.breaks) == (1080, 1800, ((1440, 1470),))
    assert [one.isoformat() for one in found.holidays] == ["2026-12-25"]


def test_the_shipped_site_works_round_the_clock() -> None:
    shipped = calendar.load(shipped_site() / "hardware")
    assert [(shift.name, shift.start, shift.end) for shift in shipped.shifts] == [
        ("early", 360, 840),
        ("late", 840, 1320),
        ("night", 1320, 1800),
    ]


def test_a_site_without_one_has_a_clock_and_no_shifts(tmp_path: Path) -> None:
    assert calendar.load(tmp_path).shifts == ()


def test_local_is_the_zone_that_the_box_is_set_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    assert str(read(tmp_path, "zone: local").zone) == "America/New_York"
    monkeypatch.setenv("TZ", "no such place")
    assert read(tmp_path, "zone: local").zone is not None


@pytest.mark.parametrize(
    ("wrong", "right", "key"),
    [
        ("Europe/Berlin", "Europe/Nowhere", "zone"),
        ("Europe/Berlin", "../../etc/passwd", "zone"),
        ("sunday", "someday", "week_starts"),
        ("06:00, to: 18:00", "6:00, to: 18:00", "day"),
        ("06:00, to: 18:00", "06:00, to: 24:00", "day"),
        ("12:00-12:30", "12:30-12:00", "day"),
        ("12:00-12:30", "19:00-19:30", "day"),
        ("[monday, tuesday]", "[monday, mañana]", "day"),
        ("name: night", "name: day", "shifts"),
        ("from: 18:00, to: 06:00", "from: 18:00, to: 06:30", "shifts"),
        ("2026-12-25", "25.12.2026", "holidays"),
        ("name: night", "name: night, nights: 1", "nights"),
    ],
)
def test_what_cannot_be_is_refused_with_file_and_key(tmp_path: Path, wrong: str, right: str, key: str) -> None:
    assert wrong in WHOLE
    with pytest.raises(SiteError) as refused:
        read(tmp_path, WHOLE.replace(wrong, right))
    assert "calendar.yaml" in str(refused.value) and key in str(refused.value)
