"""Sets of times as intervals, compiled: when enough of them hold at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulate.compiled import compiled

Floats = NDArray[np.float64]


@compiled("void(float64[::1], int64, int64)")
def _sink(values: Floats, at: int, count: int) -> None:
    value = values[at]
    while 2 * at + 1 < count:
        child = 2 * at + 1
        if child + 1 < count and values[child + 1] > values[child]:
            child += 1
        if values[child] <= value:
            break
        values[at] = values[child]
        at = child
    values[at] = value


@compiled("void(float64[::1], int64)")
def sort_first(values: Floats, count: int) -> None:
    """Sort the first `count` values in place: by insertion where they are few or nearly in order, otherwise with a heap."""
    moves = 0
    most = 8 * count + 64
    for at in range(1, count):
        value = values[at]
        back = at
        while back > 0 and values[back - 1] > value:
            values[back] = values[back - 1]
            back -= 1
        values[back] = value
        moves += at - back
        if moves > most:
            break
    else:
        return
    for top in range(count // 2 - 1, -1, -1):
        _sink(values, top, count)
    for last in range(count - 1, 0, -1):
        values[0], values[last] = values[last], values[0]
        _sink(values, 0, last)


@compiled("int64(float64[::1], float64[::1], int64, int64, float64[::1], float64[::1], int64)")
def where_at_least(
    begins: Floats, ends: Floats, count: int, least: int, out_begins: Floats, out_ends: Floats, offset: int
) -> int:
    """The times at which `least` of the first `count` intervals hold at once, written from `offset` on: how many intervals.

    Begins and ends are sorted in place. Intervals that touch become one. -1 where the room is too small.
    """
    sort_first(begins, count)
    sort_first(ends, count)
    level = 0
    begun = 0
    ended = 0
    written = 0
    while ended < count:
        if begun < count and begins[begun] <= ends[ended]:
            level += 1
            if level == least:
                if offset + written >= len(out_begins):
                    return -1
                out_begins[offset + written] = begins[begun]
            begun += 1
        else:
            if level == least and out_begins[offset + written] < ends[ended]:  # one that has no length is none
                out_ends[offset + written] = ends[ended]
                written += 1
            level -= 1
            ended += 1
    return written
