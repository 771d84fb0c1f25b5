"""Figures for a monitoring system, in Prometheus' text format over HTTP on this machine only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from assistant.domain.values import Answer
from assistant.errors import UsageError

HOST = "127.0.0.1"
"""Whoever else is to see them asks through a door that somebody guards."""
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Upper ends of the buckets that a stage's time is counted in."""


class Metrics:
    """Counts answers, and reads gauges when somebody asks."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._turns = Counter(
            "assistant_turns", "Turns by what came of them.", ["intent", "decision", "by"], registry=self._registry
        )
        self._stages = Histogram(
            "assistant_stage_seconds", "How long a stage of a turn took.", ["stage"], buckets=SECONDS,
            registry=self._registry,
        )  # fmt: skip

    def answered(self, answer: Answer) -> None:
        """One turn and its stages' times."""
        for one in (answer, *answer.also):
            self._turns.labels(one.intent, one.decision.value if one.decision else "", one.by).inc()
        for stage, ms in answer.ms.items():
            self._stages.labels(stage).observe(ms / 1000)

    def gauges(self, read: Mapping[str, tuple[str, Callable[[], float]]]) -> None:
        """Name -> (what it is, how it is read); read in the serving thread, so it must be quick and take no lock."""
        for name, (words, value) in read.items():
            Gauge(f"assistant_{name}", words, registry=self._registry).set_function(value)

    @contextmanager
    def serving(self, port: int) -> Iterator[int]:
        """Answer `GET /metrics` until the block ends; the port (another for 0). Raises UsageError."""
        try:
            server, thread = start_http_server(port, HOST, self._registry)
        except (OSError, OverflowError) as exc:
            raise UsageError(f"--metrics {port}: {exc}") from exc
        try:
            yield server.server_port
        finally:
            server.shutdown()
            server.server_close()
            thread.join(timeout=5)
