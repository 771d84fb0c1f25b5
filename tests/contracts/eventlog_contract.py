"""What every ports.EventLog must do; the real one and the fake are both held to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from assistant.adapters import cloudevents
from assistant.domain import events as e
from assistant.errors import LogError
from assistant.ports import EventLog


def held(ident: str, reason: str = "bridging", *, time: float = 1_764_064_800.125) -> e.Event:
    """An event to store."""
    return e.Event(ident, "/machines/PRN-1", "L4712", time, e.LotHeld("PRN-1", reason), correlationid="turn-1")


def some(count: int, first: int = 1) -> list[e.Event]:
    """`e1`, `e2`, … one second apart."""
    return [held(f"e{n}", time=1_764_064_800.0 + n) for n in range(first, first + count)]


def chained(events: Sequence[e.Event]) -> bool:
    """Whether each follows from the one before, from the first on."""
    prev = cloudevents.GENESIS
    for place, event in enumerate(events, start=1):
        record, sealed = cloudevents.seal(event, event.position, event.prev)
        if (event.position, event.prev, event.hash) != (place, prev, cloudevents.chained(prev, record)):
            return False
        assert sealed == event
        prev = event.hash
    return True


class EventLogContract:
    """Subclasses give a fixture `log`: an empty EventLog."""

    def test_begins_empty(self, log: EventLog) -> None:
        assert list(log.read()) == []

    def test_an_append_comes_back_with_its_place_in_the_chain(self, log: EventLog) -> None:
        (first,) = log.append([held("e1")])
        assert (first.position, first.prev) == (1, cloudevents.GENESIS)
        assert first == replace(held("e1"), position=1, prev=first.prev, hash=first.hash)
        second, third = log.append(some(2, first=2))
        assert [second.prev, third.prev] == [first.hash, second.hash]
        assert chained([first, second, third])

    def test_what_is_read_is_what_append_returned(self, log: EventLog) -> None:
        appended = [*log.append(some(3)), *log.append(some(2, first=4))]
        assert list(log.read()) == appended
        assert list(log.read(after=2)) == appended[2:]
        assert list(log.read(after=1, limit=2)) == appended[1:3]
        assert list(log.read(limit=0)) == []
        assert list(log.read(after=5)) == []

    def test_more_than_one_bite(self, log: EventLog) -> None:
        appended = list(log.append(some(1201)))
        assert list(log.read()) == appended
        assert list(log.read(after=499, limit=501)) == appended[499:1000]
        assert list(log.read(limit=1000)) == appended[:1000]

    def test_nothing_appended_is_nothing_stored(self, log: EventLog) -> None:
        assert list(log.append([])) == []
        assert list(log.read()) == []

    def test_the_same_event_again_is_no_news(self, log: EventLog) -> None:
        stored = list(log.append(some(2)))
        retold = [replace(event, time=event.time + 60, correlationid="", causationid="x") for event in some(2)]
        assert list(log.append(retold)) == stored
        assert list(log.append([held("e9"), *retold, held("e9")])) == [log_9 := next(iter(log.read(2))), *stored, log_9]
        assert log_9.position == 3
        assert chained(list(log.read()))

    def test_twice_in_one_append_is_once(self, log: EventLog) -> None:
        first, again = log.append([held("e1"), held("e1")])
        assert first == again
        assert list(log.read()) == [first]

    def test_one_id_of_two_sources_is_two_events(self, log: EventLog) -> None:
        assert [event.position for event in log.append([held("e1"), replace(held("e1"), source="/site")])] == [1, 2]

    @pytest.mark.parametrize(
        "other",
        [
            held("e1", "void"),
            replace(held("e1"), subject="L4713"),
            replace(held("e1"), data=e.BoardHeld("PRN-1", "bridging")),
        ],
        ids=["data", "subject", "type"],
    )
    def test_another_event_under_a_known_name_is_refused(self, log: EventLog, other: e.Event) -> None:
        log.append([held("e1")])
        with pytest.raises(LogError, match="'e1' of /machines/PRN-1 is already stored with other content"):
            log.append([held("e2"), other])
        with pytest.raises(LogError, match="'e3' of /machines/PRN-1 is already stored with other content"):
            log.append([held("e3"), replace(other, id="e3")])
        assert [event.id for event in log.read()] == ["e1"]

    @pytest.mark.parametrize(
        ("bad", "why"),
        [
            (replace(held("bad"), data=e.ConnectionRestored(float("nan"))), "Expected `float`, got `null`"),
            (replace(held("bad"), data=e.ConnectionRestored(float("inf"))), "Expected `float`, got `null`"),
            (held("bad", "\ud800"), "surrogates not allowed"),
            (held("bad", time=float("nan")), "NaN"),
            (held("bad", time=1e15), "too large|out of range"),
            (replace(held("bad"), id=""), "must not be empty"),
            (replace(held("bad"), source=""), "must not be empty"),
            (replace(held("bad"), data=e.Payload()), "unknown event type ''"),
        ],
    )
    def test_what_could_not_be_read_back_is_refused_whole(self, log: EventLog, bad: e.Event, why: str) -> None:
        with pytest.raises(LogError, match=why):
            log.append([held("e1"), bad])
        assert list(log.read()) == []
        assert [event.position for event in log.append([held("e1")])] == [1]

    def test_time_is_kept_to_the_millisecond(self, log: EventLog) -> None:
        (stored,) = log.append([held("e1", time=1_764_064_800.123_456)])
        assert stored.time == 1_764_064_800.123
        assert list(log.read()) == [stored]

    def test_a_closed_log_takes_nothing(self, log: EventLog) -> None:
        log.close()
        with pytest.raises(LogError):
            log.append([held("e1")])
