"""Issue B: the in-memory executor beside hand-written NetworkX code, six shapes on 30,000 nodes and 150,000 relations."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from bench.figures import Figure
from bench.first_light import median_ms
from bench.shapes_graph import Shape, ShapesGraph, build, shapes
from graph.backends.networkx.repository import NetworkXRepository
from graph.cypher.bound import BoundQuery
from graph.cypher.prepare import prepare
from graph.repository import GraphRepository, ReadContext
from graph.schema.load import load_schema

CONTEXT = ReadContext(now=datetime(2025, 1, 1, tzinfo=UTC))
MOST = 5.0


def measure(graph: ShapesGraph | None = None) -> list[Figure]:
    """A figure per shape: the executor's median against the median of the code by hand, in one run."""
    graph = graph or build()
    repository = NetworkXRepository(load_schema("it_estate"))
    repository.apply(graph.delta)
    figures = []
    for shape in shapes(graph):
        by_hand = median_ms([lambda p=p, s=shape: s.plain(graph.plain, p) for p in shape.parameters])  # type: ignore[misc]
        value = median_ms(runs(repository, shape))
        figures.append(
            Figure(
                issue="B",
                name=f"{shape.name}, 30,000 nodes, in-memory executor",
                value=round(value, 4),
                unit="ms",
                target=f"<= {MOST:g}x by hand",
                baseline=round(by_hand, 4),
                ratio=round(value / by_hand, 2),
                met=value / by_hand <= MOST,
            )
        )
    return figures


def runs(repository: GraphRepository, shape: Shape) -> list[Callable[[], object]]:
    """A call per parameter, on a query that was prepared once."""
    bound: BoundQuery = prepare(shape.text, repository.schema)
    return [lambda p=p: repository.run(bound, p, CONTEXT) for p in shape.parameters]  # type: ignore[misc]


if __name__ == "__main__":
    for figure in measure():
        print(f"{figure.name:48} {figure.value:9.4f} ms  by hand {figure.baseline:9.4f}  {figure.ratio:6.2f}x")
