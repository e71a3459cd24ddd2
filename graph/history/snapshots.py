"""Throw-away projections in memory: what a backend's dialect cannot express runs here, on just the kinds it needs; and what is
asked while the backend is lost.

For a restricted asker they hold what the asker sees and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from threading import Lock
from time import monotonic
from typing import Any, NamedTuple, Protocol

from core.errors import BackendError, JumeauError, UnsupportedConstructError
from core.principal import Sight
from graph.backends.networkx.repository import NetworkXRepository
from graph.cypher.ast import NodePattern, RelationshipPattern, walk
from graph.cypher.bound import BoundQuery
from graph.history.events import State
from graph.history.ledger import Ledger
from graph.history.perimeters import every_perimeter, stored
from graph.model import EdgeChange, GraphDelta, NodeChange, Operation
from graph.repository import Answer, GraphRepository, ReadContext
from graph.schema.model import Schema

Sees = Sight | None
"""What a restricted asker sees; None for anybody else."""

LASTS_S = 60.0
"""How long a snapshot stands in for a lost backend before a newer one is made, in seconds, if the ledger has gone on."""

BYTES_PER_ELEMENT = 1_500
"""Memory that one element takes in a snapshot, measured on the generated estate, rounded up."""


class Holdings(Protocol):
    """What snapshots are made of: elements at one sequence number, and the perimeters of nodes that have any."""

    def sequence(self) -> int: ...

    def present(self, names: frozenset[str]) -> Iterable[State]:
        """Those of these kinds and relation types, as they were at one moment, at `sequence` or later; others may be there."""

    def perimeters(self) -> Mapping[str, frozenset[str]]: ...


class LedgerHoldings:
    """The present, from the ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def sequence(self) -> int:
        return self._ledger.sequence()

    def present(self, names: frozenset[str]) -> Iterable[State]:
        return self._ledger.present(names)

    def perimeters(self) -> Mapping[str, frozenset[str]]:
        return every_perimeter(self._ledger)


class GraphHoldings:
    """Another moment, from its graph, which does not change."""

    def __init__(self, repository: GraphRepository) -> None:
        self._repository = repository

    def sequence(self) -> int:
        return self._repository.watermark()

    def present(self, names: frozenset[str]) -> Iterable[State]:
        for node in self._repository.nodes():
            own = {name: value for name, value in node.properties.items() if name != "id"}
            yield State(node.id, False, node.kind, own, {}, 0)
        for edge in self._repository.edges():
            yield State(edge.id, True, edge.type, edge.properties, {}, 0, edge.start, edge.end)

    def perimeters(self) -> Mapping[str, frozenset[str]]:
        return {node.id: frozenset(node.perimeters) for node in self._repository.nodes() if node.perimeters}


class _Held(NamedTuple):
    """A snapshot, and when it was made by the clock that counts seconds."""

    graph: GraphRepository
    made: float


class Snapshots:
    """A small cache of snapshots, keyed by kinds and what their asker sees; each is of one moment of what is held."""

    def __init__(
        self,
        holdings: Holdings,
        schema: Schema,
        *,
        budget_bytes: int = 1_500_000_000,
        kept: int = 2,
        time: Callable[[], float] = monotonic,
    ) -> None:
        self._holdings = holdings
        self._schema = schema
        self._budget = budget_bytes
        self._kept = kept
        self._time = time
        self._cache: dict[tuple[frozenset[str], Sees], _Held] = {}
        self._lock = Lock()

    def run(
        self, bound: BoundQuery, parameters: Mapping[str, Any], context: ReadContext, reason: UnsupportedConstructError
    ) -> Answer:
        """Run on a snapshot; the answer says `fallback` and why. Refused beyond the budget, naming the construct."""
        hint = "name kinds and relation types in the pattern, or write the query without this construct"
        answer = self._run(bound, parameters, context, reason, hint)
        return answer._replace(notes=(*answer.notes, f"ran on a snapshot: {reason.seen}"))

    def stand_in(
        self, bound: BoundQuery, parameters: Mapping[str, Any], context: ReadContext, reason: BackendError
    ) -> Answer:
        """Answer for a backend that is lost, from a snapshot of a moment ago or a new one; the answer says `fallback` and why.

        Raises an error like `reason` where what the query needs is beyond the budget.
        """
        hint = reason.hint or "wait until it is back"
        answer = self._run(bound, parameters, context, reason, hint, LASTS_S)
        note = f"the graph backend is lost ({reason.seen}): answered from a snapshot of the ledger at {answer.sequence}"
        return answer._replace(notes=(*answer.notes, note))

    def _run(
        self,
        bound: BoundQuery,
        parameters: Mapping[str, Any],
        context: ReadContext,
        reason: JumeauError,
        hint: str,
        lasts_s: float = 0.0,
    ) -> Answer:
        sequence = self._holdings.sequence()
        with self._lock:
            key = needed_names(bound, self._schema), context.sees
            held = self._cache.get(key)
            if held is None or (held.graph.watermark() < sequence and self._time() - held.made >= lasts_s):
                self._cache.pop(key, None)
                while len(self._cache) >= self._kept:
                    self._cache.pop(next(iter(self._cache)))
                held = self._cache[key] = _Held(self._build(sequence, *key, reason, hint), self._time())
        return held.graph.run(bound, parameters, context)._replace(engine="fallback")

    def _build(
        self, sequence: int, names: frozenset[str], sees: Sees, reason: JumeauError, hint: str
    ) -> GraphRepository:
        most = self._budget // BYTES_PER_ELEMENT
        found: list[State] = []
        for state in self._holdings.present(names):
            if state.kind not in names:
                continue
            found.append(state)
            if len(found) > most:
                raise type(reason)(
                    f"{reason.seen}; a snapshot of what the query needs has more than {most:,} elements",
                    where=reason.where,
                    hint=hint,
                )
            sequence = max(sequence, state.sequence)
        # after the states, so that nobody sees what has left their perimeters meanwhile
        perimeters = {} if sees is None or sees.perimeters is None else self._holdings.perimeters()
        nodes: list[NodeChange] = []
        edges: list[EdgeChange] = []
        for state in found:
            if state.edge:
                start, end = state.start or "", state.end or ""
                edges.append(EdgeChange(Operation.CREATE, state.element, state.kind, start, end, state.properties))
                continue
            own = stored(state.kind, perimeters.get(state.element, frozenset()), self._schema)
            if sees is None or sees.shows(state.kind, own):
                nodes.append(NodeChange(Operation.CREATE, state.element, state.kind, state.properties, perimeters=own))
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
