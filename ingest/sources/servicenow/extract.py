"""Reads an incident event log: CSV, one row per update of an incident, `?` for unknown."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from graph.schema.model import Schema
from ingest.mapping.read import load_mapping
from ingest.sources.contract import Extract
from ingest.sources.mapped import MappedExtract
from ingest.sources.servicenow.normalise import last_events
from ingest.sources.tables import known_tables

_SIGNATURES = {"incident": frozenset({"number", "incident_state", "sys_mod_count", "opened_at"})}


def open_extract(path: Path, schema: Schema) -> Extract:
    content = known_tables(path, _SIGNATURES)["incident"]
    return MappedExtract([content], load_mapping("servicenow", schema), partial(last_events, content))
