"""What the factory's own system says -> the log; a hold that it asks for -> an order like any other, at most once.

Each thing it says is one record or one refusal: nothing is half applied. A request is durable before its order is,
and an order before it is sent, so after a crash the log alone tells how far it came:

    hold.requested and nothing more          no order was made: it is made now
    ... and order.requested                  it may have been sent: never again; it ends as its order ended
    ... and mes.request_answered             over
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from assistant.domain import events as e
from assistant.domain.things import Request
from assistant.domain.values import Command, Session
from assistant.domain.world import World
from assistant.errors import LogError, MesError
from assistant.ports import Clock, FactorySystem, Page, Told
from assistant.turn.act import SOURCE, Actor
from assistant.turn.policy import Policy
from assistant.turn.record import Recorder
from assistant.turn.verdict import Allowed, Declined

MES = Session("MES")
"""In whose name it orders. No badge: no operator of a plant may be called so and nobody can check in as it."""
HOLD = "hold"
"""The intent, and the method of its order."""
AGAIN_S = 0.05
"""Before the next page, when there is more."""
LONGEST_WAIT_S = 60.0
"""Between two tries while it does not answer."""
PATIENCE_S = 60.0
"""So long a hold waits for machines that are out of reach; nothing was sent, so waiting costs nothing but time."""
LOOK_S = 1.0
"""How often it is tried meanwhile."""
_ENDS = {"done": "done", "rejected": "refused", "not_sent": "failed", "uncertain": "uncertain"}
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Inlet:
    """One task runs `follow`; nothing else calls the rest meanwhile."""

    policy: Policy
    actor: Actor
    recorder: Recorder
    clock: Clock
    _waits: dict[str, float] = field(default_factory=dict)
    """Since when a request waits for its machine, by the monotonic clock."""

    @property
    def world(self) -> World:
        """What is so."""
        return self.policy.world

    async def follow(self, system: FactorySystem, every_s: float) -> None:
        """For ever: ask for news, `every_s` after the last answer; more and more seldom while there is none."""
        tries, trouble = 0, ""
        while True:
            wait = every_s
            try:
                await self.settle()
                page = await system.fetch()
                await self.take(page)
                await system.taken(page)
                wait = min(AGAIN_S, every_s) if page.more else every_s
                tries, trouble = 0, ""
            except (MesError, LogError) as exc:
                tries += 1
                if str(exc) != trouble:
                    trouble = str(exc)
                    _log.warning("the MES cannot be heard", why=trouble)
                wait = max(every_s, min(LONGEST_WAIT_S, every_s * 2.0 ** min(tries, 16)))
            await self.clock.sleep(min(wait, LOOK_S) if self._waits else wait)

    async def take(self, page: Page) -> None:
        """Into the log, in order, what is new of it. Raises LogError; what came before that stays taken."""
        for told in page.told:
            if told.id in self.world.told:
                continue
            problem = told.problem or self._problem(told)
            if problem or told.event is None:
                await self._refuse(told, problem)
                continue
            await self.recorder.record(told.event)
            if told.id in self.world.requests:
                await self._hold(self.world.requests[told.id])

    async def settle(self) -> None:
        """Bring to an end what an earlier process, or a log that could not be written, left open. Raises LogError."""
        for request in list(self.world.requests.values()):
            if request.order in self.world.open_orders:
                # Nobody waits for it any more. Its machine may have done it: that is for an observation to say.
                await self._lost(request)
            if request.order:
                await self._answer(request, request.outcome, request.why)
            else:
                await self._hold(request)

    # ---- is it so that it can be taken ---------------------------------------------------------------------

    def _problem(self, told: Told) -> str:
        """Why not, or empty."""
        assert told.event is not None
        return _CHECKS[type(told.event.data)](self, told.event, told.event.data)

    def _id(self, kind: str, ident: str) -> str:
        shape = next((one for one in self.policy.language.kinds if one.kind == kind), None)
        digits = ident.removeprefix(shape.prefix) if shape is not None else ""
        if shape is not None and shape.canonical(digits) == ident and len(digits) == shape.digits:
            return "" if digits.isascii() and digits.isdigit() else f"{ident} is no {kind} id here"
        return f"{ident} is no {kind} id here"

    def _free(self, kind: str, ident: str) -> str:
        """Whether an id can be given to a new thing of this kind."""
        known = self.world.kind_of(ident)
        return self._id(kind, ident) or (f"{ident} is a {known} here" if known not in ("", kind) else "")

    def _work_order(self, event: e.Event, data: e.WorkOrderCreated) -> str:
        world = self.world
        if problem := self._free("order", event.subject):
            return problem
        if data.product not in world.products:
            return f"no product {data.product} here"
        if data.line not in world.lines:
            return f"no line {data.line} here"
        known = world.workorders.get(event.subject)
        if known is not None and (known.product, known.line, known.status) != (data.product, data.line, data.status):
            return f"{event.subject} exists already and says otherwise"
        return ""

    def _lot(self, event: e.Event, data: e.LotCreated) -> str:
        world = self.world
        if problem := self._free("lot", event.subject):
            return problem
        order = world.workorders.get(data.order)
        if order is None:
            return f"no work order {data.order} here"
        if (order.product, order.line) != (data.product, data.line):
            return f"{data.order} is {order.product} on {order.line}"
        if len(set(data.boards)) != len(data.boards):
            return "a board stands twice in it"
        lot = world.lots.get(event.subject)
        if lot is not None:
            same = (lot.order, lot.product, lot.line, lot.boards) == (data.order, data.product, data.line, data.boards)
            return "" if same else f"{event.subject} exists already and says otherwise"
        for board in data.boards:
            if problem := self._free("board", board):
                return problem
            if board in world.boards:
                return f"{board} is in {world.boards[board].lot} already"
        return ""

    def _shipped(self, event: e.Event, data: e.LotShipped) -> str:
        return "" if event.subject in self.world.lots else f"no lot {event.subject} here"

    def _hold_asked(self, event: e.Event, data: e.HoldRequested) -> str:
        if self.world.thing(event.subject) is None:
            return f"no lot, board or machine {event.subject} here"
        reasons: Mapping[str, object] = self.policy.intents.lists.get("reason", {data.reason: ()})
        return "" if data.reason in reasons else f"{data.reason} is no reason to hold here"

    def _call_answered(self, event: e.Event, data: e.CallAnswered) -> str:
        call = self.world.calls.get(data.call)
        if call is None:
            return "no such call is open"
        return "" if call.unit == event.subject else f"that call is about {call.unit or 'no machine'}"

    # ---- what comes of it ----------------------------------------------------------------------------------

    async def _hold(self, request: Request) -> None:
        """Make it hold at the machine; the only place that does, and only for a request without an order.

        While the machines are out of reach it is left as it is, for `settle` to try again.
        """
        now = self.clock.monotonic()
        away = self.actor.machines.age() > self.policy.hardware.stale_after_s
        if away and now - self._waits.setdefault(request.id, now) < PATIENCE_S:
            return
        self._waits.pop(request.id, None)
        kind = self.world.kind_of(request.unit)
        verdict = self.policy.for_factory(Command(HOLD, {kind: request.unit, "reason": request.reason}, by="mes"))
        if isinstance(verdict, Declined):
            await self._answer(request, "refused", verdict.say)
        elif not isinstance(verdict, Allowed) or len(verdict.plans) != 1:
            await self._answer(request, "refused", "no machine does this")
        else:
            (outcome,) = await self.actor.carry_out(verdict.plans, MES, _turn(request.id), request.id)
            await self._answer(request, _ENDS[outcome.status], outcome.reason)

    async def _lost(self, request: Request) -> None:
        asked, turn = self.world.requested[request.order]
        why = "the assistant could not write down how it ended"
        await self._record(request.order, e.OrderUncertain(asked.machine, why), turn, request.order)

    async def _refuse(self, told: Told, problem: str) -> None:
        _log.warning("the MES says what cannot be taken", id=told.id, type=told.type, why=problem)
        data = e.RequestAnswered(told.id, told.type, "refused", problem)
        await self._record(told.subject or e.FACTORY, data, _turn(told.id), told.id)

    async def _answer(self, request: Request, outcome: str, reason: str) -> None:
        data = e.RequestAnswered(request.id, e.HoldRequested.type, outcome, reason if outcome != "done" else "")
        await self._record(request.unit, data, _turn(request.id), request.id)

    async def _record(self, subject: str, data: e.Payload, turn: str, cause: str) -> None:
        event = e.Event(uuid.uuid4().hex, SOURCE, subject, self.clock.now(), data, turn, cause)
        await self.recorder.record(event)


def _turn(request: str) -> str:
    """What everything that comes of a request has as its correlation id; no turn is called so."""
    return f"mes/{request}"


_CHECKS: dict[type[e.Payload], Callable[[Inlet, e.Event, Any], str]] = {
    e.WorkOrderCreated: Inlet._work_order,
    e.LotCreated: Inlet._lot,
    e.LotShipped: Inlet._shipped,
    e.HoldRequested: Inlet._hold_asked,
    e.CallAnswered: Inlet._call_answered,
}
