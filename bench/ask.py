"""Latency of questions without a model, on the estate of 28,000 servers: each question of the development set, asked once warm.

The first question pays for reading the words and the names; it is a figure of its own.
"""

from __future__ import annotations

import statistics
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from agent.evaluation.asking import road_of
from agent.evaluation.questions import DEVELOPMENT, Question, read_questions
from bench.figures import Figure
from core.settings import load_settings
from ingest.estate_generator import generate_estate
from services.ingestion import ingest
from services.twin import Twin, open_twin

SERVERS = 28_000
AS_OF = date(2025, 1, 1)
MEDIAN_MS, TAIL_MS = 60.0, 200.0


def measure(servers: int = SERVERS) -> list[Figure]:
    """Load the estate into the embedded store, then ask."""
    with TemporaryDirectory() as folder:
        home = Path(folder)
        settings = load_settings(home=home, backend="embedded", now=AS_OF.isoformat())
        generate_estate(home / "export", servers=servers, seed=42, as_of=AS_OF)
        ingest(settings, "csv", home / "export")
        with open_twin(settings) as twin:
            return figures(twin, list(read_questions(DEVELOPMENT)), servers)


def figures(twin: Twin, questions: list[Question], servers: int) -> list[Figure]:
    """Ask every question twice, the second time with the clock on."""
    with road_of(twin) as road:
        started = perf_counter()
        road.after(())(questions[0].text)
        first = (perf_counter() - started) * 1000
        taken = []
        for question in questions:
            ask = road.after(question.after)
            ask(question.text)
            started = perf_counter()
            ask(question.text)
            taken.append((perf_counter() - started) * 1000)
    middle, tail = statistics.median(taken), statistics.quantiles(taken, n=20)[18]
    of = f"ms, {len(taken)} questions, {servers} servers"
    return [
        Figure("E", "ask without a model, p50", round(middle, 1), of, f"<= {MEDIAN_MS:g}", met=middle <= MEDIAN_MS),
        Figure("E", "ask without a model, p95", round(tail, 1), of, f"<= {TAIL_MS:g}", met=tail <= TAIL_MS),
        Figure("E", "ask, the first question of a process", round(first, 1), "ms"),
    ]
