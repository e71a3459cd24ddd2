"""Reads CVE records that were flattened to CSV: one row per CVE with vendor, product, CPE, CVSS and SSVC."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from graph.schema.model import Schema
from ingest.assertion import Place, Rejection
from ingest.files import Content
from ingest.mapping.read import load_mapping
from ingest.sources.contract import Extract, Record
from ingest.sources.mapped import MappedExtract
from ingest.sources.tables import known_tables
from ingest.tabular import read_records

_SIGNATURES = {"record": frozenset({"cve", "published", "cvss", "severity"})}


def open_extract(path: Path, schema: Schema) -> Extract:
    content = known_tables(path, _SIGNATURES)["record"]
    return MappedExtract([content], load_mapping("cve", schema), partial(_records, content))


def _records(content: Content) -> Iterator[Record | Rejection]:
    for row in read_records(content.file):
        yield row if isinstance(row, Rejection) else Record("record", Place(content.file.name, row[0]), row[1])
