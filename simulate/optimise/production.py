"""Investments in a production line: what it makes in a shift, played by the kernel, with common random numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from simulate.line.arrays import LineArrays, compile_line
from simulate.line.check import check, expected_events
from simulate.line.file import AUTO, line_of_file
from simulate.line.model import Line
from simulate.line.result import metrics_of
from simulate.line.simulate import series_of
from simulate.optimise.choices import Configuration
from simulate.optimise.errors import InvestmentError
from simulate.optimise.objective import Floats
from simulate.optimise.parameters import altered
from simulate.optimise.plan import Plan
from simulate.yaml_files import YamlFile

COMPLETED: Final = "completed"
OBJECTIVES: Final[Mapping[str, bool]] = {
    "completed": False,
    "profit": False,
    "value": False,
    "cost": True,
    "avg_cycle_time": True,
    "work_in_process": True,
    "turned_away": True,
    "scrapped": True,
    "sent_back": True,
}
"""What may be improved, of one replication; True where less is better. Throughput is per hour: pieces are `completed`."""


@dataclass
class LineObjective:
    """A metric of a line in a configuration; `line_of` makes the line, and is asked once for each configuration."""

    line_of: Callable[[Configuration], Line]
    base: Configuration
    metric: str = COMPLETED
    seed: int = 1
    _known: dict[Configuration, tuple[Line, LineArrays]] = field(default_factory=dict)

    @property
    def events(self) -> float:
        return expected_events(self._of(self.base)[0])

    def values(self, configuration: Configuration, begin: int, count: int) -> Floats:
        line, arrays = self._of(configuration)
        found = metrics_of(line, series_of(arrays, self.seed, begin, count))[self.metric]
        if np.isnan(found).any():
            raise InvestmentError(
                f"{self.metric} has no value in some replications: nothing was completed",
                where="objective",
                hint="a longer duration, or another objective",
            )
        return found

    def _of(self, configuration: Configuration) -> tuple[Line, LineArrays]:
        known = self._known.get(configuration)
        if known is None:
            line = self.line_of(configuration)
            check(line)
            known = self._known[configuration] = line, compile_line(line)
        return known


def line_after(plan: Plan, content: Mapping[str, Any], shown: str, configuration: Configuration) -> Line:
    """The line of a plan after purchases; `content` is its file as it was written. Raises InvestmentError, LineError."""
    bought = list(zip(plan.investments.values(), configuration, strict=True))
    changed = altered(content, [(one.parameters, many) for one, many in bought])
    read = line_of_file(YamlFile(changed, None, shown))
    if read.warm_up == AUTO:
        raise InvestmentError(
            "the warm-up of the line is to be found, and each configuration has another one",
            where=shown,
            hint="give it in minutes: jumeau simulate line tells what it finds",
        )
    return read.line()
