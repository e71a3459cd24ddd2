"""The adjacency index: who is one relation away, in memory, so that a closure visits each node once.

ladybug calls it as a function (`reach(id, number)`), which answers the ids that a variable-length relationship reaches,
or several relationships one after the other. A call costs some ten microseconds whatever it does, so that one call from
many ids (`reach_all`) is worth more than many calls. Neighbours are read from the store when a closure first needs them
and kept up to date with each delta.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Final

from graph.backends.embedded.sight import Held, Kinds, Sight
from graph.cypher.ast import Direction
from graph.model import EdgeChange, GraphDelta, Operation

FUNCTION: Final = "reach"
FROM_ALL: Final = "reach_all"
OR_NOTHING: Final = "reach_or_nothing"
SEEN: Final = "_seen"
"""Ends the names of the same functions for a restricted asker, whose perimeters are one argument more."""

NOTHING: Final = ""
"""An id that no element has: what an optional closure reaches when it reaches nothing."""

Pairs = Callable[[tuple[str, ...], Kinds, Kinds], Iterable[tuple[str, str]]]
"""Reads (start, end) of every relation of these types from the store; the kinds of starts and of ends may be limited."""

Neighbours = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Closure:
    """What a relationship of which only the ends matter asks: which types, which way, how many hops."""

    types: tuple[str, ...]
    direction: Direction
    minimum: int  # 0 or 1
    maximum: int
    kinds: Kinds = None  # of the nodes it may lead to; only for one hop in one direction
    visible: bool = False  # whether it leads to nodes in the asker's perimeters only
    passes: Kinds = None  # the kinds of nodes that it may lead to, and through

    @property
    def is_limited(self) -> bool:
        """Whether it leads to some nodes only."""
        return self.visible or self.passes is not None

    def maps(self) -> list[_Map]:
        """Which neighbours it needs."""
        return [(self.types, direction, self.kinds) for direction in _directions(self.direction)]


_Map = tuple[tuple[str, ...], Direction, Kinds]


class AdjacencyIndex:
    """Neighbours per set of types and direction. Readers need no lock: lists are replaced or appended to, never cut."""

    def __init__(self, pairs: Pairs, held: Held = tuple) -> None:
        self.sight = Sight(held)
        self._pairs = pairs
        self._roads: list[tuple[Closure, ...]] = []
        self._numbers: dict[tuple[Closure, ...], int] = {}
        self._maps: dict[_Map, Neighbours] = {}
        self._changing = Lock()

    def number(self, *road: Closure) -> int:
        """The number by which a compiled query names closures that follow one another."""
        with self._changing:
            if road not in self._numbers:
                self._numbers[road] = len(self._roads)
                self._roads.append(road)
            return self._numbers[road]

    def prepare(self, number: int) -> None:
        """Read the neighbours that a road needs, before a query runs: a function may not query the store."""
        for closure in self._roads[number]:
            for wanted in closure.maps():
                if wanted not in self._maps:
                    with self._changing:
                        self._read(wanted)
            if closure.is_limited:
                self.sight.prepare()

    def _read(self, wanted: _Map) -> None:
        types, direction, kinds = wanted
        after: Neighbours = {}
        before: Neighbours = {}
        limits = (None, kinds) if direction is Direction.OUT else (kinds, None)
        for start, end in self._pairs(types, *limits):
            after.setdefault(start, []).append(end)
            before.setdefault(end, []).append(start)
        if kinds is None:
            self._maps[types, Direction.OUT, None], self._maps[types, Direction.IN, None] = after, before
        else:
            self._maps[wanted] = after if direction is Direction.OUT else before

    def reach(self, starts: Collection[str], number: int, sees: Sequence[str] | None = None) -> list[str]:
        """The ids at the end of a road from any of these nodes, each once; `sees` are the asker's perimeters."""
        for closure in self._roads[number]:
            starts = self._within(starts, closure, sees)
        return list(starts)

    def _within(self, starts: Collection[str], closure: Closure, sees: Sequence[str] | None) -> set[str]:
        """The nodes within a closure's hops, the starts among them if they are reached (or for 0 hops)."""
        maps = [self._maps[wanted] for wanted in closure.maps()]
        if closure.is_limited:
            test = self.sight.test((sees or ()) if closure.visible else None, closure.passes)
            return self._within_sight(starts, closure, maps, test)
        seen = set(starts) if closure.minimum == 0 else set[str]()
        frontier = starts
        for _ in range(closure.maximum):
            following: list[str] = []
            for neighbours in maps:
                for node in frontier:
                    for other in neighbours.get(node, ()):
                        if other not in seen:
                            seen.add(other)
                            following.append(other)
            if not following:
                break
            frontier = following
        return seen

    @staticmethod
    def _within_sight(
        starts: Collection[str], closure: Closure, maps: list[Neighbours], sees: Callable[[str], bool]
    ) -> set[str]:
        """The same, over nodes that the asker sees; the starts are known to be seen."""
        seen = set(starts) if closure.minimum == 0 else set[str]()
        passed = set(seen)
        frontier = starts
        for _ in range(closure.maximum):
            following: list[str] = []
            for neighbours in maps:
                for node in frontier:
                    for other in neighbours.get(node, ()):
                        if other not in passed:
                            passed.add(other)
                            if sees(other):
                                seen.add(other)
                                following.append(other)
            if not following:
                break
            frontier = following
        return seen

    def apply(self, delta: GraphDelta) -> None:
        """Carry a delta's relations and perimeters over. Updates change no ends."""
        self.sight.apply(delta)
        changes = delta.edges
        with self._changing:
            if not self._maps:
                return
            for change in changes:
                if change.operation is Operation.CREATE:
                    for neighbours, key, other in self._places(change):
                        neighbours.setdefault(key, []).append(other)
                elif change.operation is Operation.DELETE:
                    for neighbours, key, other in self._places(change):
                        kept = list(neighbours.get(key, ()))
                        if other in kept:
                            kept.remove(other)
                        neighbours[key] = kept

    def _places(self, change: EdgeChange) -> Iterator[tuple[Neighbours, str, str]]:
        out = (change.start, change.end, change.end_kind)
        into = (change.end, change.start, change.start_kind)
        for (types, direction, kinds), neighbours in self._maps.items():
            near, far, kind = out if direction is Direction.OUT else into
            if change.type in types and (kinds is None or kind in kinds):
                yield neighbours, near, far

    def clear(self) -> None:
        """Forget the neighbours: the store was emptied."""
        self.sight.clear()
        with self._changing:
            self._maps.clear()


def _directions(direction: Direction) -> tuple[Direction, ...]:
    return (Direction.OUT, Direction.IN) if direction is Direction.BOTH else (direction,)
