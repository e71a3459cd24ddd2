"""Reads answers of the query API that were saved: not supported by themselves, since an answer does not say what was asked."""

from __future__ import annotations

from pathlib import Path

from graph.schema.model import Schema
from ingest.errors import NoKnownFilesError
from ingest.sources.contract import Extract


def open_extract(path: Path, _schema: Schema) -> Extract:
    """Refuses: raises NoKnownFilesError."""
    hint = "give the address of the server; its queries stand under [connections.prometheus.queries.NAME]"
    raise NoKnownFilesError("prometheus is read from its API, not from files", where=str(path), hint=hint)
