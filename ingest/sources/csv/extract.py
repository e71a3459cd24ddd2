"""Reads the twin's own CSV format. What a file is is decided by its header; a file with a wrong header is refused as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from graph.schema.fields import did_you_mean
from graph.schema.model import PerimeterRule, Schema
from ingest.assertion import EdgeAssertion, NodeAssertion, PassedRows, Place, Reference, Rejection, Told
from ingest.errors import NoKnownFilesError
from ingest.files import Content
from ingest.seen_rows import RowDigester, SeenRows, TableRows
from ingest.sources.contract import Extract
from ingest.tabular import Row, find_tables, look_at, read_header, read_rows

KEY = "key"
ENDS = ("from_kind", "from", "to_kind", "to")
_RULES = b"csv 3"
_NOT_ROWS: Final = (PassedRows, Rejection)  # a union is made anew by each look at it


@dataclass(frozen=True, slots=True)
class _Table:
    """One file: what it holds, its columns, and why it is refused, if it is."""

    content: Content
    name: str
    relation: bool
    columns: tuple[str, ...]
    refusal: Rejection | None


def open_extract(path: Path, schema: Schema) -> Extract:
    """The tables below a directory, or a single file."""
    files = find_tables(path)
    if not files:
        hint = "name files after kinds, such as Team.csv, and put relations into relations/TYPE.csv"
        raise NoKnownFilesError("there is no table here", where=str(path), hint=hint)
    tables = [_table(look_at(file), schema) for file in files]
    # what gives perimeters comes before what passes them on: coming after, it would change those of most nodes in one go,
    # and a graph that follows the load would stand still meanwhile
    given = {name for name, rule in schema.perimeter_rules.items() if rule is PerimeterRule.GIVEN}
    return CsvExtract(sorted(tables, key=lambda table: not (table.relation and table.name in given)))


def _table(content: Content, schema: Schema) -> _Table:
    file = PurePosixPath(content.file.name)
    columns = read_header(content.file)
    relation = file.parent.name == "relations" or set(ENDS) <= set(columns)
    refusal = _refusal(file, relation, columns, schema)
    return _Table(content, file.stem, relation, columns, refusal)


def _refusal(file: PurePosixPath, relation: bool, columns: tuple[str, ...], schema: Schema) -> Rejection | None:
    """Why nothing of the file is loaded: a column that is not understood may be the one that matters."""
    place, name = Place(str(file), 1), file.stem
    needed: tuple[str, ...]
    if relation:
        if name not in schema.relations:
            hint = did_you_mean(name, schema.relations)
            return Rejection(place, "UNKNOWN_RELATION", f"the schema has no relation `{name}`", hint, columns)
        needed, attributes = ENDS, schema.relations[name].attributes
    else:
        kind = schema.kinds.get(name)
        if kind is None:
            hint = did_you_mean(name, schema.concrete)
            return Rejection(place, "UNKNOWN_KIND", f"the schema has no kind `{name}`", hint, columns)
        if kind.abstract:
            hint = "give one file per concrete kind: " + ", ".join(schema.descendants[name][:10])
            return Rejection(place, "ABSTRACT_KIND", f"`{name}` is a generic", hint, columns)
        needed, attributes = (KEY,), kind.attributes
    if (schema.relations[name] if relation else schema.kinds[name]).bookkeeping:
        return Rejection(place, "BOOKKEEPING", f"`{name}` is what the twin notes itself", "leave the file out", columns)
    missing = [column for column in needed if column not in columns]
    if missing:
        hint = "the header names " + ", ".join(needed) + " and attributes"
        if len(columns) == 1 and any(mark in columns[0] for mark in ";\t"):
            hint = "separate columns with commas, not with semicolons or tabs"
        return Rejection(place, "MISSING_COLUMN", f"there is no column `{missing[0]}`", hint, columns)
    twice = sorted({column for column in columns if columns.count(column) > 1})
    if twice:
        return Rejection(place, "DUPLICATE_COLUMN", f"the column `{twice[0]}` stands twice", "keep one", columns)
    unknown = [column for column in columns if column not in attributes and column not in needed]
    if unknown:
        shown = ", ".join(f"`{column}`" for column in unknown[:10])
        reason = f"unknown column {shown}; nothing of this file was loaded"
        return Rejection(place, "UNKNOWN_COLUMN", reason, did_you_mean(unknown[0], attributes), columns)
    return None


class CsvExtract:
    """An export in the twin's own format: files of kinds first, then files of relations, in the order given."""

    def __init__(self, tables: list[_Table]) -> None:
        self._tables = tables

    @property
    def contents(self) -> tuple[Content, ...]:
        return tuple(table.content for table in self._tables)

    @property
    def rules(self) -> bytes:
        return _RULES

    @property
    def complete(self) -> bool:
        return True

    def told(self, phase: str, seen: SeenRows | None = None) -> Iterator[Told]:
        for table in self._of(phase):
            if table.refusal is not None:
                yield table.refusal
            elif table.relation:
                yield from _edges(table, seen)
            else:
                yield from _nodes(table, seen)

    def spaces(self, kinds: frozenset[str]) -> frozenset[str]:
        return kinds

    def rows(self, phase: str) -> int:
        return sum(max(0, table.content.lines - (table.content.file.suffix == ".csv")) for table in self._of(phase))

    def unmapped(self) -> Mapping[str, int]:
        return {}

    def records(self) -> int:
        return self.rows("nodes") + self.rows("relations")

    def _of(self, phase: str) -> list[_Table]:
        if phase == "references":
            return []
        return [table for table in self._tables if table.relation == (phase == "relations")]


def _rows(table: _Table, seen: SeenRows | None) -> Iterator[tuple[int, list[str]] | Rejection | PassedRows]:
    file = table.content.file
    if seen is None:
        return read_rows(file)
    digester = RowDigester(table.relation, table.name, table.columns)
    return read_rows(file, known=TableRows(seen, file.name, digester))


def _nodes(table: _Table, seen: SeenRows | None) -> Iterator[Told]:
    name, kind, columns = table.content.file.name, table.name, table.columns
    at = columns.index(KEY)
    attributes = [(number, column) for number, column in enumerate(columns) if number != at]
    spoken = frozenset(column for _, column in attributes)
    for row in _rows(table, seen):
        if isinstance(row, _NOT_ROWS):
            yield row
            continue
        line, cells = row
        values = {column: cell for number, column in attributes if (cell := cells[number])}
        yield NodeAssertion(Place(name, line), kind, kind, cells[at], values, spoken, Row(columns, cells))


def _edges(table: _Table, seen: SeenRows | None) -> Iterator[Told]:
    name, relation, columns = table.content.file.name, table.name, table.columns
    start_kind, start, end_kind, end = (columns.index(column) for column in ENDS)
    attributes = [(number, column) for number, column in enumerate(columns) if column not in ENDS]
    spoken = frozenset(column for _, column in attributes)
    made = tuple.__new__  # most rows of an estate come by here: half the time of calling the types
    for row in _rows(table, seen):
        if isinstance(row, _NOT_ROWS):
            yield row
            continue
        line, cells = row
        values = {column: cell for number, column in attributes if (cell := cells[number])} if attributes else {}
        told = (
            made(Place, (name, line)),
            relation,
            made(Reference, (cells[start_kind], cells[start], False, False)),
            made(Reference, (cells[end_kind], cells[end], False, False)),
            values,
            spoken,
            made(Row, (columns, cells)),
        )
        yield made(EdgeAssertion, told)
