"""Answers as lines: JSON for programs, plain words for people."""

from __future__ import annotations

import json
from typing import Any

from assistant.domain.shown import visible as visible
from assistant.domain.values import Answer


def fields(answer: Answer) -> dict[str, Any]:
    """An answer as the command line's contract has it; `also` holds the same without `also`."""
    shown = _one(answer)
    shown["also"] = [_one(other) for other in answer.also]
    return shown


def json_line(answer: Answer, extra: dict[str, Any] | None = None) -> str:
    """One line of JSON."""
    return visible(json.dumps({**fields(answer), **(extra or {})}, ensure_ascii=False))


def plain_line(answer: Answer) -> str:
    """What a person wants to see of it."""
    parts = []
    for one in (answer, *answer.also):
        slots = " ".join(f"{slot}={value}" for slot, value in one.slots.items())
        read = f"{one.intent} {slots}".strip()
        decision = one.decision.value if one.decision else f"confidence {one.confidence:.2f}"
        parts.append(f"[{read}: {decision}]{' ' + one.say if one.say else ''}")
    return visible(" ".join(parts))


def _one(answer: Answer) -> dict[str, Any]:
    return {
        "text": answer.text,
        "intent": answer.intent,
        "slots": dict(answer.slots),
        "confidence": round(answer.confidence, 3),
        "by": answer.by,
        "decision": answer.decision.value if answer.decision else None,
        "say": answer.say,
        "events": list(answer.events),
        "ms": dict(answer.ms),
    }
