"""How long a line takes to settle, found and not given: MSER-5 on the mean course of pilot replications.

Pieces in the line and their completions are averaged over replications first (P. D. Welch, The statistical analysis of simulation
results, 1983), so that chance does not look like a trend; then each course is cut where MSER says (`simulate.statistics.warm_up`), on
means of five parts. The longest cut counts. Where there are shifts, nothing settles within a week: the parts are whole weeks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from simulate.engines.arrays import Floats
from simulate.errors import SimulationError
from simulate.line import arrays as at
from simulate.line.arrays import compile_line
from simulate.line.calendar import WEEK
from simulate.line.check import MOST_EVENTS, check, expected_events
from simulate.line.model import Line
from simulate.line.simulate import series_of
from simulate.statistics.warm_up import mser

PILOTS: Final = 40
MEANS_OF: Final = 5
"""Parts that are averaged before MSER looks: the 5 of MSER-5."""
PARTS: Final = 240
LONGEST: Final = 64
"""The longest pilot, in durations of the line."""
_APART: Final = 1 << 40
"""Pilot replications are numbered from here: no other run has their chance."""


class WarmUpError(SimulationError):
    """A line that does not settle, so that no warm-up can be found."""

    code = "SIMULATION_WARM_UP"


@dataclass(frozen=True, slots=True)
class WarmUp:
    """What was found: minutes to leave out, by pilots of this many minutes each."""

    minutes: float
    pilot_minutes: float
    pilots: int

    @property
    def told(self) -> str:
        return (
            f"warm-up of {self.minutes:g} minutes by MSER-5 on {self.pilots} pilots of {self.pilot_minutes:g} minutes"
        )


def find_warm_up(line: Line, seed: int = 1, cancelled: Callable[[], bool] = lambda: False) -> WarmUp:
    """The warm-up of a line, whatever it has now; its own duration is that of the first pilot, doubled until it is told.

    Raises WarmUpError where it does not settle within LONGEST durations, LineError and TooManyEventsError.
    """
    part = WEEK if line.has_shifts or line.arrival_shifts else 0.0
    length = max(line.duration, part * 4 * MEANS_OF)
    longest = length * LONGEST
    while length <= longest and not cancelled():
        pilot = replace(line, warm_up=0.0, duration=length)
        if expected_events(pilot) > MOST_EVENTS:
            break
        check(pilot, PILOTS)
        parts = int(length / part) if part else PARTS
        cut = _cut(pilot, seed, parts)
        if cut is not None:
            return WarmUp(cut * length / parts, length, PILOTS)
        length *= 2.0
    raise WarmUpError(
        f"it has not settled within {length / 2.0:g} minutes: more comes in than goes out, or it is too long until it is balanced",
        where=line.name,
        hint="give a warm-up in minutes, or relieve the bottleneck",
    )


def _cut(pilot: Line, seed: int, parts: int) -> int | None:
    """How many parts to leave out; None where a course has not settled."""
    compiled: Any = compile_line(pilot)._replace(edges=np.linspace(0.0, pilot.horizon, 1 + parts))
    course = series_of(compiled, seed, _APART, PILOTS, buckets=parts).mean(axis=0)
    cuts = [mser(_means(course[:, column])) for column in (at.WIP, at.COMPLETED)]
    return None if None in cuts else MEANS_OF * max(cut or 0 for cut in cuts)


def _means(course: Floats) -> Floats:
    whole = len(course) // MEANS_OF * MEANS_OF
    found: Floats = course[:whole].reshape(-1, MEANS_OF).mean(axis=1)
    return found
