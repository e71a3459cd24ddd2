"""Reads NetBox fixtures: JSON lists of {model, pk, fields}, as `manage.py dumpdata` writes them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from graph.schema.model import Schema
from ingest.assertion import Place, Rejection
from ingest.errors import BrokenJsonError, NoKnownFilesError
from ingest.files import JSON_BYTES, Content, find_files, look_through, open_bytes
from ingest.mapping.read import load_mapping
from ingest.sources.contract import Extract, Record
from ingest.sources.mapped import MappedExtract
from ingest.sources.netbox.normalise import Inventory


def open_extract(path: Path, schema: Schema) -> Extract:
    contents = [look_through(file, document_limit=JSON_BYTES) for file in find_files(path, (".json",))]
    if not contents:
        raise NoKnownFilesError("there is no JSON file here", where=str(path), hint="export with `manage.py dumpdata`")
    for content in contents:
        _objects(content)  # broken JSON is found before anything is written
    return MappedExtract(contents, load_mapping("netbox", schema), partial(_records, contents))


def _objects(content: Content) -> list[Any]:
    try:
        with open_bytes(content.file) as raw:
            parsed = orjson.loads(raw.read().removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        where = f"{content.file.path}:{error.lineno}:{error.colno}"
        raise BrokenJsonError(f"not JSON: {error.msg}", where=where, hint="export it again") from error
    if not isinstance(parsed, list):
        hint = "the export is a list of objects with `model`, `pk` and `fields`"
        raise BrokenJsonError(f"the document is a {type(parsed).__name__}", where=str(content.file.path), hint=hint)
    return parsed


def _records(contents: list[Content]) -> Iterator[Record | Rejection]:
    """All objects of all files, joined with the objects they refer to."""
    rejected: list[Rejection] = []
    objects: list[tuple[Place, str, Any, dict[str, Any]]] = []
    for content in contents:
        for number, item in enumerate(_objects(content), 1):
            place = Place(content.file.name, number)
            if isinstance(item, dict) and isinstance(item.get("model"), str) and isinstance(item.get("fields"), dict):
                objects.append((place, item["model"], item.get("pk"), item["fields"]))
            else:
                hint = "give it `model`, `pk` and `fields`"
                rejected.append(Rejection(place, "BROKEN_ROW", "the object is no fixture object", hint, item))
    yield from rejected
    yield from Inventory(objects).records()
