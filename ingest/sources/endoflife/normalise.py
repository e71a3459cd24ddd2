"""One record per product, with its identifiers gathered, and one per release cycle."""

from __future__ import annotations

from collections.abc import Iterator

from ingest.assertion import Place, Rejection
from ingest.files import Content
from ingest.sources.contract import Record
from ingest.tabular import read_records


def products_and_cycles(cycles: Content, identifiers: Content | None) -> Iterator[Record | Rejection]:
    """Each product before its first cycle; identifiers of products without cycles come last, they have no name."""
    gathered: dict[str, dict[str, list[str]]] = {}
    places: dict[str, Place] = {}
    for row in () if identifiers is None else read_records(identifiers.file):
        if isinstance(row, Rejection):
            yield row
            continue
        line, fields = row
        product = fields.get("product", "")
        places.setdefault(product, Place(identifiers.file.name if identifiers else "", line))
        gathered.setdefault(product, {}).setdefault(fields.get("kind", ""), []).append(fields.get("value", ""))
    seen: set[str] = set()
    for row in read_records(cycles.file):
        if isinstance(row, Rejection):
            yield row
            continue
        line, fields = row
        place, product = Place(cycles.file.name, line), fields.get("product", "")
        if product not in seen:
            seen.add(product)
            yield Record("product", place, {**fields, "identifiers": gathered.get(product, {})})
        yield Record("cycle", place, fields)
    for product in gathered.keys() - seen:
        yield Record("identifiers without product", places[product], {"product": product})
