"""What the columns of a table may be called: people and tools name them in their own words, in French or English."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from graph.schema.fields import Fields, did_you_mean
from graph.schema.findings import Report
from graph.schema.source import Table
from ingest.mapping.expressions import folded
from ingest.mapping.model import Heading

_ALTERNATIVE = "|"


@dataclass(frozen=True, slots=True)
class TableShape:
    """Which record the rows of a table are, where each of its fields stands, and the columns that mean nothing here."""

    record: str
    positions: dict[str, int]
    unknown: tuple[str, ...]


def read_headings(top: Fields, records: Collection[str], report: Report) -> dict[str, Heading]:
    """The `headings` of a mapping, by type of record; flaws go to the report."""
    found = {}
    for fields in top.tables("headings"):
        fields.allow(("needed", "columns"))
        if fields.name not in records:
            fields.error(None, "UNKNOWN_RECORD", f"no record `{fields.name}`", did_you_mean(fields.name, records))
        columns = _columns(fields, report)
        needed = tuple(tuple(text.split(_ALTERNATIVE)) for text in fields.text_or_texts("needed"))
        for name in (name for names in needed for name in names):
            if name not in columns:
                fields.error("needed", "UNKNOWN_COLUMN", f"no column `{name}`", did_you_mean(name, columns))
        found[fields.name] = Heading(columns, needed)
    return found


def _columns(fields: Fields, report: Report) -> dict[str, tuple[str, ...]]:
    tree = fields.table.entries.get("columns")
    if not isinstance(tree, Table):
        fields.error("columns", "WRONG_SHAPE", f"`{fields.name}` has no columns", "write `column: [names]` lines")
        return {}
    inner = Fields(f"columns of {fields.name}", tree, fields.table.spans["columns"], report)
    columns: dict[str, tuple[str, ...]] = {}
    taken: dict[str, str] = {}
    for name in tree.entries:
        columns[name] = tuple(dict.fromkeys(folded(word) for word in (name, *inner.text_or_texts(name))))
        for word in columns[name]:
            if taken.setdefault(word, name) != name:
                seen = f"`{word}` stands for `{taken[word]}` and for `{name}`"
                inner.error(name, "DUPLICATE_COLUMN", seen, "a word means one column")
    return columns


def shape_of(header: Sequence[str], headings: Mapping[str, Heading]) -> TableShape | None:
    """The type of record of a table: of those whose needed columns it has, the one that knows most of its columns."""
    shapes = [shape for name, heading in headings.items() if (shape := _shape(name, heading, header)) is not None]
    return max(shapes, key=lambda shape: len(shape.positions), default=None)


def _shape(record: str, heading: Heading, header: Sequence[str]) -> TableShape | None:
    at = {folded(column): number for number, column in reversed(list(enumerate(header)))}
    positions = {}
    for name, words in heading.columns.items():
        place = next((at[word] for word in words if word in at), None)
        if place is not None:
            positions[name] = place
    if not all(any(name in positions for name in names) for names in heading.needed):
        return None
    used = set(positions.values())
    return TableShape(record, positions, tuple(c for number, c in enumerate(header) if number not in used))
