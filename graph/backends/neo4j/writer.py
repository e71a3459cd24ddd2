"""A delta as statements: rows grouped by what they share, in bounded batches, all in the caller's transaction.

Every statement says how many elements it found. Fewer than the ledger expects means that somebody changed the database
from outside: the transaction is given up, because a relation that silently fails to appear is a lost fact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from neo4j import ManagedTransaction

from core.errors import BackendDriftError, BackendError
from graph.backends.neo4j.ddl import ELEMENT, label_text, quoted
from graph.backends.neo4j.types import row
from graph.model import EdgeChange, GraphDelta, NodeChange, Operation
from graph.schema.model import Schema

BATCH_ROWS = 10_000

Row = dict[str, Any]
C = TypeVar("C", NodeChange, EdgeChange)


class DeltaWriter:
    """Writes deltas for one schema. `url` is for error messages."""

    def __init__(self, schema: Schema, url: str) -> None:
        self._schema = schema
        self._url = url

    def write(self, transaction: ManagedTransaction, delta: GraphDelta) -> None:
        """Carry out a delta in the order that `GraphDelta` prescribes. Raises BackendDriftError."""
        nodes, edges = _by_operation(delta.nodes), _by_operation(delta.edges)
        self._edges(transaction, edges[Operation.DELETE], _DELETE_EDGES, _edge_key)
        self._run(transaction, _DELETE_NODES, [change.id for change in nodes[Operation.DELETE]], "nodes to delete")
        self._create_nodes(transaction, nodes[Operation.CREATE])
        self._run(transaction, _UPDATE_NODES, [_node_row(c) for c in nodes[Operation.UPDATE]], "nodes to update")
        self._reclassify(transaction, nodes[Operation.RECLASSIFY])
        self._edges(transaction, edges[Operation.CREATE], _CREATE_EDGES, _edge_row)
        self._edges(transaction, edges[Operation.UPDATE], _UPDATE_EDGES, _edge_row)

    def _create_nodes(self, transaction: ManagedTransaction, changes: Iterable[NodeChange]) -> None:
        for kind, group in _grouped(changes, lambda change: change.kind).items():
            labels = label_text((*self._labels(kind), ELEMENT))
            statement = f"UNWIND $rows AS row CREATE (n{labels}) SET n = row RETURN count(n) AS found"
            self._run(transaction, statement, [_node_row(change) for change in group], f"nodes {kind}")

    def _reclassify(self, transaction: ManagedTransaction, changes: Iterable[NodeChange]) -> None:
        for (previous, kind), group in _grouped(changes, lambda c: (c.previous_kind or c.kind, c.kind)).items():
            new = self._labels(kind)
            old = self._labels(previous) if previous in self._schema.kinds else (previous,)
            gone = label_text(tuple(label for label in old if label not in new))
            statement = (
                f"UNWIND $rows AS row {_seek('n', 'row.id')} SET n = row SET n{label_text(new)} "
                f"{f'REMOVE n{gone} ' if gone else ''}RETURN count(n) AS found"
            )
            self._run(
                transaction, statement, [_node_row(c) for c in group], f"nodes {previous} to reclassify as {kind}"
            )

    def _edges(
        self,
        transaction: ManagedTransaction,
        changes: Iterable[EdgeChange],
        template: str,
        row_of: Callable[[EdgeChange], Row],
    ) -> None:
        for relation, group in _grouped(changes, lambda change: change.type).items():
            statement = template.replace("TYPE", quoted(relation))
            self._run(transaction, statement, [row_of(change) for change in group], f"relations {relation}")

    def _run(self, transaction: ManagedTransaction, statement: str, rows: Sequence[Any], what: str) -> None:
        for batch in _batches(rows):
            record = transaction.run(statement, rows=batch).single(strict=True)
            if record["found"] != len(batch):
                raise BackendDriftError(
                    f"{what}: the ledger knows {len(batch)} in this batch, the database found {record['found']}",
                    where=self._url,
                    hint="the database was changed from outside: `jumeau graph verify` lists the differences, "
                    "`jumeau graph rebuild` restores it",
                )

    def _labels(self, kind: str) -> tuple[str, ...]:
        known = self._schema.kinds.get(kind)
        if known is None:
            raise BackendError(
                f"the ledger holds a node of kind {kind!r}, which the schema {self._schema.name!r} lacks",
                where=self._url,
                hint="open the twin with the pack that it was loaded with",
            )
        return known.labels


def _seek(variable: str, value: str) -> str:
    """Find an element by id. The hint keeps the planner from scanning an index that was empty when it made its plan."""
    return f"MATCH ({variable}:{ELEMENT} {{id: {value}}}) USING INDEX SEEK {variable}:{ELEMENT}(id)"


_ENDS = f"UNWIND $rows AS row {_seek('a', 'row.start')} {_seek('b', 'row.end')}"
_EDGE = f"{_ENDS} MATCH (a)-[r:TYPE {{id: row.id}}]->(b)"
_CREATE_EDGES = f"{_ENDS} CREATE (a)-[r:TYPE]->(b) SET r = row.properties RETURN count(r) AS found"
_UPDATE_EDGES = f"{_EDGE} SET r = row.properties RETURN count(r) AS found"
_DELETE_EDGES = f"{_EDGE} DELETE r RETURN count(r) AS found"
_DELETE_NODES = f"UNWIND $rows AS row {_seek('n', 'row')} DETACH DELETE n RETURN count(n) AS found"
_UPDATE_NODES = f"UNWIND $rows AS row {_seek('n', 'row.id')} SET n = row RETURN count(n) AS found"


def _node_row(change: NodeChange) -> Row:
    return row(change.id, change.properties)


def _edge_row(change: EdgeChange) -> Row:
    return {"start": change.start, "end": change.end, "id": change.id, "properties": row(change.id, change.properties)}


def _edge_key(change: EdgeChange) -> Row:
    return {"start": change.start, "end": change.end, "id": change.id}


def _by_operation(changes: Sequence[C]) -> dict[Operation, list[C]]:
    found: dict[Operation, list[C]] = {operation: [] for operation in Operation}
    for change in changes:
        found[change.operation].append(change)
    return found


K = TypeVar("K")


def _grouped(changes: Iterable[C], key: Callable[[C], K]) -> dict[K, list[C]]:
    groups: dict[K, list[C]] = {}
    for change in changes:
        groups.setdefault(key(change), []).append(change)
    return groups


def _batches(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(rows), BATCH_ROWS):
        yield rows[start : start + BATCH_ROWS]
