"""Deltas and helpers for the tests of the embedded store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from graph.cypher.prepare import prepare
from graph.model import EdgeChange, GraphDelta, NodeChange, Operation
from graph.repository import Answer, GraphRepository, ReadContext
from graph.schema.model import Kind, Relation, ValueType

NOW = datetime(2025, 1, 1, tzinfo=UTC)
CONTEXT = ReadContext(now=NOW)

VALUES: dict[ValueType, Any] = {
    ValueType.STRING: 'l\'été \\ "x" \n\t`y` 日本',
    ValueType.INTEGER: -(2**63),
    ValueType.MONEY: 2**63 - 1,
    ValueType.FLOAT: 0.1 + 0.2,
    ValueType.BOOLEAN: False,
    ValueType.DATE: date(1899, 12, 31),
    ValueType.INSTANT: datetime(2024, 2, 29, 23, 59, 59, 999_999, tzinfo=UTC),
    ValueType.STRING_LIST: ("a|b", "", "c,d"),
}


def create(identity: str, kind: str, **properties: Any) -> NodeChange:
    return NodeChange(Operation.CREATE, identity, kind, properties)


def update(identity: str, kind: str, **properties: Any) -> NodeChange:
    return NodeChange(Operation.UPDATE, identity, kind, properties)


def link(
    identity: str, type_: str, start: str, start_kind: str, end: str, end_kind: str, **properties: Any
) -> EdgeChange:
    return EdgeChange(Operation.CREATE, identity, type_, start, end, properties, start_kind, end_kind)


def unlink(edge: EdgeChange) -> EdgeChange:
    return EdgeChange(Operation.DELETE, edge.id, edge.type, edge.start, edge.end, {}, edge.start_kind, edge.end_kind)


def full_node(kind: Kind, number: int = 0) -> NodeChange:
    """A node of a kind with a value for each of its attributes."""
    values = {name: VALUES[attribute.type] for name, attribute in kind.attributes.items() if name != "id"}
    return NodeChange(Operation.CREATE, f"{kind.name}-{number}", kind.name, values)


def full_edge(relation: Relation, start: str, end: str) -> EdgeChange:
    """A relation between the full nodes of two kinds, with a value for each of its attributes."""
    values = {name: VALUES[attribute.type] for name, attribute in relation.attributes.items() if name != "id"}
    identity = f"{relation.name}-{start}-{end}"
    return EdgeChange(Operation.CREATE, identity, relation.name, f"{start}-0", f"{end}-0", values, start, end)


def apply(
    repository: GraphRepository, *, nodes: Sequence[NodeChange] = (), edges: Sequence[EdgeChange] = (), events: int = 1
) -> bool:
    """Apply the next delta."""
    first = repository.watermark() + 1
    return repository.apply(GraphDelta(first, first + events - 1, nodes, edges))


def ask(repository: GraphRepository, text: str, **parameters: Any) -> Answer:
    return repository.run(prepare(text, repository.schema), parameters, CONTEXT)


def content(repository: GraphRepository) -> tuple[dict[str, Any], dict[str, Any]]:
    """Everything a store holds: nodes with kind and properties, relations with type, ends and properties."""
    nodes = {n.id: (n.labels, dict(n.properties)) for n in repository.nodes()}
    edges = {e.id: (e.type, e.start, e.end, dict(e.properties)) for e in repository.edges()}
    return nodes, edges
