"""Shortest paths as they leave: the nodes and relations that a path's text names, read once for all rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from graph.backends.embedded.cells import CellReader
from graph.backends.embedded.layout import ID, TYPE, Layout, quoted
from graph.backends.embedded.store import Reader
from graph.backends.embedded.trails import steps_of
from graph.cypher.ast import (
    Expression,
    FunctionCall,
    ListComprehension,
    ListLiteral,
    MapLiteral,
    Property,
    Variable,
)
from graph.model import Edge, Node, Path

Recipe = tuple[int, Expression]
"""A column that holds a path's text, and what of the path it should hold."""


@dataclass(slots=True)
class PathReader:
    """Reads what paths are made of."""

    layout: Layout
    cells: CellReader

    def fill(self, reader: Reader, rows: Sequence[tuple[Any, ...]], recipes: Sequence[Recipe]) -> list[tuple[Any, ...]]:
        """The rows with values for the texts."""
        texts = dict.fromkeys(row[at] for row in rows for at, _ in recipes if row[at] is not None)
        paths = self._paths(reader, texts)
        filled = [list(row) for row in rows]
        for row in filled:
            for at, expression in recipes:
                if row[at] is not None:
                    row[at] = value_of(expression, paths[row[at]], None)
        return [tuple(row) for row in filled]

    def _paths(self, reader: Reader, texts: Iterable[str]) -> dict[str, Path]:
        steps = {text: steps_of(text) for text in texts}
        nodes, tables = self._nodes(reader, {identity for ids, _ in steps.values() for identity in ids})
        starts: dict[tuple[str, str], set[str]] = {}
        for ids, edges in steps.values():
            for at, (along, type_, _) in enumerate(edges):
                start = ids[at] if along else ids[at + 1]
                starts.setdefault((type_, tables[start]), set()).add(start)
        edges_by_id: dict[str, Edge] = {}
        for (type_, table), found in starts.items():
            relation = self.layout.table_of_type[type_].name
            statement = (
                f"UNWIND $given AS s MATCH (a:{table})-[r:{relation}]->() WHERE a.{ID} = s "
                f"WITH r WHERE r.{TYPE} = {type_!r} RETURN r"
            )
            for (value,) in reader.rows(statement, {"given": sorted(found)}):
                edge = self.cells.cell(value)
                edges_by_id[edge.id] = edge
        return {
            text: Path(tuple(nodes[i] for i in ids), tuple(edges_by_id[i] for _, _, i in edges))
            for text, (ids, edges) in steps.items()
        }

    def _nodes(self, reader: Reader, wanted: set[str]) -> tuple[dict[str, Node], dict[str, str]]:
        """Nodes by id, and the table of each."""
        nodes: dict[str, Node] = {}
        tables: dict[str, str] = {}
        for table in self.layout.nodes.values():
            missing = sorted(wanted - nodes.keys())
            if not missing:
                break
            statement = f"UNWIND $given AS i MATCH (n:{table.name}) WHERE n.{quoted(ID)} = i RETURN n"
            for (value,) in reader.rows(statement, {"given": missing}):
                node = self.cells.cell(value)
                nodes[node.id], tables[node.id] = node, table.name
        return nodes, tables


def can_fill(expression: Expression, item: str | None = None) -> bool:
    """Whether `value_of` knows an expression of a path, or of an item of its nodes or relations."""
    match expression:
        case Variable():
            return item is None or expression.name == item
        case FunctionCall(name="nodes" | "relationships"):
            return item is None and isinstance(expression.arguments[0], Variable)
        case FunctionCall(name="elementId" | "type" | "labels"):
            return isinstance(expression.arguments[0], Variable) and expression.arguments[0].name == item
        case Property():
            return isinstance(expression.subject, Variable) and expression.subject.name == item
        case ListComprehension(predicate=None):
            made = expression.projection
            return (
                item is None
                and can_fill(expression.source)
                and made is not None
                and can_fill(made, expression.variable)
            )
        case MapLiteral():
            return item is not None and all(can_fill(value, item) for _, value in expression.items)
        case ListLiteral():
            return item is not None and all(can_fill(value, item) for value in expression.items)
    return False


def value_of(expression: Expression, path: Path, item: Node | Edge | None) -> Any:
    """The value of an expression that `can_fill` knows."""
    match expression:
        case Variable():
            return path if item is None else item
        case FunctionCall(name="nodes"):
            return list(path.nodes)
        case FunctionCall(name="relationships"):
            return list(path.edges)
        case FunctionCall(name="labels") if isinstance(item, Node):
            return list(item.labels)
        case FunctionCall(name="type") if isinstance(item, Edge):
            return item.type
        case FunctionCall() if item is not None:
            return item.id
        case Property() if item is not None:
            return item.id if expression.key == ID else _cell(item.properties.get(expression.key))
        case ListComprehension() if expression.projection is not None:
            return [value_of(expression.projection, path, each) for each in value_of(expression.source, path, None)]
        case MapLiteral():
            return {key: value_of(value, path, item) for key, value in expression.items}
        case ListLiteral():
            return [value_of(value, path, item) for value in expression.items]
    raise AssertionError(f"no recipe for {expression}")


def _cell(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
