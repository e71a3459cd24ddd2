"""The sources by name, each imported when it is first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import cast

from graph.schema.fields import did_you_mean
from graph.schema.model import Schema
from ingest.connectors.spool import RECORDS, read_manifest
from ingest.errors import NoKnownFilesError, UnknownSourceError
from ingest.sources.contract import Extract, Source
from ingest.sources.fetched import DownloadedFiles, open_tables

SOURCES: Mapping[str, str] = MappingProxyType(
    {
        name: f"ingest.sources.{name}"
        for name in (
            "backstage",
            "backup",
            "csv",
            "cve",
            "endoflife",
            "epss",
            "kev",
            "netbox",
            "planning",
            "prometheus",
            "servicenow",
            "servicenow_cmdb",
            "survey",
        )
    }
)
"""Each a package with `extract.open_extract` for files; those of an API have `fetched.open_fetched` for what was fetched."""


def find_source(name: str) -> Source:
    """The function that opens exports of that source, files or a folder that a connector filled. Raises UnknownSourceError."""
    if name not in SOURCES:
        raise UnknownSourceError(f"there is no source {name!r}", hint=did_you_mean(name, SOURCES))
    return partial(_open, name)


def _open(name: str, path: Path, schema: Schema) -> Extract:
    manifest = read_manifest(path)
    if manifest is None:
        return _file_source(name)(path, schema)
    if manifest.source != name:
        raise NoKnownFilesError(
            f"this was fetched from {manifest.url} as `{manifest.source}`",
            where=str(path),
            hint=f"load it with --source {manifest.source}",
        )
    if manifest.form == "files":
        return DownloadedFiles(_file_source(name)(path / RECORDS, schema), manifest)
    module = import_module(f"{SOURCES[name]}.fetched")
    return cast(Extract, module.open_fetched(open_tables(path, manifest), schema))


def _file_source(name: str) -> Source:
    return cast(Source, import_module(f"{SOURCES[name]}.extract").open_extract)
