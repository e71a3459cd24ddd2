"""Machines that fail and the crews that repair them, machine by machine, first failed first repaired."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulate.compiled import compiled
from simulate.event_loops.times import exponential
from simulate.heap import drop_first, push

FAILURES: Final = 0
REPAIRS: Final = 1
REPAIRED_GROUP: Final = ("machines_down", "crews_busy", "all_busy", "group_down", "time")


@compiled("float64[:,::1](uint64, int64, int64, float64, float64, int64, float64, int64)")
def repaired_group(
    seed: int, machines: int, crews: int, mtbf: float, mttr: float, needed: int, horizon: float, batches: int
) -> NDArray[np.float64]:
    """All work at first: the sums over time named in REPAIRED_GROUP; a span counts where it begins.

    The k-th life of a machine and its k-th repair are draws k of that machine's streams, whoever repairs it and when.
    """
    sums = np.zeros((batches, 5))
    times = np.zeros(machines)
    who = np.zeros(machines, np.int64)
    lives = np.zeros(machines, np.int64)
    is_down = np.zeros(machines, np.bool_)
    line = np.zeros(machines, np.int64)  # failed and waiting for a crew, a ring
    head = 0
    waiting = 0
    down = 0
    busy = 0
    size = 0
    now = 0.0
    for machine in range(machines):
        push(times, who, size, exponential(seed, machine, FAILURES, 0, mtbf), machine)
        size += 1
    while True:
        then = min(times[0], horizon)
        row = sums[min(int(now / horizon * batches), batches - 1)]
        span = then - now
        row[0] += down * span
        row[1] += busy * span
        row[2] += span if busy == crews else 0.0
        row[3] += span if machines - down < needed else 0.0
        row[4] += span
        now = then
        if now >= horizon:
            return sums
        machine = who[0]
        drop_first(times, who, size)
        size -= 1
        if is_down[machine]:
            is_down[machine] = False
            down -= 1
            busy -= 1
            lives[machine] += 1
            push(times, who, size, now + exponential(seed, machine, FAILURES, lives[machine], mtbf), machine)
            size += 1
        else:
            is_down[machine] = True
            down += 1
            line[(head + waiting) % machines] = machine
            waiting += 1
        if waiting > 0 and busy < crews:
            repaired = line[head]
            head = (head + 1) % machines
            waiting -= 1
            busy += 1
            push(times, who, size, now + exponential(seed, repaired, REPAIRS, lives[repaired], mttr), repaired)
            size += 1
