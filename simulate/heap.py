"""A binary heap of (time, who), compiled: the next event of many."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulate.compiled import compiled


@compiled("void(float64[::1], int64[::1], int64, float64, int64)")
def push(times: NDArray[np.float64], who: NDArray[np.int64], size: int, time: float, what: int) -> None:
    """Add to a heap of `size` entries; the caller counts."""
    place = size
    while place > 0:
        parent = (place - 1) >> 1
        if times[parent] <= time:
            break
        times[place] = times[parent]
        who[place] = who[parent]
        place = parent
    times[place] = time
    who[place] = what


@compiled("void(float64[::1], int64[::1], int64)")
def drop_first(times: NDArray[np.float64], who: NDArray[np.int64], size: int) -> None:
    """Remove the first of a heap of `size` entries; the caller counts."""
    last = size - 1
    time, what = times[last], who[last]
    place = 0
    while True:
        child = 2 * place + 1
        if child >= last:
            break
        if child + 1 < last and times[child + 1] < times[child]:
            child += 1
        if times[child] >= time:
            break
        times[place] = times[child]
        who[place] = who[child]
        place = child
    times[place] = time
    who[place] = what
