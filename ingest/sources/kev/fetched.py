"""What the feed of known exploited vulnerabilities gave."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from graph.schema.model import Schema
from ingest.assertion import Rejection
from ingest.connectors.kev import ENTRIES
from ingest.mapping.read import load_mapping
from ingest.sources.contract import Extract, Record
from ingest.sources.fetched import FetchedTables
from ingest.sources.mapped import MappedExtract


def open_fetched(tables: FetchedTables, schema: Schema) -> Extract:
    mapping = load_mapping("kev", schema)
    return MappedExtract(tables.contents, mapping, partial(_records, tables), complete=tables.manifest.complete)


def _records(tables: FetchedTables) -> Iterator[Record | Rejection]:
    for place, entry in tables.records(ENTRIES):
        yield Record("entry", place, {"cve": entry.get("cveID"), "entry": entry, "score": {}})
