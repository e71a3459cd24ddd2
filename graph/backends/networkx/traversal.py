"""Walking relations: one step, all trails within bounds, and the closure where only the ends matter."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from graph.backends.networkx.store import GraphStore
from graph.cypher.ast import Direction
from graph.model import Edge

EdgeTest = Callable[[Edge], bool] | None
Step = Callable[[int], None]
"""Counts so many units of work; it ends a query whose time is up."""


@dataclass(frozen=True, slots=True)
class Walk:
    """Which relations may be walked from a node: direction, and types (None: any)."""

    store: GraphStore
    direction: Direction
    types: tuple[str, ...] | None


def neighbours(walk: Walk, node: str) -> Iterator[tuple[Edge, str]]:
    """Relations that may be walked from a node, with the node at the other end; a loop is given once."""
    if walk.direction is not Direction.IN:
        for relations in _of_types(walk.store.outgoing(node), walk.types):
            for edge in relations:
                yield edge, edge.end
    if walk.direction is Direction.IN:
        for relations in _of_types(walk.store.incoming(node), walk.types):
            for edge in relations:
                yield edge, edge.start
    elif walk.direction is Direction.BOTH:
        for relations in _of_types(walk.store.incoming(node), walk.types):
            for edge in relations:
                if edge.start != node:
                    yield edge, edge.start


def _of_types(adjacency: Mapping[str, Mapping[str, Edge]], types: tuple[str, ...] | None) -> Iterator[Collection[Edge]]:
    if not adjacency:
        return
    if types is None or len(types) > len(adjacency):
        for name, relations in adjacency.items():
            if types is None or name in types:
                yield relations.values()
        return
    for name in types:
        relations = adjacency.get(name)  # type: ignore[assignment]
        if relations:
            yield relations.values()


def trails(
    walk: Walk, start: str, low: int, high: int, test: EdgeTest, used: set[str], step: Step
) -> Iterator[tuple[str, list[Edge]]]:
    """Every trail of `low` to `high` relations from a node: its end and its relations; none of `used` is walked."""
    if low == 0:
        yield start, []
    if high == 0:
        return
    taken = set(used)
    path: list[Edge] = []
    pending = [neighbours(walk, start)]
    while pending:
        for edge, other in pending[-1]:
            step(1)
            if edge.id in taken or (test is not None and not test(edge)):
                continue
            path.append(edge)
            if len(path) >= low:
                yield other, path.copy()
            if len(path) < high:
                taken.add(edge.id)
                pending.append(neighbours(walk, other))
                break
            path.pop()
        else:
            pending.pop()
            if path:
                taken.discard(path.pop().id)


def follow(walk: Walk, start: str, low: int, high: int, edges: list[Edge], test: EdgeTest) -> str | None:
    """The end of the one trail over given relations, or None where they are no trail that may be walked."""
    if not low <= len(edges) <= high or len({edge.id for edge in edges}) < len(edges):
        return None
    node = start
    for edge in edges:
        if (walk.types is not None and edge.type not in walk.types) or (test is not None and not test(edge)):
            return None
        if edge.start == node and walk.direction is not Direction.IN:
            node = edge.end
        elif edge.end == node and walk.direction is not Direction.OUT:
            node = edge.start
        else:
            return None
    return node


def closure(walk: Walk, start: str, low: int, high: int, test: EdgeTest, step: Step) -> Iterator[str]:
    """The nodes within `high` relations, each once; the start itself where `low` is 0 or a cycle leads back to it."""
    reached: set[str] = set()
    if low == 0:
        reached.add(start)
        yield start
    ahead = () if walk.direction is Direction.IN else (walk.store.outgoing,)
    back = () if walk.direction is Direction.OUT else (walk.store.incoming,)
    frontier = [start]
    for _ in range(high):
        following: list[str] = []
        for node in frontier:
            for adjacent in ahead:
                for relations in _of_types(adjacent(node), walk.types):
                    step(len(relations))
                    for edge in relations:
                        if edge.end not in reached and (test is None or test(edge)):
                            reached.add(edge.end)
                            following.append(edge.end)
            for adjacent in back:
                for relations in _of_types(adjacent(node), walk.types):
                    step(len(relations))
                    for edge in relations:
                        if edge.start not in reached and (test is None or test(edge)):
                            reached.add(edge.start)
                            following.append(edge.start)
        if not following:
            return
        yield from following
        frontier = following
