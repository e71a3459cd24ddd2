"""Parquet, written row group by row group: the memory of one is all that is taken, however long the answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import JumeauError
from graph.repository import Rows
from services.export.parquet_types import Converter, field_of
from services.export.rows import ExportedRows

GROUP_ROWS: Final = 20_000
"""Rows of a row group at least, but for the last: readers skip groups by their statistics."""


class ExportTypeError(JumeauError):
    """A cell that is not of the type that its column was found to have."""

    code = "EXPORT_TYPE"
    exit_code = 4


class _Sink:
    """Takes what the writer writes, to be given on."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._at = 0
        self.closed = False

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        self._at += len(data)
        return len(data)

    def tell(self) -> int:
        return self._at

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        self.closed = True

    def taken(self) -> bytes:
        """What was written since this was last asked."""
        found = b"".join(self._parts)
        self._parts.clear()
        return found


def write_parquet(rows: ExportedRows) -> Iterator[bytes]:
    """Row groups, then the footer without which no reader takes the file. Raises ExportTypeError."""
    columns = [field_of(name, type_) for name, type_ in zip(rows.columns, rows.types, strict=True)]
    schema = pa.schema([field for field, _ in columns])
    converters = [converter for _, converter in columns]
    sink = _Sink()
    writer = pq.ParquetWriter(sink, schema, compression="zstd")
    for group in _groups(rows.batches):
        writer.write_table(_table(group, schema, converters), row_group_size=len(group))
        yield sink.taken()
    writer.close()
    yield sink.taken()


def _groups(batches: Iterator[Rows]) -> Iterator[list[tuple[object, ...]]]:
    group: list[tuple[object, ...]] = []
    for batch in batches:
        group.extend(batch)
        if len(group) >= GROUP_ROWS:
            yield group
            group = []
    if group:
        yield group


def _table(group: list[tuple[object, ...]], schema: pa.Schema, converters: list[Converter]) -> pa.Table:
    arrays = []
    for field, converter, cells in zip(schema, converters, zip(*group, strict=True), strict=True):
        try:
            arrays.append(pa.array([converter(cell) for cell in cells], field.type))
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, AttributeError, TypeError) as error:
            raise ExportTypeError(
                f"the column {field.name!r} should hold {field.type} and holds something else",
                where="parquet",
                hint="export CSV or JSON lines, or convert the column with toString()",
            ) from error
    return pa.Table.from_arrays(arrays, schema=schema)
