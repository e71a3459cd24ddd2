"""JSON lines: one object a row, with the cells that every door answers with; of a selection, one element a line."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from services.cells import to_json
from services.export.rows import ExportedRows


def write_rows(rows: ExportedRows) -> Iterator[bytes]:
    """An object per row, by column."""
    columns = rows.columns
    for batch in rows.batches:
        lines = [dict(zip(columns, map(to_json, row), strict=True)) for row in batch]
        yield b"".join([orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE) for line in lines])


def write_elements(rows: ExportedRows) -> Iterator[bytes]:
    """An element per row."""
    for batch in rows.batches:
        yield b"".join([orjson.dumps(to_json(row[0]), option=orjson.OPT_APPEND_NEWLINE) for row in batch])
