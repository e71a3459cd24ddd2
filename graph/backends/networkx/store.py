"""The graph in memory: nodes by kind, adjacency by relation type, and hash indexes made when first asked for.

`as_networkx()` gives the same content as a `networkx.MultiDiGraph` for algorithms; queries use the adjacency below,
which is keyed by node and then by relation type, so that a step of a pattern touches only relations of its types.
Relations of one node and type are a dictionary by id: taking one away costs the same on a node with many.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from core.errors import BackendDriftError
from graph.backends.networkx.values import identity_key
from graph.model import Edge, EdgeChange, GraphDelta, Node, NodeChange, Operation, PerimeterChange
from graph.schema.model import Schema

Adjacency = dict[str, dict[str, Edge]]
"""Relation type to the relations of that type, by id."""

if TYPE_CHECKING:
    import networkx as nx

_NOTHING: Mapping[str, Mapping[str, Edge]] = {}


class GraphStore:
    """Nodes, relations and indexes. Not safe for writing while reading: the repository locks.

    Without schema (open mode) the content comes by `add_node` and `add_edge`, nodes may have any labels or none, and `id`
    is a property like others. `by_kind` then goes by the first label.
    """

    def __init__(self, schema: Schema | None = None) -> None:
        self._schema = schema
        self.nodes: dict[str, Node] = {}
        self.edges: dict[str, Edge] = {}
        self.by_kind: dict[str, dict[str, Node]] = {}
        self._out: dict[str, Adjacency] = {}
        self._in: dict[str, Adjacency] = {}
        self._indexes: dict[tuple[str, str], dict[Hashable, list[Node]]] = {}
        self._edge_counts: dict[str, int] = {}

    # --- reading ---------------------------------------------------------------------------------------------------

    def outgoing(self, node: str) -> Mapping[str, Mapping[str, Edge]]:
        """Relations that start at a node, by type."""
        return self._out.get(node, _NOTHING)

    def incoming(self, node: str) -> Mapping[str, Mapping[str, Edge]]:
        """Relations that end at a node, by type."""
        return self._in.get(node, _NOTHING)

    def of_kinds(self, kinds: Iterable[str]) -> Iterable[Node]:
        """Nodes of any of the kinds."""
        for kind in kinds:
            yield from self.by_kind.get(kind, {}).values()

    def count(self, kinds: Iterable[str]) -> int:
        """How many nodes have one of the kinds."""
        return sum(len(self.by_kind.get(kind, ())) for kind in kinds)

    def lookup(self, kinds: Iterable[str], attribute: str, value: Any) -> list[Node]:
        """Nodes of the kinds whose attribute equals the value, by an index that is made when first asked for."""
        key = identity_key(value)
        found: list[Node] = []
        for kind in kinds:
            if self.by_kind.get(kind):
                found += self._index(kind, attribute).get(key, ())
        return found

    def counts(self) -> dict[str, int]:
        """Nodes per kind and relations per type."""
        kinds = {kind: len(nodes) for kind, nodes in self.by_kind.items() if nodes}
        return {**kinds, **{name: number for name, number in self._edge_counts.items() if number}}

    def as_networkx(self) -> nx.MultiDiGraph[str]:
        """The content as a NetworkX graph: node attribute `node`, edge key the relation's id, edge attribute `edge`."""
        import networkx as nx  # here and not above: queries do without it

        graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
        graph.add_nodes_from((node.id, {"node": node}) for node in self.nodes.values())
        for e in self.edges.values():
            graph.add_edge(e.start, e.end, e.id, edge=e, type=e.type)
        return graph

    # --- writing ---------------------------------------------------------------------------------------------------

    def check(self, delta: GraphDelta) -> None:
        """Refuse a delta that does not fit, before anything is changed. Raises BackendDriftError."""
        nodes = self._check_nodes(delta.nodes)
        gone = {change.id for change in delta.nodes if change.operation is Operation.DELETE}
        dropped = {change.id for change in delta.edges if change.operation is Operation.DELETE}
        for edge_change in delta.edges:
            exists = edge_change.id in self.edges
            if exists == (edge_change.operation is Operation.CREATE):
                raise _mismatch(edge_change, exists)
            if edge_change.operation is Operation.CREATE:
                for end in (edge_change.start, edge_change.end):
                    if end in gone or (end not in self.nodes and end not in nodes):
                        raise BackendDriftError(
                            f"relation {edge_change.id} ends at {end}, which is not there",
                            where=f"sequence {delta.last}",
                        )
        for node in gone:
            for adjacency in (self.outgoing(node), self.incoming(node)):
                for relations in adjacency.values():
                    for edge in relations:
                        if edge not in dropped:
                            raise BackendDriftError(
                                f"node {node} is deleted while relation {edge} stays", where=f"sequence {delta.last}"
                            )

    def _check_nodes(self, changes: Iterable[NodeChange]) -> set[str]:
        created = set()
        for change in changes:
            exists = change.id in self.nodes
            if exists == (change.operation is Operation.CREATE):
                raise _mismatch(change, exists)
            if self._schema is None or change.kind not in self._schema.kinds:
                raise BackendDriftError(f"no kind {change.kind!r} in the schema", where=change.id)
            if change.operation is Operation.CREATE:
                created.add(change.id)
        return created

    def apply(self, delta: GraphDelta) -> None:
        """Change the graph; `check` must have passed."""
        for edge_change in delta.edges:
            if edge_change.operation is Operation.DELETE:
                self._drop_edge(self.edges.pop(edge_change.id))
        for change in delta.nodes:
            if change.operation is Operation.DELETE:
                self._drop_node(self.nodes.pop(change.id))
                self._out.pop(change.id, None)
                self._in.pop(change.id, None)
        for change in delta.nodes:
            if change.operation is not Operation.DELETE:
                self._put_node(change)
        for edge_change in delta.edges:
            if edge_change.operation is Operation.CREATE:
                self._add_edge(_edge(edge_change))
            elif edge_change.operation is Operation.UPDATE:
                self._drop_edge(self.edges[edge_change.id])
                self._add_edge(_edge(edge_change))
        for perimeter_change in delta.perimeters:
            self._put_perimeters(perimeter_change)

    def add_node(self, node: Node) -> None:
        """Put a node into a graph without schema."""
        kind = _first_label(node)
        self.nodes[node.id] = node
        self.by_kind.setdefault(kind, {})[node.id] = node
        self._forget(kind)

    def add_edge(self, edge: Edge) -> None:
        """Put a relation between two nodes that are there into a graph without schema."""
        self._add_edge(edge)

    def remove_edge(self, edge_id: str) -> None:
        """Take a relation out of a graph without schema."""
        self._drop_edge(self.edges.pop(edge_id))

    def _put_node(self, change: NodeChange) -> None:
        assert self._schema is not None  # `check` has passed
        known = self.nodes.get(change.id)
        if known is not None:
            self._drop_node(known)
        labels = self._schema.kinds[change.kind].labels
        kept = known is not None and change.operation is Operation.UPDATE
        perimeters = known.perimeters if known is not None and kept else change.perimeters
        self._put(Node(change.id, labels, {**change.properties, "id": change.id}, perimeters))

    def _put_perimeters(self, change: PerimeterChange) -> None:
        known = self.nodes.get(change.id)
        if known is not None:
            self._put(Node(known.id, known.labels, known.properties, change.perimeters))

    def _put(self, node: Node) -> None:
        self.nodes[node.id] = node
        self.by_kind.setdefault(node.kind, {})[node.id] = node
        self._forget(node.kind)

    def _drop_node(self, node: Node) -> None:
        kind = _first_label(node)
        del self.by_kind[kind][node.id]
        self._forget(kind)

    def _add_edge(self, edge: Edge) -> None:
        self.edges[edge.id] = edge
        self._out.setdefault(edge.start, {}).setdefault(edge.type, {})[edge.id] = edge
        self._in.setdefault(edge.end, {}).setdefault(edge.type, {})[edge.id] = edge
        self._edge_counts[edge.type] = self._edge_counts.get(edge.type, 0) + 1

    def _drop_edge(self, edge: Edge) -> None:
        del self._out[edge.start][edge.type][edge.id]
        del self._in[edge.end][edge.type][edge.id]
        self._edge_counts[edge.type] -= 1

    def _index(self, kind: str, attribute: str) -> dict[Hashable, list[Node]]:
        index = self._indexes.get((kind, attribute))
        if index is None:
            index = {}
            for node in self.by_kind.get(kind, {}).values():
                value = node.properties.get(attribute)
                if value is not None:
                    index.setdefault(identity_key(value), []).append(node)
            self._indexes[(kind, attribute)] = index
        return index

    def _forget(self, kind: str) -> None:
        if self._indexes:
            for key in [key for key in self._indexes if key[0] == kind]:
                del self._indexes[key]


def _first_label(node: Node) -> str:
    return node.labels[0] if node.labels else ""


def _edge(change: EdgeChange) -> Edge:
    return Edge(change.id, change.type, change.start, change.end, change.properties)


def _mismatch(change: NodeChange | EdgeChange, exists: bool) -> BackendDriftError:
    seen = "exists already" if exists else "does not exist"
    return BackendDriftError(
        f"{change.operation.value} of {change.id}, which {seen}",
        hint="the backend was changed from outside, or belongs to another ledger: `jumeau graph rebuild`",
    )
