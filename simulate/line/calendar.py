"""When operators are there, machines may begin, and pieces arrive: shifts are hours of the week, as absolute times they are the same
for both engines.

What was begun is finished: who goes home, and a stage that closes, end the piece (its set-up and repair included) and begin no other.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from simulate.compiled import compiled
from simulate.engines.arrays import Floats

DAY: Final = 1_440.0
WEEK: Final = 10_080.0
"""Minutes."""
OPERATORS: Final = -1
"""In place of a stage: how many operators are there."""


@dataclass(frozen=True, slots=True)
class Shift:
    """From `begin` to `end`, minutes of the week (Monday midnight is 0), each week. `operators` are those of this shift."""

    begin: float
    end: float
    operators: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """At a time, so long `after` the one before, a stage opens (1) or closes (0), or so many operators are there."""

    time: float
    after: float
    of: int
    value: int


def level(shifts: Sequence[Shift], minute: float, *, counted: bool) -> int:
    """What is from a minute of the week on: operators of all shifts, or 1 (open) and 0."""
    there = [shift for shift in shifts if shift.begin <= minute < shift.end]
    return sum(shift.operators for shift in there) if counted else int(bool(there))


def most(shifts: Sequence[Shift]) -> int:
    """Operators that are there at one time."""
    return max((level(shifts, shift.begin, counted=True) for shift in shifts), default=0)


def _levels(shifts: Sequence[Shift], *, counted: bool) -> list[tuple[float, int]]:
    """The minutes of the week at which something changes, and what is from then on."""
    edges = sorted({edge % WEEK for shift in shifts for edge in (shift.begin, shift.end)})
    found = [(edge, level(shifts, edge, counted=counted)) for edge in edges]
    return [one for at, one in enumerate(found) if one[1] != found[at - 1][1]]


def changes_of(
    operators: Sequence[Shift], stages: Sequence[Sequence[Shift]], week_offset: float, horizon: float
) -> list[Change]:
    """All that changes before the horizon, in order. Each time is the one before it and what comes `after`: engines that add up meet it."""
    wanted = []
    for of, shifts in enumerate([operators, *stages], OPERATORS):
        for edge, value in _levels(shifts, counted=of == OPERATORS):
            for week in range(math.ceil((horizon + week_offset) / WEEK)):
                time = week * WEEK + edge - week_offset
                if 0.0 < time < horizon:
                    wanted.append((time, of, value))
    changes: list[Change] = []
    last = 0.0
    for time, of, value in sorted(wanted):
        after = time - last
        last += after
        changes.append(Change(last, after, of, value))
    return changes


def period_of(operators: Sequence[Shift], others: Sequence[Sequence[Shift]]) -> float:
    """Minutes after which all shifts come again: a day where all days are alike, else a week; 0 where nothing ever changes."""
    found = 0.0
    for shifts, counted in ((operators, True), *((some, False) for some in others)):
        levels = set(_levels(shifts, counted=counted))
        if levels:
            is_daily = _rounded((edge + DAY, value) for edge, value in levels) == _rounded(levels)
            found = max(found, DAY if is_daily else WEEK)
    return found


def _rounded(levels: Iterable[tuple[float, int]]) -> set[tuple[float, int]]:
    """Minutes of the week without the last digits of fractions of hours."""
    return {(round(edge, 6) % WEEK, value) for edge, value in levels}


def open_spans(shifts: Sequence[Shift], week_offset: float, horizon: float) -> tuple[Floats, Floats]:
    """When it is open before the horizon: beginnings and ends, in order; nothing at all without shifts."""
    if not shifts:
        return np.empty(0), np.empty(0)
    changes = changes_of([], [shifts], week_offset, horizon)
    begins = [0.0] if level(shifts, week_offset, counted=False) else []
    begins += [change.time for change in changes if change.value]
    ends = [change.time for change in changes if not change.value] + [horizon]
    if not begins:
        return np.array([horizon]), np.array([horizon])  # never, which is another thing than always
    return np.array(begins), np.array(ends[: len(begins)])


@compiled("float64(float64, float64[::1], float64[::1])")
def clock_time(worked: float, begins: Floats, ends: Floats) -> float:
    """The moment at which so much open time has gone by; infinite where the spans end before."""
    left = worked
    for at in range(len(begins)):
        span = ends[at] - begins[at]
        if left <= span:
            return float(begins[at] + left)
        left -= span
    return math.inf
