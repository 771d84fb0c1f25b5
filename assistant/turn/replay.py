"""A recorded turn read and decided again: the same words, the world as it was, today's templates, models and policy.

Nothing is touched: what would be written is dropped, and no machine is asked. A question that the turn may have
answered is asked again first, by the turn that asked it; whether it had run out is taken from the record.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from assistant.domain import events as e
from assistant.domain.evidence import RECORDED, Evidence
from assistant.domain.values import Answer, Hypothesis, Order, Outcome, Session, Transcript
from assistant.turn.act import Actor
from assistant.turn.core import ASLEEP, Core
from assistant.turn.dialogue import CONFIRM_WITHIN_S, Dialogue, State
from assistant.turn.memory import Memory
from assistant.turn.verdict import Plan

SAME = 0.001
"""Confidences this near to each other are the same: the log keeps three decimals."""


class Then:
    """ports.Clock that stands at the time of a turn."""

    def __init__(self) -> None:
        self.at, self.steady = 0.0, 0.0

    def now(self) -> float:
        """See ports.Clock."""
        return self.at

    def monotonic(self) -> float:
        """See ports.Clock."""
        return self.steady

    async def sleep(self, seconds: float) -> None:
        """See ports.Clock. Nothing is waited for."""


@dataclass(frozen=True, slots=True)
class Rehearsal(Actor):
    """Gives no order; each would be done."""

    given: list[Plan] = field(default_factory=list)
    """Orders that would be given."""

    async def carry_out(
        self, plans: Sequence[Plan], session: Session, turn: str, cause: str, second: str = ""
    ) -> list[Outcome]:
        """See Actor."""
        self.given.extend(plans)
        return [
            Outcome(Order("", plan.machine, plan.method, plan.args, plan.expect, self.clock.now()), "done")
            for plan in plans
        ]


@dataclass(slots=True)
class Dropped:
    """Where events go that must not be written."""

    events: list[e.Event] = field(default_factory=list)

    async def append(self, events: Sequence[e.Event]) -> Sequence[e.Event]:
        """As if they were stored, at no position."""
        self.events.extend(events)
        return events


@dataclass(frozen=True, slots=True)
class Again:
    """What becomes of a turn today."""

    hypotheses: tuple[Hypothesis, ...]
    """The words that were read."""
    answer: Answer
    """Decided; an order that would be given counts as done."""
    acts: bool
    """Whether an order would be given, or something written down for a person."""
    differs: tuple[str, ...]
    """As `differences` has it."""


class Replay:
    """Built by bootstrap over a core that touches nothing. One turn each: `reach` it, then `read` it."""

    def __init__(
        self, core: Core, clock: Then, actor: Rehearsal, dropped: Dropped, fold: Callable[[int], None]
    ) -> None:
        """`fold`: takes the log into the core's world, up to and with this position."""
        self._core, self._clock, self._actor, self._dropped, self._fold = core, clock, actor, dropped, fold
        self._pending, self._last = Dialogue(), ""

    async def reach(self, before: Sequence[Evidence], turn: Evidence) -> list[Again]:
        """Go to where `turn` was heard. `before`: the turns that led to its question, oldest first; each again."""
        told: list[Again] = []
        for one in before:
            self._fold(one.position - 1)
            told.append(await self.read(one, words(one)))
            self._pending = self._core.talk(_session(one)).dialogue
        self._fold(turn.position - 1)
        self._last = turn.turn
        return told

    async def read(self, turn: Evidence, hypotheses: Sequence[Hypothesis]) -> Again:
        """Read and decide it, from these words, in the conversation and the world that `reach` came to."""
        heard, session = turn.heard, _session(turn)
        talk = self._core.talk(session)
        asleep = turn.answered is not None and turn.answered.rule == ASLEEP
        talk.dialogue = Dialogue(State.ASLEEP) if asleep else self._pending
        talk.memory = Memory(heard.about)
        self._clock.at = turn.at
        # No second goes by between a question and its answer, unless the record says that it ran out.
        self._clock.steady = CONFIRM_WITHIN_S + 1.0 if heard.ran_out else 0.0
        self._actor.given.clear()
        self._dropped.events.clear()
        transcript = Transcript(turn.turn, session, tuple(hypotheses), heard.channel, heard.note, heard.cut)
        waiting = dict(self._core.seconds.waiting)
        answer = await self._core.turn(transcript)
        if turn.turn == self._last:
            self._core.seconds.waiting = waiting  # so that it can be read once more, from other words
        acts = bool(self._actor.given) or any(isinstance(event.data, RECORDED) for event in self._dropped.events)
        return Again(transcript.hypotheses, answer, acts, differences(turn, answer, acts=acts))


def differences(turn: Evidence, answer: Answer, *, acts: bool) -> tuple[str, ...]:
    """In what today's answer is not as recorded: `intent`, `slots`, `confidence`, `by`, `also`, `rule`, `decision`."""
    heard, answered = turn.heard, turn.answered
    pairs: dict[str, tuple[object, object]] = {
        "intent": (heard.intent, answer.intent),
        "slots": (heard.slots, dict(answer.slots)),
        "confidence": (True, abs(heard.confidence - answer.confidence) <= SAME),
        "by": (heard.by, answer.by),
    }
    if answered is not None and answered.rule:
        said = [(one.intent, one.slots) for one in heard.also]
        pairs["also"] = (said, [(one.intent, dict(one.slots)) for one in answer.also])
        rules = [answered.rule, *(rule for _, rule in answered.also)]
        pairs["rule"] = (rules, [answer.rule, *(one.rule for one in answer.also)])
    if answered is not None and not (turn.acted and acts):
        # Where both act, the machines had the last word, and they were not asked again.
        pairs["decision"] = (answered.decision, answer.decision.value if answer.decision else "")
    return tuple(name for name, (then, now) in pairs.items() if then != now)


def words(turn: Evidence) -> tuple[Hypothesis, ...]:
    """What was heard, as far as it was kept; a log from before hypotheses were kept has only the words read."""
    heard = turn.heard
    if heard.hypotheses:
        meant = heard.sounds_like or ("",) * len(heard.hypotheses)
        said = zip(heard.hypotheses, meant, strict=True)
        return tuple(Hypothesis(text, logprob, was) for (text, logprob), was in said)
    if not heard.text:
        return ()
    # Of a reading by a template the confidence is how well it was heard.
    heard_well = 0.0 if heard.channel != "voice" else math.log(max(heard.confidence, 1e-3))
    return (Hypothesis(heard.text, heard_well),)


def _session(turn: Evidence) -> Session:
    return Session(turn.heard.badge, turn.heard.station)
