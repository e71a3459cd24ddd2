"""Rows of a table as lines of JSON, the same on every database: one array a row, in the order of the primary key.

Instants are in UTC, bytes in base 64. Equal tables give equal lines, so that a digest tells whether a table came back whole.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final

import orjson
from sqlalchemy import Column, ColumnElement, Connection, Date, DateTime, LargeBinary, String, Table, collate, select

from core.clock import in_utc

_SCAN: Final = 5_000  # rows fetched at a time

_Conversion = Callable[[Any], Any]


def lines(connection: Connection, table: Table) -> Iterator[bytes]:
    """Every row of a table, each ended by a line feed."""
    written = [_writer(column) for column in table.columns]
    plain = not any(written)
    query = select(table).order_by(*(_ordered(column, connection) for column in table.primary_key))
    for rows in connection.execute(query, execution_options={"yield_per": _SCAN}).partitions():
        for row in rows:
            cells = row if plain else [c if w is None or c is None else w(c) for c, w in zip(row, written, strict=True)]
            yield orjson.dumps(tuple(cells)) + b"\n"


def reader(table: Table) -> Callable[[bytes], Mapping[str, Any]]:
    """What makes a row, by column, of a line. It raises ValueError on what is no line of that table."""
    columns = [(column.name, _reader(column)) for column in table.columns]

    def read(line: bytes) -> Mapping[str, Any]:
        cells = orjson.loads(line)
        if not isinstance(cells, list) or len(cells) != len(columns):
            raise ValueError(f"a row of {table.name} has {len(columns)} cells")
        return {
            name: cell if convert is None or cell is None else convert(cell)
            for (name, convert), cell in zip(columns, cells, strict=True)
        }

    return read


def _ordered(column: Column[Any], connection: Connection) -> ColumnElement[Any]:
    """Texts by code point, as SQLite has them: databases sort texts by their own rules otherwise."""
    if connection.dialect.name == "postgresql" and isinstance(column.type, String):
        return collate(column, "C")
    return column


def _writer(column: Column[Any]) -> _Conversion | None:
    if isinstance(column.type, DateTime):
        return lambda instant: in_utc(instant).isoformat()
    if isinstance(column.type, Date):
        return date.isoformat
    if isinstance(column.type, LargeBinary):
        return lambda content: b64encode(content).decode()
    return None


def _reader(column: Column[Any]) -> _Conversion | None:
    if isinstance(column.type, DateTime):
        return datetime.fromisoformat
    if isinstance(column.type, Date):
        return date.fromisoformat
    if isinstance(column.type, LargeBinary):
        return lambda text: b64decode(text, validate=True)
    return None
