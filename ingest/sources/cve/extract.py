"""Reads CVE records: in the programme's own format (CVE JSON 5: documents, lists, lines or ZIP archives of them), or as a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson

from graph.schema.model import Schema
from ingest.archives import documents
from ingest.assertion import Place, Rejection
from ingest.errors import BrokenJsonError, NoKnownFilesError
from ingest.files import JSON_BYTES, Content, ExtractFile, find_files, look_through, open_bytes
from ingest.json_lines import read_objects
from ingest.mapping.read import load_mapping
from ingest.sources.contract import Extract, Record
from ingest.sources.cve.records import record_of
from ingest.sources.mapped import MappedExtract
from ingest.sources.tables import known_tables
from ingest.tabular import look_at, read_header, read_records

_SIGNATURES = {"record": frozenset({"cve", "published", "cvss", "severity"})}
_JSON, _LINES, _ARCHIVE = ".json", (".jsonl", ".ndjson"), ".zip"
_METADATA = "cveMetadata"


def open_extract(path: Path, schema: Schema) -> Extract:
    """A table of records, or files in the programme's format: whatever lies there, the latter first."""
    mapping = load_mapping("cve", schema)
    contents = [
        content for file in find_files(path, (_JSON, *_LINES, _ARCHIVE)) if (content := _look(file)) is not None
    ]
    if contents:
        return MappedExtract(contents, mapping, partial(_documents, contents), complete=False)
    content = known_tables(path, _SIGNATURES)["record"]
    return MappedExtract([content], mapping, partial(_rows, content))


def _look(file: ExtractFile) -> Content | None:
    """The content of a file in the programme's format; None for a table in JSON lines."""
    if file.suffix == _ARCHIVE:
        digest, size, count = blake2b(digest_size=16), 0, 0
        for name, text in documents(file, _JSON):
            digest.update(blake2b(name.encode(), digest_size=16).digest() + blake2b(text, digest_size=16).digest())
            size += len(text)
            count += 1
        if count == 0:
            hint = "take an archive of CVE records, such as those of the CVE list"
            raise NoKnownFilesError("the archive holds no JSON document", where=str(file.path), hint=hint)
        return replace(_undated(file), digest=digest.digest(), size=size, lines=count)
    if file.suffix == _JSON:
        content = look_through(file, document_limit=JSON_BYTES)
        _parsed(file)
        return content
    return look_at(file) if _METADATA in read_header(file) else None


def _undated(file: ExtractFile) -> Content:
    return Content(file, b"", 0, 0, datetime.fromtimestamp(file.path.stat().st_mtime, UTC))


def _parsed(file: ExtractFile) -> list[Any]:
    """The documents of a JSON file: one, or a list of them."""
    try:
        with open_bytes(file) as raw:
            found = orjson.loads(raw.read().removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        where = f"{file.path}:{error.lineno}:{error.colno}"
        raise BrokenJsonError(f"not JSON: {error.msg}", where=where, hint="download it again") from error
    return found if isinstance(found, list) else [found]


def _documents(contents: list[Content]) -> Iterator[Record | Rejection]:
    for content in contents:
        file = content.file
        if file.suffix == _ARCHIVE:
            for number, (name, text) in enumerate(documents(file, _JSON), 1):
                place = Place(file.name, number)
                try:
                    yield record_of(place, orjson.loads(text))
                except orjson.JSONDecodeError as error:
                    yield Rejection(place, "BROKEN_ROW", f"{name} is not JSON: {error.msg}", "download it again")
        elif file.suffix == _JSON:
            for number, document in enumerate(_parsed(file), 1):
                yield record_of(Place(file.name, number), document)
        else:
            for number, document in read_objects(file):
                yield document if isinstance(document, Rejection) else record_of(Place(file.name, number), document)


def _rows(content: Content) -> Iterator[Record | Rejection]:
    for row in read_records(content.file):
        yield row if isinstance(row, Rejection) else Record("record", Place(content.file.name, row[0]), row[1])
