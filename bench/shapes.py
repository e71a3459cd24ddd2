"""Six shapes of question on 30,000 nodes and 150,000 relations: the embedded store beside Neo4j over Bolt, in one run.

Answers are compared before anything is timed. A shape's time is the median over parameters of the whole road from a bound
query to rows; the two stores take turns, so that a neighbour's noise falls on both.
"""

from __future__ import annotations

import statistics
import sys
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from bench.figures import Figure, write
from bench.shapes_graph import NODES, RELATIONS, Shape, build, shapes
from graph.cypher.bound import BoundQuery
from graph.cypher.prepare import prepare
from graph.model import GraphDelta
from graph.registry import BackendOptions, open_backend
from graph.repository import GraphRepository, ReadContext
from graph.schema.load import load_schema
from graph.schema.model import Schema
from scripts.neo4j.distribution import Neo4jUnavailableError
from scripts.neo4j.launch import start

CONTEXT = ReadContext(now=datetime(2025, 1, 1, tzinfo=UTC), timeout_s=60.0)
SIZE = f"{sum(NODES.values()):,} nodes and {sum(count for *_, count in RELATIONS):,} relations"
LOOKUPS = ("lookup by id", "lookup by name")
"""One shape in two forms: of the median of six, the slower counts."""

WARM_UP = 2
ROUNDS = 3
FASTER_ON_THE_MEDIAN = 5.0


class DifferentAnswersError(Exception):
    """Two stores answered a shape differently: no time of theirs means anything."""


def measure() -> list[Figure]:
    """The figures of the six shapes; without a Neo4j there is nothing to compare with, and none."""
    schema = load_schema("it_estate")
    with ExitStack() as stack:
        try:
            server = start()
        except Neo4jUnavailableError as error:
            print(f"shapes: no Neo4j, not measured: {error}", file=sys.stderr)
            return []
        stack.callback(server.stop)
        folder = stack.enter_context(TemporaryDirectory())
        graph = build()
        stores = {
            "embedded": _loaded(f"embedded:{Path(folder) / 'shapes.lbug'}", schema, BackendOptions(), graph.delta),
            "neo4j": _loaded(
                server.url, schema, BackendOptions(user=server.user, password=server.password), graph.delta
            ),
        }
        for store in stores.values():
            stack.callback(store.close)
        return figures_of({shape.name: times(shape, schema, stores) for shape in shapes(graph)})


def _loaded(url: str, schema: Schema, options: BackendOptions, delta: GraphDelta) -> GraphRepository:
    store = open_backend(url, schema, options)
    store.apply(delta)
    return store


def times(shape: Shape, schema: Schema, stores: Mapping[str, GraphRepository]) -> dict[str, float]:
    """The median milliseconds of each store. Raises DifferentAnswersError."""
    bound = prepare(shape.text, schema)
    for parameters in shape.parameters:
        _check(shape, {name: rows(store, bound, parameters) for name, store in stores.items()})
    taken: dict[str, list[float]] = {name: [] for name in stores}
    for round_ in range(WARM_UP + ROUNDS):
        for name, store in stores.items():
            for parameters in shape.parameters:
                began = perf_counter()
                rows(store, bound, parameters)
                if round_ >= WARM_UP:
                    taken[name].append(1000 * (perf_counter() - began))
    return {name: statistics.median(found) for name, found in taken.items()}


def rows(store: GraphRepository, bound: BoundQuery, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The rows of an answer."""
    return list(store.run(bound, parameters, CONTEXT).rows)


def _check(shape: Shape, answers: Mapping[str, list[tuple[Any, ...]]]) -> None:
    comparable = {
        name: [repr(_sorted(row)) for row in found] if shape.ordered else Counter(repr(_sorted(row)) for row in found)
        for name, found in answers.items()
    }
    first, *others = comparable.values()
    if any(other != first for other in others):
        raise DifferentAnswersError(f"{shape.name}: {', '.join(f'{n}: {len(r)} rows' for n, r in answers.items())}")


def _sorted(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A row whose lists, which have no order here, are sorted, and whose averages lose their last digits."""
    return tuple(
        sorted(v, key=repr) if isinstance(v, list) else round(v, 9) if isinstance(v, float) else v for v in row
    )


def figures_of(measured: Mapping[str, Mapping[str, float]]) -> list[Figure]:
    """One figure per shape, and the median of how many times faster."""
    found = [
        Figure(
            "B",
            f"{name}, {SIZE}, embedded beside Neo4j over Bolt",
            round(of["embedded"], 3),
            "ms",
            "faster",
            round(of["neo4j"], 3),
            round(of["embedded"] / of["neo4j"], 3),
            of["embedded"] < of["neo4j"],
        )
        for name, of in measured.items()
    ]
    factors = {name: of["neo4j"] / of["embedded"] for name, of in measured.items()}
    lookup = min(factors.pop(name) for name in LOOKUPS)
    factor = statistics.median([lookup, *factors.values()])
    return [
        *found,
        Figure(
            "B",
            "embedded beside Neo4j over Bolt, six shapes, median",
            round(factor, 1),
            "times faster",
            f">= {FASTER_ON_THE_MEDIAN:g}",
            met=factor >= FASTER_ON_THE_MEDIAN,
        ),
    ]


def main() -> int:
    figures = measure()
    for figure in figures:
        print(f"{figure.name}: {figure.value} {figure.unit}, Neo4j {figure.baseline}, met {figure.met}")
    write(figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
