"""Shortest paths over relations in memory: searched from both ends at once, every tie kept.

Relations are read from the store per set of types when a query first asks for them, and kept up to date with each delta.
A path found is a text, so that ladybug can hand it on: the ids of its nodes and what is known of its relations in turn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from threading import Lock
from typing import Final

from graph.cypher.ast import Direction
from graph.model import EdgeChange, Operation

STEP: Final = "\x1f"
"""Between a node and a relation of a path's text."""

PART: Final = "\x1e"
"""Between the id, the type and the direction of a relation in it."""

FORWARD: Final = ">"
BACKWARD: Final = "<"

Triples = Callable[[tuple[str, ...]], Iterable[tuple[str, str, str, str]]]
"""Reads (start, end, id, type) of every relation of these types from the store."""

Hop = tuple[str, str]
"""The node at the other end, and the relation as it stands in a path's text."""

Hops = dict[str, list[Hop]]
Neighbours = dict[str, frozenset[str]]
"""The nodes one hop away: all that a length needs."""


@dataclass(frozen=True, slots=True)
class Search:
    """What a shortest path asks: which types, which way, at most how many hops; all of the ties, or one."""

    types: tuple[str, ...]
    direction: Direction
    maximum: int
    every: bool


@dataclass(frozen=True, slots=True)
class _Side:
    """What was reached from one end: how far each node is, and the ways on that lead there."""

    distance: dict[str, int]
    ways: tuple[Hops, ...]  # towards the other end
    back: tuple[Hops, ...]  # towards this end


@dataclass(slots=True)
class _Front:
    """The nodes that were reached last from one end, all that were reached, and who is next to whom on the way on."""

    nodes: set[str]
    reached: set[str]
    ways: Neighbours

    def grow(self) -> bool:
        """One hop further; whether anything is new there."""
        ways = self.ways
        grown: set[str] = set()
        for node in self.nodes:
            if node in ways:
                grown |= ways[node]
        grown -= self.reached
        self.reached |= grown
        self.nodes = grown
        return bool(grown)


class TrailIndex:
    """Relations by the node at either end, per set of types. Readers need no lock: lists are replaced, never cut."""

    def __init__(self, triples: Triples) -> None:
        self._triples = triples
        self._searches: list[Search] = []
        self._numbers: dict[Search, int] = {}
        self._maps: dict[tuple[str, ...], tuple[Hops, Hops]] = {}
        self._neighbours: dict[tuple[tuple[str, ...], Direction], Neighbours] = {}
        self._changing = Lock()

    def number(self, search: Search) -> int:
        """The number by which a compiled query names a search."""
        with self._changing:
            if search not in self._numbers:
                self._numbers[search] = len(self._searches)
                self._searches.append(search)
            return self._numbers[search]

    def prepare(self, number: int) -> None:
        """Read the relations that a search needs, before a query runs: a function may not query the store."""
        search = self._searches[number]
        types = search.types
        if types in self._maps and (search.every or (types, search.direction) in self._neighbours):
            return
        with self._changing:
            if types not in self._maps:
                self._read(types)
            if not search.every:
                for way in (search.direction, _TURNED[search.direction]):
                    maps = _directed(*self._maps[types], way)
                    nodes = {node for hops in maps for node in hops}
                    self._neighbours[types, way] = {node: _next_to(node, maps) for node in nodes}

    def _read(self, types: tuple[str, ...]) -> None:
        out: Hops = {}
        into: Hops = {}
        for start, end, identity, type_ in self._triples(types):
            out.setdefault(start, []).append((end, _token(identity, type_, FORWARD)))
            into.setdefault(end, []).append((start, _token(identity, type_, BACKWARD)))
        self._maps[types] = out, into

    def lengths(self, start: str, end: str, number: int) -> list[int]:
        """The length of each shortest path; one at most where one was asked for."""
        search = self._searches[number]
        if not search.every:
            return self._length(start, end, search)
        found = self._meet(start, end, search)
        if found is None:
            return []
        near, far, middle = found
        length = near.distance[middle[0]] + far.distance[middle[0]]
        return [length] * sum(_ways(near, node, {}) * _ways(far, node, {}) for node in middle)

    def paths(self, start: str, end: str, number: int) -> list[str]:
        """Each shortest path as a text; one at most where one was asked for."""
        search = self._searches[number]
        found = self._meet(start, end, search)
        if found is None:
            return []
        near, far, middle = found
        made = (
            STEP.join([*_reversed(first), *rest[1:]])
            for node in middle
            for first in _walk(near, node)
            for rest in _walk(far, node, turned=True)
        )
        return list(made) if search.every else [next(made)]

    def _length(self, start: str, end: str, search: Search) -> list[int]:
        """The hops of one shortest path: whole fronts grow from both ends, the smaller one first, until they touch."""
        if start == end:
            return []  # a node has no shortest path to itself
        neighbours = self._neighbours
        near = _Front({start}, {start}, neighbours[search.types, search.direction])
        far = _Front({end}, {end}, neighbours[search.types, _TURNED[search.direction]])
        for hops in range(1, search.maximum + 1):
            if len(near.nodes) > len(far.nodes):
                near, far = far, near
            if not near.grow():
                return []
            if not near.nodes.isdisjoint(far.nodes):
                return [hops]
        return []

    def _meet(self, start: str, end: str, search: Search) -> tuple[_Side, _Side, list[str]] | None:
        """What was reached from both ends when they met, and the nodes where they did."""
        if start == end:
            return None  # a node has no shortest path to itself
        out, into = self._maps[search.types]
        ways, back = {
            Direction.OUT: ((out,), (into,)),
            Direction.IN: ((into,), (out,)),
            Direction.BOTH: ((out, into), (out, into)),
        }[search.direction]
        near, far = _Side({start: 0}, ways, back), _Side({end: 0}, back, ways)
        fronts, hops = {id(near): [start], id(far): [end]}, 0
        while hops < search.maximum:
            side, other = (near, far) if len(fronts[id(near)]) <= len(fronts[id(far)]) else (far, near)
            hops += 1
            front = fronts[id(side)] = _grown(side, fronts[id(side)])
            if not front:
                return None
            middle = [node for node in front if node in other.distance]
            if middle:
                return near, far, middle
        return None

    def apply(self, changes: Iterable[EdgeChange]) -> None:
        """Carry a delta's relations over. Updates change no ends."""
        with self._changing:
            if not self._maps:
                return
            touched = [change for change in changes if change.operation in (Operation.CREATE, Operation.DELETE)]
            for change in touched:
                for hops, node, hop in self._places(change):
                    if change.operation is Operation.CREATE:
                        hops[node] = [*hops.get(node, ()), hop]
                    else:
                        hops[node] = [other for other in hops.get(node, ()) if other != hop]
            ends = {end for change in touched for end in (change.start, change.end)}
            for (types, way), neighbours in self._neighbours.items():
                maps = _directed(*self._maps[types], way)
                neighbours.update((node, _next_to(node, maps)) for node in ends)

    def _places(self, change: EdgeChange) -> Iterator[tuple[Hops, str, Hop]]:
        for types, (out, into) in self._maps.items():
            if change.type in types:
                yield out, change.start, (change.end, _token(change.id, change.type, FORWARD))
                yield into, change.end, (change.start, _token(change.id, change.type, BACKWARD))

    def clear(self) -> None:
        """Forget the relations: the store was emptied."""
        with self._changing:
            self._maps.clear()
            self._neighbours.clear()


_TURNED: Final = {Direction.OUT: Direction.IN, Direction.IN: Direction.OUT, Direction.BOTH: Direction.BOTH}


def _directed(out: Hops, into: Hops, way: Direction) -> tuple[Hops, ...]:
    """The maps that lead on in a direction."""
    return {Direction.OUT: (out,), Direction.IN: (into,), Direction.BOTH: (out, into)}[way]


def _next_to(node: str, maps: tuple[Hops, ...]) -> frozenset[str]:
    return frozenset(other for hops in maps for other, _ in hops.get(node, ()))


def _token(identity: str, type_: str, direction: str) -> str:
    return f"{direction}{PART}{type_}{PART}{identity}"


def _grown(side: _Side, front: list[str]) -> list[str]:
    """The nodes one hop further than the front, none of them reached before."""
    distance, found = side.distance, list[str]()
    far = distance[front[0]] + 1
    for hops in side.ways:
        for node in front:
            for other, _ in hops.get(node, ()):
                if other not in distance:
                    distance[other] = far
                    found.append(other)
    return found


def _nearer(side: _Side, node: str) -> Iterator[Hop]:
    """The hops from a node to those that are one hop nearer to the side's end."""
    wanted = side.distance[node] - 1
    loops = (
        len(side.back) > 1
    )  # a relation without direction stands in both maps, at different nodes unless it is a loop
    for hops in side.back:
        for other, token in hops.get(node, ()):
            if side.distance.get(other) == wanted and not (loops and other == node):
                yield other, token


def _ways(side: _Side, node: str, known: dict[str, int]) -> int:
    """How many shortest ways lead from a node to the side's end."""
    if side.distance[node] == 0:
        return 1
    if node not in known:
        known[node] = sum(_ways(side, other, known) for other, _ in _nearer(side, node))
    return known[node]


def _walk(side: _Side, node: str, *, turned: bool = False) -> Iterator[list[str]]:
    """Each shortest way from a node to the side's end: nodes and relations in turn, seen along the way if `turned`."""
    pending: list[list[str]] = [[node]]
    while pending:
        way = pending.pop()
        if side.distance[way[-1]] == 0:
            yield way
            continue
        pending += [[*way, token if turned else _turn(token), other] for other, token in _nearer(side, way[-1])]


def _turn(token: str) -> str:
    return (BACKWARD if token[0] == FORWARD else FORWARD) + token[1:]


def _reversed(way: list[str]) -> list[str]:
    return way[::-1]


def steps_of(text: str) -> tuple[list[str], list[tuple[bool, str, str]]]:
    """The ids of a path's nodes, and of each relation whether it is walked along, its type and its id."""
    parts = text.split(STEP)
    edges = [token.split(PART, 2) for token in parts[1::2]]
    return parts[::2], [(direction == FORWARD, type_, identity) for direction, type_, identity in edges]
