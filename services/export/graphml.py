"""GraphML, written element by element; NetworkX, Gephi and yEd read it.

Attributes have the types of the schema; dates and instants are ISO 8601, lists JSON. XML has no control characters: they
become U+FFFD. An answer may name an element in many rows and its ends in none: each is written once, and an end of which no
more is known as a bare node; for that the identifiers of what was written are remembered, and nothing else of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

import orjson

from graph.model import Edge, Node, Path, Scalar
from graph.schema.model import Schema, ValueType
from services.cells import to_json
from services.export.rows import KIND, ExportedRows

_HEAD: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns '
    'http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">\n'
)
_GRAPH: Final = '<graph id="twin" edgedefault="directed">\n'
_FOOT: Final = "</graph>\n</graphml>\n"
_TYPES: Final[Mapping[ValueType, str]] = {
    ValueType.INTEGER: "long",
    ValueType.MONEY: "long",
    ValueType.FLOAT: "double",
    ValueType.BOOLEAN: "boolean",
}
_NOT_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def write_graphml(rows: ExportedRows, schema: Schema, *, once: bool) -> Iterator[bytes]:
    """The keys, then each batch's elements. `once`: every element comes once, its ends among them, as in a selection."""
    yield (_HEAD + "".join(_keys(schema)) + _GRAPH).encode()
    if once:
        for batch in rows.batches:
            yield "".join([_element(element) for row in batch for element in _elements(row)]).encode()
    else:
        yield from _told_apart(rows)
    yield _FOOT.encode()


def _told_apart(rows: ExportedRows) -> Iterator[bytes]:
    written: set[str] = set()
    ends: set[str] = set()
    for batch in rows.batches:
        texts = []
        for row in batch:
            for element in _elements(row):
                if element.id not in written:
                    written.add(element.id)
                    texts.append(_element(element))
                    if isinstance(element, Edge):
                        ends.update((element.start, element.end))
        yield "".join(texts).encode()
    yield "".join([f"<node id={quoteattr(end)}/>\n" for end in sorted(ends - written)]).encode()


def _keys(schema: Schema) -> Iterator[str]:
    """What may be said of a node and of a relation."""
    for short, found in (("node", schema.node_attributes), ("edge", schema.relation_attributes)):
        yield _key(short, KIND, "string")
        for name, type_ in found.items():
            yield _key(short, name, _TYPES.get(type_, "string"))


def _key(of: str, name: str, type_: str) -> str:
    return f'<key id="{of[0]}.{name}" for="{of}" attr.name="{name}" attr.type="{type_}"/>\n'


def _elements(cell: Any) -> Iterator[Node | Edge]:
    """The elements in a cell or a row, those of paths, lists and maps among them."""
    match cell:
        case Node() | Edge():
            yield cell
        case Path():
            yield from cell.nodes
            yield from cell.edges
        case dict():
            for value in cell.values():
                yield from _elements(value)
        case list() | tuple():
            for value in cell:
                yield from _elements(value)


def _element(element: Node | Edge) -> str:
    if isinstance(element, Node):
        data = _data("n", element.kind, element.properties)
        return f"<node id={quoteattr(element.id)}>{data}</node>\n"
    ends = f"source={quoteattr(element.start)} target={quoteattr(element.end)}"
    return f"<edge id={quoteattr(element.id)} {ends}>{_data('e', element.type, element.properties)}</edge>\n"


def _data(of: str, kind: str, properties: Mapping[str, Scalar]) -> str:
    cells = [f'<data key="{of}.{KIND}">{kind}</data>']
    cells += [f'<data key="{of}.{name}">{_text(value)}</data>' for name, value in properties.items() if name != "id"]
    return "".join(cells)


def _text(value: Scalar) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return {"inf": "INF", "-inf": "-INF", "nan": "NaN"}.get(repr(value), repr(value))
    content = to_json(value)
    text = content if isinstance(content, str) else orjson.dumps(content).decode()
    return escape(_NOT_XML.sub("\ufffd", text), {"\r": "&#13;"})
