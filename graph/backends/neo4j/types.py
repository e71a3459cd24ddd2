"""Values across the driver: ours to the server's, and its results to our cells.

Strings, 64-bit integers, floats, booleans, dates, instants (UTC, microseconds) and lists of strings come back as they
went. Money is an integer. Sub-microsecond digits, which only a server-side computation can make, are cut. Durations,
which only a query can make, come back as ISO 8601 text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from neo4j import graph as driver
from neo4j import time

from graph.backends.neo4j.ddl import TECHNICAL
from graph.backends.neo4j.sight import PREFIX
from graph.model import Edge, Node, Path, Properties, Scalar
from graph.schema.model import Schema

_UNKNOWN_END = ""


class CellReader:
    """Turns the driver's values into cells. Relations name their ends by our ids, which `ends` must know by element id."""

    def __init__(self, schema: Schema) -> None:
        self._labels = {kind: schema.kinds[kind].labels for kind in schema.concrete}

    def labels(self, found: Iterable[str]) -> tuple[str, ...]:
        """The concrete kind, then its ancestors in the schema's order; labels the schema does not know, sorted."""
        names = frozenset(name for name in found if name not in TECHNICAL and not name.startswith(PREFIX))
        for name in names:
            known = self._labels.get(name)
            if known is not None and names == set(known):
                return known
        concrete = sorted(name for name in names if name in self._labels)
        return (*concrete, *sorted(names.difference(concrete)))

    def node(
        self, element_id: str, labels: Iterable[str], properties: Mapping[str, Any], perimeters: tuple[str, ...] = ()
    ) -> Node:
        """A node; one that was made outside and has no id is known by the server's."""
        values = _properties(properties)
        return Node(str(values.get("id", element_id)), self.labels(labels), values, perimeters)

    def edge(self, element_id: str, kind: str, start: str, end: str, properties: Mapping[str, Any]) -> Edge:
        """A relation. Its id is no property of it: `Edge.id` is."""
        values = dict(_properties(properties))
        return Edge(str(values.pop("id", element_id)), kind, start, end, values)

    def cell(self, value: Any, ends: Mapping[str, str]) -> Any:
        """One result value as a cell."""
        match value:
            case None | bool() | int() | float() | str():
                return value
            case driver.Node():
                return self.node(value.element_id, value.labels, value)
            case driver.Relationship():
                return self._relationship(value, ends)
            case driver.Path():
                nodes = tuple(self.node(n.element_id, n.labels, n) for n in value.nodes)
                known = {n.element_id: node.id for n, node in zip(value.nodes, nodes, strict=True)}
                return Path(nodes, tuple(self._relationship(r, known) for r in value.relationships))
            case list():
                return [self.cell(item, ends) for item in value]
            case dict():
                return {name: self.cell(item, ends) for name, item in value.items()}
            case _:
                return _temporal(value)

    def _relationship(self, value: driver.Relationship, ends: Mapping[str, str]) -> Edge:
        start, end = (_UNKNOWN_END if node is None else ends.get(node.element_id, _UNKNOWN_END) for node in value.nodes)
        return self.edge(value.element_id, value.type, start, end, value)


def open_ends(values: Iterable[Any]) -> set[str]:
    """Element ids of the ends of every relation outside a path: the driver does not say more of them."""
    found: set[str] = set()
    pending = list(values)
    while pending:
        value = pending.pop()
        if isinstance(value, driver.Relationship):
            found.update(node.element_id for node in value.nodes if node is not None)
        elif isinstance(value, list):
            pending.extend(value)
        elif isinstance(value, dict):
            pending.extend(value.values())
    return found


def sent(value: Any) -> Any:
    """A parameter as the driver takes it: tuples as lists, elements refused by the binder before."""
    match value:
        case tuple() | list():
            return [sent(item) for item in value]
        case dict():
            return {name: sent(item) for name, item in value.items()}
        case _:
            return value


def row(identity: str, properties: Properties) -> dict[str, Any]:
    """An element's properties as they are stored: with its id."""
    stored: dict[str, Any] = {
        name: list(value) if isinstance(value, tuple) else value for name, value in properties.items()
    }
    stored["id"] = identity
    return stored


def _properties(found: Mapping[str, Any]) -> dict[str, Scalar]:
    return {name: _scalar(value) for name, value in found.items()}


def _scalar(value: Any) -> Any:
    match value:
        case bool() | int() | float() | str():
            return value
        case list():
            return tuple(_scalar(item) for item in value)
        case _:
            return _temporal(value)


def _temporal(value: Any) -> Any:
    match value:
        case time.DateTime():
            native: datetime = value.to_native()
            return native if native.tzinfo is None else native.astimezone(UTC)
        case time.Date():
            day: date = value.to_native()
            return day
        case time.Duration():
            return str(value.iso_format())
        case _:
            return value
