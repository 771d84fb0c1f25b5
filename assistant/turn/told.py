"""A turn as a person reads it, one stage a paragraph: on the command line and on the screen."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.domain import events as e
from assistant.domain.evidence import Evidence, Ordered

if TYPE_CHECKING:
    from assistant.turn.replay import Again

Sound = tuple[Path, float] | None
"""A turn's recording and when it is deleted (Unix seconds UTC), where there is one."""
LABEL = 12
"""Width of the column of stages."""


def lines(turn: Evidence, sound: Sound) -> Iterator[str]:
    """A turn, one stage a paragraph."""
    heard, answered = turn.heard, turn.answered
    who = f"{heard.badge or 'nobody checked in'}{f' at {heard.station}' if heard.station else ''}"
    yield f"{turn.turn}  {_clock(turn.at, day=True)}  {who}  {'spoken' if heard.channel == 'voice' else 'typed'}"
    if sound is not None:
        yield from _stage("audio", [f"{sound[0]}  (until {_clock(sound[1], day=True)})"])
    elif heard.channel == "voice":
        yield from _stage("audio", ["not kept"])
    yield from _stage("heard", _heard(turn))
    about = [f'"it" is {heard.about}'] if heard.about else []
    asked = [f"may answer turn {heard.asked}"] if heard.asked else []
    asked += [f"turn {heard.ran_out} had asked; that ran out"] if heard.ran_out else []
    yield from _stage("before", [*asked, *about])
    readings = [_reading(heard.intent, heard.slots, heard.confidence, heard.by, heard.doubt)]
    readings += [_reading(one.intent, one.slots, one.confidence, one.by, one.doubt) for one in heard.also]
    yield from _stage("understood", readings)
    if answered is not None:
        rules = [answered.rule or "(not kept: an older log)", *(rule for _, rule in answered.also)]
        yield from _stage("rule", rules)
    for order in turn.orders:
        yield from _stage("ordered", _ordered(order))
    yield from _stage("recorded", [_happened(event) for event in turn.others])
    if answered is None:
        yield from _stage("did", ["(never answered: the assistant stopped before)"])
        return
    yield from _stage("did", [answered.decision, *(decision for decision, _ in answered.also)])
    yield from _stage("said", [answered.say or "(nothing)"])


def again_lines(turn: Evidence, again: Again, label: str) -> Iterator[str]:
    """What a turn comes to today, beside what it came to."""
    answer = again.answer
    yield from _stage(label, [_worded(one.text, one.logprob, turn) for one in again.hypotheses] or ["(nothing)"])
    every = (answer, *answer.also)
    yield from _stage("understood", [_reading(one.intent, one.slots, one.confidence, one.by) for one in every])
    yield from _stage("rule", [one.rule for one in every])
    decision = answer.decision.value if answer.decision else ""
    yield from _stage("would", ["act" if again.acts else f"not act ({decision})"])
    yield from _stage("differs", [", ".join(again.differs) or "in nothing"])


def _heard(turn: Evidence) -> list[str]:
    heard = turn.heard
    if heard.hypotheses:
        return [_worded(text, logprob, turn) for text, logprob in heard.hypotheses]
    if heard.note:
        return [f"({heard.note})"]
    return [heard.text or "(words not kept: not for the assistant)"]


def _worded(text: str, logprob: float, turn: Evidence) -> str:
    if turn.heard.channel != "voice":
        return text
    return f"{logprob:7.3f}  {text}"


def _reading(intent: str, slots: Mapping[str, str], confidence: float, by: str, doubt: str = "") -> str:
    read = " ".join([intent, *(f"{slot}={value}" for slot, value in slots.items())])
    return f"{read}  ({confidence:.2f} by {by}{f', in doubt: {doubt}' if doubt else ''})"


def _ordered(order: Ordered) -> list[str]:
    request = order.request
    args = " ".join(f"{name}={value}" for name, value in request.args.items())
    first = f"{_clock(order.at)}  {request.method} {args}".rstrip() + f" at {request.machine}  (order {order.id[:8]})"
    first += f", agreed to by {request.second}" if request.second else ""
    return [first, *(_happened(event) for event in order.story)]


def _happened(event: e.Event) -> str:
    """One thing that followed: the machine's answer, what it reported, the state read back, a note."""
    match event.data:
        case e.OrderAccepted(machine=machine):
            what = f"{machine} accepted it"
        case e.OrderRejected(machine=machine, reason=reason):
            what = f"{machine} refused it: {reason}"
        case e.OrderDone(machine=machine, observed=observed, observed_at=at):
            what = f"read back from {machine}: {observed}, as of {_clock(at)}"
        case e.OrderFailed(machine=machine, reason=reason):
            what = f"never reached {machine}: {reason}"
        case e.OrderUncertain(machine=machine, reason=reason):
            what = f"not known whether {machine} did it: {reason}"
        case e.OrderSettled(outcome=outcome, by=by, how=how):
            what = f"settled: {outcome.replace('_', ' ')}, {how}{f' by {by}' if by else ''}"
        case e.NoteTaken(text=text):
            what = f"noted on {event.subject}: {text}"
        case e.CallRaised(who=who):
            what = f"called {who} to {event.subject}"
        case e.CallAnswered():
            what = f"call at {event.subject} answered"
        case _:
            what = f"{event.source.rpartition('/')[2]} reported {event.type} {event.subject}"
    return f"{_clock(event.time)}  {what}"


def _stage(label: str, rows: Sequence[str]) -> Iterator[str]:
    for index, row in enumerate(rows):
        yield f"    {label if index == 0 else '':<{LABEL}}{row}"


def _clock(seconds: float, *, day: bool = False) -> str:
    """This machine's time; to the millisecond where it is only the time of day."""
    shown = time.strftime("%Y-%m-%d %H:%M:%S" if day else "%H:%M:%S", time.localtime(seconds))
    return shown if day else f"{shown}.{round(seconds * 1000) % 1000:03d}"
