"""What an allowed command comes to: orders, a note, an undo; and the words that say what was observed."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.domain import events as e
from assistant.domain.values import Decision, Outcome, Session
from assistant.settings.intents import Intent
from assistant.turn import naming
from assistant.turn.act import SOURCE, Actor
from assistant.turn.policy import Policy
from assistant.turn.read import UNKNOWN
from assistant.turn.verdict import Allowed

Result = tuple[Decision, str]
"""What it came to, and the words."""

_DECISIONS = {
    "done": Decision.DONE,
    "rejected": Decision.REFUSED,
    "not_sent": Decision.FAILED,
    "uncertain": Decision.UNCERTAIN,
}
_WORST = ("uncertain", "not_sent", "rejected", "done")


@dataclass(frozen=True, slots=True)
class Performer:
    """Does what policy allowed."""

    policy: Policy
    actor: Actor

    async def perform(self, allowed: Allowed, session: Session, turn: str, cause: str, second: str = "") -> Result:
        """Carry it out; `second`: who agreed beside the session's own badge.

        Raises LogError when its request could not be written: then nothing was done.
        """
        spec = self.policy.intents.by_name[allowed.command.intent]
        if spec.record is not None:
            key = await self._record(allowed, spec, session, turn, cause)
            if not allowed.plans:
                return Decision.DONE, self.policy.sayings.say(spec, key, allowed.command)
        # Words that describe what was so before it changed: a lot's reason, a machine's alarms.
        said_of, key = (self.policy.intents.by_name[allowed.undoes], "undone") if allowed.undoes else (spec, "done")
        done = self.policy.sayings.say(said_of, key, allowed.command, allowed.named)
        return self._told(await self.actor.carry_out(allowed.plans, session, turn, cause, second), done)

    def dated(self, say: str) -> str:
        """The same words with their age, when the machines are out of reach."""
        machines, hardware, world = self.actor.machines, self.policy.hardware, self.policy.world
        if machines.age() <= hardware.stale_after_s:
            return say
        rest = say[:1].lower() + say[1:] if say[1:2].islower() else say
        if not world.heard_of:
            return self.policy.intents.text(UNKNOWN, "never_observed", {"rest": say})
        holes = {"time": naming.clock(self.policy.calendar, world.heard_of), "rest": rest}
        return self.policy.intents.text(UNKNOWN, "as_of", holes)

    async def _record(self, allowed: Allowed, spec: Intent, session: Session, turn: str, cause: str) -> str:
        """Write down what is no order; the key of the words for it."""
        slots, subject = allowed.command.slots, allowed.unit or session.station
        found: list[tuple[str, e.Payload]]
        match spec.record:
            case "note":
                found = [(subject, e.NoteTaken(slots["text"], session.badge, session.station))]
            case "call":
                found = [(subject, e.CallRaised(slots["who"], session.badge, session.station))]
            case _:
                calls = self.policy.world.calls_at(subject)
                found = [(call.unit, e.CallAnswered(call.id, session.badge)) for call in calls]
        now = self.actor.clock.now()
        await self.actor.recorder.record(
            *(
                e.Event(uuid.uuid4().hex, SOURCE, unit, now, data, correlationid=turn, causationid=cause)
                for unit, data in found
            )
        )
        return "answered" if spec.record == "answer" else "done"

    def _told(self, outcomes: Sequence[Outcome], done: str) -> Result:
        """Say what was observed: one sentence when all went well, else what did not."""
        if not outcomes:
            return Decision.REFUSED, self.policy.intents.text(UNKNOWN, "failed", {"reason": "no machine does this"})
        worst = next(status for status in _WORST if any(outcome.status == status for outcome in outcomes))
        if worst == "done":
            return Decision.DONE, done
        said = [self._outcome(outcome) for outcome in outcomes if outcome.status != "done"]
        finished = [naming.unit(self.policy.world, o.order.machine) for o in outcomes if o.status == "done"]
        if finished:
            said.append(f"Done at {naming.listing(finished)}.")
        return _DECISIONS[worst], " ".join(said)

    def _outcome(self, outcome: Outcome) -> str:
        holes = {"machine": naming.unit(self.policy.world, outcome.order.machine), "reason": outcome.reason}
        return naming.cap(self.policy.intents.text(UNKNOWN, outcome.status, holes))
