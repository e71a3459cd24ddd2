"""Throw-away projections in memory: what a backend's dialect cannot express runs here, on just the kinds it needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from threading import Lock
from typing import Any

from core.errors import UnsupportedConstructError
from graph.backends.networkx.repository import NetworkXRepository
from graph.cypher.ast import NodePattern, RelationshipPattern, walk
from graph.cypher.bound import BoundQuery
from graph.history.ledger import Ledger
from graph.model import EdgeChange, GraphDelta, NodeChange, Operation
from graph.repository import Answer, ReadContext
from graph.schema.model import Schema

BYTES_PER_ELEMENT = 1_500
"""Memory that one element takes in a snapshot, measured on the generated estate, rounded up."""


class Snapshots:
    """A small cache of snapshots of the present, keyed by sequence number and the kinds they hold."""

    def __init__(self, ledger: Ledger, schema: Schema, *, budget_bytes: int = 1_500_000_000, kept: int = 2) -> None:
        self._ledger = ledger
        self._schema = schema
        self._budget = budget_bytes
        self._kept = kept
        self._cache: dict[tuple[int, frozenset[str]], NetworkXRepository] = {}
        self._lock = Lock()

    def run(
        self, bound: BoundQuery, parameters: Mapping[str, Any], context: ReadContext, reason: UnsupportedConstructError
    ) -> Answer:
        """Run on a snapshot; the answer says `fallback` and why. Refused beyond the budget, naming the construct."""
        with self._lock:
            snapshot = self._snapshot(needed_names(bound, self._schema), reason)
        answer = snapshot.run(bound, parameters, context)
        return replace(answer, engine="fallback", notes=(*answer.notes, f"ran on a snapshot: {reason.seen}"))

    def _snapshot(self, names: frozenset[str], reason: UnsupportedConstructError) -> NetworkXRepository:
        sequence = self._ledger.sequence()
        found = self._cache.get((sequence, names))
        if found is not None:
            return found
        while len(self._cache) >= self._kept:
            self._cache.pop(next(iter(self._cache)))
        snapshot = self._build(sequence, names, reason)
        self._cache[(sequence, names)] = snapshot
        return snapshot

    def _build(self, sequence: int, names: frozenset[str], reason: UnsupportedConstructError) -> NetworkXRepository:
        most = self._budget // BYTES_PER_ELEMENT
        nodes: list[NodeChange] = []
        edges: list[EdgeChange] = []
        for state in self._ledger.present():
            if state.kind not in names or state.sequence > sequence:
                continue
            if state.edge:
                start, end = state.start or "", state.end or ""
                edges.append(EdgeChange(Operation.CREATE, state.element, state.kind, start, end, state.properties))
            else:
                nodes.append(NodeChange(Operation.CREATE, state.element, state.kind, state.properties))
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
