"""What a run says: availability of every item with its interval, and of watched items by replication."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulate.engines.arrays import Floats, Ints
from simulate.model.items import Model
from simulate.statistics.student import t_factor


@dataclass(frozen=True, slots=True)
class Availability:
    """Availability of one item: mean over replications, and Student's t interval at 95 % (from 0 to 1).

    `outages` and `downtime` (hours) are means per replication; `breaches` is how many outages per replication lasted longer
    than the recovery time objective.
    """

    id: str
    name: str
    kind: str
    mean: float
    low: float
    high: float
    outages: float
    downtime: float
    breaches: float


@dataclass(frozen=True, slots=True)
class RunResult:
    """A run. Sums over replications by item, in hours and numbers; rows of `downtime` are those in `replication`."""

    model: Model
    seed: int
    replications: int
    total: Floats
    squares: Floats
    outages: Ints
    breaches: Ints
    replication: Ints
    downtime: Floats
    interruptions: Ints

    def availability(self, item: int) -> Availability:
        """What the run says of the item at this position; nan where fewer than two replications are done."""
        count = self.replications
        mean = float(self.total[item]) / count if count else float("nan")
        half = float("nan")
        if count > 1:
            variance = max(0.0, float(self.squares[item]) - count * mean * mean) / (count - 1)
            half = t_factor(count - 1) * float(np.sqrt(variance / count))
        horizon = self.model.horizon
        about = self.model.items[item]
        up = 1.0 - mean / horizon
        return Availability(
            about.id,
            about.name,
            about.kind,
            up,
            max(0.0, up - half / horizon),
            min(1.0, up + half / horizon),
            float(self.outages[item]) / count if count else float("nan"),
            mean,
            float(self.breaches[item]) / count if count else float("nan"),
        )

    def watched(self) -> list[Availability]:
        """The watched items, in order."""
        return [self.availability(item) for item in self.model.watched]
