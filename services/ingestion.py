"""Load a source into the ledger and bring the graph up to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic, perf_counter, sleep

from core.clock import clock_for
from core.errors import StoreLockedError
from core.settings import Settings
from graph.history.branch_view import BranchView
from graph.history.branches import Branch, Branches
from graph.history.ledger import Ledger, Run
from graph.history.projection import Progress
from graph.schema.model import Schema
from ingest.job import IngestJob, IngestReport
from ingest.onto_branch import BranchLoad
from ingest.retirement import BRAKE
from ingest.undo import Undo, UndoReport
from services.following import Worthwhile, following
from services.rendezvous import running_server
from services.twin import open_ledger, open_twin

CHECKPOINT_EVENTS = 1_000_000
"""Events since the last checkpoint after which a load makes one."""

Began = Callable[[IngestJob], None]
"""Given the job before it reads anything, so that it can be cancelled from another thread."""

LOCK_WAIT_S = 10.0
LOCK_POLL_S = 0.2


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What a load did, and how far the graph has followed. `projected_s` in seconds."""

    report: IngestReport
    sequence: int
    projected_s: float


def ingest_job(settings: Settings, schema: Schema, ledger: Ledger) -> IngestJob:
    """A job as the settings say."""
    return IngestJob(
        schema,
        ledger,
        actor=settings.actor,
        batch_rows=settings.batch_rows,
        clock=clock_for(settings.now),
        personal_secret=settings.personal_secret,
    )


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
    follow: Worthwhile | None = None,
) -> LoadResult:
    """Run one load and project it: a large one meanwhile, in a process beside; or in the server that has the store open.

    An export that was loaded before, whole and without rejects, is not read again unless `reread`. `whole`: what the source
    told before and tells no more is retired, up to the share `brake`.

    `loading` is called with (stage, rows done, rows in all or 0), `projecting` from another thread where the load is
    followed; `follow` says from when on it is. Raises IngestError, LedgerError, BackendError: then the ledger has the load.
    """
    schema, ledger = open_ledger(settings)
    try:
        with following(settings, ledger.sequence, projecting, follow) as beside:

            def committed(stage: str, done: int, total: int) -> None:
                if loading is not None:
                    loading(stage, done, total)
                if beside is not None:
                    beside.watch(done, total)

            job = ingest_job(settings, schema, ledger)
            report = job.run(source, path, progress=committed, reread=reread, whole=whole, brake=brake)
            sequence = ledger.sequence()
            started = perf_counter()
            reached = None if beside is None else beside.finish()
    finally:
        ledger.close()
    if reached is None:
        reached = project(settings, projecting)
    keep_checkpoint(settings, sequence)
    return LoadResult(report, sequence if reached is None else reached, perf_counter() - started)


def load(
    settings: Settings,
    source: str,
    path: Path,
    *,
    reread: bool = False,
    whole: bool = False,
    brake: float = BRAKE,
    loading: Callable[[str, int, int], None] | None = None,
    began: Began | None = None,
) -> tuple[IngestReport, int]:
    """Run one load into the ledger, and nothing else: a server that has the graph open brings it up. The report, the sequence.

    Raises IngestError, LedgerError.
    """
    with _job(settings, began) as (job, _schema, ledger):
        report = job.run(source, path, progress=loading, reread=reread, whole=whole, brake=brake)
        return report, ledger.sequence()


def rehearse(
    settings: Settings,
    source: str,
    path: Path,
    *,
    whole: bool = False,
    brake: float = BRAKE,
    loading: Callable[[str, int, int], None] | None = None,
    began: Began | None = None,
) -> IngestReport:
    """What a load would change; nothing is written. Raises IngestError, LedgerError."""
    with _job(settings, began) as (job, _schema, _ledger):
        return job.rehearse(source, path, progress=loading, whole=whole, brake=brake)


def ingest_onto(
    settings: Settings,
    branch: str,
    source: str,
    path: Path,
    *,
    whole: bool = False,
    brake: float = BRAKE,
    dry_run: bool = False,
    loading: Callable[[str, int, int], None] | None = None,
    began: Began | None = None,
) -> tuple[IngestReport, Branch]:
    """Load an export onto a branch: main does not see it. All of it is taken, or where the branch has moved or the load is
    cancelled, nothing.

    `whole`: what the source told, on main or on the branch, and tells no more is retired on the branch. With `dry_run`
    nothing is written, and the report has the difference that the load would make.

    Raises NotFoundError, BranchAppliedError, IngestError, LedgerError.
    """
    with _job(settings, began) as (job, schema, ledger):
        branches = Branches(ledger, schema, clock_for(settings.now))
        target = BranchLoad(BranchView(ledger, branches, branches.get(branch)), branches, schema)
        report = job.rehearse(source, path, progress=loading, whole=whole, brake=brake, onto=target)
        if dry_run or report.status == "cancelled":
            return report, branches.get(branch)
        job.keep_persons(source)
        taken = target.commit(source, settings.actor)
        return replace(report, status="complete"), taken


@contextmanager
def _job(settings: Settings, began: Began | None) -> Iterator[tuple[IngestJob, Schema, Ledger]]:
    """A job on the ledger, which is closed afterwards; whoever may cancel it is told of it."""
    schema, ledger = open_ledger(settings)
    try:
        job = ingest_job(settings, schema, ledger)
        if began is not None:
            began(job)
        yield job, schema, ledger
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
    """Bring the graph up to the ledger, here or in the server that has the store open; the sequence reached.

    A store that another process has open is waited for a little: it may be the end of another load.
    """
    server = running_server(settings.home)
    if server is not None:
        return int(server.post("/api/graph/catch-up")["sequence"])
    if settings.backend_url == "networkx":
        return None
    deadline = monotonic() + LOCK_WAIT_S
    while True:
        try:
            with open_twin(settings, catch_up=False) as twin:
                return twin.catch_up(projecting)
        except StoreLockedError:
            if monotonic() > deadline:
                raise
            sleep(LOCK_POLL_S)
