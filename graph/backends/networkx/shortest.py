"""Shortest paths by breadth-first search, level by level, keeping every relation that leads to a node first."""

from __future__ import annotations

from collections.abc import Iterator

from graph.backends.networkx.traversal import EdgeTest, Step, Walk, neighbours
from graph.model import Edge


def shortest_paths(
    walk: Walk, start: str, end: str, low: int, high: int, test: EdgeTest, step: Step, *, every: bool
) -> Iterator[list[Edge]]:
    """The shortest path between two nodes within `high` relations, or with `every` all of them, as lists of relations.

    From a node to itself there is the empty path where `low` is 0, else none (Neo4j refuses it by default).
    """
    if start == end:
        if low == 0:
            yield []
        return
    came: dict[str, list[tuple[Edge, str]]] = {start: []}
    frontier = [start]
    for _ in range(high):
        level: dict[str, list[tuple[Edge, str]]] = {}
        for node in frontier:
            for edge, other in neighbours(walk, node):
                step()
                if other not in came and (test is None or test(edge)):
                    level.setdefault(other, []).append((edge, node))
                    if other == end and not every:
                        came.update(level)
                        yield next(_back(came, start, end))
                        return
        came.update(level)
        if end in level:
            yield from _back(came, start, end)
            return
        if not level:
            return
        frontier = list(level)


def _back(came: dict[str, list[tuple[Edge, str]]], start: str, node: str) -> Iterator[list[Edge]]:
    if node == start:
        yield []
        return
    for edge, before in came[node]:
        for path in _back(came, start, before):
            yield [*path, edge]
