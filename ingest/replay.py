"""Rejected rows told again from quarantine, under the mapping and the rules of today: no new extract is needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from graph.schema.model import Schema
from ingest.assertion import EdgeAssertion, NodeAssertion, Reference, Told
from ingest.delimited import Row
from ingest.files import Content
from ingest.held import CSV, HeldRow
from ingest.mapping.read import load_mapping
from ingest.seen_rows import SeenRows
from ingest.sources.contract import Extract, Record
from ingest.sources.csv.extract import ENDS, KEY
from ingest.sources.mapped import MappedExtract

RULES = b"kept rows 1"


def kept_extract(source: str, rows: Sequence[HeldRow], schema: Schema) -> Extract:
    """These rows of one source as an export of it, not a whole one. Raises MappingError."""
    if all(row.type == CSV for row in rows) and source == "csv":
        return KeptRows(rows, schema)
    records = [Record(row.type, row.place, row.content) for row in rows]
    return MappedExtract((), load_mapping(source, schema), lambda: iter(records), complete=False)


class KeptRows:
    """Rows of the twin's own format: the name of their file says what they are."""

    def __init__(self, rows: Sequence[HeldRow], schema: Schema) -> None:
        self._rows = rows
        self._schema = schema

    @property
    def contents(self) -> tuple[Content, ...]:
        return ()

    @property
    def rules(self) -> bytes:
        return RULES

    @property
    def complete(self) -> bool:
        return False

    def told(self, phase: str, seen: SeenRows | None = None) -> Iterator[Told]:
        for row in self._rows:
            name = PurePosixPath(row.place.file).stem
            columns, cells = tuple(row.content["columns"]), list(row.content["cells"])
            held = {column: cell for column, cell in zip(columns, cells, strict=True) if cell}
            kept = Row(columns, cells)
            if set(ENDS) <= set(columns):
                if phase == "relations":
                    start, end = (Reference(held.get(k, ""), held.get(e, "")) for k, e in (ENDS[:2], ENDS[2:]))
                    values = {column: cell for column, cell in held.items() if column not in ENDS}
                    spoken = frozenset(columns) - set(ENDS)
                    yield EdgeAssertion(row.place, name, start, end, values, spoken, kept)
            elif phase == "nodes":
                values = {column: cell for column, cell in held.items() if column != KEY}
                spoken = frozenset(columns) - {KEY}
                yield NodeAssertion(row.place, name, name, held.get(KEY, ""), values, spoken, kept)

    def spaces(self, kinds: frozenset[str]) -> frozenset[str]:
        return kinds

    def rows(self, phase: str) -> int:
        return len(self._rows) if phase == "nodes" else 0

    def unmapped(self) -> Mapping[str, int]:
        return {}

    def records(self) -> int:
        return len(self._rows)
