"""Rows of a generated text, as the interpreter reads it, in the form in which answers are compared."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from graph.backends.tigergraph.compiler import GsqlCompiler
from graph.cypher.bound import CypherType, TypeName
from graph.model import Path
from services.cells import to_json
from tests.graph.backends.tigergraph.interpreter import EPOCH, Estate, Program


def rows_of(compiler: GsqlCompiler, parameters: Mapping[str, Any], estate: Estate) -> list[tuple[Any, ...]]:
    """What the compiled query answers on an estate; a path as the ids of its nodes and of its relations."""
    statement = compiler.compile(parameters)
    given = {name: _given(statement.text, name, value) for name, value in statement.parameters.items()}
    printed = Program(statement.text).run(estate, given)
    rows = []
    for number in range(printed["row_count"]):
        row: list[Any] = []
        for column in compiler.shown:
            found = printed[column.printed]
            value = found.get(number) if found.containsKey(number) else None
            if value is None and column.type.name is TypeName.LIST and not column.nullable:
                value = []
            value = None if value is None else cell(value, column.type)
            if column.name.endswith(" relations") and row and isinstance(row[-1], list):
                row[-1] = [row[-1], value]
            else:
                row.append(value)
        rows.append(tuple(plain(value) for value in row))
    return rows


def _given(text: str, name: str, value: Any) -> Any:
    if re.search(rf"\bDATETIME {name}\b", text):
        return datetime.strptime(value, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    return value


def cell(value: Any, of: CypherType) -> Any:
    """A printed value as the type of its column says."""
    if of.name is TypeName.LIST:
        return [cell(item, of.item) if of.item is not None else item for item in value]
    if of.name is TypeName.DATE:
        return (EPOCH + timedelta(seconds=value)).date()
    if of.name is TypeName.INSTANT:
        return EPOCH + timedelta(microseconds=value)
    return value


def plain(value: Any) -> Any:
    """A cell without its class: elements are their ids, numbers floats, moments text."""
    if isinstance(value, Path):
        return [[node.id for node in value.nodes], [edge.id for edge in value.edges]]
    if hasattr(value, "id"):
        return value.id
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return round(float(value), 9)
    return to_json(value)
