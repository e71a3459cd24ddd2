"""Which components cause the downtime of what is watched, and which do so alone.

While something watched is down, its hours are shared equally among all that is down by itself and causes it. Summed over
everything watched and all outages of a replication, that is the contribution of a component; its interval is Student's t over
replications. A component is a single point of failure where something watched went down for it alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from simulate.engines.history import History
from simulate.insight.causes import Causes, of_item
from simulate.model.items import Model
from simulate.statistics.student import t_interval


@dataclass(frozen=True, slots=True)
class Contribution:
    """Per replication: `hours` of watched downtime that a component caused, with their 95 % interval, and `alone` those it caused alone.

    `share` is of all watched downtime. `brought_down` are the watched items that went down for it alone in some replication.
    """

    id: str
    name: str
    kind: str
    hours: float
    low: float
    high: float
    share: float
    alone: float
    brought_down: tuple[str, ...]

    @property
    def is_single_point(self) -> bool:
        """Whether something went down for it alone."""
        return bool(self.brought_down)


@dataclass(slots=True)
class _Seen:
    hours: dict[int, float] = field(default_factory=dict)  # by replication
    alone: float = 0.0
    brought_down: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Contributions:
    """Adds up replications, one by one."""

    model: Model
    replications: int = 0
    _seen: dict[str, _Seen] = field(default_factory=lambda: defaultdict(_Seen))

    def add(self, history: History) -> None:
        """Take in one replication."""
        causes = Causes(history)
        number = self.replications
        self.replications += 1
        for watched in self.model.watched:
            name = self.model.items[watched].name
            for begin, end, found in causes.outages(watched):
                responsible = sorted({of_item(self.model.items[at].id) for at in found})
                for id_ in responsible:
                    seen = self._seen[id_]
                    seen.hours[number] = seen.hours.get(number, 0.0) + (end - begin) / len(responsible)
                    if len(responsible) == 1:
                        seen.alone += end - begin
                        seen.brought_down.add(name)

    def ranking(self) -> list[Contribution]:
        """Those that contributed most first. Two replications are needed for intervals."""
        count = self.replications
        if count < 2:
            return []
        total = sum(sum(seen.hours.values()) for seen in self._seen.values()) or 1.0
        found = []
        for id_, seen in self._seen.items():
            values = np.zeros(count)
            for number, hours in seen.hours.items():
                values[number] = hours
            interval = t_interval(values)
            item = self.model.items[self.model.position[id_]]
            share = float(values.sum()) / total
            found.append(
                Contribution(
                    id_,
                    item.name,
                    item.kind,
                    interval.mean,
                    max(0.0, interval.low),
                    interval.high,
                    share,
                    seen.alone / count,
                    tuple(sorted(seen.brought_down)),
                )
            )
        return sorted(found, key=lambda one: (-one.hours, one.name, one.id))


def single_points(ranking: Sequence[Contribution]) -> list[Contribution]:
    """Those that brought something down alone, those of most things first."""
    found = [one for one in ranking if one.is_single_point]
    return sorted(found, key=lambda one: (-len(one.brought_down), -one.alone, one.name))
