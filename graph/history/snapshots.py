"""Throw-away projections in memory: what a backend's dialect cannot express runs here, on just the kinds it needs.

For a restricted asker they hold what the asker sees and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from threading import Lock
from typing import Any, Protocol

from core.errors import UnsupportedConstructError
from graph.backends.networkx.repository import NetworkXRepository
from graph.cypher.ast import NodePattern, RelationshipPattern, walk
from graph.cypher.bound import BoundQuery
from graph.history.events import State
from graph.history.ledger import Ledger
from graph.history.perimeters import every_perimeter, stored
from graph.model import EdgeChange, GraphDelta, NodeChange, Operation
from graph.repository import Answer, GraphRepository, ReadContext
from graph.schema.model import Schema

Sees = tuple[str, ...] | None
"""The perimeters of a restricted asker; None for anybody else."""

BYTES_PER_ELEMENT = 1_500
"""Memory that one element takes in a snapshot, measured on the generated estate, rounded up."""


class Holdings(Protocol):
    """What snapshots are made of: every element at one sequence number, and the perimeters of nodes that have any."""

    def sequence(self) -> int: ...

    def present(self) -> Iterable[State]: ...

    def perimeters(self) -> Mapping[str, frozenset[str]]: ...


class LedgerHoldings:
    """The present, from the ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def sequence(self) -> int:
        return self._ledger.sequence()

    def present(self) -> Iterable[State]:
        return self._ledger.present()

    def perimeters(self) -> Mapping[str, frozenset[str]]:
        return every_perimeter(self._ledger)


class GraphHoldings:
    """Another moment, from its graph, which does not change."""

    def __init__(self, repository: GraphRepository) -> None:
        self._repository = repository

    def sequence(self) -> int:
        return self._repository.watermark()

    def present(self) -> Iterable[State]:
        for node in self._repository.nodes():
            own = {name: value for name, value in node.properties.items() if name != "id"}
            yield State(node.id, False, node.kind, own, {}, 0)
        for edge in self._repository.edges():
            yield State(edge.id, True, edge.type, edge.properties, {}, 0, edge.start, edge.end)

    def perimeters(self) -> Mapping[str, frozenset[str]]:
        return {node.id: frozenset(node.perimeters) for node in self._repository.nodes() if node.perimeters}


class Snapshots:
    """A small cache of snapshots, keyed by sequence number, kinds, and what their asker sees."""

    def __init__(self, holdings: Holdings, schema: Schema, *, budget_bytes: int = 1_500_000_000, kept: int = 2) -> None:
        self._holdings = holdings
        self._schema = schema
        self._budget = budget_bytes
        self._kept = kept
        self._cache: dict[tuple[int, frozenset[str], Sees], NetworkXRepository] = {}
        self._lock = Lock()

    def run(
        self, bound: BoundQuery, parameters: Mapping[str, Any], context: ReadContext, reason: UnsupportedConstructError
    ) -> Answer:
        """Run on a snapshot; the answer says `fallback` and why. Refused beyond the budget, naming the construct."""
        with self._lock:
            snapshot = self._snapshot(needed_names(bound, self._schema), context.sees, reason)
        answer = snapshot.run(bound, parameters, context)
        return answer._replace(engine="fallback", notes=(*answer.notes, f"ran on a snapshot: {reason.seen}"))

    def _snapshot(self, names: frozenset[str], sees: Sees, reason: UnsupportedConstructError) -> NetworkXRepository:
        sequence = self._holdings.sequence()
        found = self._cache.get((sequence, names, sees))
        if found is not None:
            return found
        while len(self._cache) >= self._kept:
            self._cache.pop(next(iter(self._cache)))
        snapshot = self._build(sequence, names, sees, reason)
        self._cache[(sequence, names, sees)] = snapshot
        return snapshot

    def _build(
        self, sequence: int, names: frozenset[str], sees: Sees, reason: UnsupportedConstructError
    ) -> NetworkXRepository:
        perimeters = {} if sees is None else self._holdings.perimeters()
        most = self._budget // BYTES_PER_ELEMENT
        nodes: list[NodeChange] = []
        edges: list[EdgeChange] = []
        for state in self._holdings.present():
            if state.kind not in names or state.sequence > sequence:
                continue
            if state.edge:
                start, end = state.start or "", state.end or ""
                edges.append(EdgeChange(Operation.CREATE, state.element, state.kind, start, end, state.properties))
            else:
                own = stored(state.kind, perimeters.get(state.element, frozenset()), self._schema)
                if sees is None or not set(sees).isdisjoint(own):
                    nodes.append(
                        NodeChange(Operation.CREATE, state.element, state.kind, state.properties, perimeters=own)
                    )
            if len(nodes) + len(edges) > most:
                raise UnsupportedConstructError(
                    f"{reason.seen}; a snapshot of what the query needs has more than {most:,} elements",
                    where=reason.where,
                    hint="name kinds and relation types in the pattern, or write the query without this construct",
                )
        held = {node.id for node in nodes}
        snapshot = NetworkXRepository(self._schema)
        inside = [edge for edge in edges if edge.start in held and edge.end in held]
        snapshot.apply(GraphDelta(1, max(sequence, 1), nodes, inside))
        return snapshot


def needed_names(bound: BoundQuery, schema: Schema) -> frozenset[str]:
    """The kinds and relation types that a query may touch, interiors of variable-length patterns included."""
    kinds: set[str] = set()
    types: set[str] = set()
    for tree in walk(bound.query):
        if isinstance(tree, NodePattern):
            kinds.update(schema.concrete if tree.kinds is None else tree.kinds)
        elif isinstance(tree, RelationshipPattern):
            named = tuple(schema.relations) if tree.types is None else tree.types
            types.update(named)
            if tree.hops is not None:
                kinds.update(kind for name in named for pair in schema.pairs[name] for kind in pair)
    return frozenset(kinds | types)
