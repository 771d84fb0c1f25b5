"""What the screen knows: the world, the conversation and what is asked, all of it folded from the log.

`apply` takes events in order of position; nothing else changes it. No I/O, no clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from assistant.domain import events as e
from assistant.domain.things import Announcement, Thing
from assistant.domain.values import Decision, Session
from assistant.domain.views import Views
from assistant.domain.views.alarms import WORST_FIRST
from assistant.domain.world import World
from assistant.turn.announce import meant_for

EXCHANGES = 200
"""Turns kept for the conversation; older ones are in the log."""
EVENTS = 2000
"""Events kept for the live view."""
SECOND = "confirm: second"
"""The rule (turn.verdict) by which another person must agree."""
ASKS = (Decision.CONFIRM, Decision.ASK)
KEEPS = "asked: say again"
"""The rule of a turn that was not understood: the question before it stands as it was put."""


@dataclass(slots=True)
class Exchange:
    """One turn: what was heard, and what came of it."""

    turn: str
    at: float
    """Unix seconds UTC."""
    heard: e.TurnHeard
    answered: e.TurnAnswered | None = None
    """None while it is at work, and for ever where the core died over it."""

    @property
    def session(self) -> Session:
        """Whose turn it was."""
        return Session(self.heard.badge, self.heard.station)

    def readings(self) -> list[tuple[str, dict[str, str]]]:
        """Intent and slots of each command of the breath."""
        return [(self.heard.intent, self.heard.slots), *((one.intent, one.slots) for one in self.heard.also)]


@dataclass(frozen=True, slots=True)
class Question:
    """What waits for an answer."""

    asked: Exchange
    """The turn that asked it."""
    until: float
    """Unix seconds UTC after which no answer counts."""
    long_s: float
    """For how many seconds it was asked."""

    @property
    def say(self) -> str:
        """In the assistant's words."""
        return self.asked.answered.say if self.asked.answered is not None else ""

    @property
    def digits(self) -> bool:
        """Whether digits answer it, and a yes does not."""
        return self.asked.answered is not None and self.asked.answered.rule == "digits"

    @property
    def second(self) -> bool:
        """Whether it is for another person than the one who was asked first."""
        return self.asked.answered is not None and self.asked.answered.rule == SECOND

    @property
    def open(self) -> bool:
        """Whether it asks for a word (which lot?) and not for a yes."""
        return self.asked.answered is not None and self.asked.answered.decision == Decision.ASK


class State:
    """All of it."""

    def __init__(
        self, world: World, views: Views, talked: Iterable[e.Event] = (), newest: Iterable[e.Event] = ()
    ) -> None:
        """`world` and `views` may know something already: `talked` and `newest` are then what is shown of before.

        `talked`: what was heard and answered in the newest turns; `newest`: the newest events; each in order.
        """
        self.world, self.views = world, views
        self.exchanges: dict[str, Exchange] = {}
        """Turns by id, oldest first."""
        self.recent: deque[e.Event] = deque(maxlen=EVENTS)
        """The newest events, newest last."""
        self._questions: dict[Session, Question] = {}
        self._seconds: dict[str, Question] = {}
        for event in talked:
            self._talk(event)
        self.recent.extend(newest)

    def apply(self, event: e.Event) -> None:
        """Take one more event into account."""
        self.world.apply(event)
        self.views.apply(event)
        self.recent.append(event)
        self._talk(event)

    def _talk(self, event: e.Event) -> None:
        match event.data:
            case e.TurnHeard() as heard:
                self.exchanges[event.subject] = Exchange(event.subject, event.time, heard)
                if len(self.exchanges) > EXCHANGES:
                    del self.exchanges[next(iter(self.exchanges))]
            case e.TurnAnswered() as answered if event.subject in self.exchanges:
                self._answered(self.exchanges[event.subject], answered, event.time)

    def question(self, session: Session, now: float) -> Question | None:
        """What this session, or whoever else is at its station, is asked now."""
        own, other = self._questions.get(session), self._seconds.get(session.station)
        asked = own or (other if other is not None and other.asked.heard.badge != session.badge else None)
        return asked if asked is not None and now < asked.until else None

    def waits_for_another(self, session: Session, now: float) -> Question | None:
        """What this session has agreed to and somebody else at the station must agree to as well."""
        other = self._seconds.get(session.station)
        mine = other is not None and other.asked.heard.badge == session.badge
        return other if other is not None and mine and now < other.until else None

    def talk(self, session: Session, *, everybody: bool = False) -> list[Exchange]:
        """The conversation of a station, oldest first: of a line, that of its machines too; of no station, of all."""
        line = self.world.lines.get(session.station)
        stations = {session.station, *(line.machines if line is not None else ())}
        every = everybody or not session.station
        return [one for one in self.exchanges.values() if every or one.heard.station in stations]

    def announced(self, session: Session) -> dict[str, Announcement]:
        """What the assistant said by itself to this session and nobody has said to have heard, by id, oldest first."""
        return {ident: self.world.announcements[ident] for ident in meant_for(self.world, session)}

    def holds(self) -> list[tuple[str, str, float, str]]:
        """What is on hold: id, reason, since when, by whom; newest first."""
        world = self.world
        things: list[Thing] = [*world.lots.values(), *world.boards.awake.values(), *world.machines.values()]
        found = [(one.id, one.hold.reason, one.hold.at, one.hold.badge) for one in things if one.hold is not None]
        return sorted(found, key=lambda one: -one[2])

    def rework(self) -> list[tuple[str, str]]:
        """Boards in the rework queue, with their defects."""
        return [(board.id, ", ".join(board.defects)) for board in self.world.boards.awake.values() if board.rework]

    def alarms(self) -> list[tuple[str, e.AlarmRaised]]:
        """Open alarms with their machines, worst first."""
        found = [(machine.id, alarm) for machine in self.world.machines.values() for alarm in machine.alarms.values()]
        return sorted(found, key=lambda one: _rank(one[1].severity))

    def _answered(self, exchange: Exchange, answered: e.TurnAnswered, at: float) -> None:
        exchange.answered = answered
        session = exchange.session
        if answered.rule == SECOND:
            self._questions.pop(session, None)
            self._seconds[session.station] = Question(exchange, at + answered.expires_s, answered.expires_s)
            return
        if answered.rule in ("seconded", "cancelled"):
            self._seconds.pop(session.station, None)
        before = self._questions.pop(session, None)
        if answered.expires_s <= 0:
            return
        still = answered.decision not in ASKS or answered.rule == KEEPS or exchange.heard.intent == "yes"
        if before is not None and still:
            self._questions[session] = before
        else:
            self._questions[session] = Question(exchange, at + answered.expires_s, answered.expires_s)


def _rank(severity: str) -> int:
    """Place of a CFX severity, the worst first; one that is not known counts as the worst."""
    return WORST_FIRST.index(severity) if severity in WORST_FIRST else -1
