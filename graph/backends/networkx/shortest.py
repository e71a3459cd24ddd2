"""Shortest paths: a search from both ends, level by level; with conditions on the path, the shortest that fulfils them.

Neo4j evaluates a WHERE that speaks of the path while it searches, so that a longer path may be the answer. Where the
shortest ones fail the condition, trails are tried by growing length.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from graph.backends.networkx.traversal import EdgeTest, Step, Walk, neighbours, trails
from graph.cypher.ast import Direction
from graph.model import Edge

Came = dict[str, list[tuple[Edge, str]]]
"""By node: the relations that lead to it first, each with the node before."""

_TURNED = {Direction.OUT: Direction.IN, Direction.IN: Direction.OUT, Direction.BOTH: Direction.BOTH}


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
    for path in _between(walk, start, end, high, test, step):
        yield path
        if not every:
            return


def fulfilling_paths(
    walk: Walk,
    start: str,
    end: str,
    low: int,
    high: int,
    test: EdgeTest,
    step: Step,
    *,
    every: bool,
    fulfils: Callable[[list[Edge]], bool],
) -> Iterator[list[Edge]]:
    """Like `shortest_paths`, among the trails of at least `low` relations that fulfil a condition."""
    if start == end:
        if low == 0 and fulfils([]):
            yield []
        return
    least = low
    found: list[list[Edge]] = []
    for path in _between(walk, start, end, high, test, step):
        least = max(least, len(path) + 1)
        if len(path) >= low and fulfils(path):
            found.append(path)
            if not every:
                break
    else:
        if least == low:  # no path at all
            return
    length = least
    while not found and length <= high:
        exhausted = True
        for last, path in trails(walk, start, length, length, test, set(), step):
            exhausted = False
            if last == end and fulfils(path):
                found.append(path)
                if not every:
                    break
        if exhausted:
            return
        length += 1
    yield from found


def _between(walk: Walk, start: str, end: str, high: int, test: EdgeTest, step: Step) -> Iterator[list[Edge]]:
    """Every shortest path between two different nodes. The smaller frontier grows, until one meets the other."""
    back = replace(walk, direction=_TURNED[walk.direction])
    ahead: Came = {start: []}
    behind: Came = {end: []}
    front, rear = [start], [end]
    for _ in range(high):
        if len(front) <= len(rear):
            front = _grow(walk, front, ahead, test, step)
            other = set(rear)
            met = [node for node in front if node in other]
        else:
            rear = _grow(back, rear, behind, test, step)
            other = set(front)
            met = [node for node in rear if node in other]
        if met:
            for node in met:
                for first in _trace(ahead, start, node, step):
                    for second in _trace(behind, end, node, step):
                        yield [*first, *reversed(second)]
            return
        if not front or not rear:
            return


def _grow(walk: Walk, frontier: list[str], came: Came, test: EdgeTest, step: Step) -> list[str]:
    """One level further: nodes seen for the first time, with every relation that leads to them from the frontier."""
    level: Came = {}
    for node in frontier:
        for edge, other in neighbours(walk, node):
            step(1)
            if other not in came and (test is None or test(edge)):
                level.setdefault(other, []).append((edge, node))
    came.update(level)
    return list(level)


def _trace(came: Came, start: str, node: str, step: Step) -> Iterator[list[Edge]]:
    if node == start:
        yield []
        return
    for edge, before in came[node]:
        step(1)
        for path in _trace(came, start, before, step):
            yield [*path, edge]
