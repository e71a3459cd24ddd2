"""What the Table API gave."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from graph.schema.model import Schema
from ingest.assertion import Rejection
from ingest.mapping.model import MappingRules
from ingest.mapping.read import load_mapping
from ingest.sources.contract import Extract, Record
from ingest.sources.fetched import FetchedTables
from ingest.sources.mapped import MappedExtract
from ingest.sources.servicenow_cmdb.normalise import CmdbReader, flat


def open_fetched(tables: FetchedTables, schema: Schema) -> Extract:
    mapping = load_mapping("servicenow_cmdb", schema)
    return MappedExtract(
        tables.contents, mapping, partial(_records, tables, mapping, schema), complete=tables.manifest.complete
    )


def _records(tables: FetchedTables, mapping: MappingRules, schema: Schema) -> Iterator[Record | Rejection]:
    yield from tables.drifted()
    reader = CmdbReader(mapping, schema)
    for table in tables.manifest.records:
        for place, record in tables.records(table):
            yield from reader.records(table, place, flat(record))
