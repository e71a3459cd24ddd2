"""How much is lost when data come from a replica or from a backup: told from the event log of either engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulate.distributions import Distribution
from simulate.engines.arrays import law_of
from simulate.engines.events import Event, What
from simulate.model.items import Model, Stream
from simulate.randomness import draw, seed_of_replication, uniform


@dataclass(frozen=True, slots=True)
class DataLoss:
    """At `time` (hours) the last `lost` hours of data of an item were gone; `kept` is whether its objective allows that.

    Without an objective, none can be missed.
    """

    time: float
    item: int
    lost: float
    kept: bool


def data_losses(model: Model, seed: int, replication: int, events: Sequence[Event]) -> list[DataLoss]:
    """The losses of one replication, from its log, in order.

    A failover loses what the replica had not yet received, a repair that needs the backup what came after the last one.
    """
    own = int(seed_of_replication(seed, replication))
    failures: Counter[int] = Counter()
    failovers: Counter[int] = Counter()
    found = []
    for time, at, what in events:
        item = model.items[at]
        if what is What.FAILED:
            number = failures[at]
            failures[at] += 1
            backup = item.backup
            if backup is None or time < backup.begin:
                continue
            if uniform(own, item.key, int(Stream.RESTORE_NEEDED), number) < backup.restore_probability:
                found.append(_loss(model, time, at, (time - backup.begin) % backup.every))
        elif what is What.FAILED_OVER:
            number = failovers[at]
            failovers[at] += 1
            if item.failover is not None and item.failover.lag is not None:
                lost = _draw(item.failover.lag, own, item.key, Stream.REPLICATION_LAG, number)
                found.append(_loss(model, time, at, lost))
    return found


def _loss(model: Model, time: float, at: int, lost: float) -> DataLoss:
    objective = model.items[at].recovery_point_objective
    return DataLoss(time, at, lost, objective is None or lost <= objective)


def _draw(law: Distribution, seed: int, key: int, stream: Stream, number: int) -> float:
    table: list[float] = []
    numbers = law_of(law, table)
    return draw(*numbers, np.array([0.0, *table]), seed, key, int(stream), number)
