"""The synthetic estate: a bank's CMDB export with the shape of a real one, the same bytes for the same seed."""

from __future__ import annotations

from ingest.estate_generator.export import ExportWriteError
from ingest.estate_generator.generate import EstateSummary, generate_estate

__all__ = ["EstateSummary", "ExportWriteError", "generate_estate"]
