"""What must hold after any run, whatever went wrong in it: the event log against the plant's own ledger.

It reads what both sides wrote down and shares no code with what decides and acts; of the site it reads which intent
gives which order, who may, and what needs a yes.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from assistant.adapters import eventlog
from assistant.domain import events as e
from assistant.domain.values import Answer, Decision
from assistant.errors import LogError
from assistant.settings.intents import Intent
from tests.site import the_intents

ROUNDING_S = 0.0021
"""An event's time is rounded to the millisecond, a ledger's is cut to it."""
QUESTION_S = 10.0
"""A yes is good for so long after its question was answered (dialogue.CONFIRM_WITHIN_S, said again on purpose)."""
ENDS = (e.OrderRejected, e.OrderDone, e.OrderFailed, e.OrderUncertain)
WITH_WORDS = frozenset(Decision) - {Decision.IGNORED}
"""Decisions that must be told in words; what was not for the assistant may be passed over in silence."""
NOTHING_WAS_DONE = ("refused", "failed", "ignored", "ask", "confirm", "answered")
"""Decisions after which no machine may have accepted anything in that turn."""
DIGITS = dict(zip("zero one two three four five six seven eight nine".split(), "0123456789", strict=True)) | {"oh": "0"}


@dataclass
class Turn:
    """One turn as the log has it."""

    heard: e.Event | None = None
    answered: list[e.Event] = field(default_factory=list)
    orders: list[str] = field(default_factory=list)


@dataclass
class Order:
    """One order as both sides have it."""

    request: e.Event
    events: list[e.Event] = field(default_factory=list)
    deeds: list[dict[str, Any]] = field(default_factory=list)

    @property
    def asked(self) -> e.OrderRequested:
        """What was asked for."""
        assert isinstance(self.request.data, e.OrderRequested)
        return self.request.data

    def results(self, result: str) -> list[dict[str, Any]]:
        """What the machine says that it did with it."""
        return [deed for deed in self.deeds if deed["result"] == result]


def problems(
    data: Path,
    ledger: Path,
    *,
    told: Mapping[str, Answer] | None = None,
    sent: Mapping[str, int] | None = None,
    open_orders: bool = False,
) -> list[str]:
    """Everything in a log and a ledger that should not be; empty when all is right.

    `told`: turn -> the answer that its client got. `sent`: how often each order was seen on the wire. `open_orders`:
    the last core died and none was started since, so orders may be without an end.
    """
    try:
        eventlog.verify(data)
        events = list(eventlog.read(data))
    except LogError as exc:
        return [f"the log does not hold: {exc}"]
    lines = ledger.read_text(encoding="utf-8").splitlines() if ledger.exists() else []
    told = told or {}
    found = _Run(events, [json.loads(line) for line in lines], told)
    return [
        *found.strangers,
        *found.of_orders(open_orders=open_orders),
        *found.of_people(),
        *found.of_turns(),
        *found.of_answers(),
        *(
            f"order {order} went over the wire {n} times"
            for order, n in (sent or {}).items()
            if order in found.orders and n > 1
        ),
    ]


class _Run:
    """A log and a ledger, sorted by order and turn."""

    def __init__(
        self, events: Collection[e.Event], deeds: Collection[dict[str, Any]], told: Mapping[str, Answer]
    ) -> None:
        self.told = told
        self.roles = {x.subject: x.data.role for x in events if isinstance(x.data, e.OperatorRegistered)}
        self.turns: dict[str, Turn] = defaultdict(Turn)
        self.orders: dict[str, Order] = {}
        self.strangers: list[str] = []
        self.ids = {event.id for event in events}
        for event in events:
            self._sort(event)
        for deed in deeds:
            if deed["order"] in self.orders:
                self.orders[deed["order"]].deeds.append(deed)
            else:
                self.strangers.append(
                    f"{deed['machine']} {deed['result']} order {deed['order']}, which no log asked for"
                )

    def _sort(self, event: e.Event) -> None:
        match event.data:
            case e.TurnHeard():
                turn = self.turns[event.subject]
                if turn.heard is not None:
                    self.strangers.append(f"turn {event.subject} was heard twice")
                turn.heard = event
            case e.TurnAnswered():
                self.turns[event.subject].answered.append(event)
            case e.OrderRequested():
                if event.subject in self.orders:
                    self.strangers.append(f"order {event.subject} was asked for twice")
                self.orders[event.subject] = Order(event)
                self.turns[event.correlationid].orders.append(event.subject)
            case (
                e.OrderAccepted()
                | e.OrderRejected()
                | e.OrderDone()
                | e.OrderFailed()
                | e.OrderUncertain()
                | e.OrderSettled()
            ):
                if event.subject in self.orders:
                    self.orders[event.subject].events.append(event)
                else:
                    self.strangers.append(f"{event.type} of order {event.subject}, which was not asked for before")

    # ---- orders ------------------------------------------------------------------------------------------

    def of_orders(self, *, open_orders: bool) -> Iterator[str]:
        """Once, as asked, in time, and with one end that agrees with the machine's own word."""
        for ident, order in self.orders.items():
            where = f"order {ident} ({order.asked.method} at {order.asked.machine})"
            for problem in (*_deeds(order), *_ends(order, open_orders=open_orders), *_claims(order)):
                yield f"{where} {problem}"

    # ---- who asked for it, and was it confirmed ----------------------------------------------------------

    def of_people(self) -> Iterator[str]:
        """Each order comes from words of a person who may, confirmed where its intent says so."""
        for ident, order in self.orders.items():
            where = f"order {ident} ({order.asked.method} by {order.asked.badge})"
            for problem in self._allowed(order):
                yield f"{where} {problem}"

    def _allowed(self, order: Order) -> Iterator[str]:
        heard = self.turns[order.request.correlationid].heard
        if heard is None or heard.position > order.request.position:
            yield "was asked for before any words were written down"
            return
        said, asked = heard.data, order.asked
        assert isinstance(said, e.TurnHeard)
        if (said.badge, said.station) != (asked.badge, asked.station):
            yield f"came of the words of {said.badge} at {said.station}"
        question = self._question(heard) if said.intent == "yes" else None
        if said.intent == "yes" and question is None:
            yield "came of a yes to no question"
            return
        meant = question.data.intent if question is not None and isinstance(question.data, e.TurnHeard) else said.intent
        spec = _intent(meant, asked.method)
        if spec is None:
            yield f"came of {meant}, which orders no such thing"
            return
        role = self.roles.get(asked.badge, "")
        if role not in spec.roles:
            yield f"is not for a {role or 'stranger'} ({meant})"
        if _confirmed_always(spec, asked.method) and said.intent != "yes":
            yield f"was not confirmed: {said.intent} {said.text!r}"
        if spec.again == "unit" and not _digits(said.text).endswith(asked.args.get("unit", "")[-2:]):
            yield f"was confirmed without its digits: {said.text!r}"

    def _question(self, heard: e.Event) -> e.Event | None:
        """The turn whose question a yes answers: the last of the same person that was asked anything."""
        assert isinstance(heard.data, e.TurnHeard)
        who = (heard.data.badge, heard.data.station)
        before = [
            turn
            for turn in self.turns.values()
            if turn.heard is not None
            and isinstance(turn.heard.data, e.TurnHeard)
            and turn.heard.position < heard.position
            and (turn.heard.data.badge, turn.heard.data.station) == who
        ]
        before.sort(key=lambda turn: turn.heard.position if turn.heard else 0, reverse=True)
        for turn in before:
            assert turn.heard is not None and isinstance(turn.heard.data, e.TurnHeard)
            decision = self._decision(turn)
            if decision == "confirm" and turn.heard.data.intent != "yes":
                asked = turn.answered[0].time if turn.answered else turn.heard.time
                return None if heard.time - asked > QUESTION_S + ROUNDING_S else turn.heard
            if decision not in ("confirm", "ignored") and turn.heard.data.intent not in ("repeat", "help"):
                return None
            # A yes where digits were wanted, noise, or the question said again: it still stands.
        return None

    def _decision(self, turn: Turn) -> str:
        """What it ended in: by the log, or where that could not be written, by what was told."""
        if turn.answered and isinstance(turn.answered[0].data, e.TurnAnswered):
            return turn.answered[0].data.decision
        answer = self.told.get(turn.heard.subject) if turn.heard is not None else None
        return answer.decision.value if answer is not None and answer.decision is not None else ""

    # ---- turns and their answers -------------------------------------------------------------------------

    def of_turns(self) -> Iterator[str]:
        """Each refusal has words, and what was said of a turn is what its machines did."""
        for ident, turn in self.turns.items():
            if len(turn.answered) > 1:
                yield f"turn {ident} was answered {len(turn.answered)} times"
            for event in turn.answered:
                assert isinstance(event.data, e.TurnAnswered)
                yield from self._told(ident, event.data.decision, event.data.say)

    def of_answers(self) -> Iterator[str]:
        """What clients were told holds as well, and every event that they were told of is in the log."""
        for ident, answer in self.told.items():
            decision = answer.decision.value if answer.decision is not None else ""
            if not any(
                isinstance(event.data, e.TurnAnswered) and event.data.decision == decision
                for event in self.turns[ident].answered
            ):
                # Not in the log, or another: then it is held to the machines' word by itself.
                yield from self._told(ident, decision, answer.say)
            lost = [event for event in answer.events if event not in self.ids]
            if lost:
                yield f"turn {ident} was answered with events that are not in the log: {', '.join(lost)}"

    def _told(self, turn: str, decision: str, say: str) -> Iterator[str]:
        if decision in WITH_WORDS and not say.strip():
            yield f"turn {turn} ended in {decision} without a word"
        orders = [self.orders[ident] for ident in self.turns[turn].orders]
        accepted = [order for order in orders if order.results("accepted")]
        # Of several machines some may have done it: then the answer says so, and is as grave as the worst of them.
        if orders and decision in NOTHING_WAS_DONE and len(accepted) == len(orders):
            yield f"turn {turn} ended in {decision} ({say!r}), and {accepted[0].asked.machine} accepted its order"
        if decision == "done" and len(accepted) < len(orders):
            yield f"turn {turn} ended in done ({say!r}), and not every machine accepted its order"


def _deeds(order: Order) -> Iterator[str]:
    """What the machine did with it."""
    asked = order.asked
    for deed in order.deeds:
        if (deed["machine"], deed["method"].lower(), deed["args"]) != (asked.machine, asked.method, asked.args):
            yield f"reached {deed['machine']} as {deed['method']} {deed['args']}"
        if _time(deed) < order.request.time - ROUNDING_S:
            yield f"was {deed['result']} by its machine before it was asked for"
    for result in ("accepted", "done"):
        if len(order.results(result)) > 1:
            yield f"was {result} by its machine {len(order.results(result))} times"
    if order.results("done") and not order.results("accepted"):
        yield "was carried out by its machine without having been accepted"
    if any(_time(deed) > asked.deadline for deed in order.results("accepted")):
        yield "was accepted by its machine after its deadline"


def _ends(order: Order, *, open_orders: bool) -> Iterator[str]:
    """How it ended, by the log."""
    kinds = [event.data for event in order.events if isinstance(event.data, ENDS)]
    if not kinds:
        if not open_orders:
            yield "has no end in the log"
        return
    names = [kind.type for kind in kinds]
    if len(kinds) > 1 and names != ["order.uncertain", "order.done"]:
        yield f"ended more than once: {', '.join(names)}"
    for kind in kinds:
        if isinstance(kind, e.OrderRejected | e.OrderFailed | e.OrderUncertain) and not kind.reason.strip():
            yield f"ended in {kind.type} without a reason"


def _claims(order: Order) -> Iterator[str]:
    """What the log says of it against what its machine says."""
    for event in order.events:
        match event.data:
            case e.OrderDone(observed=observed, observed_at=at):
                if not (order.results("accepted") or order.results("done")):
                    yield "is done by the log, and its machine never accepted it"
                if at < order.request.time - ROUNDING_S or not observed:
                    yield f"is done by a look that is older than itself ({observed!r})"
            case e.OrderSettled(outcome="done", by="") if not order.results("done"):
                yield "is settled as done by the journal, and its machine never did it"
            case e.OrderSettled(outcome="not_done", by="") if order.results("done" if _cut(order) else "accepted"):
                yield "is settled as not done by the journal, and its machine accepted it"
            case e.OrderAccepted() if not order.results("accepted"):
                yield "is accepted by the log and not by its machine"
            case e.OrderRejected() | e.OrderFailed() if order.results("accepted"):
                yield f"is {event.type} by the log, and its machine accepted it"


def _cut(order: Order) -> bool:
    """Whether it may have been accepted and have had no effect: a stop ends a start that is under way."""
    return order.asked.method == "start"


def _intent(heard: str, method: str) -> Intent | None:
    """The intent that orders this method, as it was heard; for an undo the undo itself."""
    spec = the_intents().by_name.get(heard)
    if spec is None:
        return None
    if spec.undoes:
        return spec if _undone_by(method) is not None else None
    return spec if spec.order is not None and spec.order.method == method else None


def _undone_by(method: str) -> Intent | None:
    """The intent that is taken back by this method."""
    for spec in the_intents().by_name.values():
        if spec.undo is not None:
            inverse = the_intents().by_name[spec.undo.intent]
            if method == (spec.undo.method or (inverse.order.method if inverse.order is not None else "")):
                return spec
    return None


def _confirmed_always(spec: Intent, method: str) -> bool:
    """Whether an order of this method needs a yes."""
    if not spec.undoes:
        return spec.confirm == "always"
    undone = _undone_by(method)
    return undone is not None and undone.undo is not None and undone.undo.confirm == "always"


def _digits(text: str) -> str:
    """The digits that were said, one by one."""
    words = "".join(letter if letter.isalnum() else " " for letter in text.lower()).split()
    return "".join(word if word.isdigit() else DIGITS.get(word, "") for word in words)


def _time(deed: Mapping[str, Any]) -> float:
    """A ledger's time as Unix seconds."""
    return datetime.fromisoformat(deed["t"]).timestamp()
