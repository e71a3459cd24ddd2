"""What an export is asked for: what is in it, of which moment, in which format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from core.errors import UsageError
from graph.schema.fields import did_you_mean
from graph.schema.model import Schema
from services.moments import Asked

WHERE = "export"


class Format(StrEnum):
    """Formats of files; the value is what their names end in."""

    CSV = "csv"
    PARQUET = "parquet"
    JSON_LINES = "jsonl"
    GRAPHML = "graphml"

    @property
    def media_type(self) -> str:
        return _MEDIA_TYPES[self]


_MEDIA_TYPES = {
    Format.CSV: "text/csv; charset=utf-8; header=present",
    Format.PARQUET: "application/vnd.apache.parquet",
    Format.JSON_LINES: "application/jsonl",
    Format.GRAPHML: "application/graphml+xml",
}


class FormulaCells(StrEnum):
    """What becomes of text in CSV that a spreadsheet would take for a formula."""

    HARMLESS = "harmless"
    AS_IS = "as_is"


@dataclass(frozen=True, slots=True)
class Selection:
    """A part of the graph: nodes of these kinds, and relations of these types between them. None for all."""

    kinds: tuple[str, ...] | None = None
    relations: tuple[str, ...] | None = None

    def checked(self, schema: Schema) -> Selection:
        """The same with concrete kinds, in the order of the schema. Raises UsageError for a name that there is not."""
        for name in self.kinds or ():
            if name not in schema.kinds:
                raise UsageError(f"there is no kind {name!r}", where=WHERE, hint=did_you_mean(name, schema.kinds))
        for name in self.relations or ():
            if name not in schema.relations:
                hint = did_you_mean(name, schema.relations)
                raise UsageError(f"there is no relation {name!r}", where=WHERE, hint=hint)
        wanted = None if self.kinds is None else {c for name in self.kinds for c in schema.descendants[name]}
        types = None if self.relations is None else frozenset(self.relations)
        return Selection(
            tuple(name for name in schema.concrete if wanted is None or name in wanted),
            tuple(name for name in schema.relations if types is None or name in types),
        )


@dataclass(frozen=True, slots=True)
class ExportOrder:
    """An export as it is asked for. Exactly one of `query`, `catalogue` and `selection` says of what."""

    format: Format
    query: str | None = None
    catalogue: str | None = None
    selection: Selection | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    perimeters: tuple[str, ...] | None = None
    asked: Asked = field(default_factory=Asked)
    gzip: bool = False
    formula_cells: FormulaCells = FormulaCells.HARMLESS

    def check(self) -> None:
        """Raises UsageError for what does not go together."""
        if sum(part is not None for part in (self.query, self.catalogue, self.selection)) != 1:
            raise UsageError(
                "an export is of one thing", where=WHERE, hint="give one of `query`, `catalogue` and `selection`"
            )
        if self.selection is not None and self.parameters:
            raise UsageError("a selection has no parameters", where=WHERE, hint="ask a `query` instead")
        if self.gzip and self.format is Format.PARQUET:
            raise UsageError("Parquet is compressed inside", where=WHERE, hint="leave gzip out")

    @property
    def suffix(self) -> str:
        """What the file's name ends in."""
        return f".{self.format}.gz" if self.gzip else f".{self.format}"

    def to_dict(self) -> dict[str, Any]:
        """The body of a request to `POST /api/exports`."""
        selection = self.selection
        return {
            "format": self.format.value,
            "query": self.query,
            "catalogue": self.catalogue,
            "selection": None if selection is None else {"kinds": selection.kinds, "relations": selection.relations},
            "parameters": dict(self.parameters),
            "perimeters": self.perimeters,
            "as_of": self.asked.as_of,
            "branch": self.asked.branch,
            "gzip": self.gzip,
            "formula_cells": self.formula_cells.value,
        }
