"""What a store holds, in numbers: elements per kind and type, relations per pair of kinds, degrees. For estimates only.

Counts come from `GraphRepository.counts()` at one sequence number and cost little. How the relations of a type spread
over pairs of kinds is supposed to follow the counts until it is measured (`measured`): that asks the store, type by
type, and is done where it decides something, such as before a query is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from graph.cypher.ast import Direction
from graph.schema.model import Schema

Spread = Mapping[str, float]
"""Kind to a number of nodes, or of rows whose variable has that kind."""

Steps = Mapping[str, tuple[tuple[str, float], ...]]
"""Kind to (kind at the other end, mean number of relations that lead there from one node)."""

_KEPT: Final = 2_000

LEAST: Final = 1e-3
"""Walks fewer than this are walked no further."""


@dataclass(frozen=True, slots=True)
class TypeSpread:
    """Measured: relations of one type per (start kind, end kind), and the largest degree of a node by kind."""

    pairs: Mapping[tuple[str, str], int]
    most_out: Mapping[str, int] = field(default_factory=dict)
    most_in: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Statistics:
    """The numbers of a store at a sequence number. Immutable but for its memory of steps."""

    schema: Schema
    sequence: int
    nodes: Mapping[str, int]
    relations: Mapping[str, int]
    spreads: Mapping[str, TypeSpread] = field(default_factory=dict)
    _steps: dict[tuple[tuple[str, ...], Direction], Steps] = field(default_factory=dict, compare=False, repr=False)
    _reached: dict[tuple[str, tuple[str, ...], Direction, int], float] = field(
        default_factory=dict, compare=False, repr=False
    )

    @classmethod
    def of(cls, schema: Schema, sequence: int, counts: Mapping[str, int]) -> Statistics:
        """From the answer of `GraphRepository.counts()`."""
        nodes = {kind: counts[kind] for kind in schema.concrete if counts.get(kind)}
        relations = {name: counts[name] for name in schema.relations if counts.get(name)}
        return cls(schema, sequence, nodes, relations)

    def measured(self, spreads: Mapping[str, TypeSpread]) -> Statistics:
        """The same, knowing how these types spread over pairs of kinds."""
        return Statistics(self.schema, self.sequence, self.nodes, self.relations, {**self.spreads, **spreads})

    def count(self, kinds: Iterable[str] | None) -> int:
        """Nodes of these kinds; of every kind for None."""
        return sum(self.nodes.values()) if kinds is None else sum(self.nodes.get(kind, 0) for kind in kinds)

    def spread(self, kinds: Iterable[str] | None) -> dict[str, float]:
        """The nodes of these kinds, by kind."""
        return {
            kind: float(self.nodes[kind]) for kind in (self.nodes if kinds is None else kinds) if kind in self.nodes
        }

    def edges(self, types: Iterable[str] | None) -> int:
        """Relations of these types; of every type for None."""
        return sum(self.relations.values()) if types is None else sum(self.relations.get(name, 0) for name in types)

    def mean_degree(self, kind: str, type_: str, direction: Direction) -> float:
        """Relations of a type that a node of a kind has in a direction, on the average."""
        return sum(mean for _, mean in self.steps((type_,), direction).get(kind, ()))

    def reached(self, kinds: Iterable[str], types: tuple[str, ...], direction: Direction, most: int) -> float:
        """Nodes within so many relations of these types from one node of these kinds, on the average."""
        held = [(self.nodes[kind], kind) for kind in kinds if kind in self.nodes]
        reached = sum(number * self._reached_from(kind, types, direction, most) for number, kind in held)
        return reached / sum(number for number, _ in held) if held else 0.0

    def _reached_from(self, kind: str, types: tuple[str, ...], direction: Direction, most: int) -> float:
        key = (kind, types, direction, most)
        if key not in self._reached:
            found = self._within(kind, self.steps(types, direction), most)
            if len(self._reached) >= _KEPT:
                return found
            self._reached[key] = found
        return self._reached[key]

    def _within(self, kind: str, steps: Steps, most: int) -> float:
        seen: dict[str, float] = {}
        level: Spread = {kind: 1.0}
        for _ in range(most):
            level = unseen(advance(level, steps), seen, self.nodes)
            if sum(level.values()) < LEAST:
                break
        return sum(seen.values())

    def largest_degree(self, kind: str, type_: str, direction: Direction) -> int | None:
        """The most relations of a type that a node of a kind has; None where it was not measured."""
        spread = self.spreads.get(type_)
        if spread is None:
            return None
        out, into = spread.most_out.get(kind, 0), spread.most_in.get(kind, 0)
        return out if direction is Direction.OUT else into if direction is Direction.IN else out + into

    def steps(self, types: tuple[str, ...] | None, direction: Direction) -> Steps:
        """Where one relation of these types leads from each kind, with mean degrees."""
        names = tuple(self.relations) if types is None else types
        found = self._steps.get((names, direction))
        if found is None:
            found = self._read_steps(names, direction)
            if len(self._steps) < _KEPT:
                self._steps[names, direction] = found
        return found

    def _read_steps(self, types: tuple[str, ...], direction: Direction) -> Steps:
        means: dict[str, dict[str, float]] = {}
        for name in types:
            for (start, end), number in self._pairs(name).items():
                if direction is not Direction.IN and start in self.nodes:
                    of = means.setdefault(start, {})
                    of[end] = of.get(end, 0.0) + number / self.nodes[start]
                if direction is not Direction.OUT and end in self.nodes:
                    of = means.setdefault(end, {})
                    of[start] = of.get(start, 0.0) + number / self.nodes[end]
        return {kind: tuple(of.items()) for kind, of in means.items()}

    def _pairs(self, type_: str) -> Mapping[tuple[str, str], float]:
        """Relations of a type per pair of kinds: measured, else shared out by how many nodes each kind has."""
        spread = self.spreads.get(type_)
        if spread is not None:
            return spread.pairs
        number = self.relations.get(type_, 0)
        if not number:
            return {}
        nodes = self.nodes
        weights = {
            (start, end): nodes[start] * nodes[end]
            for start, end in self.schema.pairs[type_]
            if start in nodes and end in nodes
        }
        every = sum(weights.values())
        return {pair: number * weight / every for pair, weight in weights.items()}


def advance(spread: Spread, steps: Steps) -> dict[str, float]:
    """One relation further: the expected number of walks by the kind they end at."""
    found: dict[str, float] = {}
    for kind, rows in spread.items():
        for far, mean in steps.get(kind, ()):
            found[far] = found.get(far, 0.0) + rows * mean
    return found


def unseen(following: Spread, seen: dict[str, float], nodes: Mapping[str, int]) -> dict[str, float]:
    """What of this is reached for the first time, where there are so many `nodes` of each kind; `seen` grows by it."""
    new = {}
    for kind, number in following.items():
        known = seen.get(kind, 0.0)
        fresh = min(number, nodes.get(kind, 0) - known)
        if fresh > 0:
            new[kind] = fresh
            seen[kind] = known + fresh
    return new
