"""Reads catalogue files: YAML, several documents each."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from graph.schema.model import Schema
from ingest.assertion import Place, Rejection
from ingest.errors import BrokenYamlError, NoKnownFilesError
from ingest.files import YAML_BYTES, Content, ExtractFile, find_files, look_through, open_text
from ingest.mapping.read import load_mapping
from ingest.sources.backstage.normalise import entity
from ingest.sources.contract import Extract, Record
from ingest.sources.mapped import MappedExtract

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def open_extract(path: Path, schema: Schema) -> Extract:
    contents = [look_through(file, document_limit=YAML_BYTES) for file in find_files(path, (".yaml", ".yml"))]
    known = [content for content in contents if any(_is_entity(d) for d in _documents(content.file))]
    if not known:
        hint = "a catalogue file has documents with apiVersion backstage.io/..., kind and metadata.name"
        raise NoKnownFilesError("there is no Backstage catalogue file here", where=str(path), hint=hint)
    return MappedExtract(known, load_mapping("backstage", schema), partial(_records, known))


def _documents(file: ExtractFile) -> list[Any]:
    """The documents of a file. Anchors are left to the parser; the file's size is bounded. Raises BrokenYamlError."""
    try:
        with open_text(file) as text:
            return list(yaml.load_all(text, Loader=_LOADER))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{file.path}:{mark.line + 1}:{mark.column + 1}" if mark else str(file.path)
        seen = " ".join(part for part in (error.context, error.problem) if part) or "broken YAML"
        raise BrokenYamlError(seen, where=where, hint="mind indentation, brackets and quotes") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        seen = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise BrokenYamlError(seen, where=str(file.path), hint="keep the file to plain, shallow YAML") from error


def _is_entity(document: Any) -> bool:
    return isinstance(document, dict) and str(document.get("apiVersion", "")).startswith("backstage.io/")


def _records(contents: list[Content]) -> Iterator[Record | Rejection]:
    for content in contents:
        for number, document in enumerate(_documents(content.file), 1):
            if document is not None:
                yield entity(Place(content.file.name, number), document)
