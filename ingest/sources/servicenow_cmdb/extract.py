"""Reads payloads of ServiceNow's Identification and Reconciliation Engine: JSON with `items` and `relations`."""

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
from ingest.mapping.model import MappingRules
from ingest.mapping.read import load_mapping
from ingest.sources.contract import Extract, Record
from ingest.sources.mapped import MappedExtract
from ingest.sources.servicenow_cmdb.normalise import RELATIONS, CmdbReader, flat


def open_extract(path: Path, schema: Schema) -> Extract:
    """One payload, or all below a directory. A payload tells of what a discovery saw, never of a whole estate."""
    contents = [look_through(file, document_limit=JSON_BYTES) for file in find_files(path, (".json",))]
    if not contents:
        hint = "give a JSON payload with `items`, or the address of an instance"
        raise NoKnownFilesError("there is no JSON file here", where=str(path), hint=hint)
    for content in contents:
        _payload(content)  # broken JSON is found before anything is written
    mapping = load_mapping("servicenow_cmdb", schema)
    return MappedExtract(contents, mapping, partial(_records, contents, mapping, schema), complete=False)


def _payload(content: Content) -> dict[str, Any]:
    try:
        with open_bytes(content.file) as raw:
            parsed = orjson.loads(raw.read().removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        where = f"{content.file.path}:{error.lineno}:{error.colno}"
        raise BrokenJsonError(f"not JSON: {error.msg}", where=where, hint="export it again") from error
    if not isinstance(parsed, dict) or not isinstance(parsed.get("items"), list):
        hint = "an IRE payload is an object with the lists `items` and `relations`"
        raise BrokenJsonError("the document has no list `items`", where=str(content.file.path), hint=hint)
    return parsed


def _records(contents: list[Content], mapping: MappingRules, schema: Schema) -> Iterator[Record | Rejection]:
    reader = CmdbReader(mapping, schema)
    for content in contents:
        payload = _payload(content)
        items: list[dict[str, Any] | None] = []
        for number, item in enumerate(payload["items"], 1):
            place = Place(content.file.name, number)
            fields = _fields(item, payload)
            items.append(fields if isinstance(fields, dict) else None)
            if isinstance(fields, dict):
                yield from reader.records("items", place, fields)
            else:
                yield Rejection(place, "BROKEN_ROW", fields, "an item has `className` and `values`", item)
        relations = payload.get("relations") or []
        for number, relation in enumerate(relations if isinstance(relations, list) else [relations], 1):
            place = Place(f"{content.file.name}#relations", number)
            ends = _ends(relation, items)
            if isinstance(ends, str):
                hint = "`parent` and `child` are positions in `items`, counted from 0"
                yield Rejection(place, "BROKEN_ROW", ends, hint, relation)
            else:
                yield from reader.records(RELATIONS, place, ends)


def _fields(item: Any, payload: dict[str, Any]) -> dict[str, Any] | str:
    """The item as a record of its class, under the key of the source that saw it; or what is wrong with it."""
    if not isinstance(item, dict) or not isinstance(item.get("values"), dict) or not item.get("className"):
        return "the item has no `className` or no `values`"
    info = item.get("sys_object_source_info")
    info = info if isinstance(info, dict) else {}
    fields = flat(item["values"])
    key = info.get("source_native_key") or item.get("source_native_key")
    source = info.get("source_name") or item.get("source_name") or payload.get("source_name")
    if fields.get("sys_id") is None and key is not None:
        fields["sys_id"] = f"{source or 'unnamed'}:{key}"
    fields["sys_class_name"] = str(item["className"])
    return fields


def _ends(relation: Any, items: list[dict[str, Any] | None]) -> dict[str, Any] | str:
    if not isinstance(relation, dict):
        return "the relation is no object"
    fields: dict[str, Any] = {"shown": {"type": str(relation.get("type", "(no type)"))}}
    for end in ("parent", "child"):
        position = relation.get(end)
        if not isinstance(position, int | str) or not str(position).isdecimal() or int(position) >= len(items):
            return f"`{end}` is {position!r}, and there are {len(items)} items"
        item = items[int(position)]
        if item is None:
            return f"`{end}` is an item that was refused"
        fields[end] = item.get("sys_id")
        fields[f"{end}.sys_class_name"] = item.get("sys_class_name")
    return fields
