"""A graph without schema: nodes of any labels, filled directly."""

from __future__ import annotations

from graph.backends.networkx.store import GraphStore
from graph.model import Edge, Node
from graph.schema.model import Kind, Relation, Schema, Wording

_NO_SCHEMA = Schema("open", 1, {}, {}, {})
_SAID = Wording("", "")


class OpenStore(GraphStore):
    """Nodes and relations as they come."""

    def __init__(self) -> None:
        super().__init__(_NO_SCHEMA)

    def add_node(self, node: Node) -> None:
        kind = node.labels[0] if node.labels else ""
        self.nodes[node.id] = node
        self.by_kind.setdefault(kind, {})[node.id] = node
        self._forget(kind)

    def add_edge(self, edge: Edge) -> None:
        self._add_edge(edge)

    def remove_edge(self, edge_id: str) -> None:
        self._drop_edge(self.edges.pop(edge_id))

    def schema(self) -> Schema:
        kinds = {name: Kind(name, _SAID, False, "", (), {}) for name in self.by_kind}
        relations = {name: Relation(name, _SAID, _SAID, "", (), {}) for name in self._edge_counts}
        return Schema("open", 1, {}, kinds, relations)
