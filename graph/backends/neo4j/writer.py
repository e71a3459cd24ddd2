"""A delta as six statements in the caller's transaction, whatever the kinds: labels and types are values of the rows.

Dynamic labels (`CREATE (n:$(row.labels))`, since 5.26) leave the server six plans to make instead of one per kind and
type; measured on a pack of 66 kinds in use and 45 types, a cold load took a third of the time, a warm one was as fast.

Every statement says how many elements it found. Fewer than the ledger expects means that somebody changed the database
from outside: the transaction is given up, because a relation that silently fails to appear is a lost fact.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from neo4j import ManagedTransaction

from core.errors import BackendDriftError, BackendError
from graph.backends.neo4j.ddl import ELEMENT
from graph.backends.neo4j.sight import PREFIX, labels_of
from graph.backends.neo4j.types import row
from graph.model import EdgeChange, GraphDelta, NodeChange, Operation
from graph.schema.model import Schema

BATCH_ROWS = 10_000
"""Rows per statement: what the driver packs and the server unpacks at once."""

C = TypeVar("C", NodeChange, EdgeChange)
Row = dict[str, Any]


def _seek(variable: str, value: str) -> str:
    """Find an element by id. The hint keeps the planner from scanning an index that was empty when it made its plan."""
    return f"MATCH ({variable}:{ELEMENT} {{id: {value}}}) USING INDEX SEEK {variable}:{ELEMENT}(id)"


_PERIMETERS = f"[label IN labels(n) WHERE label STARTS WITH '{PREFIX}']"
_SET_PERIMETERS = (
    f"UNWIND $rows AS row {_seek('n', 'row.id')} REMOVE n:$({_PERIMETERS}) SET n:$(row.labels) RETURN count(n) AS found"
)
_ENDS = f"UNWIND $rows AS row {_seek('a', 'row.start')} {_seek('b', 'row.end')}"
_EDGE = f"{_ENDS} MATCH (a)-[r {{id: row.id}}]->(b)"
_DELETE_EDGES = f"{_EDGE} DELETE r RETURN count(r) AS found"
_DELETE_NODES = f"UNWIND $rows AS row {_seek('n', 'row.id')} DETACH DELETE n RETURN count(n) AS found"
_CREATE_NODES = "UNWIND $rows AS row CREATE (n:$(row.labels)) SET n = row.properties RETURN count(n) AS found"
_UPDATE_NODES = f"UNWIND $rows AS row {_seek('n', 'row.id')} SET n = row.properties RETURN count(n) AS found"
_RECLASSIFY_NODES = (
    f"UNWIND $rows AS row {_seek('n', 'row.id')} "
    f"REMOVE n:$({_PERIMETERS}) REMOVE n:$(row.gone) SET n:$(row.labels) SET n = row.properties RETURN count(n) AS found"
)
_CREATE_EDGES = f"{_ENDS} CREATE (a)-[r:$(row.type)]->(b) SET r = row.properties RETURN count(r) AS found"
_UPDATE_EDGES = f"{_EDGE} SET r = row.properties RETURN count(r) AS found"


class DeltaWriter:
    """Writes deltas for one schema. `url` is for error messages."""

    def __init__(self, schema: Schema, url: str) -> None:
        self._url = url
        self._schema = schema
        self._labels = {kind: [*schema.kinds[kind].labels, ELEMENT] for kind in schema.concrete}

    def write(self, transaction: ManagedTransaction, delta: GraphDelta) -> None:
        """Carry out a delta in the order that `GraphDelta` prescribes. Raises BackendDriftError."""
        nodes, edges = _by_operation(delta.nodes), _by_operation(delta.edges)
        steps: tuple[tuple[str, list[Row], str], ...] = (
            (_DELETE_EDGES, [_edge(c) for c in edges[Operation.DELETE]], "relations to delete"),
            (_DELETE_NODES, [{"id": c.id} for c in nodes[Operation.DELETE]], "nodes to delete"),
            (_CREATE_NODES, [self._node(c) for c in nodes[Operation.CREATE]], "nodes to create"),
            (_UPDATE_NODES, [self._node(c) for c in nodes[Operation.UPDATE]], "nodes to update"),
            (_RECLASSIFY_NODES, [self._moved(c) for c in nodes[Operation.RECLASSIFY]], "nodes to reclassify"),
            (_CREATE_EDGES, [_edge(c) for c in edges[Operation.CREATE]], "ends of relations to create"),
            (_UPDATE_EDGES, [_edge(c) for c in edges[Operation.UPDATE]], "relations to update"),
        )
        for statement, rows, what in steps:
            for batch in _batches(rows):
                found = transaction.run(statement, rows=batch).single(strict=True)["found"]
                if found != len(batch):
                    raise self._drift(what, len(batch), found)
        for changes in _batches([{"id": c.id, "labels": labels_of(c.perimeters)} for c in delta.perimeters]):
            transaction.run(_SET_PERIMETERS, rows=changes).consume()  # a node that is not there is passed over

    def _node(self, change: NodeChange) -> Row:
        return {
            "id": change.id,
            "labels": [*self._labels_of(change.kind), *labels_of(change.perimeters)],
            "properties": row(change.id, change.properties),
        }

    def _moved(self, change: NodeChange) -> Row:
        moved = self._node(change)
        before = self._labels.get(change.previous_kind or change.kind, [change.previous_kind])
        return {**moved, "gone": [label for label in before if label not in moved["labels"]]}

    def _labels_of(self, kind: str) -> list[str]:
        known = self._labels.get(kind)
        if known is None:
            raise BackendError(
                f"the ledger holds a node of kind {kind!r}, which is no concrete kind of the schema {self._schema.name!r}",
                where=self._url,
                hint="open the twin with the pack that it was loaded with",
            )
        return known

    def _drift(self, what: str, wanted: int, found: int) -> BackendDriftError:
        return BackendDriftError(
            f"{what}: the ledger knows {wanted} in this batch, the database found {found}",
            where=self._url,
            hint="the database was changed from outside: `jumeau graph verify` lists the differences, "
            "`jumeau graph rebuild` restores it",
        )


def _edge(change: EdgeChange) -> Row:
    return {
        "id": change.id,
        "type": change.type,
        "start": change.start,
        "end": change.end,
        "properties": row(change.id, change.properties),
    }


def _by_operation(changes: Sequence[C]) -> dict[Operation, list[C]]:
    found: dict[Operation, list[C]] = {operation: [] for operation in Operation}
    for change in changes:
        found[change.operation].append(change)
    return found


def _batches(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    for start in range(0, len(rows), BATCH_ROWS):
        yield rows[start : start + BATCH_ROWS]
