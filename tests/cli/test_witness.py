"""The witness must be able to say no."""

from __future__ import annotations

from typing import Any

from assistant.cli.witness import Turn, _ledger, _now


def entry(order: str, method: str, result: str, **args: str) -> dict[str, Any]:
    return {"order": order, "machine": "PRN-1", "method": method, "args": args, "result": result, "why": ""}


def turn(decision: str, *events: str) -> Turn:
    return Turn({"decision": decision, "events": list(events)}, ())


HOLD = [entry("o1", "Hold", "accepted", unit="L4712"), entry("o1", "Hold", "done", unit="L4712")]
SHOWN: dict[str, dict[str, Any]] = {"PRN-1": {"held": ["L4712"], "queue": [], "alarms": [], "state": "running"}}


def test_agreement_is_silent() -> None:
    assert _ledger(HOLD, [turn("done", "o1")]) == [] and _now(HOLD, SHOWN) == []


def test_each_kind_of_disagreement_is_named() -> None:
    assert "2 times" in _ledger([*HOLD, HOLD[1]], [turn("done", "o1")])[0]
    assert "no such deed" in _ledger(HOLD[:1], [turn("done", "o1")])[0]
    assert "has a deed" in _ledger(HOLD, [turn("refused", "o1")])[0]
    assert "nobody was told" in _ledger(HOLD, [turn("done")])[0]
    assert "does not show" in _now(HOLD, {"PRN-1": {**SHOWN["PRN-1"], "held": []}})[0]
