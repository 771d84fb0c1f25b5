"""`hardware/calendar.yaml`: shifts, breaks, holidays and the time zone of a site."""

from __future__ import annotations

import os
import re
from datetime import UTC, date, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from assistant.domain.calendar import DAY_MINUTES, Calendar, Shift
from assistant.errors import SiteError
from assistant.settings import yaml

LOCAL = "local"
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class _Shift(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    name: str
    from_: str = msgspec.field(name="from")
    to: str
    breaks: tuple[str, ...] = ()
    days: tuple[str, ...] = DAYS


class _Calendar(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    zone: str = LOCAL
    week_starts: str = DAYS[0]
    shifts: tuple[_Shift, ...] = ()
    holidays: tuple[str, ...] = ()


def load(folder: Path) -> Calendar:
    """Read `calendar.yaml` in a site's `hardware/`; this box's clock and no shifts without one. Raises SiteError."""
    file = folder / "calendar.yaml"
    spec = yaml.read(file, _Calendar) if file.is_file() else _Calendar()
    shifts = tuple(_shift(file, shift) for shift in spec.shifts)
    for key in (shift.name for at, shift in enumerate(shifts) if shift.name in [one.name for one in shifts[:at]]):
        raise SiteError(file, f"two shifts are called {key!r}", key="shifts")
    _apart(file, shifts)
    return Calendar(
        zone=_zone(file, spec.zone),
        shifts=shifts,
        holidays=frozenset(_date(file, day) for day in spec.holidays),
        week_starts=_day(file, spec.week_starts, "week_starts"),
    )


def _shift(file: Path, spec: _Shift) -> Shift:
    start, end = _minutes(file, spec.from_, spec.name), _minutes(file, spec.to, spec.name)
    end += DAY_MINUTES if end <= start else 0
    breaks = []
    for text in spec.breaks:
        first, _, last = text.partition("-")
        begins, ends = _minutes(file, first, spec.name), _minutes(file, last, spec.name)
        begins += DAY_MINUTES if begins < start else 0
        ends += DAY_MINUTES if ends <= start else 0
        if not start <= begins < ends <= end:
            raise SiteError(file, f"the break {text} is not inside the shift", key=spec.name)
        breaks.append((begins, ends))
    days = frozenset(_day(file, day, spec.name) for day in spec.days)
    return Shift(spec.name, start, end, tuple(breaks), days)


def _apart(file: Path, shifts: tuple[Shift, ...]) -> None:
    """No two shifts are at work at the same time: "this shift" is one."""
    for one in shifts:
        for other in shifts:
            if one is other:
                continue
            for later in (0, DAY_MINUTES):  # a night shift runs into the next day's
                days = other.days if not later else {(day - 1) % 7 for day in other.days}
                if one.start < other.end + later and other.start + later < one.end and one.days & days:
                    raise SiteError(file, f"the shifts {one.name!r} and {other.name!r} overlap", key="shifts")


def _minutes(file: Path, text: str, key: str) -> int:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text):
        raise SiteError(file, f"{text!r} is no time of day like 06:00", key=key)
    return int(text[:2]) * 60 + int(text[3:])


def _day(file: Path, text: str, key: str) -> int:
    if text not in DAYS:
        raise SiteError(file, f"{text!r} is no day of the week ({', '.join(DAYS)})", key=key)
    return DAYS.index(text)


def _date(file: Path, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as exc:
        raise SiteError(file, f"{text!r} is no date like 2026-12-25", key="holidays") from exc


def _zone(file: Path, name: str) -> tzinfo:
    if name == LOCAL:
        return _local()
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError) as exc:
        raise SiteError(file, f"{name!r} is no time zone like Europe/Berlin", key="zone") from exc


def _local() -> tzinfo:
    """The zone of this box, with its rules for summer time: what TZ names, else what its clock is set to."""
    for name in (os.environ.get("TZ", "").removeprefix(":"), "localtime"):
        if not name:
            continue
        try:
            if name != "localtime":
                return ZoneInfo(name)
            with Path("/etc/localtime").open("rb") as rules:
                return ZoneInfo.from_file(rules)
        except (OSError, ValueError, LookupError):
            continue
    return UTC
