"""Issue A's figures: the full pipeline on 28,000 servers, and impact against a hand-written breadth-first search.

The load runs in a process of its own, so that its memory is its own. Ratios are of one run; machines are shared, so
absolute times carry the noise of their neighbours.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import networkx as nx
import orjson

from bench.figures import Figure
from bench.memory import peak_mb
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
CLOSURE_HOPS = 8
DEPENDENCY = "USES|DEPENDS_ON|PROVIDED_BY|RUNS_ON|HOSTED_ON|STORED_ON|CONNECTED_THROUGH|LOCATED_IN"
CLOSURE = f"""
MATCH (ci:ConfigurationItem {{id: $ci}})<-[:{DEPENDENCY}*1..{CLOSURE_HOPS}]-(item:ConfigurationItem)
RETURN DISTINCT item.id AS id
"""
SAMPLED = 60
TOLD = ("name", "environment", "criticality")  # what the catalogue's question tells of an item, beside its kind
LEAST_DEPENDENTS = 50
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
    figures = {
        "generate_s": generated - started,
        "ingest_s": ended - generated,
        "elements": created,
        "rss_mb": peak_mb(),
    }
    print(orjson.dumps(figures).decode())


def impact(settings: Settings, neo4j: tuple[str, str, str] | None) -> list[Figure]:
    """p50 of two impact questions on each store, beside a breadth-first search written by hand on NetworkX.

    The closure: every id that depends on the item within 8 relations. The catalogue's question: the same with 20, plus
    the applications that reached instances realise and what depends on those, with names, sorted.
    """
    with open_twin(settings) as twin:
        graph, realises = plain_graph(twin)
        items = sample(twin, graph)
        hand = ByHand(graph, realises, items)
        figures = _impact_figures("embedded", twin, hand, target=5.0)
        in_memory = open_backend("networkx", twin.schema)
        Projector(twin.ledger, in_memory).catch_up()
        figures += _impact_figures("in-memory executor", _on(twin, in_memory), hand)
        if neo4j is not None:
            url, user, password = neo4j
            options = backend_options(settings.model_copy(update={"neo4j_user": user, "neo4j_password": password}))
            remote = open_backend(url, twin.schema, options)
            Projector(twin.ledger, remote).catch_up()
            figures += _impact_figures("Neo4j", _on(twin, remote), hand)
            remote.close()
    return figures


@dataclass(frozen=True, slots=True)
class ByHand:
    """What the stores are measured beside: the estate in NetworkX, and the items whose impact is asked for."""

    graph: nx.MultiDiGraph[str]
    realises: dict[str, list[str]]
    items: list[str]


def _impact_figures(store: str, twin: Twin, hand: ByHand, target: float | None = None) -> list[Figure]:
    """Store and code by hand are measured item by item in turn: what disturbs one disturbs the other."""
    road = QueryService(twin)
    query = CatalogueService(twin).get("downstream_impact")
    graph, realises = hand.graph, hand.realises
    for item in hand.items:
        found = road.cypher(query.text, {"ci": item}).answer.rows
        if [tuple(row) for row in found] != plain_impact(graph, realises, item):
            raise AssertionError(f"{store}: the impact of {item} is not what code by hand finds")
    closure = in_turn(
        [lambda i=i: road.cypher(CLOSURE, {"ci": i}) for i in hand.items],  # type: ignore[misc]
        [lambda i=i: reverse(graph, [i], CLOSURE_HOPS) for i in hand.items],  # type: ignore[misc]
    )
    named = in_turn(
        [lambda i=i: road.cypher(query.text, {"ci": i}) for i in hand.items],  # type: ignore[misc]
        [lambda i=i: plain_impact(graph, realises, i) for i in hand.items],  # type: ignore[misc]
    )
    return [
        _impact_figure(f"downstream impact of a CI, closure, p50, {store}", *closure, target),
        _impact_figure(f"downstream impact of a CI, catalogue question, p50, {store}", *named, target),
    ]


def _on(twin: Twin, repository: GraphRepository) -> Twin:
    return Twin(twin.settings, twin.clock, twin.schema, twin.ledger, repository, twin.write_lock)


def _impact_figure(name: str, value: float, plain: float, target: float | None) -> Figure:
    return Figure(
        issue="A",
        name=name,
        value=round(value, 3),
        unit="ms",
        target=None if target is None else f"<= {target:g}x the search by hand",
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
        graph.add_node(node.id, kind=node.kind, **{key: node.properties.get(key) for key in TOLD})
    for edge in twin.repository.edges():
        if edge.type in dependency:
            graph.add_edge(edge.start, edge.end, key=edge.id)
        elif edge.type == "REALISES" and graph.nodes[edge.start]["kind"] == "ServiceInstance":
            realises.setdefault(edge.start, []).append(edge.end)
    return graph, realises


def plain_impact(graph: nx.MultiDiGraph[str], realises: dict[str, list[str]], start: str) -> list[tuple[Any, ...]]:
    """What a person would write by hand: reverse search, applications of reached instances, reverse search again.

    The same rows as the catalogue's question answers, in the same order.
    """
    reached = reverse(graph, [start], HOPS)
    applications = [a for node in (start, *reached) for a in realises.get(node, ())]
    everything = {*reached, *applications, *reverse(graph, applications, HOPS)} - {start}
    attributes = graph.nodes
    found = sorted([(attributes[n]["kind"], attributes[n]["name"], n) for n in everything])
    return [(kind, name, attributes[n]["environment"], attributes[n]["criticality"]) for kind, name, n in found]


def reverse(graph: nx.MultiDiGraph[str], starts: list[str], hops: int) -> set[str]:
    """Everything that depends on one of the nodes within so many relations."""
    reached: set[str] = set()
    queue = deque((start, 0) for start in starts)
    while queue:
        node, depth = queue.popleft()
        if depth == hops:
            continue
        for before in graph.pred[node]:
            if before not in reached:
                reached.add(before)
                queue.append((before, depth + 1))
    return reached


def sample(twin: Twin, graph: nx.MultiDiGraph[str]) -> list[str]:
    """Configuration items that at least 50 others depend on, drawn with a fixed seed: those whose impact is asked for.

    Half of the estate's items have fewer than ten dependents; a search over those takes microseconds, less than any
    query's overhead.
    """
    kinds = set(twin.schema.descendants["ConfigurationItem"])
    candidates = sorted(n for n in graph if graph.nodes[n]["kind"] in kinds and graph.in_degree(n) > 0)
    drawn = random.Random(7).sample(candidates, len(candidates))
    return list(islice((n for n in drawn if len(reverse(graph, [n], CLOSURE_HOPS)) >= LEAST_DEPENDENTS), SAMPLED))


def in_turn(ours: list[Callable[[], object]], plain: list[Callable[[], object]]) -> tuple[float, float]:
    """The figures of both sides, question by question in turn. Within a question each runs alone, its caches warm."""
    pairs = [(best_ms(our), best_ms(by_hand)) for our, by_hand in zip(ours, plain, strict=True)]
    return statistics.median(value for value, _ in pairs), statistics.median(value for _, value in pairs)


def median_ms(calls: list[Callable[[], object]]) -> float:
    """Median over calls of the best of a few repeats: the figure of the code, not of the neighbours."""
    return statistics.median(best_ms(call) for call in calls)


def best_ms(call: Callable[[], object]) -> float:
    """The best of a few repeats."""
    times = []
    for _ in range(REPEATS):
        started = perf_counter()
        call()
        times.append(perf_counter() - started)
    return min(times) * 1000


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
