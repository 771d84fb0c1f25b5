"""A turn as a program reads it; as a person does it stands in turn.told."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from assistant.domain import events as e
from assistant.domain.evidence import Evidence, Ordered
from assistant.domain.values import Answer
from assistant.turn.told import Sound

if TYPE_CHECKING:
    from assistant.turn.replay import Again


def fields(turn: Evidence, sound: Sound) -> dict[str, Any]:
    """All of a turn as JSON."""
    heard, answered = turn.heard, turn.answered
    return {
        "turn": turn.turn,
        "position": turn.position,
        "time": _utc(turn.at),
        "badge": heard.badge,
        "station": heard.station,
        "channel": heard.channel,
        "audio": {"file": str(sound[0]), "until": _utc(sound[1])} if sound else None,
        "note": heard.note,
        "hypotheses": [{"text": text, "logprob": logprob} for text, logprob in heard.hypotheses],
        "text": heard.text,
        "about": heard.about,
        "asked": heard.asked,
        "ran_out": heard.ran_out,
        "intent": heard.intent,
        "slots": heard.slots,
        "confidence": heard.confidence,
        "by": heard.by,
        "doubt": heard.doubt,
        "rule": answered.rule if answered else None,
        "decision": answered.decision if answered else None,
        "also": _also(turn),
        "orders": [_order(order) for order in turn.orders],
        "events": [_event(event) for event in turn.others],
        "say": answered.say if answered else None,
        "answered": _utc(turn.answered_at) if answered else None,
    }


def again_fields(again: Again) -> dict[str, Any]:
    """What becomes of a turn today, as JSON."""
    answer = again.answer
    return {
        "hypotheses": [{"text": one.text, "logprob": round(one.logprob, 3)} for one in again.hypotheses],
        **_decided(answer),
        "also": [_decided(one) for one in answer.also],
        "acts": again.acts,
        "differs": list(again.differs),
    }


def _decided(answer: Answer) -> dict[str, Any]:
    return {
        "intent": answer.intent,
        "slots": dict(answer.slots),
        "confidence": round(answer.confidence, 3),
        "by": answer.by,
        "rule": answer.rule,
        "decision": answer.decision.value if answer.decision else None,
    }


def _also(turn: Evidence) -> list[dict[str, Any]]:
    ends = turn.answered.also if turn.answered else ()
    known = [*({"decision": decision, "rule": rule} for decision, rule in ends)]
    known += [{"decision": "", "rule": ""}] * (len(turn.heard.also) - len(known))
    return [{**asdict(one), **end} for one, end in zip(turn.heard.also, known, strict=False)]


def _order(order: Ordered) -> dict[str, Any]:
    return {
        "order": order.id,
        "time": _utc(order.at),
        "machine": order.request.machine,
        "method": order.request.method,
        "args": order.request.args,
        "second": order.request.second,
        "story": [_event(event) for event in order.story],
    }


def _event(event: e.Event) -> dict[str, Any]:
    return {
        "position": event.position,
        "time": _utc(event.time),
        "type": event.type,
        "source": event.source,
        "subject": event.subject,
        "data": asdict(event.data),
    }


def _utc(seconds: float) -> str:
    from assistant.adapters import cloudevents

    return cloudevents.rfc3339(seconds)
