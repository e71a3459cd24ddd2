"""Metrics in the form of Prometheus, in a registry of their own for each application.

Labels are doors, engines, codes and names of sources: their values are few, and none names an element or a person.
"""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from services.telemetry.observer import Question
from services.telemetry.state import TwinCollector
from services.twin import Twin

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0, 600.0)
"""Bounds of the latency histogram: from a look-up to the longest export."""


class Metrics:
    """The metrics of one application: what was asked, counted as it ends, and the state of the twin, read at each scrape."""

    def __init__(self, twin: Twin) -> None:
        self._registry = CollectorRegistry()
        self._questions = Counter(
            "jumeau_questions",
            "Questions that ended, by door, language, engine, outcome and code of the error.",
            ("door", "language", "engine", "outcome", "code"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "jumeau_question_seconds",
            "Time from a question to its last row, in seconds.",
            ("door", "language"),
            buckets=SECONDS,
            registry=self._registry,
        )
        self._rows = Counter("jumeau_rows", "Rows that were answered or exported.", ("door",), registry=self._registry)
        self._fallbacks = Counter(
            "jumeau_fallback_answers",
            "Answers that ran on a snapshot: the dialect had no words for them, or the backend was lost.",
            ("door",),
            registry=self._registry,
        )
        self._registry.register(TwinCollector(twin))
        ProcessCollector(registry=self._registry)

    def tell(self, question: Question) -> None:
        """Count a question that ended."""
        labels = question.door, question.language, question.engine, question.outcome, question.code
        self._questions.labels(*labels).inc()
        self._seconds.labels(question.door, question.language).observe(question.seconds)
        self._rows.labels(question.door).inc(question.rows)
        if question.engine == "fallback":
            self._fallbacks.labels(question.door).inc()

    def watch(self, collector: Collector) -> None:
        """Tell at each scrape what this collector tells as well, such as how full the server is."""
        self._registry.register(collector)

    def exposition(self) -> bytes:
        """Everything, as Prometheus reads it."""
        return generate_latest(self._registry)
