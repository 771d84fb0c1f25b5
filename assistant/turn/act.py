"""Orders -> outcomes: on disk before a machine is touched, observed before it is called done, never sent twice."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from assistant.domain import events as e
from assistant.domain.values import Order, Outcome, Session
from assistant.errors import LogError, NotObserved, NotSent, Uncertain
from assistant.ports import Clock, Machines
from assistant.turn.record import Recorder
from assistant.turn.verdict import Plan

SOURCE = "/assistant"
DEADLINE_S = 3.0
"""A machine may not begin an order that is older than this (pitfalls A1)."""
SETTLE_S = 6.0
"""How long its effect may take to show before it is called uncertain."""
LOOK_AGAIN_S, SLOWER, LOOK_EVERY_S = 0.02, 1.2, 0.05
"""First look again after this, then ever later, up to the last: most is done at once, and what is not takes a while."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Carries plans out."""

    machines: Machines
    recorder: Recorder
    clock: Clock
    catch_up: Callable[[], Awaitable[None]]
    """Brings what machines did into the log before it is spoken of."""
    reported: Callable[[str], bool]
    """Whether a machine's report in the log names this order."""
    doubt: Callable[[], None]
    """A machine refused what the log said was possible: the two are to be compared."""
    owed: list[e.Event] = field(default_factory=list)
    """Ends of orders that could not be written when they came; they are written before the next requests."""

    async def carry_out(
        self, plans: Sequence[Plan], session: Session, turn: str, cause: str, second: str = ""
    ) -> list[Outcome]:
        """Give each plan to its machine at once, and wait until each is observed or uncertain.

        Raises LogError when the request could not be written, and only then: nothing was sent. What cannot be written
        later on leaves its order uncertain; the machine may have it.
        """
        now = self.clock.now()
        orders = [
            Order(uuid.uuid4().hex, plan.machine, plan.method, plan.args, plan.expect, now + DEADLINE_S, DEADLINE_S)
            for plan in plans
        ]
        requests = [
            e.Event(
                order.id,
                SOURCE,
                order.id,
                now,
                e.OrderRequested(
                    order.machine,
                    order.method,
                    dict(order.args),
                    session.badge,
                    session.station,
                    order.deadline,
                    second,
                ),
                correlationid=turn,
                causationid=cause,
            )
            for order in orders
        ]
        owed = tuple(self.owed)
        await self.recorder.record(*owed, *requests)
        self.owed[:] = [event for event in self.owed if event not in owed]
        return list(await asyncio.gather(*(self._one(order, turn) for order in orders)))

    async def _one(self, order: Order, turn: str) -> Outcome:
        outcome, end = await self._sent(order)
        try:
            if end is None:
                if outcome.status == "accepted":
                    with suppress(LogError):  # what is seen of it is written as well
                        await self.recorder.record(self._event(order, turn, e.OrderAccepted(order.machine)))
                outcome, end = await self._observed(order, accepted=outcome.status == "accepted")
                await self.catch_up()
            await self.recorder.record(self._event(order, turn, end))
        except LogError as exc:
            # What is not on disk is not said to be done: nobody could ever look it up. Nor is it said to be undone.
            if end is None or outcome.status == "done":
                outcome, end = Outcome(order, "uncertain", str(exc)), e.OrderUncertain(order.machine, str(exc))
            owed = self._event(order, turn, end)
            try:
                await self.recorder.record(owed)  # perhaps it was this once
            except LogError:
                self.owed.append(owed)
        return outcome

    async def _sent(self, order: Order) -> tuple[Outcome, e.Payload | None]:
        """Send it. A payload: that is how it ended; none: it is to be observed."""
        try:
            receipt = await self.machines.send(order)
        except NotSent as exc:
            reason = str(exc)
            return Outcome(order, "not_sent", reason), e.OrderFailed(order.machine, reason)
        except Uncertain:
            # It may have arrived: only looking tells.
            return Outcome(order, "uncertain"), None
        if not receipt.accepted:
            self.doubt()
            return Outcome(order, "rejected", receipt.reason), e.OrderRejected(order.machine, receipt.reason)
        return Outcome(order, "accepted"), None

    async def _observed(self, order: Order, *, accepted: bool) -> tuple[Outcome, e.Payload]:
        """Look at the machine until it is as expected, or SETTLE_S have gone by.

        What shows may have come of something else (another's order, a plant that was switched off and on). So where no
        answer says that this order was accepted, the machine's own report must name it.
        """
        until = self.clock.monotonic() + SETTLE_S
        reason, pause = "its effect was not seen", LOOK_AGAIN_S
        while self.clock.monotonic() < until:
            try:
                reading = await self.machines.observe(order.machine)
            except NotObserved as exc:
                reason = str(exc)
            else:
                value = reading.values.get(order.expect.variable, "")
                met = order.expect.met_by(value)
                if met and reading.time < order.deadline - DEADLINE_S:
                    # Shown before it was asked for: a stop right after a start finds the machine standing still.
                    reason = "what the machine shows is older than the order"
                elif met and not (accepted or await self._named(order)):
                    reason = "it is so, and the machine does not say that this order did it"
                elif met:
                    shown = value if isinstance(value, str) else ",".join(value)
                    seen = f"{order.expect.variable}={shown}"
                    return Outcome(order, "done"), e.OrderDone(order.machine, seen, reading.time)
            await self.clock.sleep(pause)
            pause = min(pause * SLOWER, LOOK_EVERY_S)
        return Outcome(order, "uncertain", reason), e.OrderUncertain(order.machine, reason)

    async def _named(self, order: Order) -> bool:
        await self.catch_up()
        return self.reported(order.id)

    def _event(self, order: Order, turn: str, payload: e.Payload) -> e.Event:
        return e.Event(
            uuid.uuid4().hex, SOURCE, order.id, self.clock.now(), payload, correlationid=turn, causationid=order.id
        )
