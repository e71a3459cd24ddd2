"""Jobs that wait for their turn, are done in processes of their own, and can be watched: what loads and simulations share.

State lies in a folder of the twin's home: it outlives the server, and no other server has it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Condition, Thread
from typing import Any, Final, Generic, TypeVar

import orjson
import structlog

from core.clock import parse_instant
from core.errors import BackendError, JumeauError, NotFoundError
from core.settings import Settings
from services.jobs.errors import JobInterruptedError, JobProcessError, JobStateError, TooManyJobsError
from services.jobs.folders import EVENTS, JOB, JobFolders, told
from services.jobs.job import ACTIVE, COMING, Job, JobState
from services.jobs.journal import Journal
from services.jobs.work import Work
from services.twin import Twin

RETRY_S: Final = 30
"""When to ask again where too many jobs are there."""
PROJECT: Final = "project"
"""The last stage of what writes to the ledger: the graph follows it."""

log = structlog.get_logger(__name__)
J = TypeVar("J", bound=Job)


@dataclass(frozen=True, slots=True)
class QueueLimits:
    """Jobs that are done at a time, and that may wait, by the setting that says so; how long one that ended is listed."""

    at_once: int
    waiting: int
    waiting_setting: str
    lasting: timedelta


class JobQueue(ABC, Generic[J]):
    """The jobs of one sort. Safe for several threads; nothing is read or made before `start` or the first job.

    What it does of one sort is in the methods without a body; those that say so are called under the lock.
    """

    address: str
    """Where the jobs are asked for, for hints."""

    def __init__(
        self, twin: Twin, folders: JobFolders, limits: QueueLimits, applied: Callable[[int], None] = lambda _: None
    ) -> None:
        """`applied` is called with the sequence that the graph has reached after a job that wrote."""
        self._twin = twin
        self._applied = applied
        self._folders = folders
        self._limits = limits
        self._jobs: dict[str, J] = {}
        self._journals: dict[str, Journal] = {}
        self._waiting: deque[str] = deque()
        self._work: dict[str, Work] = {}
        self._threads: list[Thread] = []
        self._changed = Condition()
        self._is_leaving = False

    # --- of one sort -------------------------------------------------------------------------------------------------

    @abstractmethod
    def _read(self, said: Mapping[str, Any]) -> J:
        """The job that a file holds. Raises KeyError, TypeError, ValueError for one that is none."""

    @abstractmethod
    def _begun(self, job: J, settings: Settings) -> Work:
        """The process that does a job; `settings` name who started it."""

    @abstractmethod
    def _done(self, job: J, last: Mapping[str, Any]) -> None:
        """Take what the process of a job said at its end, which has a report."""

    def _recovered(self, job: J) -> None:
        """A job was found in the home (under the lock)."""

    def _failed(self, job: J, last: Mapping[str, Any]) -> None:
        """A job ended with an error (not under the lock)."""
        with self._changed:
            self._end(job, JobState.FAILED, error=last["error"])

    def _noted(self, job: J, done: int) -> None:
        """Progress of a job came (under the lock)."""

    def _longest(self, job: J) -> timedelta:
        """How long a job that is not under way is kept once nobody touches it (under the lock)."""
        return self._limits.lasting

    def _said_at_end(self, job: J) -> dict[str, Any]:
        """What those who watch are told of the end of a job, besides its state."""
        return {"run": job.run, "sequence": job.sequence, "error": job.error}

    # --- the server's life -------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Take in what lies in the home. What waited or ran when the server before ended is interrupted."""
        with self._changed:
            self._is_leaving = False
            self._jobs.clear()
            self._journals.clear()
            for folder in self._folders.jobs():
                try:
                    job = self._read(orjson.loads((folder / JOB).read_bytes()))
                except (OSError, ValueError, KeyError, TypeError):
                    log.warning("folder_without_job_removed", job=folder.name)
                    self._folders.remove(folder.name)
                    continue
                self._jobs[job.id] = job
                self._journals[job.id] = Journal(folder / EVENTS)
                self._recovered(job)
                if job.state in ACTIVE:
                    self._interrupt(job)
            self._clean()

    def leave(self) -> None:
        """The server is about to go: streams of events end, what is under way is let go of."""
        with self._changed:
            self._is_leaving = True
            for work in self._work.values():
                work.leave()
            self._changed.notify_all()

    def close(self) -> None:
        """Let go of what is under way, and wait until it has ended. What waits is interrupted."""
        self.leave()
        for thread in self._threads:
            thread.join()
        with self._changed:
            self._threads.clear()
            for name in self._waiting:
                self._interrupt(self._jobs[name])
            self._waiting.clear()

    # --- what askers do ----------------------------------------------------------------------------------------------

    def cancel(self, name: str) -> J:
        """Stop a job: at once where it waits, as soon as nothing is lost where it runs. Raises NotFoundError, JobStateError."""
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

    def discard(self, name: str) -> J:
        """Take a job and its files away; what it wrote stays. Raises NotFoundError, JobStateError while it waits or runs."""
        with self._changed:
            job = self._of(name, frozenset(JobState) - ACTIVE, "is under way")
            self._remove(job)
            return job

    def job(self, name: str) -> J:
        """The job of that identifier, as it stands. Raises NotFoundError."""
        with self._changed:
            return copy(self._found(name))

    def jobs(self, *, state: JobState | None = None) -> list[J]:
        """All jobs, the latest first."""
        with self._changed:
            found = [copy(job) for job in self._jobs.values() if state is None or job.state is state]
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

    # --- doing -------------------------------------------------------------------------------------------------------

    def _ensure_threads(self) -> None:
        """As many as may be done at a time, from the first job on."""
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        under_way = sum(job.state in ACTIVE for job in self._jobs.values())
        while len(self._threads) < min(self._limits.at_once, under_way):
            thread = Thread(target=self._do_all, name=f"{type(self).__name__}-{len(self._threads)}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _do_all(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._is_leaving or self._waiting)
                if self._is_leaving:
                    return
                job = self._jobs[self._waiting.popleft()]
                job.state, job.started_at = JobState.RUNNING, self._now()
                self._keep(job, {"state": job.state})
            try:
                self._do(job)
            except Exception as error:  # whatever it is: a thread that ends would keep every job waiting
                log.error("job_failed", job=job.id, exc_info=error)
                with self._changed:
                    self._end(job, JobState.FAILED, error=JumeauError("an unexpected error occurred").to_dict())

    def _do(self, job: J) -> None:
        """Do one job in a process of its own."""
        work = self._begun(job, self._twin.settings.model_copy(update={"actor": job.started_by or job.actor}))
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
            self._done(job, last)
        elif "error" in last:
            self._failed(job, last)
        elif self._is_leaving:
            with self._changed:
                self._interrupt(job)
        else:
            how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
            gone = JobProcessError(
                f"the process of the job ended {how} before it had a report",
                where=job.id,
                hint="the server's log may say why; start it again",
            )
            with self._changed:
                self._end(job, JobState.FAILED, error=gone.to_dict())

    def _project(self, job: J) -> None:
        """Bring the graph up. Where that fails the ledger has it, and the server goes on trying."""
        try:
            reached = self._twin.catch_up(lambda done, wanted: self._progress(job, PROJECT, done, wanted))
        except BackendError as error:
            log.warning("job_not_projected", job=job.id, error=str(error))
            return
        job.graph_sequence = reached
        self._applied(reached)

    def _progress(self, job: J, stage: str, done: int, total: int) -> None:
        with self._changed:
            job.stage, job.rows, job.total = stage, done, total
            self._noted(job, done)
            with suppress(OSError):  # who watches misses it, the job goes on
                said = {"stage": stage, "rows": done, "total": total, "run": job.run}
                self._journals[job.id].append("progress", said)

    # --- under the lock ----------------------------------------------------------------------------------------------

    def _new(self, job: J) -> None:
        """A job that was not there. Raises SpoolError, DiskFullError."""
        self._folders.make(job.id)
        self._jobs[job.id] = job
        self._journals[job.id] = Journal(self._folders.folder(job.id) / EVENTS)

    def _check_waiting(self) -> None:
        """Raises TooManyJobsError where no more may wait."""
        if len(self._waiting) >= self._limits.waiting:
            raise TooManyJobsError(
                f"{len(self._waiting)} jobs wait",
                where=self._limits.waiting_setting,
                hint="start it later",
                details={"retry_after_s": RETRY_S},
            )

    def _wait(self, job: J, by: str) -> None:
        """Have a job done in its turn."""
        job.wait(by)
        self._keep(job, {"state": job.state})
        self._waiting.append(job.id)
        self._ensure_threads()
        self._changed.notify_all()

    def _end(self, job: J, state: JobState, *, error: Mapping[str, Any] | None = None) -> None:
        """Note how a job ended."""
        job.state, job.ended_at, job.error = state, self._now(), None if error is None else dict(error)
        job.is_cancelling = False
        try:
            self._keep(job, {"state": state, **self._said_at_end(job)})
        except JumeauError as failed:  # it has ended all the same
            log.error("job_end_not_written", job=job.id, state=state, error=str(failed))

    def _interrupt(self, job: J) -> None:
        cut = JobInterruptedError("the server ended before the job had", where=job.id, hint="start it again")
        self._end(job, JobState.INTERRUPTED, error=cut.to_dict())

    def _keep(self, job: J, said: Mapping[str, Any] | None = None) -> None:
        """Write the job's file, and what is `said` to those who watch. Raises SpoolError, DiskFullError."""
        job.touched_at = self._now()
        path = self._folders.folder(job.id) / JOB
        beside = path.with_suffix(".new")
        with told(self._folders.root.name):
            beside.write_bytes(orjson.dumps(job.to_dict()))
            beside.replace(path)
            if said is not None:
                self._journals[job.id].append("state", said)

    def _found(self, name: str) -> J:
        found = self._jobs.get(name)
        if found is None:
            raise NotFoundError("there is no such job", where="id", hint=f"GET {self.address} lists them")
        return found

    def _of(self, name: str, states: frozenset[JobState], seen: str) -> J:
        job = self._found(name)
        if job.state not in states:
            raise JobStateError(
                f"the job is {job.state}: it {seen}", where=name, hint=f"GET {self.address}/{{id}} tells its state"
            )
        return job

    def _clean(self) -> None:
        """Take away what nobody needs any more."""
        now = self._twin.clock.now()
        for job in list(self._jobs.values()):
            if job.state not in ACTIVE and now - parse_instant(job.touched_at) >= self._longest(job):
                self._remove(job)

    def _remove(self, job: J) -> None:
        del self._jobs[job.id]
        del self._journals[job.id]
        self._folders.remove(job.id)

    def _now(self) -> str:
        now: datetime = self._twin.clock.now()
        return now.isoformat()
