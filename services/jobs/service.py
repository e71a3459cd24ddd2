"""Loads that came over HTTP, from opening to their end: a queue, some that load, and what a restart left.

State lies beside the files of a job, in the home of the twin: it outlives the server, and no other server has it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from copy import copy
from datetime import datetime, timedelta
from secrets import token_hex
from threading import Condition, Thread
from typing import Any, Final

import orjson
import structlog

from core.clock import parse_instant
from core.errors import BackendError, JumeauError, NotFoundError, UsageError
from graph.history.branches import Branches
from graph.history.lease import LoadInProgressError
from ingest.sources.registry import find_source
from services.jobs.errors import JobInterruptedError, JobProcessError, JobStateError, TooManyJobsError
from services.jobs.job import ACTIVE, COMING, TAKES_FILES, Job, JobState, LoadOrder, SpooledFile
from services.jobs.journal import Journal
from services.jobs.spool import EVENTS, JOB, UPLOADS, Arriving, Spool, UploadLimits, told
from services.jobs.work import Work
from services.twin import Twin

OPEN_FOR: Final = timedelta(days=1)
"""How long a job may be open without anybody touching it."""
RETRY_S: Final = 30
"""When to ask again where too many jobs are there."""
PROJECT: Final = "project"
"""The last stage of a load: the graph follows the ledger."""

log = structlog.get_logger(__name__)


class JobService:
    """The jobs of one twin. Safe for several threads; nothing is read or made before `start` or the first job."""

    def __init__(self, twin: Twin, applied: Callable[[int], None] = lambda _: None) -> None:
        """`applied` is called with the sequence that the graph has reached after a load."""
        self._twin = twin
        self._applied = applied
        self._spool = Spool(twin.settings.home / UPLOADS, UploadLimits.of(twin.settings))
        self._jobs: dict[str, Job] = {}
        self._journals: dict[str, Journal] = {}
        self._waiting: deque[str] = deque()
        self._work: dict[str, Work] = {}
        self._threads: list[Thread] = []
        self._changed = Condition()
        self._is_leaving = False

    # --- the server's life -------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Take in what lies in the home. What waited or ran when the server before ended is interrupted."""
        with self._changed:
            self._is_leaving = False
            self._jobs.clear()
            self._journals.clear()
            for folder in self._spool.jobs():
                try:
                    job = Job.from_dict(orjson.loads((folder / JOB).read_bytes()))
                except (OSError, ValueError, KeyError, TypeError):
                    log.warning("upload_without_job_removed", job=folder.name)
                    self._spool.remove(folder.name)
                    continue
                self._jobs[job.id] = job
                self._journals[job.id] = Journal(folder / EVENTS)
                job.files = self._spool.recover(job.id, job.files)
                if job.state in ACTIVE:
                    self._interrupt(job)
            self._clean()

    def leave(self) -> None:
        """The server is about to go: streams of events end, loads are let go of; their runs can be taken up."""
        with self._changed:
            self._is_leaving = True
            for work in self._work.values():
                work.leave()
            self._changed.notify_all()

    def close(self) -> None:
        """Let go of what loads, and wait until it has ended. What waits is interrupted."""
        self.leave()
        for thread in self._threads:
            thread.join()
        with self._changed:
            self._threads.clear()
            for name in self._waiting:
                self._interrupt(self._jobs[name])
            self._waiting.clear()

    @property
    def spooled(self) -> int:
        """Bytes of all uploads that lie in the home."""
        return self._spool.bytes

    # --- what askers do ----------------------------------------------------------------------------------------------

    def open(self, order: LoadOrder, actor: str) -> Job:
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
            job = Job(token_hex(8), order, actor, now, now)
            self._spool.make(job.id)
            self._jobs[job.id] = job
            self._journals[job.id] = Journal(self._spool.folder(job.id) / EVENTS)
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

    def begin(self, name: str, actor: str, *, dry_run: bool | None = None) -> Job:
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
            if len(self._waiting) >= self._twin.settings.upload_jobs_waiting:
                raise TooManyJobsError(
                    f"{len(self._waiting)} jobs wait",
                    where="JUMEAU_UPLOAD_JOBS_WAITING",
                    hint="start it later",
                    details={"retry_after_s": RETRY_S},
                )
            job.order, job.started_by, job.attempts = order, actor, job.attempts + 1
            job.state, job.started_at, job.ended_at, job.is_cancelling = JobState.WAITING, None, None, False
            job.stage, job.rows, job.total, job.run = None, 0, 0, None
            job.report = job.error = job.sequence = job.graph_sequence = None
            self._waiting.append(job.id)
            self._keep(job, {"state": job.state})
            self._ensure_threads()
            self._changed.notify_all()
            return copy(job)

    def cancel(self, name: str) -> Job:
        """Stop a job: at once where it waits, after the batch at hand where it loads. Raises NotFoundError, JobStateError."""
        with self._changed:
            job = self._of(name, ACTIVE, "neither waits nor runs")
            if job.id in self._waiting:
                self._waiting.remove(job.id)
                self._end(job, JobState.CANCELLED)
                return copy(job)
            job.is_cancelling = True
            self._keep(job, {"state": job.state, "cancelling": True})
            if (work := self._work.get(job.id)) is not None:
                work.cancel()
            return copy(job)

    def discard(self, name: str) -> Job:
        """Take a job and its files away; what it loaded stays. Raises NotFoundError, JobStateError while it waits or runs."""
        with self._changed:
            job = self._of(name, frozenset(JobState) - ACTIVE, "is under way")
            self._remove(job)
            return job

    def job(self, name: str) -> Job:
        """The job of that identifier, as it stands. Raises NotFoundError."""
        with self._changed:
            return copy(self._found(name))

    def jobs(self, *, source: str | None = None, state: JobState | None = None) -> list[Job]:
        """All jobs, the latest first."""
        with self._changed:
            found = [
                copy(job)
                for job in self._jobs.values()
                if (source is None or job.order.source == source) and (state is None or job.state is state)
            ]
        return sorted(found, key=lambda job: (job.opened_at, job.id), reverse=True)

    def is_coming(self, name: str) -> bool:
        """Whether there is more to be told of a job. Takes no lock and no time: for the event loop.

        Where it is False the end may be about to be written: `job` waits for it.
        """
        found = self._jobs.get(name)
        return found is not None and found.state in COMING and not self._is_leaving

    def journal(self, name: str) -> Journal:
        """What happened to a job. Raises NotFoundError."""
        with self._changed:
            return self._journals[self._found(name).id]

    # --- loading -----------------------------------------------------------------------------------------------------

    def _ensure_threads(self) -> None:
        """As many as may load at a time, from the first job on."""
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        under_way = sum(job.state in ACTIVE for job in self._jobs.values())
        while len(self._threads) < min(self._twin.settings.upload_jobs_at_once, under_way):
            thread = Thread(target=self._load_all, name=f"load-job-{len(self._threads)}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _load_all(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._is_leaving or self._waiting)
                if self._is_leaving:
                    return
                job = self._jobs[self._waiting.popleft()]
                job.state, job.started_at = JobState.RUNNING, self._now()
                self._keep(job, {"state": job.state})
            try:
                self._load(job)
            except Exception as error:  # whatever it is: a thread that ends would keep every job waiting
                log.error("job_failed", job=job.id, exc_info=error)
                with self._changed:
                    self._end(job, JobState.FAILED, error=JumeauError("an unexpected error occurred").to_dict())

    def _load(self, job: Job) -> None:
        """Load one job in a process of its own, and bring the graph up."""
        settings = self._twin.settings.model_copy(update={"actor": job.started_by or job.actor})
        work = Work(settings, job.order, self._spool.export(job.id))
        with self._changed:
            self._work[job.id] = work
            if self._is_leaving:
                work.leave()
            elif job.is_cancelling:
                work.cancel()
        last: Mapping[str, Any] = {}
        try:
            for last in work.told():
                if "stage" in last:
                    self._progress(job, last["stage"], last["done"], last["total"])
        finally:
            code = work.end()
            with self._changed:
                del self._work[job.id]
        if "report" in last:
            self._loaded(job, last)
        elif "error" in last:
            error = self._without_paths(job, last["error"])
            with self._changed:
                self._end(job, JobState.FAILED, error=error, drops=bool(last["is_of_files"]))
        elif self._is_leaving:
            with self._changed:
                self._interrupt(job)
        else:
            how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
            gone = JobProcessError(
                f"the process of the load ended {how} before it had a report",
                where=job.id,
                hint="the server's log may say why; start the job again: it goes on where it stopped",
            )
            with self._changed:
                self._end(job, JobState.FAILED, error=gone.to_dict())

    def _loaded(self, job: Job, told_: Mapping[str, Any]) -> None:
        report = {**self._without_paths(job, told_["report"]), "location": f"upload {job.id}"}
        if not job.order.is_of_main:
            report["run"] = None
        status = report["status"]
        if job.order.is_of_main:
            with self._changed:
                job.run, job.sequence = report["run"], told_["sequence"]
            self._project(job)
        state = {"cancelled": JobState.CANCELLED, "rehearsed": JobState.REHEARSED}.get(status, JobState.COMPLETE)
        with self._changed:
            job.report = report
            self._end(job, state, drops=state is JobState.COMPLETE)

    def _project(self, job: Job) -> None:
        """Bring the graph up. Where that fails the ledger has the load, and the server goes on trying."""
        try:
            reached = self._twin.catch_up(lambda done, wanted: self._progress(job, PROJECT, done, wanted))
        except BackendError as error:
            log.warning("job_not_projected", job=job.id, error=str(error))
            return
        job.graph_sequence = reached
        self._applied(reached)

    def _progress(self, job: Job, stage: str, done: int, total: int) -> None:
        with self._changed:
            job.stage, job.rows, job.total = stage, done, total
            if job.run is None and job.order.is_of_main and done:
                for run in self._twin.ledger.runs(1, source=job.order.source, status="incomplete"):
                    job.run = run.id  # there is one: nobody else loads this source
                    self._keep(job)
            with suppress(OSError):  # who watches misses it, the load goes on
                said = {"stage": stage, "rows": done, "total": total, "run": job.run}
                self._journals[job.id].append("progress", said)

    # --- under the lock ----------------------------------------------------------------------------------------------

    def _end(self, job: Job, state: JobState, *, error: Mapping[str, Any] | None = None, drops: bool = False) -> None:
        """Note how a job ended; with `drops` its files are gone."""
        job.state, job.ended_at, job.error = state, self._now(), None if error is None else dict(error)
        job.is_cancelling = False
        if drops:
            self._spool.drop_files(job.id)
            job.files = {}
        said: dict[str, Any] = {"state": state, "run": job.run, "sequence": job.sequence, "error": job.error}
        if job.report is not None:
            said["counters"] = job.report["counters"]
        try:
            self._keep(job, said)
        except JumeauError as failed:  # it has ended all the same
            log.error("job_end_not_written", job=job.id, state=state, error=str(failed))

    def _interrupt(self, job: Job) -> None:
        cut = JobInterruptedError(
            "the server ended before the job had",
            where=job.id,
            hint="start it again: it goes on where it stopped",
        )
        self._end(job, JobState.INTERRUPTED, error=cut.to_dict())

    def _keep(self, job: Job, said: Mapping[str, Any] | None = None) -> None:
        """Write the job's file, and what is `said` to those who watch. Raises SpoolError, DiskFullError."""
        job.touched_at = self._now()
        path = self._spool.folder(job.id) / JOB
        beside = path.with_suffix(".new")
        with told():
            beside.write_bytes(orjson.dumps(job.to_dict()))
            beside.replace(path)
            if said is not None:
                self._journals[job.id].append("state", said)

    def _found(self, name: str) -> Job:
        found = self._jobs.get(name)
        if found is None:
            raise NotFoundError("there is no such job", where="id", hint="GET /api/ingestions lists them")
        return found

    def _of(self, name: str, states: frozenset[JobState], seen: str) -> Job:
        job = self._found(name)
        if job.state not in states:
            raise JobStateError(
                f"the job is {job.state}: it {seen}", where=name, hint="GET /api/ingestions/{id} tells its state"
            )
        return job

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

    def _clean(self) -> None:
        """Take away what nobody needs any more."""
        now = self._twin.clock.now()
        kept = timedelta(days=self._twin.settings.upload_days)
        for job in list(self._jobs.values()):
            longest = min(OPEN_FOR, kept) if job.state is JobState.OPEN else kept
            if job.state not in ACTIVE and now - parse_instant(job.touched_at) >= longest:
                self._remove(job)

    def _remove(self, job: Job) -> None:
        del self._jobs[job.id]
        del self._journals[job.id]
        self._spool.remove(job.id)

    def _without_paths(self, job: Job, said: Any) -> Any:
        """What was said, with files named as they were uploaded: where they lie here is nobody's business."""
        folder = str(self._spool.export(job.id).absolute())
        if isinstance(said, str):
            return said.replace(folder + "/", "").replace(folder, "the upload")
        if isinstance(said, dict):
            return {name: self._without_paths(job, value) for name, value in said.items()}
        if isinstance(said, list):
            return [self._without_paths(job, value) for value in said]
        return said

    def _now(self) -> str:
        now: datetime = self._twin.clock.now()
        return now.isoformat()
