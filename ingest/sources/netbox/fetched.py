"""What the NetBox API gave, joined as an export is."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from graph.schema.model import Schema
from ingest.assertion import Rejection
from ingest.mapping.read import load_mapping
from ingest.sources.contract import Extract, Record
from ingest.sources.fetched import FetchedTables
from ingest.sources.mapped import MappedExtract
from ingest.sources.netbox.normalise import Inventory
from ingest.sources.netbox.rest import Object, RestObjects


def open_fetched(tables: FetchedTables, schema: Schema) -> Extract:
    return MappedExtract(
        tables.contents,
        load_mapping("netbox", schema),
        partial(_records, tables),
        complete=tables.manifest.complete,
    )


def _records(tables: FetchedTables) -> Iterator[Record | Rejection]:
    yield from tables.drifted()
    converted = RestObjects()
    objects: list[Object] = []
    for model in tables.manifest.records:
        for place, record in tables.records(model):
            objects += converted.objects(model, place, record)
    yield from Inventory(objects, converted.briefs).records()
