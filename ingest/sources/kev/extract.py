"""Reads the KEV catalogue and, where it lies beside it, the table of CVSS and EPSS scores of its entries."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from graph.schema.model import Schema
from ingest.mapping.read import load_mapping
from ingest.sources.contract import Extract
from ingest.sources.kev.normalise import joined
from ingest.sources.mapped import MappedExtract
from ingest.sources.tables import known_tables

_SIGNATURES = {
    "catalogue": frozenset({"cveID", "dateAdded", "vulnerabilityName"}),
    "scores": frozenset({"CVE", "CVSS3", "EPSS"}),
}


def open_extract(path: Path, schema: Schema) -> Extract:
    contents = known_tables(path, _SIGNATURES)
    return MappedExtract(
        contents.values(),
        load_mapping("kev", schema),
        partial(joined, contents.get("catalogue"), contents.get("scores")),
    )
