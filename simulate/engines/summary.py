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
class CrewUse:
    """Utilisation of a crew: the share of its hours on duty in which it repairs, with Student's t interval at 95 % (from 0 to 1).

    `repairs` are begun by replication; `wait` is the mean time in hours from a failure to the beginning of its repair.
    """

    name: str
    size: int
    utilisation: float
    low: float
    high: float
    repairs: float
    wait: float


@dataclass(frozen=True, slots=True)
class LoadUse:
    """Utilisation of the servers of a load: the share of those that are up which is busy, with its interval as above."""

    id: str
    name: str
    kind: str
    utilisation: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class RunResult:
    """A run. Sums over replications by item, in hours and numbers; rows of `downtime` are those in `replication`.

    `crews` has three columns for each crew (utilisation, repairs, hours waited for them), `loads` one for each load.
    """

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
    crews: Floats
    loads: Floats

    def crew_use(self) -> list[CrewUse]:
        """Every crew, in order."""
        found = []
        for at, crew in enumerate(self.model.crews):
            used, repairs, waited = (self.crews[:, 3 * at + column] for column in range(3))
            begun = float(repairs.sum())
            mean_repairs = begun / self.replications if self.replications else float("nan")
            wait = float(waited.sum()) / begun if begun else 0.0
            found.append(CrewUse(crew.name, crew.size, *_share(used), mean_repairs, wait))
        return found

    def load_use(self) -> list[LoadUse]:
        """Every load, in order."""
        return [
            LoadUse(one.id, one.name, one.kind, *_share(self.loads[:, at])) for at, one in enumerate(self.model.loads)
        ]

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


def _share(values: Floats) -> tuple[float, float, float]:
    """Mean of a share with its interval; nan where fewer than two replications are done."""
    count = len(values)
    mean = float(values.mean()) if count else float("nan")
    if count < 2:
        return mean, float("nan"), float("nan")
    half = t_factor(count - 1) * float(values.std(ddof=1)) / float(np.sqrt(count))
    return mean, max(0.0, mean - half), min(1.0, mean + half)
