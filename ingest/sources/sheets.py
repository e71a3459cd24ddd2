"""Tables that people and tools make in their own words: columns found by what they may be called, rows as records of a mapping."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from graph.schema.model import Schema
from ingest import delimited
from ingest.assertion import Place, Rejection
from ingest.errors import NoKnownFilesError
from ingest.files import Content
from ingest.mapping.headings import TableShape, shape_of
from ingest.mapping.model import MappingRules
from ingest.mapping.read import load_mapping
from ingest.sources.contract import Extract, Record
from ingest.sources.mapped import MappedExtract
from ingest.tabular import find_tables, look_at, read_header, read_rows

_COMMA = ","
_OTHERS = (";", "\t")
"""What spreadsheets put between columns where the comma is the decimal sign."""


@dataclass(frozen=True, slots=True)
class _Sheet:
    content: Content
    separator: str
    header: tuple[str, ...]
    shape: TableShape | None


def open_sheets(source: str, path: Path, schema: Schema) -> Extract:
    """The tables of a source whose mapping has headings, all that are known by their columns, in order of name.

    Raises NoKnownFilesError where none is, and the errors of a file that cannot be read.
    """
    mapping = load_mapping(source, schema)
    sheets = [_sheet(look_at(file), mapping) for file in find_tables(path)]
    if not any(sheet.shape for sheet in sheets):
        raise NoKnownFilesError(
            "no file here has the columns of this source", where=str(path), hint=f"give {_expected(mapping)}"
        )
    contents = [sheet.content for sheet in sheets]
    return MappedExtract(contents, mapping, partial(_records, sheets, mapping))


def _sheet(content: Content, mapping: MappingRules) -> _Sheet:
    separator, header = _COMMA, read_header(content.file)
    if len(header) == 1 and content.file.suffix == ".csv":
        separator = next((mark for mark in _OTHERS if mark in header[0]), _COMMA)
        header = delimited.read_header(content.file, separator=separator)
    return _Sheet(content, separator, header, shape_of(header, mapping.headings))


def _records(sheets: list[_Sheet], mapping: MappingRules) -> Iterator[Record | Rejection]:
    for sheet in sheets:
        name, shape = sheet.content.file.name, sheet.shape
        twice = sorted({column for column in sheet.header if sheet.header.count(column) > 1})
        if shape is None:
            seen = f"which table this is cannot be told by its columns {', '.join(sheet.header[:10])}"
            yield Rejection(Place(name, 1), "MISSING_COLUMN", seen, f"give {_expected(mapping)}", sheet.header)
            continue
        if twice:
            seen = f"the column `{twice[0]}` stands twice"
            yield Rejection(Place(name, 1), "DUPLICATE_COLUMN", seen, "keep one", sheet.header)
            continue
        for column in shape.unknown:
            yield Record(f"column `{column}` of {shape.record}", Place(name, 1), {})
        rows = (
            read_rows(sheet.content.file)
            if sheet.separator == _COMMA
            else delimited.read_rows(sheet.content.file, separator=sheet.separator)
        )
        for row in rows:
            if isinstance(row, Rejection):
                yield row
                continue
            line, cells = row
            fields = {field: text for field, at in shape.positions.items() if (text := cells[at].strip())}
            yield Record(shape.record, Place(name, line), fields)


def _expected(mapping: MappingRules) -> str:
    """The columns that tell the tables of a mapping apart, in words."""
    tables = (
        f"{name} with " + ", ".join(" or ".join(f"`{n}`" for n in names) for names in heading.needed)
        for name, heading in mapping.headings.items()
    )
    return "a table (CSV, Excel, JSON lines, Parquet): " + "; ".join(tables)
