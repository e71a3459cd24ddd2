"""What calibration learns from: incidents (or repairs, or jobs of any kind) with their beginning, and their end where it is known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from simulate.errors import CalibrationError

HOUR_S = 3_600.0

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Case:
    """One incident or repair. Instants are UTC. `end` is None where the log does not tell it."""

    group: str
    begin: datetime
    end: datetime | None
    ended: bool = True
    """Whether it is known to have ended, though perhaps not when: of such a one no duration is learned."""


@dataclass(frozen=True, slots=True)
class Durations:
    """Durations in hours: of what was seen to end, and how long the rest had lasted when nobody looked any more (censored)."""

    ended: tuple[float, ...]
    running: tuple[float, ...] = ()

    def __len__(self) -> int:
        return len(self.ended) + len(self.running)

    def arrays(self) -> tuple[Floats, Floats]:
        """Both as arrays, ascending."""
        return np.sort(np.asarray(self.ended, dtype=float)), np.sort(np.asarray(self.running, dtype=float))


def durations(cases: Iterable[Case], until: datetime, resolution_hours: float) -> Durations:
    """The durations as they were known at `until`: whatever ended later, or began later, is not looked at.

    Times that are told to the minute, say, make durations of nothing; these become half of `resolution_hours`.
    """
    least = resolution_hours / 2.0
    ended: list[float] = []
    running: list[float] = []
    for case in cases:
        if case.begin >= until:
            continue
        if case.end is not None and case.end <= until:
            lasted = (case.end - case.begin).total_seconds() / HOUR_S
            if lasted < 0.0:
                raise CalibrationError(
                    f"a case of {case.group} ends at {case.end.isoformat()}, before it begins at {case.begin.isoformat()}",
                    hint="check the columns of begin and end, and the format of their times",
                )
            ended.append(max(lasted, least))
        elif case.end is not None or not case.ended:
            running.append(max((until - case.begin).total_seconds() / HOUR_S, least))
    return Durations(tuple(ended), tuple(running))
