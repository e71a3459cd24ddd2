"""Result values of ladybug as cells: nodes, relations and paths come as dictionaries with names of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC
from decimal import Decimal
from typing import Any, Final

from graph.backends.embedded.layout import END, ID, KIND, PERIMETERS, START, TYPE
from graph.backends.embedded.types import scalar
from graph.model import Edge, Node, Path, Scalar
from graph.schema.model import Schema

_AS_IT_IS: Final = frozenset({"STRING", "INT64", "INT32", "INT16", "INT8", "DOUBLE", "BOOL", "DATE"})
_OWN: Final = frozenset({"_ID", "_LABEL", "_SRC", "_DST", ID, KIND, PERIMETERS, TYPE, START, END})


class CellReader:
    """Turns values into cells; labels come from the schema."""

    def __init__(self, schema: Schema) -> None:
        self._labels = {kind.name: kind.labels for kind in schema.concrete_kinds()}

    def converter(self, of: str) -> Callable[[Any], Any] | None:
        """What converts the values of a column of that type; None where they are cells already."""
        if of in _AS_IT_IS:
            return None
        if of == "TIMESTAMP":
            return _instant
        if of == "INT128":
            return int
        return self.cell

    def cell(self, value: Any) -> Any:
        """One value as a cell."""
        match value:
            case dict():
                return self._of_dictionary(value)
            case list():
                return [self.cell(item) for item in value]
            case Decimal():
                return int(value)
            case _:
                return scalar(value)

    def _of_dictionary(self, value: Mapping[str, Any]) -> Any:
        if "_NODES" in value:
            return Path(
                tuple([self._node(node) for node in value["_NODES"]]), tuple([_edge(edge) for edge in value["_RELS"]])
            )
        if "_SRC" in value:
            return _edge(value)
        if "_LABEL" in value:
            return self._node(value)
        return {name: self.cell(item) for name, item in value.items()}

    def _node(self, value: Mapping[str, Any]) -> Node:
        identity, kind = value[ID], value[KIND]
        return Node(identity, self._labels.get(kind, (str(kind),)), {ID: identity, **_properties(value)})


def _edge(value: Mapping[str, Any]) -> Edge:
    return Edge(value[ID], value[TYPE], value[START], value[END], _properties(value))


def _properties(value: Mapping[str, Any]) -> dict[str, Scalar]:
    return {name: scalar(item) for name, item in value.items() if item is not None and name not in _OWN}


def _instant(value: Any) -> Any:
    return value.replace(tzinfo=UTC)
