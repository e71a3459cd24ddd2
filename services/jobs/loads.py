"""Loads that came over HTTP, from opening to their end: files arrive, are loaded in their turn, and what a restart left goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from datetime import timedelta
from secrets import token_hex
from typing import Any, Final

from core.errors import UsageError
from core.settings import Settings
from graph.history.branches import Branches
from graph.history.lease import LoadInProgressError
from ingest.sources.registry import find_source
from services.jobs.errors import JobStateError, TooManyJobsError
from services.jobs.job import ACTIVE, JobState
from services.jobs.load_job import TAKES_FILES, LoadJob, LoadOrder, SpooledFile
from services.jobs.queue import RETRY_S, JobQueue, QueueLimits
from services.jobs.spool import UPLOADS, Arriving, Spool, UploadLimits
from services.jobs.work import Work
from services.twin import Twin

OPEN_FOR: Final = timedelta(days=1)
"""How long a job may be open without anybody touching it."""


class LoadJobs(JobQueue[LoadJob]):
    """The loads of one twin."""

    address = "/api/ingestions"

    def __init__(self, twin: Twin, applied: Callable[[int], None] = lambda _: None) -> None:
        """`applied` is called with the sequence that the graph has reached after a load."""
        settings = twin.settings
        self._spool = Spool(settings.home / UPLOADS, UploadLimits.of(settings))
        limits = QueueLimits(
            settings.upload_jobs_at_once,
            settings.upload_jobs_waiting,
            "JUMEAU_UPLOAD_JOBS_WAITING",
            timedelta(days=settings.upload_days),
        )
        super().__init__(twin, self._spool, limits, applied)

    @property
    def spooled(self) -> int:
        """Bytes of all uploads that lie in the home."""
        return self._spool.bytes

    def open(self, order: LoadOrder, actor: str) -> LoadJob:
        """A job that takes files. Raises UnknownSourceError, NotFoundError, UsageError, TooManyJobsError, SpoolError."""
        self._check(order)
        settings = self._twin.settings
        now = self._now()
        with self._changed:
            self._clean()
            opened = sum(job.state is JobState.OPEN for job in self._jobs.values())
            if opened >= settings.upload_jobs_open:
                raise TooManyJobsError(
                    f"{opened} jobs are open",
                    where="JUMEAU_UPLOAD_JOBS_OPEN",
                    hint="start or discard one of them",
                    details={"retry_after_s": RETRY_S},
                )
            job = LoadJob(token_hex(8), order, actor, now, now)
            self._new(job)
            self._keep(job, {"state": job.state})
            return copy(job)

    def receive(self, name: str, file: str) -> Arriving:
        """Begin to take a file. Raises NotFoundError, JobStateError, FileNameError, TooManyFilesError, SpoolError."""
        with self._changed:
            job = self._of(name, TAKES_FILES, "takes no files any more")
            return self._spool.receive(job.id, file, job.files)

    def keep(self, arriving: Arriving) -> SpooledFile:
        """Take a file that has arrived whole; one of the same name gives way. Raises as `receive` does."""
        arriving.settle()
        with self._changed:
            job = self._of(arriving.job, TAKES_FILES, "takes no files any more")
            file = arriving.keep(job.files.get(arriving.name))
            job.files = {**job.files, file.name: file}
            self._keep(job)
            return file

    def begin(self, name: str, actor: str, *, dry_run: bool | None = None) -> LoadJob:
        """Start a job, or start it again: an interrupted load goes on where it stopped. `dry_run` changes its order.

        Raises NotFoundError, JobStateError, LoadInProgressError, TooManyJobsError.
        """
        with self._changed:
            job = self._found(name)
            if not job.may_start:
                hint = "wait until it has ended" if job.state in ACTIVE else "upload files to it, or open another job"
                seen = "without files" if not job.files else str(job.state)
                raise JobStateError(f"the job is {seen}: it cannot be started", where=name, hint=hint)
            order = job.order
            if dry_run is not None:
                order = LoadOrder(**{**order.to_dict(), "dry_run": dry_run})
            self._check(order)
            if order.is_of_main:
                self._check_alone(order.source)
            self._check_waiting()
            job.order, job.report = order, None
            self._wait(job, actor)
            return copy(job)

    # --- of loads ----------------------------------------------------------------------------------------------------

    def _read(self, said: Mapping[str, Any]) -> LoadJob:
        return LoadJob.from_dict(said)

    def _recovered(self, job: LoadJob) -> None:
        job.files = self._spool.recover(job.id, job.files)

    def _longest(self, job: LoadJob) -> timedelta:
        kept = self._limits.lasting
        return min(OPEN_FOR, kept) if job.state is JobState.OPEN else kept

    def _begun(self, job: LoadJob, settings: Settings) -> Work:
        task = {"order": job.order.to_dict(), "path": str(self._spool.export(job.id).absolute())}
        return Work("services.jobs.worker", settings, task)

    def _done(self, job: LoadJob, last: Mapping[str, Any]) -> None:
        report = {**self._without_paths(job, last["report"]), "location": f"upload {job.id}"}
        if not job.order.is_of_main:
            report["run"] = None
        status = report["status"]
        if job.order.is_of_main:
            with self._changed:
                job.run, job.sequence = report["run"], last["sequence"]
            self._project(job)
        state = {"cancelled": JobState.CANCELLED, "rehearsed": JobState.REHEARSED}.get(status, JobState.COMPLETE)
        with self._changed:
            job.report = report
            if state is JobState.COMPLETE:
                self._drop_files(job)
            self._end(job, state)

    def _failed(self, job: LoadJob, last: Mapping[str, Any]) -> None:
        error = self._without_paths(job, last["error"])
        with self._changed:
            if last["is_of_files"]:
                self._drop_files(job)
            self._end(job, JobState.FAILED, error=error)

    def _drop_files(self, job: LoadJob) -> None:
        self._spool.drop_files(job.id)
        job.files = {}

    def _noted(self, job: LoadJob, done: int) -> None:
        if job.run is None and job.order.is_of_main and done:
            for run in self._twin.ledger.runs(1, source=job.order.source, status="incomplete"):
                job.run = run.id  # there is one: nobody else loads this source
                self._keep(job)

    def _said_at_end(self, job: LoadJob) -> dict[str, Any]:
        counters = {} if job.report is None else {"counters": job.report["counters"]}
        return {**super()._said_at_end(job), **counters}

    def _check(self, order: LoadOrder) -> None:
        """Raises UnknownSourceError, NotFoundError, UsageError."""
        find_source(order.source)
        if order.branch is not None:
            if order.reread:
                raise UsageError("a load onto a branch always reads all", where="reread", hint="leave `reread` out")
            Branches(self._twin.ledger, self._twin.schema, self._twin.clock).get(order.branch)

    def _check_alone(self, source: str) -> None:
        """One load of a source at a time, here or in another process. Raises LoadInProgressError."""
        for other in self._jobs.values():
            if other.state in ACTIVE and other.order.is_of_main and other.order.source == source:
                raise LoadInProgressError(
                    f"a load of source {source!r} is under way",
                    where=other.id,
                    hint="wait until that job has ended, or cancel it",
                )
        with self._twin.ledger.loading(source):
            pass

    def _without_paths(self, job: LoadJob, said: Any) -> Any:
        """What was said, with files named as they were uploaded: where they lie here is nobody's business."""
        folder = str(self._spool.export(job.id).absolute())
        if isinstance(said, str):
            return said.replace(folder + "/", "").replace(folder, "the upload")
        if isinstance(said, dict):
            return {name: self._without_paths(job, value) for name, value in said.items()}
        if isinstance(said, list):
            return [self._without_paths(job, value) for value in said]
        return said
