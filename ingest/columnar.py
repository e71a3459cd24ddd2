"""Rows of a Parquet file, batch by batch: its values as the texts that a CSV cell would hold."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

import pyarrow
import pyarrow.parquet

from ingest.assertion import Place, Rejection
from ingest.errors import BrokenParquetError, EmptyFileError, ExpansionError, MissingFileError
from ingest.files import Content, ExtractFile
from ingest.json_lines import cell_text, is_cell

GROUP_BYTES = 2**30
"""Largest column of a row group once it is unpacked: it is held in memory as a whole."""
_BATCH_ROWS = 4_096
_CHUNK = 2**20


def look_at_parquet(file: ExtractFile) -> Content:
    """Its digest, its size and its number of rows; refuses what cannot be read, before anything is loaded."""
    digest, size = blake2b(digest_size=16), 0
    try:
        with file.path.open("rb") as raw:
            while chunk := raw.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
        modified = datetime.fromtimestamp(file.path.stat().st_mtime, UTC)
    except OSError as error:
        seen = f"the file cannot be read: {error.strerror or error}"
        raise MissingFileError(seen, where=str(file.path), hint="check its rights") from error
    if size == 0:
        raise EmptyFileError("the file is empty", where=str(file.path), hint="export it again, or take it away")
    with _opened(file) as table:
        facts = table.metadata
        for group in range(facts.num_row_groups):
            for column in range(facts.num_columns):
                unpacked = facts.row_group(group).column(column).total_uncompressed_size
                if unpacked > GROUP_BYTES:
                    raise ExpansionError(
                        f"column {column + 1} of row group {group + 1} unpacks to {unpacked:,} bytes",
                        where=str(file.path),
                        hint="write it with smaller row groups",
                    )
        return Content(file, digest.digest(), size, facts.num_rows, modified)


def parquet_columns(file: ExtractFile) -> tuple[str, ...]:
    """The names of its columns."""
    with _opened(file) as table:
        return tuple(str(name) for name in table.schema_arrow.names)


def parquet_rows(file: ExtractFile) -> Iterator[tuple[int, list[str]] | Rejection]:
    """(row number from 1, cells) of each row; one with nested values is a rejection."""
    number = 0
    with _opened(file) as table:
        names = [str(name) for name in table.schema_arrow.names]
        for batch in table.iter_batches(batch_size=_BATCH_ROWS):
            columns = [_values(column) for column in batch.columns]
            for cells in zip(*columns, strict=True):
                number += 1
                nested = next((name for name, cell in zip(names, cells, strict=True) if not is_cell(cell)), None)
                if nested is None:
                    yield number, [cell_text(cell) for cell in cells]
                else:
                    hint = "values are texts, numbers, booleans, dates or lists of these"
                    row = dict(zip(names, map(str, cells), strict=True))
                    yield Rejection(Place(file.name, number), "BROKEN_ROW", f"`{nested}` holds objects", hint, row)


def _values(column: Any) -> list[Any]:
    values: list[Any] = column.to_pylist()
    if pyarrow.types.is_binary(column.type) or pyarrow.types.is_large_binary(column.type):
        return [None if value is None else value.decode("utf-8", "replace") for value in values]
    return values


@contextmanager
def _opened(file: ExtractFile) -> Iterator[Any]:
    try:
        with pyarrow.parquet.ParquetFile(file.path) as table:
            yield table
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        seen = f"it cannot be read as Parquet: {str(error).splitlines()[0][:200]}"
        hint = "copy or export it again; Parquet files are not compressed a second time"
        raise BrokenParquetError(seen, where=str(file.path), hint=hint) from error
