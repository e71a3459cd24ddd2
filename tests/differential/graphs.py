"""Generated graphs: small, typed by the schema, with what stores get wrong.

Nulls, duplicates, self-loops, parallel relations, cycles, a hub, strings that differ in case or in Unicode form,
integers at the ends of 64 bits, days at the ends of months, empty lists.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from graph.model import Edge, EdgeChange, GraphDelta, Node, NodeChange, Operation, Properties, Scalar
from graph.schema.model import Attribute, Schema, ValueType
from tests.differential.choices import Choices
from tests.differential.schema import SCHEMA

TEXTS = ("a", "A", "b", "ab", "Ab", "é", "É", "e\u0301", "ß", "\U0001d518x", "\ufb00", "", " a ", "it's", "10", "a\\b")
INTEGERS = (0, 1, 2, 3, 4, 8, -1, -7)
EXTREMES = (0, 1, -1, 1_000, 2**53 + 1, 2**63 - 1, -(2**63))
FLOATS = (0.5, 0.0, 1.0, -2.5, 9.75, 1e10, 0.1)
DATES = tuple(
    date.fromisoformat(text) for text in ("2024-02-29", "2023-12-31", "2024-03-31", "2025-01-01", "1969-12-31")
)
INSTANTS = tuple(
    datetime.fromisoformat(text).replace(tzinfo=UTC)
    for text in ("2024-12-31T23:59:59.999999", "2025-01-01T00:00:00", "2024-02-29T12:30:00", "1969-12-31T23:00:00.5")
)
LISTS = (("a",), (), ("a", "A"), ("b", "a", "b"), ("é",))

VALUES: Mapping[ValueType, tuple[Scalar, ...]] = {
    ValueType.STRING: TEXTS,
    ValueType.INTEGER: INTEGERS,
    ValueType.MONEY: EXTREMES,
    ValueType.FLOAT: FLOATS,
    ValueType.BOOLEAN: (True, False),
    ValueType.DATE: DATES,
    ValueType.INSTANT: INSTANTS,
    ValueType.STRING_LIST: LISTS,
}


def values_of(attribute: Attribute, schema: Schema = SCHEMA) -> tuple[Scalar, ...]:
    """What a generated element may hold in an attribute."""
    return VALUES[attribute.type] if attribute.enum is None else schema.enums[attribute.enum].values


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes and relations; ends are ids of its nodes."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def delta(self, first: int = 1) -> GraphDelta:
        """The graph as one delta on an empty backend."""
        kinds = {node.id: node.kind for node in self.nodes}
        return GraphDelta(
            first,
            first,
            [NodeChange(Operation.CREATE, n.id, n.kind, _without_id(n.properties)) for n in self.nodes],
            [
                EdgeChange(Operation.CREATE, e.id, e.type, e.start, e.end, e.properties, kinds[e.start], kinds[e.end])
                for e in self.edges
            ],
        )

    def text(self) -> str:
        """One line per element, as CREATE would have it."""
        lines = [f"({n.id}:{n.kind} {_map(_without_id(n.properties))})" for n in self.nodes]
        lines += [f"({e.start})-[{e.id}:{e.type} {_map(e.properties)}]->({e.end})" for e in self.edges]
        return "\n".join(lines)


def _without_id(properties: Properties) -> dict[str, Scalar]:
    return {name: value for name, value in properties.items() if name != "id"}


def _map(properties: Properties) -> str:
    return "{" + ", ".join(f"{name}: {value!r}" for name, value in properties.items()) + "}"


def make_graph(choices: Choices, schema: Schema = SCHEMA) -> Graph:
    """A graph of at most 14 nodes and 24 relations."""
    nodes = [_node(choices, schema, f"n{at}") for at in range(choices.number(1, 14))]
    by_kind: dict[str, list[Node]] = {}
    for node in nodes:
        by_kind.setdefault(node.kind, []).append(node)
    possible = {
        name: sorted(pair for pair in schema.pairs[name] if pair[0] in by_kind and pair[1] in by_kind)
        for name in schema.relations
    }
    names = [name for name, pairs in possible.items() if pairs]
    edges = []
    loops = choices.chance(50)  # some stores give up on patterns without direction where there are any
    for at in range(choices.number(0, 24) if names else 0):
        name = choices.pick(names)
        start, end = (choices.pick(by_kind[kind]) for kind in choices.pick(possible[name]))
        if name == "LINKED_TO" and choices.chance(35):
            start = nodes[0]  # a hub
        if start is end and not loops:
            continue
        properties = _properties(choices, schema.relations[name].attributes, schema)
        edges.append(Edge(f"r{at}", name, start.id, end.id, properties))
    return Graph(tuple(nodes), tuple(edges))


def _node(choices: Choices, schema: Schema, identity: str) -> Node:
    kind = schema.kinds[choices.pick(schema.concrete)]
    return Node(identity, kind.labels, {"id": identity, **_properties(choices, kind.attributes, schema)})


def _properties(choices: Choices, attributes: Mapping[str, Attribute], schema: Schema) -> dict[str, Scalar]:
    """Each attribute is absent in two cases of five; what is present repeats often, since there are few values."""
    found = {}
    for name, attribute in attributes.items():
        values = values_of(attribute, schema)
        at = choices.number(0, 4)
        if at < 2:
            continue
        found[name] = choices.pick(values[: max(2, len(values) // 3)] if at < 4 else values)
    return found
