"""Simulations that came over a door, from when they are ordered to their end: played in processes of their own, kept by them.

What can be refused is refused before a job is there. What only a model can tell (its events, an estate that is too large) is
refused by the process before it plays. A run that is kept is one batch of the ledger, so that there is a whole one or none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final

import orjson

from core.errors import BackendError, NotFoundError, UsageError
from core.settings import Settings
from graph.history.branches import Branches
from services.jobs.errors import JobStateError
from services.jobs.folders import RESULT, JobFolders
from services.jobs.job import JobState
from services.jobs.queue import JobQueue, QueueLimits
from services.jobs.work import Work
from services.moments import Asked, moment_of
from services.simulation.bounds import Bounds
from services.simulation.documents import SCENARIO
from services.simulation.job import SimulationJob, SimulationOrder
from services.simulation.kept import KeptRuns
from services.simulation.snapshot import names_of
from services.twin import Twin

if TYPE_CHECKING:
    from simulate.builder.scenario import Scenario

SIMULATIONS: Final = "simulations"
MOST_OTHERS: Final = 10


class SimulationJobs(JobQueue[SimulationJob]):
    """The simulations of one twin."""

    address = "/api/simulations"

    def __init__(self, twin: Twin, applied: Callable[[int], None] = lambda _: None) -> None:
        """`applied` is called with the sequence that the graph has reached after a run was kept."""
        settings = twin.settings
        limits = QueueLimits(
            settings.simulation_jobs_at_once,
            settings.simulation_jobs_waiting,
            "JUMEAU_SIMULATION_JOBS_WAITING",
            timedelta(days=settings.simulation_days),
        )
        super().__init__(twin, JobFolders(settings.home / SIMULATIONS), limits, applied)

    def begin(self, order: SimulationOrder, actor: str) -> SimulationJob:
        """Have a simulation played in its turn.

        Raises ScenarioError and other SimulationErrors, SimulationTooLargeError, UsageError, NotFoundError, TooManyJobsError,
        SpoolError.
        """
        checked = self._checked(order)
        now = self._now()
        with self._changed:
            self._clean()
            self._check_waiting()
            job = SimulationJob(token_hex(8), checked, actor, now, now)
            self._new(job)
            self._wait(job, actor)
            return copy(job)

    def result(self, name: str) -> Path:
        """Where the whole of what was played lies, as JSON. Raises NotFoundError, JobStateError where there is none."""
        path = self._folders.folder(self.job(name).id) / RESULT
        if not path.is_file():
            raise JobStateError(
                "the job has no result", where=name, hint=f"GET {self.address}/{{id}} tells its state and its error"
            )
        return path

    def kept(self, actor: str) -> KeptRuns:
        """The runs that the twin keeps, for somebody to drop."""
        twin = self._twin
        return KeptRuns(twin.ledger, twin.clock, actor, most=twin.settings.simulation_runs_kept)

    # --- of simulations ----------------------------------------------------------------------------------------------

    def _read(self, said: Mapping[str, Any]) -> SimulationJob:
        return SimulationJob.from_dict(said)

    def _begun(self, job: SimulationJob, settings: Settings) -> Work:
        path = self._folders.folder(job.id) / RESULT
        task = {"order": job.order.to_dict(), "path": str(path.absolute())}
        return Work("services.simulation.worker", settings, task)

    def _done(self, job: SimulationJob, last: Mapping[str, Any]) -> None:
        report = last["report"]
        with self._changed:
            job.run, job.sequence = last["run"], last["sequence"]
        if job.sequence is not None:
            self._project(job)
        with self._changed:
            job.report = report
            self._end(job, JobState.CANCELLED if report["stopped"] == "cancelled" else JobState.COMPLETE)

    def _said_at_end(self, job: SimulationJob) -> dict[str, Any]:
        counts = {} if job.report is None else {name: job.report[name] for name in ("replications", "wanted")}
        return {**super()._said_at_end(job), **counts}

    # --- refusing ----------------------------------------------------------------------------------------------------

    def _checked(self, order: SimulationOrder) -> SimulationOrder:
        """The order with its scenarios as they are played; refuses what can be refused without a model."""
        twin, bounds = self._twin, Bounds.of(self._twin.settings)
        if len(order.others) > MOST_OTHERS:
            raise UsageError(
                f"{len(order.others)} scenarios to compare with", where="others", hint=f"{MOST_OTHERS} at most"
            )
        bounds.check_elements(self._least_elements())
        if order.of is not None:
            return self._checked_again(order, bounds)
        if order.scenario is None:
            raise UsageError("there is no scenario", where="scenario", hint="an object, or the text of a YAML file")
        # here, as below: a server that nobody asks for a simulation loads nothing of it
        from simulate.extra import needs_the_extra

        with needs_the_extra():
            from services.simulation.calibrated import calibrated
            from services.simulation.keep import check_keeping
            from simulate.builder.scenario import as_scenario
        scenarios = [
            calibrated(twin.settings, as_scenario(words, where))
            for words, where in ((order.scenario, "scenario"), *((other, "others") for other in order.others))
        ]
        base = scenarios[0]
        wanted = base.replications if order.replications is None else order.replications
        bounds.check_replications(wanted * len(scenarios))
        if order.keep:
            check_keeping(base.seed if order.seed is None else order.seed, order.incidents)
        for scenario in scenarios:
            moment = Asked(order.as_of, order.branch or scenario.branch)
            moment_of(twin.ledger, Branches(twin.ledger, twin.schema, twin.clock), moment, begun_by=None)
        first, *rest = (_words(scenario) for scenario in scenarios)
        return replace(order, scenario=first, others=tuple(rest))

    def _checked_again(self, order: SimulationOrder, bounds: Bounds) -> SimulationOrder:
        """Raises NotFoundError for a run that is not kept, or was kept without its scenario."""
        if order.scenario is not None or order.others:
            raise UsageError("a run is played again as it was", where="of", hint="leave `scenario` and `others` out")
        runs = self.kept("")
        state = runs.found(order.of or "")
        if runs.documents.get(state.element, SCENARIO) is None:
            raise NotFoundError(
                "the scenario of this run is not kept", where="of", hint="it came from an archive, or an older version"
            )
        bounds.check_replications(int(str(state.properties["replications"])))
        return replace(order, of=state.element, insight=True, keep=False)

    def _least_elements(self) -> int:
        """Items and relations of main that a model may be built from, as the graph counts them; 0 where it cannot be asked."""
        names = names_of(self._twin.schema)
        try:
            return sum(count for name, count in self._twin.repository.counts().items() if name in names)
        except BackendError:
            return 0


def parsed(text: str, shown: str = "scenario.yml") -> dict[str, Any]:
    """The words of a scenario from the text of a YAML file. Raises ScenarioError, which names the line."""
    from simulate.extra import needs_the_extra

    with needs_the_extra():
        from simulate.builder.scenario import parse_scenario
    return _words(parse_scenario(text, shown))


def _words(scenario: Scenario) -> dict[str, Any]:
    words: dict[str, Any] = orjson.loads(orjson.dumps(scenario.model_dump(mode="json", exclude_unset=True)))
    return words
