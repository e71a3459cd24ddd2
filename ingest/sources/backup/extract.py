"""Reads backup reports: one row per backup of a client."""

from __future__ import annotations

from pathlib import Path

from graph.schema.model import Schema
from ingest.sources.contract import Extract
from ingest.sources.sheets import open_sheets


def open_extract(path: Path, schema: Schema) -> Extract:
    return open_sheets("backup", path, schema)
