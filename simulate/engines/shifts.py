"""When a crew works: shifts are hours of the week, the same for every engine."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from simulate.compiled import compiled

# The same sums are compared here and there, over three weeks: an opening that was computed is within its shift.


@compiled("boolean(float64, float64[::1], float64[::1], float64)")
def at_work(time: float, begins: NDArray[np.float64], ends: NDArray[np.float64], week_offset: float) -> bool:
    """Whether repairs may begin at this time; always without shifts."""
    if len(begins) == 0:
        return True
    week = math.floor((time + week_offset) / 168.0) * 168.0
    for around in range(-1, 2):
        monday = week + around * 168.0 - week_offset
        for at in range(len(begins)):
            if monday + begins[at] <= time < monday + ends[at]:
                return True
    return False


@compiled("float64(float64, float64[::1], float64)")
def next_opening(time: float, begins: NDArray[np.float64], week_offset: float) -> float:
    """The first beginning of a shift after this time."""
    week = math.floor((time + week_offset) / 168.0) * 168.0
    found = math.inf
    for around in range(-1, 3):
        monday = week + around * 168.0 - week_offset
        for at in range(len(begins)):
            opening = monday + float(begins[at])
            if opening > time:
                found = min(found, opening)
    return found
