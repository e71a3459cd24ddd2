"""Reads release cycles and, where it lies beside them, the table of product identifiers (CPE, package URLs)."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from graph.schema.model import Schema
from ingest.errors import NoKnownFilesError
from ingest.mapping.read import load_mapping
from ingest.sources.contract import Extract
from ingest.sources.endoflife.normalise import products_and_cycles
from ingest.sources.mapped import MappedExtract
from ingest.sources.tables import known_tables

_SIGNATURES = {
    "cycles": frozenset({"product", "cycle", "eol"}),
    "identifiers": frozenset({"product", "kind", "value"}),
}


def open_extract(path: Path, schema: Schema) -> Extract:
    contents = known_tables(path, _SIGNATURES)
    if "cycles" not in contents:
        hint = "identifiers name products by slug only; put them beside the table of cycles"
        raise NoKnownFilesError("there are identifiers but no cycles here", where=str(path), hint=hint)
    records = partial(products_and_cycles, contents["cycles"], contents.get("identifiers"))
    return MappedExtract(contents.values(), load_mapping("endoflife", schema), records)
