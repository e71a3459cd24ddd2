"""The adjacency index: who is one relation away, in memory, so that a closure visits each node once.

ladybug calls it as a function (`reach(id, closure)`), which answers the ids that a variable-length relationship reaches.
Neighbours are read from the store when a closure first needs them and kept up to date with each delta.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from threading import Lock
from typing import Final

from graph.cypher.ast import Direction
from graph.model import EdgeChange, Operation

FUNCTION: Final = "reach"

NOTHING: Final = ""
"""An id that no element has: what an optional closure reaches when it reaches nothing."""

Pairs = Callable[[tuple[str, ...]], Iterable[tuple[str, str]]]
"""Reads (start, end) of every relation of these types from the store."""

Neighbours = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Closure:
    """What a variable-length relationship asks: which types, which way, how many hops."""

    types: tuple[str, ...]
    direction: Direction
    minimum: int  # 0 or 1
    maximum: int


class AdjacencyIndex:
    """Neighbours per set of types and direction. Readers need no lock: lists are replaced or appended to, never cut."""

    def __init__(self, pairs: Pairs) -> None:
        self._pairs = pairs
        self._closures: list[Closure] = []
        self._numbers: dict[Closure, int] = {}
        self._maps: dict[tuple[tuple[str, ...], Direction], Neighbours] = {}
        self._changing = Lock()

    def number(self, closure: Closure) -> int:
        """The number by which a compiled query names a closure."""
        with self._changing:
            if closure not in self._numbers:
                self._numbers[closure] = len(self._closures)
                self._closures.append(closure)
            return self._numbers[closure]

    def prepare(self, number: int) -> None:
        """Read the neighbours that a closure needs, before a query runs: a function may not query the store."""
        closure = self._closures[number]
        for direction in _directions(closure.direction):
            if (closure.types, direction) not in self._maps:
                with self._changing:
                    self._read(closure.types)

    def _read(self, types: tuple[str, ...]) -> None:
        after: Neighbours = {}
        before: Neighbours = {}
        for start, end in self._pairs(types):
            after.setdefault(start, []).append(end)
            before.setdefault(end, []).append(start)
        self._maps[types, Direction.OUT], self._maps[types, Direction.IN] = after, before

    def reach(self, start: str, number: int) -> list[str]:
        """The ids of the nodes within the closure's hops of `start`, which is among them if it is reached (or for 0)."""
        closure = self._closures[number]
        maps = [self._maps[closure.types, direction] for direction in _directions(closure.direction)]
        seen = {start} if closure.minimum == 0 else set[str]()
        frontier = [start]
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
        return list(seen)

    def apply(self, changes: Iterable[EdgeChange]) -> None:
        """Carry a delta's relations over. Updates change no ends."""
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
        for (types, direction), neighbours in self._maps.items():
            if change.type in types:
                ends = (change.start, change.end) if direction is Direction.OUT else (change.end, change.start)
                yield neighbours, *ends

    def clear(self) -> None:
        """Forget the neighbours: the store was emptied."""
        with self._changing:
            self._maps.clear()


def _directions(direction: Direction) -> tuple[Direction, ...]:
    return (Direction.OUT, Direction.IN) if direction is Direction.BOTH else (direction,)
