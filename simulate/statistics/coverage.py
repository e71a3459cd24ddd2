"""Coverage: how often intervals hold the exact value, over repeated experiments; what says whether intervals are honest.

Source: L. W. Schruben, A coverage function for interval estimators of simulation response (1980).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from simulate.statistics.replications import Experiment, replicate
from simulate.statistics.student import Interval, t_interval


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many of the experiments covered the exact value."""

    covered: int
    experiments: int

    @property
    def share(self) -> float:
        return self.covered / self.experiments

    def interval(self, normal: float = 1.959964) -> Interval:
        """Of the share itself: E. B. Wilson's score interval (1927), which is honest near 1, too."""
        n, square = self.experiments, normal**2
        middle = (self.share + square / (2 * n)) / (1 + square / n)
        half = normal / (1 + square / n) * math.sqrt(self.share * (1 - self.share) / n + square / (4 * n * n))
        return Interval(self.share, middle - half, middle + half)


def coverage(intervals: Iterable[Interval], exact: float) -> Coverage:
    """How many of these intervals hold `exact`."""
    held = [interval.covers(exact) for interval in intervals]
    return Coverage(sum(held), len(held))


def coverage_of(
    experiment: Experiment, metric: str, exact: float, experiments: int, length: float, warm_up: float
) -> Coverage:
    """Repeat an experiment with the seeds 0, 1, 2 ... and count the t intervals of a metric that hold its exact value."""
    runs = (replicate(experiment, seed, length, warm_up)[metric] for seed in range(experiments))
    return coverage((t_interval(values) for values in runs), exact)
