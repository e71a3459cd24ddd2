"""M/M/c, customer by customer: first come, first served by the server that becomes free first.

So that a customer costs one step of a heap of servers (J. Kiefer and J. Wolfowitz, On the theory of queues with many
servers, 1955).
"""

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
WAITING_LINE: Final = ("started", "wait", "sojourn", "waited", "in_target", "queue_time", "time")


@compiled("float64[:,::1](uint64, float64, float64, int64, float64, float64, int64)")
def waiting_line(
    seed: int, arrival_rate: float, service_rate: float, servers: int, target: float, horizon: float, batches: int
) -> NDArray[np.float64]:
    """M/M/c from empty: the sums named in WAITING_LINE, per batch of arrivals.

    Waits are those of customers whose service begins within the horizon; the time in the queue is that of all.
    """
    sums = np.zeros((batches, 7))
    sums[:, 6] = horizon / batches
    free = np.zeros(servers)
    server = np.arange(servers)
    now = 0.0
    index = 0
    while True:
        now += exponential(seed, STATION, ARRIVALS, index, 1.0 / arrival_rate)
        if now >= horizon:
            return sums
        service = exponential(seed, STATION, SERVICES, index, 1.0 / service_rate)
        index += 1
        row = sums[min(int(now / horizon * batches), batches - 1)]
        start = max(now, free[0])
        drop_first(free, server, servers)
        push(free, server, servers - 1, start + service, 0)
        row[5] += min(start, horizon) - now
        if start < horizon:
            row[0] += 1.0
            row[1] += start - now
            row[2] += start - now + service
            row[3] += start > now
            row[4] += start - now <= target
