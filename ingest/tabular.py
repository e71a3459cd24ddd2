"""Tables in any of the formats that exports come in: CSV, JSON lines, Parquet, Excel. In each of them a row is cells of text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import overload

from ingest import delimited
from ingest.assertion import PassedRows, Rejection
from ingest.columnar import look_at_parquet, parquet_columns, parquet_rows
from ingest.delimited import Known, Row
from ingest.errors import UnreadableFormatError
from ingest.files import Content, ExtractFile, find_files, look_through
from ingest.json_lines import column_names, json_rows
from ingest.workbooks import WORKBOOK, look_at_sheet, sheet_columns, sheet_rows, sheets_of

__all__ = ["TABLES", "Row", "find_tables", "look_at", "read_header", "read_records", "read_rows"]

TABLES = (".csv", ".jsonl", ".ndjson", ".parquet", WORKBOOK)
_JSON, _PARQUET = (".jsonl", ".ndjson"), ".parquet"
_OPEN = "~$"
"""Begins the name of a file that Excel leaves beside a workbook while it is open."""
_ARCHIVES = (".zip", ".7z", ".tar", ".tgz", ".xz", ".bz2", ".zst")
_OTHER_WORKBOOKS = (".xls", ".xlsm", ".xlsb", ".ods")


def find_tables(path: Path) -> tuple[ExtractFile, ...]:
    """The file itself, or the tables below a directory; each sheet of a workbook is one.

    Raises UnreadableFormatError for an archive, or a workbook of another kind, by itself.
    """
    tables: list[ExtractFile] = []
    for file in find_files(path, TABLES):
        if file.suffix in _OTHER_WORKBOOKS:
            hint = "save it as an Excel workbook (.xlsx), or each sheet as CSV (UTF-8), named after what it holds"
            raise UnreadableFormatError("spreadsheets of this kind are not read", where=str(file.path), hint=hint)
        if file.suffix in _ARCHIVES:
            hint = "unpack it, or compress each file by itself with gzip"
            raise UnreadableFormatError("archives are not read", where=str(file.path), hint=hint)
        if file.suffix != WORKBOOK:
            tables.append(file)
        elif not file.path.name.startswith(_OPEN):
            tables += sheets_of(file)
    return tuple(tables)


def look_at(file: ExtractFile) -> Content:
    """Look through a table once, before anything is loaded. Raises an IngestError for what no row of it could survive."""
    if file.suffix == WORKBOOK:
        return look_at_sheet(file)
    if file.suffix == _PARQUET:
        return look_at_parquet(file)
    return look_through(file, quoted=file.suffix not in _JSON)


def read_header(file: ExtractFile, *, comment: str = "") -> tuple[str, ...]:
    """The names of its columns. Raises an IngestError."""
    if file.suffix == WORKBOOK:
        return sheet_columns(file)
    if file.suffix == _PARQUET:
        return parquet_columns(file)
    if file.suffix in _JSON:
        return column_names(file)
    return delimited.read_header(file, comment=comment)


@overload
def read_rows(
    file: ExtractFile, *, comment: str = "", known: None = None
) -> Iterator[tuple[int, list[str]] | Rejection]: ...


@overload
def read_rows(
    file: ExtractFile, *, comment: str = "", known: Known | None
) -> Iterator[tuple[int, list[str]] | Rejection | PassedRows]: ...


def read_rows(
    file: ExtractFile, *, comment: str = "", known: Known | None = None
) -> Iterator[tuple[int, list[str]] | Rejection | PassedRows]:
    """(position, cells in the order of the columns) of each row, or a rejection of it.

    `known` is asked about each row that is none, and may tell rows in its place.
    """
    if file.suffix == WORKBOOK:
        rows = sheet_rows(file)
    elif file.suffix == _PARQUET:
        rows = parquet_rows(file)
    elif file.suffix in _JSON:
        rows = json_rows(file, column_names(file))
    else:
        return delimited.read_rows(file, comment=comment, known=known)
    return rows if known is None else _unknown(rows, known)


def _unknown(
    rows: Iterator[tuple[int, list[str]] | Rejection], known: Known
) -> Iterator[tuple[int, list[str]] | Rejection | PassedRows]:
    for row in rows:
        if isinstance(row, Rejection) or (passed := known.row(*row)) is None:
            yield row
        else:
            yield passed


def read_records(file: ExtractFile, *, comment: str = "") -> Iterator[tuple[int, dict[str, str]] | Rejection]:
    """(position, cells by column name) of each row; empty cells are left out."""
    header = read_header(file, comment=comment)
    for row in read_rows(file, comment=comment):
        if isinstance(row, Rejection):
            yield row
        else:
            position, cells = row
            yield position, {name: cell for name, cell in zip(header, cells, strict=True) if cell}
