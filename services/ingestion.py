"""Load a source into the ledger and bring the graph up to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from core.clock import clock_for
from core.settings import Settings
from graph.history.projection import Progress
from ingest.job import IngestJob, IngestReport
from services.rendezvous import running_server
from services.twin import open_ledger, open_twin


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What a load did, and how far the graph has followed. `projected_s` in seconds."""

    report: IngestReport
    sequence: int
    projected_s: float


def ingest(
    settings: Settings,
    source: str,
    path: Path,
    *,
    reread: bool = False,
    loading: Callable[[str, int, int], None] | None = None,
    projecting: Progress | None = None,
) -> LoadResult:
    """Run one load, then project it: here, or in the server that has the store open.

    An export that was loaded before, whole and without rejects, is not read again unless `reread`.

    `loading` is called with (stage, rows done, rows in all or 0). Raises IngestError, LedgerError, BackendError.
    """
    schema, ledger = open_ledger(settings)
    try:
        job = IngestJob(
            schema, ledger, actor=settings.actor, batch_rows=settings.batch_rows, clock=clock_for(settings.now)
        )
        report = job.run(source, path, progress=loading, reread=reread)
        sequence = ledger.sequence()
    finally:
        ledger.close()
    started = perf_counter()
    server = running_server(settings.home)
    if server is not None:
        sequence = int(server.post("/api/graph/catch-up")["sequence"])
    elif settings.backend_url != "networkx":
        with open_twin(settings, catch_up=False) as twin:
            sequence = twin.catch_up(projecting)
    return LoadResult(report, sequence, perf_counter() - started)


def rehearse(
    settings: Settings, source: str, path: Path, *, loading: Callable[[str, int, int], None] | None = None
) -> IngestReport:
    """What a load would change; nothing is written. Raises IngestError, LedgerError."""
    schema, ledger = open_ledger(settings)
    try:
        job = IngestJob(
            schema, ledger, actor=settings.actor, batch_rows=settings.batch_rows, clock=clock_for(settings.now)
        )
        return job.rehearse(source, path, progress=loading)
    finally:
        ledger.close()
