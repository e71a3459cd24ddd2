"""Components in series that fail after fixed hours of work, as SimPy processes: the readable counterpart of the closed form."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import simpy

from simulate.closed_forms.series_system import SAME_MOMENT, SeriesSystem


class _Series:
    """The system: components age together while it is up, and who failed is repaired while the others rest."""

    def __init__(self, system: SeriesSystem) -> None:
        self.system = system
        self.environment = simpy.Environment()
        self.ages = [0.0] * len(system.fails_every)
        self.down = 0.0
        self.events = 0

    def live(self) -> Generator[Any, Any, None]:
        while True:
            left = [every - age for every, age in zip(self.system.fails_every, self.ages, strict=True)]
            work = min(left)
            yield self.environment.timeout(work)
            self.ages = [
                0.0 if each <= work * SAME_MOMENT else age + work for each, age in zip(left, self.ages, strict=True)
            ]
            self.events += 1
            began = self.environment.now
            self.down += max(min(self.system.repair, self.system.horizon - began), 0.0)
            yield self.environment.timeout(self.system.repair)


def down_time(system: SeriesSystem) -> tuple[float, int]:
    """Hours down within the horizon, and how often the system went down."""
    series = _Series(system)
    series.environment.process(series.live())
    series.environment.run(until=system.horizon)
    return series.down, series.events
