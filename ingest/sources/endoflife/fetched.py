"""What the API of endoflife.date gave, in the words of its table of cycles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from graph.schema.model import Schema
from ingest.assertion import Place, Rejection
from ingest.connectors.endoflife import PRODUCTS
from ingest.mapping.read import load_mapping
from ingest.sources.contract import Extract, Record
from ingest.sources.fetched import FetchedTables
from ingest.sources.mapped import MappedExtract


def open_fetched(tables: FetchedTables, schema: Schema) -> Extract:
    mapping = load_mapping("endoflife", schema)
    return MappedExtract(tables.contents, mapping, partial(_records, tables), complete=tables.manifest.complete)


def _records(tables: FetchedTables) -> Iterator[Record | Rejection]:
    for place, product in tables.records(PRODUCTS):
        releases = product.get("releases")
        if not product.get("name") or not isinstance(releases, list):
            hint = "the API documents `name` and `releases` for every product"
            yield Rejection(place, "BROKEN_ROW", "the product has no `name` or no `releases`", hint, product)
            continue
        named = {"product": product["name"], "title": product.get("label"), "category": product.get("category")}
        yield Record("product", place, {**named, "identifiers": _identifiers(product.get("identifiers"))})
        for number, release in enumerate(releases, 1):
            beside = Place(f"{place.file}#{product['name']}", number)
            if isinstance(release, dict) and release.get("name"):
                yield Record("cycle", beside, {**named, **_cycle(release)})
            else:
                yield Rejection(beside, "BROKEN_ROW", "the release has no `name`", "look at the API's answer", release)


def _identifiers(found: Any) -> dict[str, list[str]]:
    """Identifiers by kind: cpe, purl, repology."""
    gathered: dict[str, list[str]] = {}
    for item in found if isinstance(found, list) else ():
        if isinstance(item, dict) and item.get("id"):
            gathered.setdefault(str(item.get("type")), []).append(str(item["id"]))
    return gathered


def _cycle(release: Mapping[str, Any]) -> dict[str, Any]:
    """An end is its date where one is given, else whether it has come."""
    latest = release.get("latest")
    latest = latest if isinstance(latest, dict) else {}

    def end(name: str) -> Any:
        day = release.get(f"{name}From")
        return release.get(f"is{name[0].upper()}{name[1:]}") if day is None else day

    return {
        "cycle": str(release["name"]),
        "releaseDate": release.get("releaseDate"),
        "eoas": end("eoas"),
        "eol": end("eol"),
        "eoes": end("eoes"),
        "discontinued": end("discontinued"),
        "lts": release.get("isLts"),
        "latest": latest.get("name"),
        "latestReleaseDate": latest.get("date"),
    }
