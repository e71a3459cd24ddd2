"""The catalogue's figures: how many queries, how many of them the embedded store runs itself, and how long they take."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from bench.figures import Figure
from core.principal import LOCAL_OPERATOR, Principal
from core.settings import Settings, load_settings
from graph.history.projection import Projector
from graph.queries.catalogue import CatalogueQuery
from graph.registry import open_backend
from ingest.estate_generator import generate_estate
from services.catalogue import CatalogueService
from services.ingestion import ingest
from services.query import QueryService
from services.twin import Twin, open_twin

SERVERS = 2_000
AS_OF = date(2025, 1, 1)
LEAST_QUERIES = 40
LEAST_SHARE = 85.0
REPEATS = 3


def measure() -> list[Figure]:
    """Load the estate of the golden answers into the embedded store and into memory; ask each query of both."""
    with TemporaryDirectory() as folder:
        home = Path(folder)
        settings = load_settings(home=home, backend="embedded", now=AS_OF.isoformat())
        generate_estate(home / "export", servers=SERVERS, seed=42, as_of=AS_OF)
        ingest(settings, "csv", home / "export")
        return _figures(settings)


def _figures(settings: Settings) -> list[Figure]:
    with open_twin(settings) as twin:
        service = CatalogueService(twin)
        memory = open_backend("networkx", twin.schema)
        Projector(twin.ledger, memory).catch_up()
        in_memory = CatalogueService(Twin(twin.settings, twin.clock, twin.schema, twin.ledger, memory, twin.write_lock))
        asked = {query.name: parameters(twin, query) for query in service.queries()}
        engines = {name: service.run(name, given).answer.engine for name, given in asked.items()}
        embedded = {n: milliseconds(lambda n=n, g=g: service.run(n, g)) for n, g in asked.items()}  # type: ignore[misc]
        plain = {n: milliseconds(lambda n=n, g=g: in_memory.run(n, g)) for n, g in asked.items()}  # type: ignore[misc]
    share = 100 * sum(engine != "fallback" for engine in engines.values()) / len(engines)
    alone = 100 * sum(engine == "native" for engine in engines.values()) / len(engines)
    of = f"% of {len(engines)} queries"
    slowest = max(embedded, key=lambda name: embedded[name])
    return [
        Figure(
            "B", "catalogue, named queries", len(asked), "queries", f">= {LEAST_QUERIES}",
            met=len(asked) >= LEAST_QUERIES,
        ),
        Figure(
            "B", "catalogue, share that the embedded store runs itself", round(share, 1), of, f">= {LEAST_SHARE:g} %",
            met=share >= LEAST_SHARE,
        ),
        Figure("B", "catalogue, share that needs no index of ours beside ladybug", round(alone, 1), of),
        _times("catalogue, median query, embedded", statistics.median(embedded.values()), statistics.median(plain.values())),
        _times("catalogue, slowest query, embedded", embedded[slowest], plain[slowest]),
    ]  # fmt: skip


def _times(name: str, value: float, memory: float) -> Figure:
    """Milliseconds on the embedded store; the baseline is the in-memory executor on the same question."""
    label = f"{name}, {SERVERS:,} servers"
    return Figure("B", label, round(value, 3), "ms", baseline=round(memory, 3), ratio=round(value / memory, 2))


def parameters(twin: Twin, query: CatalogueQuery, asker: Principal = LOCAL_OPERATOR) -> Mapping[str, Any]:
    """Elements for the parameters that name one: the first of the kind by id that the asker sees, another for each."""
    given: dict[str, Any] = {}
    for place, parameter in enumerate(p for p in query.parameters if p.names_an_element):
        text = f"MATCH (n:{parameter.type}) RETURN n.id AS id ORDER BY id SKIP {place} LIMIT 1"
        given[parameter.name] = QueryService(twin).cypher(text, {}, asker).answer.rows[0][0]
    return given


def milliseconds(call: Callable[[], object]) -> float:
    """The best of a few repeats, after one that warms caches."""
    call()
    times = []
    for _ in range(REPEATS):
        started = perf_counter()
        call()
        times.append(perf_counter() - started)
    return min(times) * 1000
