"""Issue A's figures: the full pipeline on 28,000 servers, and impact against a hand-written breadth-first search.

The load runs in a process of its own, so that its memory is its own. Ratios are of one run; machines are shared, so
absolute times carry the noise of their neighbours.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import statistics
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import networkx as nx
import orjson

from bench.figures import Figure
from core.settings import Settings, load_settings
from graph.history.projection import Projector
from graph.registry import open_backend
from graph.repository import GraphRepository
from ingest.estate_generator import generate_estate
from scripts.neo4j.distribution import Neo4jUnavailableError
from scripts.neo4j.launch import start
from services.catalogue import CatalogueService
from services.ingestion import ingest
from services.query import QueryService
from services.twin import Twin, backend_options, open_twin

SERVERS = 28_000
HOPS = 20
SAMPLED = 60
REPEATS = 5


def pipeline(home: Path, servers: int) -> dict[str, float]:
    """Generate and ingest in a fresh process; seconds of each stage and the peak resident set in MB."""
    command = [sys.executable, "-m", "bench.first_light", "--home", str(home), "--servers", str(servers)]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, env={**os.environ, "PYTHONHASHSEED": "0"}
    )
    return dict(orjson.loads(done.stdout.splitlines()[-1]))


def _pipeline_here(settings: Settings, servers: int) -> None:
    started = perf_counter()
    export = settings.home / "export"
    generate_estate(export, servers=servers, seed=42, as_of=date(2025, 1, 1))
    generated = perf_counter()
    result = ingest(settings, "csv", export)
    ended = perf_counter()
    created = result.report.counters["created"]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures = {"generate_s": generated - started, "ingest_s": ended - generated, "elements": created, "rss_mb": peak}
    print(orjson.dumps(figures).decode())


def impact(settings: Settings, neo4j: tuple[str, str, str] | None) -> list[Figure]:
    """p50 of `downstream_impact` on the embedded store and on Neo4j, beside a breadth-first search on NetworkX."""
    with open_twin(settings) as twin:
        graph, realises = plain_graph(twin)
        names = sample(twin, graph)
        plain = median_ms([lambda n=n: plain_impact(graph, realises, n) for n in names])  # type: ignore[misc]
        embedded = query_ms(twin, names)
        in_memory = open_backend("networkx", twin.schema)
        Projector(twin.ledger, in_memory).catch_up()
        executor = query_ms(_on(twin, in_memory), names)
        figures = [
            _impact_figure("embedded", embedded, plain, target=5.0),
            _impact_figure("networkx executor", executor, plain, target=None),
        ]
        if neo4j is not None:
            url, user, password = neo4j
            options = backend_options(settings.model_copy(update={"neo4j_user": user, "neo4j_password": password}))
            remote = open_backend(url, twin.schema, options)
            Projector(twin.ledger, remote).catch_up()
            figures.append(_impact_figure("neo4j", query_ms(_on(twin, remote), names), plain, target=None))
            remote.close()
    return figures


def _on(twin: Twin, repository: GraphRepository) -> Twin:
    return Twin(twin.settings, twin.clock, twin.schema, twin.ledger, repository, twin.write_lock)


def _impact_figure(store: str, value: float, plain: float, target: float | None) -> Figure:
    return Figure(
        issue="A",
        name=f"downstream impact of a CI, p50, {store}, against a NetworkX breadth-first search",
        value=round(value, 3),
        unit="ms",
        target=None if target is None else f"<= {target:g}x",
        baseline=round(plain, 3),
        ratio=round(value / plain, 2),
        met=None if target is None else value / plain <= target,
    )


def plain_graph(twin: Twin) -> tuple[nx.MultiDiGraph[str], dict[str, list[str]]]:
    """The dependency relations as a NetworkX graph with attributes on its nodes, and REALISES beside it."""
    dependency = set(twin.schema.groups["dependency"])
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    realises: dict[str, list[str]] = {}
    for node in twin.repository.nodes():
        graph.add_node(node.id, kind=node.kind, name=node.properties.get("name"))
    for edge in twin.repository.edges():
        if edge.type in dependency:
            graph.add_edge(edge.start, edge.end, key=edge.id)
        elif edge.type == "REALISES" and graph.nodes[edge.start]["kind"] == "ServiceInstance":
            realises.setdefault(edge.start, []).append(edge.end)
    return graph, realises


def plain_impact(graph: nx.MultiDiGraph[str], realises: dict[str, list[str]], start: str) -> list[tuple[Any, ...]]:
    """What a person would write by hand: reverse search, applications of reached instances, reverse search again."""
    reached = _reverse(graph, [start])
    applications = [a for node in (start, *reached) for a in realises.get(node, ())]
    everything = set(reached) | set(applications) | set(_reverse(graph, applications))
    return sorted((graph.nodes[n]["kind"], graph.nodes[n]["name"] or "", n) for n in everything)


def _reverse(graph: nx.MultiDiGraph[str], starts: list[str]) -> dict[str, int]:
    depth: dict[str, int] = {}
    queue = deque((start, 0) for start in starts)
    while queue:
        node, hops = queue.popleft()
        if hops == HOPS:
            continue
        for before in graph.pred[node]:
            if before not in depth:
                depth[before] = hops + 1
                queue.append((before, hops + 1))
    return depth


def sample(twin: Twin, graph: nx.MultiDiGraph[str]) -> list[str]:
    """Configuration items with at least one dependent, drawn with a fixed seed."""
    kinds = set(twin.schema.descendants["ConfigurationItem"])
    candidates = sorted(n for n in graph if graph.nodes[n]["kind"] in kinds and graph.in_degree(n) > 0)
    return random.Random(7).sample(candidates, min(SAMPLED, len(candidates)))


def query_ms(twin: Twin, identities: list[str]) -> float:
    """Median time of the catalogue query, through the whole road of a query."""
    service = CatalogueService(twin)
    query = service.get("downstream_impact")
    road = QueryService(twin)
    defaults = {p.name: p.default for p in query.parameters if not p.required}
    return median_ms([lambda i=i: road.cypher(query.text, {**defaults, "ci": i}) for i in identities])  # type: ignore[misc]


def median_ms(calls: list[Callable[[], object]]) -> float:
    """Median over calls of the best of a few repeats: the figure of the code, not of the neighbours."""
    best: list[float] = []
    for call in calls:
        times = []
        for _ in range(REPEATS):
            started = perf_counter()
            call()
            times.append(perf_counter() - started)
        best.append(min(times))
    return statistics.median(best) * 1000


@contextmanager
def neo4j_server() -> Iterator[tuple[str, str, str] | None]:
    """A real Neo4j for the run: NEO4J_URI, or one made of Maven artifacts; None where neither can be had."""
    named = os.environ.get("NEO4J_URI")
    if named:
        yield named, os.environ.get("NEO4J_USER", "neo4j"), os.environ.get("NEO4J_PASSWORD", "neo4j")
        return
    try:
        server = start()
    except Neo4jUnavailableError as error:
        print(f"without Neo4j: {error}", file=sys.stderr)
        yield None
        return
    try:
        yield server.url, server.user, server.password
    finally:
        server.stop()


def measure(servers: int = SERVERS) -> list[Figure]:
    """All figures of issue A."""
    with TemporaryDirectory() as folder:
        home = Path(folder)
        stages = pipeline(home, servers)
        total = stages["generate_s"] + stages["ingest_s"]
        figures = [
            Figure(
                "A", f"generate and ingest {servers} servers, embedded", round(total, 1), "s", "< 60", met=total < 60
            ),
            Figure("A", f"elements of the {servers}-server estate", stages["elements"], "elements"),
            Figure(
                "A",
                "peak memory of generate and ingest",
                round(stages["rss_mb"]),
                "MB",
                "< 2048",
                met=stages["rss_mb"] < 2048,
            ),
        ]
        with neo4j_server() as server:
            figures += impact(load_settings(home=home, now="2025-01-01"), server)
    return figures


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--servers", type=int, default=SERVERS)
    given = parser.parse_args()
    _pipeline_here(load_settings(home=given.home, now="2025-01-01"), given.servers)
