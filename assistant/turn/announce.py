"""It speaks up: rules of the site's file against what the views show, each thing said once and written down.

What is written here is said by whatever has a mouth: a headset when nobody is speaking, a terminal at once.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import structlog

from assistant.domain import events as e
from assistant.domain.deeds import call_key
from assistant.domain.values import Session
from assistant.domain.views import PLANT, Scope, Span, Views
from assistant.domain.views.alarms import WORST_FIRST
from assistant.domain.world import World
from assistant.errors import LogError
from assistant.ports import Clock
from assistant.settings.announce import Announce, Rule
from assistant.settings.intents import filled
from assistant.turn import naming
from assistant.turn.act import SOURCE
from assistant.turn.record import Recorder

EVERY_S = 2.0
"""Between two looks."""
FRESH_S = 600.0
"""What came about longer ago is no news: a core that starts does not read out the night."""
HOUR_S = 3600.0
LINE, CALLED = "line", "called"
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class News:
    """Something that a rule is about."""

    key: str
    subject: str
    line: str
    holes: Mapping[str, str]
    to: str = ""
    """For whom, where the thing itself says so."""
    by: str = ""
    """The badge that brought it about."""
    again_s: float = 0.0
    """Not to be said again for so long; 0: never again."""


@dataclass(frozen=True, slots=True)
class Matters:
    """What rules look at."""

    world: World
    views: Views
    limits: Mapping[str, Mapping[str, tuple[float, float]]]
    """Kind of machine -> quantity -> least and most that is in order."""


class Announcer:
    """One task runs `follow`; `look` is one look, for whoever has the time."""

    def __init__(self, announce: Announce, matters: Matters, recorder: Recorder, clock: Clock) -> None:
        self._announce, self._matters, self._recorder, self._clock = announce, matters, recorder, clock

    async def follow(self) -> None:
        """For ever."""
        while self._announce.rules:
            try:
                await self.look()
            except LogError as exc:
                _log.warning("an announcement cannot be written", why=str(exc))
            await self._clock.sleep(EVERY_S)

    async def look(self) -> None:
        """Announce what is new, escalate what nobody has heard. Raises LogError."""
        now, world = self._clock.now(), self._matters.world
        for name, rule in self._announce.rules.items():
            for news in FINDERS[rule.when](rule, self._matters, now):
                said = world.announced.get(news.key)
                if said is None or (news.again_s and now - said >= news.again_s):
                    await self._made(name, rule, news, now)
        if self._announce.escalate_to:
            await self._escalated(now)

    async def _made(self, name: str, rule: Rule, news: News, now: float) -> None:
        to = news.to if rule.to == CALLED else rule.to
        data = e.AnnouncementMade(name, news.key, filled(rule.say, news.holes), to, news.line, news.by)
        await self._recorder.record(e.Event(uuid.uuid4().hex, SOURCE, news.subject, now, data))

    async def _escalated(self, now: float) -> None:
        for ident, one in list(self._matters.world.announcements.items()):
            late = now - one.at >= self._announce.escalate_after_s
            if late and not one.escalated and one.to != self._announce.escalate_to:
                data = e.AnnouncementEscalated(self._announce.escalate_to)
                await self._recorder.record(e.Event(uuid.uuid4().hex, SOURCE, ident, now, data, causationid=ident))


def meant_for(world: World, session: Session) -> Sequence[str]:
    """Ids of the announcements that a session is to hear and has not, oldest first."""
    operator, machine = world.operators.get(session.badge), world.machines.get(session.station)
    here = machine.line if machine is not None else session.station
    return [
        ident
        for ident, one in world.announcements.items()
        if (operator is not None and operator.role in (one.to, one.escalated))
        or (one.to == LINE and one.line and one.line == here and not (one.by and one.by == session.badge))
    ]


# ---- what there is to say ------------------------------------------------------------------------------------


def _alarms(rule: Rule, matters: Matters, now: float) -> Iterator[News]:
    for alarm in matters.views.alarms.open(PLANT):
        # A severity that nobody knows is told: a machine says it for a reason.
        mild = alarm.severity in WORST_FIRST[WORST_FIRST.index(rule.severity) + 1 :]
        if not mild and not alarm.acknowledged and now - alarm.since <= FRESH_S:
            holes = {"text": alarm.text, "severity": alarm.severity.lower(), "times": naming.times(alarm.times)}
            key = f"alarm:{alarm.machine}:{alarm.code}:{alarm.since:.3f}"
            yield _of_machine(matters.world, key, alarm.machine, holes)


def _holds(rule: Rule, matters: Matters, now: float) -> Iterator[News]:
    world = matters.world
    for hold in matters.views.holds.open():
        if now - hold.since > FRESH_S:
            continue
        lot = world.lots.get(hold.subject)
        board = world.boards.get(hold.subject)
        lot = lot or (world.lots.get(board.lot) if board is not None else None)
        machine = world.machines.get(hold.subject)
        line = lot.line if lot is not None else machine.line if machine is not None else ""
        holes = {
            "unit": naming.unit(world, hold.subject),
            "reason": naming.value(hold.reason),
            "by": hold.by or "somebody else",
        }
        yield News(f"hold:{hold.subject}:{hold.since:.3f}", hold.subject, line, holes, by=hold.by)


def _calls(rule: Rule, matters: Matters, now: float) -> Iterator[News]:
    world = matters.world
    for call in world.calls.values():
        if now - call.at <= FRESH_S:
            machine = world.machines.get(call.unit)
            line = machine.line if machine is not None else call.unit if call.unit in world.lines else ""
            holes = {"who": naming.value(call.who), "unit": naming.unit(world, call.unit)}
            yield News(call_key(call.id), call.unit, line, holes, to=call.who, by=call.badge)


def _drifts(rule: Rule, matters: Matters, now: float) -> Iterator[News]:
    """The least-squares slope over the time, so that one bad board is no drift."""
    span = Span(now - rule.hours * HOUR_S, now)
    for machine in matters.world.machines.values():
        for quantity, (low, high) in matters.limits.get(machine.kind, {}).items():
            if rule.quantity not in ("", quantity):
                continue
            found = matters.views.measures.summary(span, machine.id, quantity)
            if found is None or found.n < rule.boards:
                continue
            by = found.drift_per_hour * rule.hours
            if abs(by) >= rule.share * (high - low):
                holes = {
                    "quantity": naming.value(quantity),
                    "by": naming.measured(abs(by)),
                    "hours": naming.measured(rule.hours),
                }
                yield _of_machine(
                    matters.world, f"drift:{machine.id}:{quantity}", machine.id, holes, rule.again_h * HOUR_S
                )


def _yields(rule: Rule, matters: Matters, now: float) -> Iterator[News]:
    span = Span(now - rule.hours * HOUR_S, now)
    for line in matters.world.lines.values():
        found = matters.views.quality.first_pass(span, Scope(line=line.id))
        if found.share is None or found.all < rule.boards or found.share >= rule.under:
            continue
        holes = {
            "line": line.name,
            "percent": naming.percent(found.share),
            "limit": naming.percent(rule.under),
            "boards": naming.count(found.all),
        }
        yield News(f"yield:{line.id}", line.id, line.id, holes, again_s=rule.again_h * HOUR_S)


def _of_machine(world: World, key: str, ident: str, holes: Mapping[str, str], again_s: float = 0.0) -> News:
    machine = world.machines.get(ident)
    line = machine.line if machine is not None else ""
    return News(key, ident, line, {"machine": naming.unit(world, ident), **holes}, again_s=again_s)


FINDERS = {"alarm": _alarms, "hold": _holds, "call": _calls, "drift": _drifts, "yield": _yields}
"""Kind of rule -> what it is about now."""
