"""M/M/c/K, customer by customer: who finds all places taken is lost."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulate.compiled import compiled
from simulate.event_loops.times import exponential
from simulate.heap import drop_first, push

ARRIVALS: Final = 0
SERVICES: Final = 1
STATION: Final = 0
BOUNDED_QUEUE: Final = ("arrived", "lost", "wait", "sojourn", "empty_time", "time")


@compiled("float64[:,::1](uint64, float64, float64, int64, int64, float64, int64)")
def bounded_queue(
    seed: int, arrival_rate: float, service_rate: float, servers: int, places: int, horizon: float, batches: int
) -> NDArray[np.float64]:
    """M/M/c/K from empty: the sums named in BOUNDED_QUEUE, per batch of arrivals; who is lost is in the first two only."""
    sums = np.zeros((batches, 6))
    sums[:, 5] = horizon / batches
    free = np.zeros(servers)
    server = np.arange(servers)
    leaving = np.zeros(places)
    customer = np.zeros(places, np.int64)
    inside = 0
    last_leaves = 0.0
    now = 0.0
    index = 0
    while True:
        now += exponential(seed, STATION, ARRIVALS, index, 1.0 / arrival_rate)
        if now >= horizon:
            sums[batches - 1, 4] += max(horizon - last_leaves, 0.0)
            return sums
        service = exponential(seed, STATION, SERVICES, index, 1.0 / service_rate)
        index += 1
        while inside > 0 and leaving[0] <= now:
            drop_first(leaving, customer, inside)
            inside -= 1
        row = sums[min(int(now / horizon * batches), batches - 1)]
        row[0] += 1.0
        if inside == 0:
            row[4] += now - last_leaves
        if inside == places:
            row[1] += 1.0
            continue
        start = max(now, free[0])
        drop_first(free, server, servers)
        push(free, server, servers - 1, start + service, 0)
        push(leaving, customer, inside, start + service, 0)
        inside += 1
        last_leaves = max(last_leaves, start + service)
        row[2] += start - now
        row[3] += start - now + service
