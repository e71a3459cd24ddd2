"""The sources by name, each imported when it is first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import cast

from graph.schema.fields import did_you_mean
from ingest.errors import UnknownSourceError
from ingest.sources.contract import Source

SOURCES: Mapping[str, str] = MappingProxyType(
    {
        name: f"ingest.sources.{name}.extract"
        for name in ("backstage", "csv", "cve", "endoflife", "epss", "kev", "netbox", "servicenow")
    }
)


def find_source(name: str) -> Source:
    """The function that opens exports of that source. Raises UnknownSourceError."""
    if name not in SOURCES:
        raise UnknownSourceError(f"there is no source {name!r}", hint=did_you_mean(name, SOURCES))
    return cast(Source, import_module(SOURCES[name]).open_extract)
