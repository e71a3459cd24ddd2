"""The repository over memory: applies deltas atomically, runs queries with our executor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import RLock

from core.errors import SequenceGapError
from graph.backends.networkx.plans import Plans
from graph.backends.networkx.store import GraphStore
from graph.cypher.bound import BoundQuery
from graph.cypher.parameters import complete_parameters
from graph.model import Edge, GraphDelta, Node
from graph.registry import BackendOptions
from graph.repository import Answer, AnswerStream, Capabilities, Plan, ReadContext, Value, in_batches
from graph.schema.model import Schema

CAPABILITIES = Capabilities(name="networkx", durable=False, single_writer_process=False, native_language=None)


class NetworkXRepository:
    """A graph in memory. Several threads may read and write; a query sees one state."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._store = GraphStore(schema)
        self._plans = Plans(self._store, schema)
        self._sequence = 0
        self._lock = RLock()

    @property
    def url(self) -> str:
        return "networkx"

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    @property
    def schema(self) -> Schema:
        return self._schema

    @property
    def store(self) -> GraphStore:
        """The graph itself, for algorithms (`store.as_networkx()`); to be read only."""
        return self._store

    def watermark(self) -> int:
        return self._sequence

    def apply(self, delta: GraphDelta) -> bool:
        with self._lock:
            if delta.last <= self._sequence:
                return False
            if delta.first != self._sequence + 1:
                raise SequenceGapError(
                    f"the delta holds events {delta.first} to {delta.last}, the backend is at {self._sequence}",
                    where=self.url,
                    hint=f"apply the events from {self._sequence + 1} on",
                )
            self._store.check(delta)
            self._store.apply(delta)
            self._plans.forget()
            self._sequence = delta.last
            return True

    def run(self, query: BoundQuery, parameters: Mapping[str, Value], context: ReadContext) -> Answer:
        with self._lock:
            read = self._plans.point(query, parameters, context)
            if read is not None:
                return Answer(query.columns, read, self._sequence)
            values = complete_parameters(query, parameters, context.now, context.sees)
            found, most = self._plans.rows(query, values, context), context.row_cap
            return Answer(query.columns, found[:most], self._sequence, truncated=len(found) > most)

    @contextmanager
    def stream(
        self, query: BoundQuery, parameters: Mapping[str, Value], context: ReadContext, batch_rows: int
    ) -> Iterator[AnswerStream]:
        """The rows are of one state, so they are made before the first is given, within `context.memory_bytes`."""
        yield in_batches(self.run(query, parameters, context), context.row_cap, batch_rows)

    def plan(self, query: BoundQuery, parameters: Mapping[str, Value], context: ReadContext) -> Plan:
        return Plan("native", None)

    def nodes(self) -> Iterator[Node]:
        return iter(list(self._store.nodes.values()))

    def edges(self) -> Iterator[Edge]:
        return iter(list(self._store.edges.values()))

    def counts(self) -> Mapping[str, int]:
        return self._store.counts()

    def reset(self) -> None:
        with self._lock:
            self._store = GraphStore(self._schema)
            self._plans = Plans(self._store, self._schema)
            self._sequence = 0

    def close(self) -> None:
        """Nothing to release: the graph goes with its last reference."""


def open_repository(url: str, schema: Schema, options: BackendOptions) -> NetworkXRepository:
    """A new, empty graph."""
    return NetworkXRepository(schema)
