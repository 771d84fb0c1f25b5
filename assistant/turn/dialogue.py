"""The conversation of one session as a table: (state, message) -> (state, effects). No I/O, no clock.

Seconds are passed in. What an effect asks for is done by the core, which answers with another message. The
diagram in docs/dialogue.md is written from TABLE; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from assistant.domain.values import Command, Decision
from assistant.turn.messages import (
    MESSAGES,
    Act,
    Effect,
    Expired,
    Finished,
    Matched,
    Message,
    Mismatched,
    NeedsDigits,
    NeedsSlot,
    NeedsYes,
    No,
    Noise,
    Proceed,
    Say,
    Seconded,
    Sleep,
    Told,
    Wake,
    Yes,
)

CONFIRM_WITHIN_S = 10.0
"""A question is good for this long (select before operate; pitfalls: ABB's DNP3 select time-out)."""


class State(StrEnum):
    """Where a conversation can be."""

    IDLE = "idle"
    CONFIRMING = "confirming"
    CHALLENGING = "challenging"
    """A yes is not enough: the last two digits of the id must be said."""
    ASKING = "asking"
    ACTING = "acting"
    ASLEEP = "asleep"


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One session's state."""

    state: State = State.IDLE
    commands: tuple[Command, ...] = ()
    """What waits for yes, for a slot, or for its machine."""
    slot: str = ""
    """Which slot was asked for."""
    question: str = ""
    """What was asked."""
    expires: float = 0.0
    """Monotonic seconds after which a question counts no more."""
    bound: tuple[str, ...] = ()
    """For each command what the question was about."""
    digits: str = ""
    """Of the id whose last two are asked for."""


Step = tuple[Dialogue, tuple[Effect, ...]]


@dataclass(frozen=True, slots=True)
class Row:
    """One cell of the table."""

    to: State
    """The state that it leads to."""
    do: Callable[[Dialogue, Message], tuple[Effect, ...]]
    """The effects."""
    keep: Callable[[Dialogue, Message], Dialogue] = field(default=lambda now, message: Dialogue())
    """What the next state remembers (its `state` is set from `to`)."""


def step(now: Dialogue, message: Message) -> Step:
    """Take one message. Every pair of state and message has a row."""
    row = TABLE[now.state, type(message)]
    kept = row.keep(now, message)
    following = replace(kept, state=row.to)
    return following, row.do(now, message)


def expired(dialogue: Dialogue, now: float) -> bool:
    """Whether a question is pending and too old."""
    return dialogue.state in (State.CONFIRMING, State.CHALLENGING, State.ASKING) and now > dialogue.expires


# ---- what rows do ----------------------------------------------------------------------------------------


def _nothing(now: Dialogue, message: Message) -> tuple[Effect, ...]:
    return ()


def _act(now: Dialogue, message: Message) -> tuple[Effect, ...]:
    return (Act(message.command, confirmed=False),) if isinstance(message, Proceed) else ()


def _act_seconded(now: Dialogue, message: Message) -> tuple[Effect, ...]:
    return (Act(message.command, True, message.bound, message.by),) if isinstance(message, Seconded) else ()


def _act_confirmed(now: Dialogue, message: Message) -> tuple[Effect, ...]:
    bound = now.bound or ("",) * len(now.commands)
    return tuple(Act(command, confirmed=True, bound=what) for command, what in zip(now.commands, bound, strict=True))


def _ask(now: Dialogue, message: Message) -> tuple[Effect, ...]:
    match message:
        case NeedsYes() | NeedsDigits():
            return (Say(Decision.CONFIRM, message.question),)
        case NeedsSlot():
            return (Say(Decision.ASK, message.question),)
    return ()


def _say(now: Dialogue, message: Message) -> tuple[Effect, ...]:
    match message:
        case Told() | Noise() | Finished():
            return (Say(message.decision, message.say),)
        case Sleep() | Wake():
            return (Say(Decision.DONE, message.say),)
    return ()


def _key(decision: Decision, key: str) -> Callable[[Dialogue, Message], tuple[Effect, ...]]:
    return lambda now, message: (Say(decision, key=key),)


_cancelled = _key(Decision.ANSWERED, "cancelled")
_nothing_asked = _key(Decision.IGNORED, "nothing_asked")
_which_slot = _key(Decision.ASK, "say_again")
_say_digits = _key(Decision.CONFIRM, "say_digits")
_wrong_digits = _key(Decision.REFUSED, "wrong_digits")
_asleep = _key(Decision.IGNORED, "asleep")


# ---- what the next state remembers -----------------------------------------------------------------------


def _same(now: Dialogue, message: Message) -> Dialogue:
    return now


def _pending(now: Dialogue, message: Message) -> Dialogue:
    match message:
        case NeedsYes():
            return Dialogue(
                commands=message.commands,
                question=message.question,
                expires=message.now + CONFIRM_WITHIN_S,
                bound=message.bound,
            )
        case NeedsDigits():
            return Dialogue(
                commands=(message.command,),
                question=message.question,
                expires=message.now + CONFIRM_WITHIN_S,
                bound=(message.bound,),
                digits=message.digits,
            )
        case NeedsSlot():
            return Dialogue(
                commands=(message.command,),
                slot=message.slot,
                question=message.question,
                expires=message.now + CONFIRM_WITHIN_S,
            )
    return Dialogue()


def _one(now: Dialogue, message: Message) -> Dialogue:
    return Dialogue(commands=(message.command,)) if isinstance(message, Proceed | Seconded) else Dialogue()


def _new_commands(state: State) -> dict[tuple[State, type[Message]], Row]:
    """A new command means the same in each waking state: what was pending is dropped."""
    return {
        (state, Proceed): Row(State.ACTING, _act, _one),
        (state, NeedsYes): Row(State.CONFIRMING, _ask, _pending),
        (state, NeedsDigits): Row(State.CHALLENGING, _ask, _pending),
        (state, NeedsSlot): Row(State.ASKING, _ask, _pending),
        (state, Told): Row(State.IDLE, _say),
        (state, Sleep): Row(State.ASLEEP, _say),
        (state, Wake): Row(State.IDLE, _say),
        (state, Noise): Row(state, _say, _same),
        (state, Seconded): Row(state, _nothing_asked, _same),
        # Digits that nobody asked for mean nothing.
        (state, Matched): Row(state, _nothing_asked, _same),
        (state, Mismatched): Row(state, _nothing_asked, _same),
    }


TABLE: dict[tuple[State, type[Message]], Row] = {
    **_new_commands(State.IDLE),
    (State.IDLE, Seconded): Row(State.ACTING, _act_seconded, _one),
    (State.IDLE, Yes): Row(State.IDLE, _nothing_asked),
    (State.IDLE, No): Row(State.IDLE, _nothing_asked),
    (State.IDLE, Finished): Row(State.IDLE, _say),
    (State.IDLE, Expired): Row(State.IDLE, _nothing),
    **_new_commands(State.CONFIRMING),
    (State.CONFIRMING, Yes): Row(State.ACTING, _act_confirmed, _same),
    (State.CONFIRMING, No): Row(State.IDLE, _cancelled),
    (State.CONFIRMING, Finished): Row(State.CONFIRMING, _say, _same),
    (State.CONFIRMING, Expired): Row(State.IDLE, _nothing),
    **_new_commands(State.CHALLENGING),
    (State.CHALLENGING, Yes): Row(State.CHALLENGING, _say_digits, _same),
    (State.CHALLENGING, Matched): Row(State.ACTING, _act_confirmed, _same),
    (State.CHALLENGING, Mismatched): Row(State.IDLE, _wrong_digits),
    (State.CHALLENGING, No): Row(State.IDLE, _cancelled),
    (State.CHALLENGING, Finished): Row(State.CHALLENGING, _say, _same),
    (State.CHALLENGING, Expired): Row(State.IDLE, _nothing),
    **_new_commands(State.ASKING),
    (State.ASKING, Yes): Row(State.ASKING, _which_slot, _same),
    (State.ASKING, No): Row(State.IDLE, _cancelled),
    (State.ASKING, Finished): Row(State.ASKING, _say, _same),
    (State.ASKING, Expired): Row(State.IDLE, _nothing),
    # While a machine is at work the next command waits its turn; words about the last one stand.
    **{(State.ACTING, message): Row(State.ACTING, _nothing, _same) for message in MESSAGES},
    (State.ACTING, Finished): Row(State.IDLE, _say),
    **{(State.ASLEEP, message): Row(State.ASLEEP, _asleep, _same) for message in MESSAGES},
    (State.ASLEEP, Wake): Row(State.IDLE, _say),
    (State.ASLEEP, Finished): Row(State.ASLEEP, _say, _same),
    (State.ASLEEP, Expired): Row(State.ASLEEP, _nothing, _same),
}


def diagram() -> str:
    """The table as a Mermaid state diagram, one arrow a row that changes something."""
    arrows: dict[tuple[State, State], list[str]] = {}
    for (state, message), row in TABLE.items():
        if row.do is _nothing and row.to is state:
            continue
        arrows.setdefault((state, row.to), []).append(message.__name__)
    lines = ["stateDiagram-v2", f"    [*] --> {State.IDLE}"]
    lines += [f"    {start} --> {end}: {', '.join(names)}" for (start, end), names in arrows.items()]
    return "\n".join(lines)
