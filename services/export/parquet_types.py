"""From the types of the language to those of Parquet, and from cells to what Arrow takes.

What has no type before it runs is JSON text; the column's metadata says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final

import orjson
import pyarrow as pa

from graph.cypher.bound import CypherType, TypeName
from graph.model import Edge, Node
from services.cells import to_json

JSON_TEXT: Final[Mapping[str, str]] = {"jumeau.encoding": "json"}
"""Metadata of a column whose texts are JSON."""

Converter = Callable[[Any], Any]

_SCALARS: Final[Mapping[TypeName, tuple[pa.DataType, type]]] = {
    TypeName.BOOLEAN: (pa.bool_(), bool),
    TypeName.INTEGER: (pa.int64(), int),
    TypeName.FLOAT: (pa.float64(), float),
    TypeName.STRING: (pa.string(), str),
    TypeName.DURATION: (pa.string(), str),
    TypeName.DATE: (pa.date32(), date),
    TypeName.INSTANT: (pa.timestamp("us", tz="UTC"), datetime),
    TypeName.NULL: (pa.string(), str),
}
_NODE: Final = pa.struct([("id", pa.string()), ("labels", pa.list_(pa.string())), ("properties", pa.string())])
_EDGE: Final = pa.struct([(name, pa.string()) for name in ("id", "type", "start", "end", "properties")])


def field_of(name: str, type_: CypherType) -> tuple[pa.Field, Converter]:
    """The column of a file for a column of an answer, and what makes its cells."""
    found = _native(type_)
    if found is None:
        return pa.field(name, pa.string(), metadata=JSON_TEXT), _json_text
    arrow, converter = found
    return pa.field(name, arrow), converter


def _native(type_: CypherType) -> tuple[pa.DataType, Converter] | None:
    if type_.name in _SCALARS:
        arrow, wanted = _SCALARS[type_.name]
        return arrow, _exactly(wanted)
    if type_.name is TypeName.NODE:
        return _NODE, _node
    if type_.name is TypeName.RELATIONSHIP:
        return _EDGE, _edge
    if type_.name is TypeName.LIST and type_.item is not None:
        return _list(type_.item)
    if type_.name is TypeName.MAP and type_.fields:
        return _map(type_.fields)
    return None


def _list(item: CypherType) -> tuple[pa.DataType, Converter] | None:
    inner = _native(item)
    if inner is None:
        return None
    arrow, converter = inner
    return pa.list_(arrow), lambda cell: None if cell is None else [converter(value) for value in cell]


def _map(fields: Mapping[str, CypherType]) -> tuple[pa.DataType, Converter] | None:
    inner = {name: _native(type_) for name, type_ in fields.items()}
    known = {name: found for name, found in inner.items() if found is not None}
    if len(known) < len(inner):
        return None
    arrow = pa.struct([(name, of) for name, (of, _) in known.items()])
    converters = {name: converter for name, (_, converter) in known.items()}
    return (
        arrow,
        lambda cell: None if cell is None else {name: convert(cell.get(name)) for name, convert in converters.items()},
    )


def _exactly(wanted: type) -> Converter:
    """A cell as it is, where it is of one type: Arrow would make 1 of 1.5, and a day of an instant. Raises TypeError."""

    def convert(cell: Any) -> Any:
        if cell is None or type(cell) is wanted:
            return cell
        if wanted is float and type(cell) is int and int(float(cell)) == cell:
            return float(cell)
        raise TypeError(type(cell).__name__)

    return convert


def _json_text(cell: Any) -> str | None:
    return None if cell is None else orjson.dumps(to_json(cell)).decode()


def _node(cell: Node | None) -> dict[str, Any] | None:
    if cell is None:
        return None
    return {"id": cell.id, "labels": list(cell.labels), "properties": _json_text(dict(cell.properties))}


def _edge(cell: Edge | None) -> dict[str, Any] | None:
    if cell is None:
        return None
    own = _json_text(dict(cell.properties))
    return {"id": cell.id, "type": cell.type, "start": cell.start, "end": cell.end, "properties": own}
