"""Figures for a monitoring system, as one fetches them."""

from __future__ import annotations

import httpx
import pytest

from assistant.adapters.metrics import HOST, Metrics
from assistant.domain.values import Answer, Decision
from assistant.errors import UsageError


def answer(intent: str, decision: Decision, also: tuple[Answer, ...] = ()) -> Answer:
    return Answer("", intent, {}, 1.0, "template", decision, "", also=also, ms={"parse": 4.0, "act": 70.0})


def test_turns_are_counted_by_what_came_of_them_and_gauges_are_read_when_asked_for() -> None:
    metrics = Metrics()
    position = [41.0]
    metrics.gauges({"log_position": ("Events in the log.", lambda: position[0])})
    metrics.answered(answer("hold", Decision.DONE, also=(answer("stop", Decision.UNCERTAIN),)))
    metrics.answered(answer("hold", Decision.DONE))
    with metrics.serving(0) as port:
        position[0] = 42.0
        page = httpx.get(f"http://{HOST}:{port}/metrics").text.splitlines()
    assert 'assistant_turns_total{by="template",decision="done",intent="hold"} 2.0' in page
    assert 'assistant_turns_total{by="template",decision="uncertain",intent="stop"} 1.0' in page
    assert 'assistant_stage_seconds_bucket{le="0.005",stage="parse"} 2.0' in page
    assert 'assistant_stage_seconds_count{stage="act"} 2.0' in page
    assert "assistant_log_position 42.0" in page


def test_a_port_that_is_taken_is_one_line_and_nobody_else_is_served() -> None:
    with Metrics().serving(0) as port, pytest.raises(UsageError, match=f"--metrics {port}"), Metrics().serving(port):
        pass
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://{HOST}:{port}/metrics")
