"""What came back, as the tree that resolvers read: pages of edges to records. Nested lists are put in order here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from api.graphql.branches import EDGE_ID, ID, KIND, ListLayout, NodeLayout
from api.graphql.compile import CompiledPage
from api.graphql.cursors import Order, encode, is_after
from api.graphql.selection import ListKey, ListSelection
from graph.model import Edge, Node


@dataclass(slots=True)
class Record:
    """A node that was fetched: its kind, the attributes that were asked for, and what is nested in it."""

    kind: str
    values: dict[str, Any]
    lists: dict[ListKey, Page | FoundPath | None]


@dataclass(slots=True)
class PageEdge:
    """A node's place in a list; `values` are the relation's attributes, `id` the relation's identity.

    At a root, and of what a walk reaches, there is no relation: `id` is "".
    """

    node: Record
    order: Order
    id: str = ""
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> tuple[Any, ...]:
        """Order values, then identities."""
        held = self.node.values
        identities = (held["id"], self.id) if self.id else (held["id"],)
        return (*(held[key.attribute] for key in self.order), *identities)

    @property
    def cursor(self) -> str:
        return encode(self.order, self.key)


@dataclass(slots=True)
class Page:
    """A page of a list. `count` is the total without paging, None where it was not asked for.

    `hidden`: of a walk that went through what is hidden, how much of that it reached; None of any other.
    """

    edges: list[PageEdge]
    count: int | None
    has_next: bool
    has_previous: bool
    hidden: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A relation of a path. `forward`: the path goes along it, from the dependent to what it depends on."""

    edge: Edge
    forward: bool


@dataclass(frozen=True, slots=True)
class FoundPath:
    """A path: one more node than relations, in order."""

    nodes: Sequence[Record]
    relations: Sequence[Step]


class _Held(dict[str, Any]):
    """What a node of a path has: what is absent is null."""

    def __missing__(self, _name: str) -> None:
        return None


def found_path(nodes: Sequence[Node] | None, edges: Sequence[Edge] | None) -> FoundPath | None:
    """The path of these nodes and relations; None where there is none."""
    if nodes is None or edges is None:
        return None
    steps = [Step(edge, edge.start == node.id) for node, edge in zip(nodes, edges, strict=False)]
    return FoundPath([Record(node.kind, _Held(node.properties, id=node.id), {}) for node in nodes], steps)


def root_page(
    compiled: CompiledPage, columns: Sequence[str], rows: Sequence[Sequence[Any]], selection: ListSelection
) -> Page:
    """The page of a root list from its rows, of which there may be one more than the page holds."""
    edges = [PageEdge(_record(dict(zip(columns, row, strict=True)), compiled.layout), selection.order) for row in rows]
    _sort(edges, selection.order)
    return Page(edges[: selection.first], None, len(edges) > selection.first, selection.after is not None)


def root_record(compiled: CompiledPage, columns: Sequence[str], row: Sequence[Any]) -> Record:
    """The record of a single node's row."""
    return _record(dict(zip(columns, row, strict=True)), compiled.layout)


def _record(row: Mapping[str, Any], layout: NodeLayout) -> Record:
    values = {name: row[key] for key, name in layout.attributes.items()}
    values["id"] = row[ID]
    lists: dict[ListKey, Page | FoundPath | None] = {
        key: _page(None if column is None else row[column], inner) for key, (column, inner) in layout.lists.items()
    }
    for key, (nodes, edges) in layout.paths.items():
        lists[key] = found_path(row[nodes], row[edges])
    return Record(layout.kind or row[KIND], values, lists)


def _page(found: Any, layout: ListLayout) -> Page:
    """A nested list of what was gathered, or of how much: nothing where there is none.

    Items without identity are what OPTIONAL MATCH gives where nothing matched.
    """
    selection, node = layout.selection, layout.node
    if node is None:
        return Page([], found or 0, False, selection.after is not None)
    edges = [
        PageEdge(
            _record(item, node),
            selection.order,
            item.get(EDGE_ID, ""),
            {name: item[key] for key, name in layout.edge_attributes.items()},
        )
        for item in found
        if item[ID] is not None
    ]
    total = len(edges)
    _sort(edges, selection.order)
    if selection.after is not None:
        cursor = selection.after
        edges = [edge for edge in edges if is_after(selection.order, edge.key, cursor)]
    return Page(edges[: selection.first], total, len(edges) > selection.first, selection.after is not None)


def _sort(edges: list[PageEdge], order: Order) -> None:
    """openCypher's order: absent values last ascending, first descending; then the identities."""
    edges.sort(key=lambda edge: (edge.node.values["id"], edge.id))
    for key in reversed(order):
        name = key.attribute
        edges.sort(
            key=lambda edge: ((value := edge.node.values[name]) is None, value),
            reverse=key.descending,
        )
