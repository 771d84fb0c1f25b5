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
from assistant.turn.policy import Allowed, Policy
from assistant.turn.read import UNKNOWN

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

    async def perform(self, allowed: Allowed, session: Session, turn: str, cause: str) -> Result:
        """Carry it out. Raises LogError when its request could not be written: then nothing was done."""
        spec = self.policy.intents.by_name[allowed.command.intent]
        if spec.record is not None:
            return await self._record(allowed, spec, session, turn, cause)
        # Words that describe what was so before it changed: a lot's reason, a machine's alarms.
        said_of, key = (self.policy.intents.by_name[allowed.undoes], "undone") if allowed.undoes else (spec, "done")
        done = self.policy.say(said_of, key, allowed.command, allowed.named)
        return self._told(await self.actor.carry_out(allowed.plans, session, turn, cause), done)

    def dated(self, say: str) -> str:
        """The same words with their age, when the machines are out of reach."""
        machines, hardware, world = self.actor.machines, self.policy.hardware, self.policy.world
        if machines.age() <= hardware.stale_after_s:
            return say
        rest = say[:1].lower() + say[1:] if say[:2].istitle() else say
        if not world.heard_of:
            return self.policy.intents.text(UNKNOWN, "never_observed", {"rest": say})
        holes = {"time": naming.clock(world.heard_of), "rest": rest}
        return self.policy.intents.text(UNKNOWN, "as_of", holes)

    async def _record(self, allowed: Allowed, spec: Intent, session: Session, turn: str, cause: str) -> Result:
        text = allowed.command.slots["text"]
        subject = allowed.unit or session.station
        note = e.NoteTaken(text, session.badge, session.station)
        now = self.actor.clock.now()
        await self.actor.recorder.record(
            e.Event(uuid.uuid4().hex, SOURCE, subject, now, note, correlationid=turn, causationid=cause)
        )
        return Decision.DONE, self.policy.say(spec, "done", allowed.command)

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
