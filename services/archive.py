"""Move a twin: export its present state to one file, import it into an empty twin on any backend."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from core.settings import Settings
from migrations.archive import ArchiveReport, export_archive, import_archive
from services.projecting import project
from services.twin import open_ledger

Progress = Callable[[int, int], None]


def export_twin(settings: Settings, path: Path, progress: Progress | None = None) -> ArchiveReport:
    """Write the present state of the ledger to a file. Raises ArchiveError."""
    schema, ledger = open_ledger(settings)
    try:
        return export_archive(ledger, schema, path, progress)
    finally:
        ledger.close()


def import_twin(settings: Settings, path: Path, progress: Progress | None = None) -> ArchiveReport:
    """Read a file into the empty ledger, check it, and bring the graph up to it. Raises ArchiveError, BackendError."""
    schema, ledger = open_ledger(settings)
    try:
        report = import_archive(ledger, schema, path, actor=settings.actor, progress=progress)
    finally:
        ledger.close()
    project(settings)
    return report
