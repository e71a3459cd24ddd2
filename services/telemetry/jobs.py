"""Jobs that came over HTTP as metrics, read when somebody scrapes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from services.jobs.job import JobState
from services.jobs.service import JobService

UNDER_WAY: Final = (JobState.OPEN, JobState.WAITING, JobState.RUNNING)


class JobCollector(Collector):
    """Counts the jobs that have not ended, and the bytes that lie in the spool."""

    def __init__(self, jobs: JobService) -> None:
        self._jobs = jobs

    def describe(self) -> list[Metric]:
        """Nothing is read when the collector is registered."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Both families."""
        found = Counter(job.state for job in self._jobs.jobs())
        jobs = GaugeMetricFamily("jumeau_load_jobs", "Loads over HTTP that have not ended.", labels=("state",))
        for state in UNDER_WAY:
            jobs.add_metric((state.value,), found[state])
        yield jobs
        spooled = GaugeMetricFamily("jumeau_upload_spool_bytes", "Bytes of uploads that lie in the home.")
        spooled.add_metric((), self._jobs.spooled)
        yield spooled
