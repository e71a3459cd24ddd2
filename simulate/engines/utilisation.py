"""How busy crews and servers are in one replication, compiled: sums over intervals that are there already.

A crew is busy for the share of its hours on duty, times its size, in which it repairs; a repair that goes on after the end of a
shift is not of these hours. Of servers the share of those that are up which is busy (no more than all of them), on average over
the time in which one at least is up: between two failures a queue is in its steady state (docs/adr/0031).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from simulate.compiled import compiled

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@compiled("float64(float64, float64[::1], float64[::1])")
def _worked(time: float, begins: Floats, ends: Floats) -> float:
    """Hours of shifts from a Monday to so many hours later."""
    weeks = math.floor(time / 168.0)
    rest = time - weeks * 168.0
    hours = 0.0
    for at in range(len(begins)):
        length = ends[at] - begins[at]
        hours += weeks * length + min(max(rest - begins[at], 0.0), length)
    return hours


@compiled("float64(float64, float64, float64[::1], float64[::1], float64)")
def on_duty(begin: float, end: float, begins: Floats, ends: Floats, week_offset: float) -> float:
    """Hours of shifts between two times; all of them without shifts."""
    if len(begins) == 0:
        return end - begin
    return _worked(end + week_offset, begins, ends) - _worked(begin + week_offset, begins, ends)


@compiled(
    "UniTuple(float64, 3)(float64, float64, int64[::1], int64, float64[::1], float64[::1], float64[::1], float64[::1], "
    "float64[::1], int64[::1], int64[::1])"
)
def crew_use(
    horizon: float,
    week_offset: float,
    members: Ints,
    size: int,
    shift_begin: Floats,
    shift_end: Floats,
    begin: Floats,
    finish: Floats,
    started: Floats,
    own_first: Ints,
    own_last: Ints,
) -> tuple[float, float, float]:
    """Of one crew: the share of its time that it repairs, repairs begun, and hours that these had waited together."""
    worked = repairs = waited = 0.0
    for place in range(len(members)):
        item = members[place]
        for at in range(own_first[item], own_last[item]):
            if started[at] < horizon:
                worked += on_duty(started[at], min(finish[at], horizon), shift_begin, shift_end, week_offset)
                repairs += 1.0
                waited += started[at] - begin[at]
    there = size * on_duty(0.0, horizon, shift_begin, shift_end, week_offset)
    return (worked / there if there > 0.0 else 0.0), repairs, waited


@compiled(
    "float64(float64, int64[::1], float64, float64, float64[::1], float64[::1], int64[::1], int64[::1], "
    "float64[::1], float64[::1])"
)
def server_use(
    horizon: float,
    members: Ints,
    servers: float,
    offered: float,
    begin: Floats,
    finish: Floats,
    first: Ints,
    last: Ints,
    a: Floats,
    b: Floats,
) -> float:
    """Of one queue: `servers` at each of its members, and how many of them are busy where there are enough (`offered`).

    -1 where the room of `a` and `b` is too small.
    """
    count = 0
    for place in range(len(members)):
        member = members[place]
        if count + last[member] - first[member] > len(a):
            return -1.0
        for at in range(first[member], last[member]):
            a[count] = begin[at]
            b[count] = finish[at]
            count += 1
    downs = np.sort(a[:count])
    ups = np.sort(b[:count])
    time = busy = there = 0.0
    down = next_down = next_up = 0
    while time < horizon:
        until = horizon
        if next_down < count:
            until = min(until, downs[next_down])
        if next_up < count:
            until = min(until, ups[next_up])
        up = len(members) - down
        if up > 0:
            busy += min(1.0, offered / (up * servers)) * (until - time)
            there += until - time
        time = until
        while next_up < count and ups[next_up] <= time:
            down -= 1
            next_up += 1
        while next_down < count and downs[next_down] <= time:
            down += 1
            next_down += 1
    return busy / there if there > 0.0 else min(1.0, offered / (len(members) * servers))
