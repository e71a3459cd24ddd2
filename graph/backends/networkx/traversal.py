"""Walking relations: one step, all trails within bounds, and the closure where only the ends matter."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from graph.backends.networkx.store import GraphStore
from graph.cypher.ast import Direction
from graph.model import Edge

EdgeTest = Callable[[Edge], bool] | None
Step = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Walk:
    """Which relations may be walked from a node: direction, and types (None: any)."""

    store: GraphStore
    direction: Direction
    types: tuple[str, ...] | None


def neighbours(walk: Walk, node: str) -> Iterator[tuple[Edge, str]]:
    """Relations that may be walked from a node, with the node at the other end; a loop is given once."""
    if walk.direction is not Direction.IN:
        yield from _of_types(walk.store.outgoing(node), walk.types)
    if walk.direction is Direction.IN:
        yield from _of_types(walk.store.incoming(node), walk.types)
    elif walk.direction is Direction.BOTH:
        for edge, other in _of_types(walk.store.incoming(node), walk.types):
            if other != node:
                yield edge, other


def _of_types(
    adjacency: Mapping[str, list[tuple[Edge, str]]], types: tuple[str, ...] | None
) -> Iterator[tuple[Edge, str]]:
    if not adjacency:
        return
    if types is None or len(types) > len(adjacency):
        for name, relations in adjacency.items():
            if types is None or name in types:
                yield from relations
        return
    for name in types:
        yield from adjacency.get(name, ())


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
            step()
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


def closure(walk: Walk, start: str, low: int, high: int, test: EdgeTest, step: Step) -> Iterator[str]:
    """The nodes within `high` relations, each once; the start itself where `low` is 0 or a cycle leads back to it."""
    reached: set[str] = set()
    if low == 0:
        reached.add(start)
        yield start
    frontier = [start]
    for _ in range(high):
        following: list[str] = []
        for node in frontier:
            for edge, other in neighbours(walk, node):
                step()
                if other not in reached and (test is None or test(edge)):
                    reached.add(other)
                    following.append(other)
                    yield other
        if not following:
            return
        frontier = following
