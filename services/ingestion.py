"""Load a source into the ledger and bring the graph up to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

from core.clock import clock_for
from core.settings import Settings
from graph.history.branch_view import BranchView
from graph.history.branches import Branch, Branches
from graph.history.ledger import Run
from graph.history.projection import Progress
from ingest.job import IngestJob, IngestReport
from ingest.onto_branch import BranchLoad
from ingest.retirement import BRAKE
from ingest.undo import Undo, UndoReport
from services.rendezvous import running_server
from services.twin import open_ledger, open_twin

CHECKPOINT_EVENTS = 1_000_000
"""Events since the last checkpoint after which a load makes one."""


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
    whole: bool = False,
    brake: float = BRAKE,
    loading: Callable[[str, int, int], None] | None = None,
    projecting: Progress | None = None,
) -> LoadResult:
    """Run one load, then project it: here, or in the server that has the store open.

    An export that was loaded before, whole and without rejects, is not read again unless `reread`. `whole`: what the source
    told before and tells no more is retired, up to the share `brake`.

    `loading` is called with (stage, rows done, rows in all or 0). Raises IngestError, LedgerError, BackendError.
    """
    schema, ledger = open_ledger(settings)
    try:
        job = IngestJob(
            schema, ledger, actor=settings.actor, batch_rows=settings.batch_rows, clock=clock_for(settings.now)
        )
        report = job.run(source, path, progress=loading, reread=reread, whole=whole, brake=brake)
        sequence = ledger.sequence()
    finally:
        ledger.close()
    started = perf_counter()
    reached = project(settings, projecting)
    keep_checkpoint(settings, sequence)
    return LoadResult(report, sequence if reached is None else reached, perf_counter() - started)


def rehearse(
    settings: Settings,
    source: str,
    path: Path,
    *,
    whole: bool = False,
    brake: float = BRAKE,
    loading: Callable[[str, int, int], None] | None = None,
) -> IngestReport:
    """What a load would change; nothing is written. Raises IngestError, LedgerError."""
    schema, ledger = open_ledger(settings)
    try:
        job = IngestJob(
            schema, ledger, actor=settings.actor, batch_rows=settings.batch_rows, clock=clock_for(settings.now)
        )
        return job.rehearse(source, path, progress=loading, whole=whole, brake=brake)
    finally:
        ledger.close()


def ingest_onto(
    settings: Settings,
    branch: str,
    source: str,
    path: Path,
    *,
    loading: Callable[[str, int, int], None] | None = None,
) -> tuple[IngestReport, Branch]:
    """Load an export onto a branch: main does not see it. All of it is taken, or where the branch has moved, nothing.

    Raises NotFoundError, BranchAppliedError, IngestError, LedgerError.
    """
    schema, ledger = open_ledger(settings)
    try:
        clock = clock_for(settings.now)
        branches = Branches(ledger, schema, clock)
        target = BranchLoad(BranchView(ledger, branches, branches.get(branch)), branches, schema)
        job = IngestJob(schema, ledger, actor=settings.actor, batch_rows=settings.batch_rows, clock=clock)
        report = job.rehearse(source, path, progress=loading, onto=target)
        taken = target.commit(source, settings.actor)
        return replace(report, status="complete"), taken
    finally:
        ledger.close()


def undo(settings: Settings, run: str, *, keep_conflicts: bool = False, dry_run: bool = False) -> UndoReport:
    """Take a run back and bring the graph up to it. Raises what `ingest.undo.Undo.run` does, and BackendError."""
    schema, ledger = open_ledger(settings)
    try:
        report = Undo(schema, ledger, actor=settings.actor).run(run, keep_conflicts=keep_conflicts, dry_run=dry_run)
    finally:
        ledger.close()
    if not dry_run:
        project(settings)
    return report


def runs(settings: Settings, limit: int = 20) -> list[Run]:
    """The latest runs, newest first."""
    _, ledger = open_ledger(settings)
    try:
        return ledger.runs(limit)
    finally:
        ledger.close()


def keep_checkpoint(settings: Settings, sequence: int, after: int = CHECKPOINT_EVENTS) -> None:
    """After enough events, keep the state of now for those who will look back, and of older ones what the policy keeps."""
    if sequence < after:
        return
    from graph.history.checkpoints import Checkpoints, Retention  # here: few loads come this far

    schema, ledger = open_ledger(settings)
    try:
        checkpoints = Checkpoints(ledger, schema, settings.home, clock_for(settings.now))
        known = checkpoints.all()
        if sequence - (known[-1].sequence if known else 0) >= after:
            checkpoints.make()
            checkpoints.prune(Retention())
    finally:
        ledger.close()


def project(settings: Settings, projecting: Progress | None = None) -> int | None:
    """Bring the graph up to the ledger, here or in the server that has the store open; the sequence reached."""
    server = running_server(settings.home)
    if server is not None:
        return int(server.post("/api/graph/catch-up")["sequence"])
    if settings.backend_url == "networkx":
        return None
    with open_twin(settings, catch_up=False) as twin:
        return twin.catch_up(projecting)
