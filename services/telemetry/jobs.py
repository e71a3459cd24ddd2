"""Jobs that came over HTTP as metrics, read when somebody scrapes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from services.jobs.job import JobState
from services.jobs.loads import LoadJobs
from services.jobs.queue import JobQueue
from services.simulation.jobs import SimulationJobs

WORKED_ON: Final = (JobState.WAITING, JobState.RUNNING)
UNDER_WAY: Final = (JobState.OPEN, *WORKED_ON)


class JobCollector(Collector):
    """Counts the jobs that have not ended, and the bytes that lie in the spool."""

    def __init__(self, loads: LoadJobs, simulations: SimulationJobs) -> None:
        self._loads, self._simulations = loads, simulations

    def describe(self) -> list[Metric]:
        """Nothing is read when the collector is registered."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Every family."""
        yield _under_way("jumeau_load_jobs", "Loads over HTTP that have not ended.", self._loads)
        yield _under_way(
            "jumeau_simulation_jobs", "Simulations over HTTP that have not ended.", self._simulations, WORKED_ON
        )
        spooled = GaugeMetricFamily("jumeau_upload_spool_bytes", "Bytes of uploads that lie in the home.")
        spooled.add_metric((), self._loads.spooled)
        yield spooled


def _under_way(
    name: str, about: str, queue: JobQueue[Any], states: tuple[JobState, ...] = UNDER_WAY
) -> GaugeMetricFamily:
    found = Counter(job.state for job in queue.jobs())
    jobs = GaugeMetricFamily(name, about, labels=("state",))
    for state in states:
        jobs.add_metric((state.value,), found[state])
    return jobs
