"""What is folded for the screen, and how it is put into words."""

from __future__ import annotations

import uuid

import pytest

from assistant.bootstrap import declarations
from assistant.domain import events as e
from assistant.domain.values import Session
from assistant.domain.views import Views
from assistant.domain.world import World
from assistant.terminal import words
from assistant.terminal.output import HOUR_S, per_hour
from assistant.terminal.state import State
from tests.site import the_plant

ONE, OTHER = Session("QA-5", "AOI-1"), Session("SV-3", "AOI-1")


class Story:
    """Events of a conversation, one after the other."""

    def __init__(self) -> None:
        self.state = State(World(), Views())
        for declared in declarations(the_plant(), 0.0):
            self.state.apply(declared)
        self.now = 1_795_600_800.0

    def event(self, subject: str, data: e.Payload, source: str = "/assistant") -> None:
        event = e.Event(uuid.uuid4().hex, source, subject, self.now, data, position=self.state.world.position + 1)
        self.state.apply(event)

    def turn(
        self,
        intent: str,
        decision: str,
        expires_s: float = 0.0,
        rule: str = "",
        session: Session = ONE,
        say: str = "",
        asked: str = "",
    ) -> str:
        turn = uuid.uuid4().hex
        heard = e.TurnHeard(intent, "text", session.badge, session.station, intent, {}, 1.0, "template", asked=asked)
        self.event(turn, heard)
        self.event(turn, e.TurnAnswered(decision, say or f"{intent}?", rule, expires_s=expires_s))
        return turn


def test_a_question_stands_until_its_time_is_over() -> None:
    story = Story()
    turn = story.turn("release", "confirm", 10.0)
    asked = story.state.question(ONE, story.now + 9.9)
    assert asked is not None
    assert (asked.asked.turn, asked.say, asked.long_s) == (turn, "release?", 10.0)
    assert story.state.question(ONE, story.now + 10.0) is None
    assert story.state.question(OTHER, story.now) is None


@pytest.mark.parametrize(
    ("intent", "decision", "rule"),
    [
        ("unknown", "ignored", "not understood"),
        ("yes", "ask", "asked: say again"),
        ("repeat", "answered", "repeat"),
        ("yes", "confirm", "digits"),
    ],
)
def test_a_turn_that_leaves_the_question_open_leaves_it_as_it_was_put(intent: str, decision: str, rule: str) -> None:
    story = Story()
    turn = story.turn("scrap", "confirm", 10.0, "digits")
    story.now += 2
    story.turn(intent, decision, 8.0, rule)
    asked = story.state.question(ONE, story.now)
    assert asked is not None
    assert (asked.asked.turn, asked.digits) == (turn, True)
    assert story.state.question(ONE, story.now + 8.1) is None


def test_another_question_takes_its_place_and_an_answer_ends_it() -> None:
    story = Story()
    story.turn("release", "confirm", 10.0)
    second = story.turn("rework", "confirm", 10.0)
    asked = story.state.question(ONE, story.now)
    assert asked is not None
    assert asked.asked.turn == second
    story.turn("yes", "done")
    assert story.state.question(ONE, story.now) is None


def test_what_needs_a_second_person_is_asked_of_the_other_one_at_the_station() -> None:
    story = Story()
    story.turn("scrap", "confirm", 10.0, "digits")
    story.turn("yes", "confirm", 30.0, "confirm: second", say="Now somebody else must agree.")
    state, now = story.state, story.now + 20
    assert state.question(ONE, now) is None
    assert state.waits_for_another(ONE, now) is not None
    asked = state.question(OTHER, now)
    assert asked is not None
    assert asked.second
    assert state.question(Session("SV-3", "PRN-1"), now) is None
    story.turn("yes", "done", 0.0, "seconded", OTHER)
    assert state.question(OTHER, now) is None
    assert state.waits_for_another(ONE, now) is None


def test_an_older_log_without_time_limits_asks_nothing() -> None:
    story = Story()
    story.turn("release", "confirm")
    assert story.state.question(ONE, story.now) is None


def test_output_and_yield_are_counted_where_a_line_ends() -> None:
    story = Story()
    story.event("B10201", e.BoardInspected("SPI-1", "L4711", "failed"), "/machines/SPI-1")
    for board, verdict in (("B10201", "failed"), ("B10202", "passed"), ("B10203", "passed"), ("B10204", "passed")):
        story.event(board, e.BoardInspected("AOI-1", "L4711", verdict), "/machines/AOI-1")
        story.event(board, e.BoardDeparted("AOI-1", "L4711"), "/machines/AOI-1")
    story.now += HOUR_S
    story.event("B10205", e.BoardDeparted("SPI-1", "L4711"), "/machines/SPI-1")
    before, last = per_hour(story.state.views, "SMT-1", story.now, 2)
    assert (before.made, before.rate) == (4, 0.75)
    assert (last.made, last.rate) == (0, None)
    assert [hour.made for hour in per_hour(story.state.views, "SMT-2", story.now, 2)] == [0, 0]


def test_the_worst_alarm_comes_first_and_a_severity_nobody_knows_before_all() -> None:
    story = Story()
    for machine, severity in (("PRN-1", "Warning"), ("OVN-1", "Error"), ("AOI-1", "Information"), ("PNP-1", "Odd")):
        story.event(machine, e.AlarmRaised("X", severity, "text"), f"/machines/{machine}")
    assert [machine for machine, _ in story.state.alarms()] == ["PNP-1", "OVN-1", "PRN-1", "AOI-1"]


def test_machines_that_cannot_be_reached_are_known_until_they_are_again() -> None:
    story = Story()
    story.event("opc.tcp://plant", e.ConnectionLost("silence"))
    assert story.state.world.lost == {"opc.tcp://plant": (story.now, "silence")}
    story.event("opc.tcp://plant", e.ConnectionRestored(3.0))
    assert not story.state.world.lost


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("", True),
        ("l4712", True),
        ("held bridging", True),
        ("lot.*", True),
        ("*.released", False),
        ("-lot.held", False),
        ("-alarm.* l4712", True),
        ("l4713", False),
    ],
)
def test_a_filter_takes_words_and_patterns_and_leaves_out_what_has_a_minus(wanted: str, found: bool) -> None:
    event = e.Event("1", "/machines/PRN-1", "L4712", 0.0, e.LotHeld("PRN-1", "bridging"))
    assert words.matches(event, words.event(event), wanted) is found


def test_what_a_terminal_would_obey_is_shown() -> None:
    note = e.Event("1", "/assistant", "L4712", 0.0, e.NoteTaken("a\x1b[2Jb\u202ec\r\nd", "OP-17"))
    line = words.event(note)
    assert line.isprintable()
    assert "\\u001b[2J" in line


def test_every_event_type_has_one_safe_line() -> None:
    from dataclasses import MISSING, fields

    for kind in e.EVENT_TYPES.values():
        values = {
            field.name: {"str": "x\x07", "int": 3, "float": 1.5}.get(str(field.type), ())
            for field in fields(kind)
            if field.default is MISSING and field.default_factory is MISSING
        }
        line = words.event(e.Event("1", "/s", "subject", 0.0, kind(**values)))
        assert line.startswith(kind.type)
        assert line.isprintable()


@pytest.mark.parametrize(
    ("code", "word", "colour"),
    [
        (1100, "productive", "green"),
        (2202, "standby", "yellow"),
        (3000, "engineering", "cyan"),
        (4000, "scheduled down", "blue"),
        (5000, "unscheduled down", "red"),
        (6000, "non-scheduled", "bright_black"),
        (None, "not heard of", "bright_black"),
    ],
)
def test_e10_has_six_words_and_six_colours(code: int | None, word: str, colour: str) -> None:
    assert words.e10(code) == (word, colour)


def test_bars_go_from_the_least_to_the_most_and_leave_out_what_was_not() -> None:
    assert words.bars([0.0, 4.0, 8.0, None], 8.0) == "▁▅█·"
    assert words.bars([0.0], 0.0) == "▁"
