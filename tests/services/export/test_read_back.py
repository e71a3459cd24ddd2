"""What is exported and read back is the answer: every format, over every kind of value."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.cypher.bound import CypherType, TypeName
from graph.model import Edge, Node
from graph.schema.model import Schema, ValueType
from services.cells import to_json
from services.export.csv_file import made_again, made_harmless, write_csv
from services.export.graphml import write_graphml
from services.export.json_lines import write_rows
from services.export.order import FormulaCells
from services.export.parquet_file import write_parquet
from services.export.rows import ExportedRows
from tests.services.export import readers

TEXT = st.text(st.characters(codec="utf-8"), max_size=12) | st.sampled_from(
    ["", "=1+1", "'=1", "''@x", " =2", "-3", "\t", '"', ",", "\r\n", "null", "é\n", "＝cmd", "'"]
)
INSTANT = st.datetimes(timezones=st.just(UTC))
CELLS: dict[CypherType, st.SearchStrategy[Any]] = {
    CypherType(TypeName.STRING): TEXT,
    CypherType(TypeName.INTEGER): st.integers(-(2**63), 2**63 - 1),
    CypherType(TypeName.FLOAT): st.floats(allow_nan=False, allow_infinity=False),
    CypherType(TypeName.BOOLEAN): st.booleans(),
    CypherType(TypeName.DATE): st.dates(),
    CypherType(TypeName.INSTANT): INSTANT,
    CypherType(TypeName.LIST, item=CypherType(TypeName.STRING)): st.lists(TEXT | st.none(), max_size=4),
    CypherType(TypeName.LIST, item=CypherType(TypeName.LIST, item=CypherType(TypeName.INTEGER))): st.lists(
        st.lists(st.integers(-(2**40), 2**40), max_size=2), max_size=2
    ),
    CypherType(
        TypeName.MAP, fields={"a": CypherType(TypeName.INTEGER), "b": CypherType(TypeName.STRING)}
    ): st.fixed_dictionaries({"a": st.integers(0, 9) | st.none(), "b": TEXT | st.none()}),
    CypherType(TypeName.ANY): st.integers(-9, 9) | TEXT | st.booleans() | st.lists(TEXT, max_size=2),
    CypherType(TypeName.MAP): st.dictionaries(TEXT, st.integers(0, 9), max_size=3),
}


@st.composite
def answers(draw: st.DrawFn) -> tuple[tuple[str, ...], tuple[CypherType, ...], list[tuple[Any, ...]]]:
    types = draw(st.lists(st.sampled_from(list(CELLS)), min_size=1, max_size=5))
    columns = tuple(f"{draw(TEXT)}{at}" for at in range(len(types)))
    rows = draw(st.lists(st.tuples(*(CELLS[type_] | st.none() for type_ in types)), max_size=8))
    return columns, tuple(types), rows


def read(columns: tuple[str, ...], types: tuple[CypherType, ...], rows: Sequence[tuple[Any, ...]]) -> ExportedRows:
    """The rows in batches of three, as if a backend gave them."""
    batches = iter([rows[at : at + 3] for at in range(0, len(rows), 3)])
    return ExportedRows(columns, types, batches, 1, "native", ())


@given(answers())
def test_csv(answer: tuple[tuple[str, ...], tuple[CypherType, ...], list[tuple[Any, ...]]]) -> None:
    columns, types, rows = answer
    content = b"".join(write_csv(read(columns, types, rows), FormulaCells.HARMLESS))
    head, *lines = readers.csv_plain(content)
    assert head == list(columns)
    if len(columns) == 1:
        lines = [line or [None] for line in lines]  # one null in a row is an empty line
    assert lines == [[as_text(cell) for cell in row] for row in rows]
    whole = b"".join(write_csv(read(columns, types, rows), FormulaCells.AS_IS))
    assert [line or [None] for line in readers.csv_texts(whole)[1:]] == (
        [[as_text(cell) for cell in row] for row in rows]
    )


def as_text(cell: Any) -> str | None:
    """What CSV holds for a cell."""
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int | float):
        assert type(cell)(repr(cell)) == cell
        return repr(cell)
    content = to_json(cell)
    return content if isinstance(content, str) else orjson.dumps(content).decode()


@given(TEXT, TEXT)
def test_harmless_text_starts_no_formula_and_is_told_back(one: str, other: str) -> None:
    safe = made_harmless(one)
    assert not safe.strip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))
    assert not safe.startswith(("\t", "\r", "\n"))
    assert made_again(safe) == one
    assert (safe == made_harmless(other)) == (one == other)


@given(answers())
def test_json_lines(answer: tuple[tuple[str, ...], tuple[CypherType, ...], list[tuple[Any, ...]]]) -> None:
    columns, types, rows = answer
    found = readers.json_lines(b"".join(write_rows(read(columns, types, rows))))
    assert found == [dict(zip(columns, map(to_json, row), strict=True)) for row in rows]


@given(answers())
def test_parquet(answer: tuple[tuple[str, ...], tuple[CypherType, ...], list[tuple[Any, ...]]]) -> None:
    columns, types, rows = answer
    table = readers.parquet(b"".join(write_parquet(read(columns, types, rows))))
    assert table.column_names == list(columns)
    assert table.num_rows == len(rows)
    for at, (field, type_) in enumerate(zip(table.schema, types, strict=True)):
        found = table.column(at).to_pylist()
        wanted = [row[at] for row in rows]
        if type_.name is TypeName.ANY or (type_.name is TypeName.MAP and not type_.fields):
            assert field.metadata == {b"jumeau.encoding": b"json"}
            found = [None if text is None else orjson.loads(text) for text in found]
        assert found == wanted


_VALUES: dict[ValueType, st.SearchStrategy[Any]] = {
    ValueType.STRING: st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cn")), min_size=1, max_size=8)
    | st.sampled_from(["<&>\"'", "]]>", "a\r\nb\tc", " x "]),
    ValueType.INTEGER: st.integers(-(2**63), 2**63 - 1),
    ValueType.MONEY: st.integers(-(2**63), 2**63 - 1),
    ValueType.FLOAT: st.floats(allow_nan=False),
    ValueType.BOOLEAN: st.booleans(),
    ValueType.DATE: st.dates(),
    ValueType.INSTANT: INSTANT,
    ValueType.STRING_LIST: st.lists(TEXT, max_size=3).map(tuple),
}


@given(data=st.data())
def test_graphml(schema: Schema, data: st.DataObject) -> None:
    kinds = data.draw(st.lists(st.sampled_from(schema.concrete), max_size=4), label="kinds")
    nodes = [
        Node(f"n{at}", schema.kinds[kind].labels, {"id": f"n{at}", **data.draw(_properties(schema.kinds[kind]))})
        for at, kind in enumerate(kinds)
    ]
    edges = []
    for at in range(data.draw(st.integers(0, 4)) if nodes else 0):
        start, end = data.draw(st.sampled_from(nodes)), data.draw(st.sampled_from(nodes))
        type_ = data.draw(st.sampled_from(list(schema.relations)))
        edges.append(Edge(f"e{at}", type_, start.id, end.id, data.draw(_properties(schema.relations[type_]))))
    rows = [(element,) for element in (*nodes, *edges, *nodes)]
    exported = read(("element",), (CypherType(TypeName.ANY),), rows)
    found_nodes, found_edges = readers.graphml(b"".join(write_graphml(exported, schema, once=False)))
    assert found_nodes == {node.id: _said(node.kind, node.properties) for node in nodes}
    assert found_edges == {edge.id: (edge.start, edge.end, _said(edge.type, edge.properties)) for edge in edges}


def _properties(holder: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={a.name: _VALUES[a.type] for a in list(holder.attributes.values())[:6]})


def _said(kind: str, properties: Any) -> dict[str, Any]:
    """The data of an element as NetworkX reads them."""
    said = {name: _plain(value) for name, value in properties.items() if name != "id"}
    return {"_kind": kind, **said}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return orjson.dumps(value).decode()
    return to_json(value) if isinstance(value, date | datetime) else value


def test_graphml_replaces_what_xml_cannot_hold_and_keeps_null_from_empty(schema: Schema) -> None:
    node = Node("n", ("Team",), {"id": "n", "name": "a\x00b\x1fc", "code": ""})
    content = b"".join(write_graphml(read(("n",), (CypherType(TypeName.NODE),), [(node,)]), schema, once=True))
    assert readers.graphml(content)[0]["n"]["name"] == "a�b�c"
    assert b'<data key="n.code"></data>' in content
    assert b'"n.email"' not in content.partition(b"<graph ")[2]


@pytest.mark.parametrize("cell", ["text", 1.5, datetime(2025, 1, 1, tzinfo=UTC)])
def test_a_cell_of_another_type_than_its_column_is_told(cell: Any) -> None:
    rows = read(("n",), (CypherType(TypeName.INTEGER),), [(cell,)])
    with pytest.raises(Exception, match="EXPORT_TYPE"):
        b"".join(write_parquet(rows))
