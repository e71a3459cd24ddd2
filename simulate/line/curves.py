"""How a line goes over its counted time: a mean over the replications at each part of it, with the half-width of its interval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from simulate.engines.arrays import Floats
from simulate.line import arrays as at
from simulate.line.arrays import BUCKETS, column
from simulate.line.result import HOUR, LineResult
from simulate.statistics.student import t_intervals

PARTS: Final = 12
"""Parts of the counted time that a curve of counts has; a curve of levels has as many as the run kept."""


@dataclass(frozen=True, slots=True)
class Curve:
    """`means` and `halves` of the parts of a time of `duration` minutes."""

    means: Floats
    halves: Floats
    duration: float

    @property
    def hours(self) -> Floats:
        """The middle of each part."""
        parts = len(self.means)
        return np.asarray((np.arange(parts) + 0.5) * self.duration / parts / HOUR)

    def to_dict(self) -> dict[str, Any]:
        return {"mean": self.means.tolist(), "half_width": self.halves.tolist()}


@dataclass(frozen=True, slots=True)
class Curves:
    """`throughput`: good pieces per hour; `work_in_process`, `queues` by stage: pieces."""

    throughput: Curve
    work_in_process: Curve
    queues: Mapping[str, Curve]


def curves_of(result: LineResult) -> Curves:
    """Raises ValueError for fewer than two replications."""
    duration = result.line.duration
    completed = result.series[:, :, at.COMPLETED].reshape(result.replications, PARTS, BUCKETS // PARTS).sum(axis=2)

    def levels(place: int) -> Curve:
        return Curve(*t_intervals(result.series[:, :, place] / (duration / BUCKETS)), duration)

    return Curves(
        Curve(*t_intervals(completed / (duration / PARTS / HOUR)), duration),
        levels(at.WIP),
        {stage.name: levels(column(place, at.QUEUE)) for place, stage in enumerate(result.line.stages)},
    )
