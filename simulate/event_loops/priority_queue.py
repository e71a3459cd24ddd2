"""M/M/c with classes of priority that do not interrupt each other, customer by customer."""

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


@compiled("float64[:,::1](uint64, float64[::1], float64, int64, float64, int64)")
def priority_queue(
    seed: int, arrival_rates: NDArray[np.float64], service_rate: float, servers: int, horizon: float, batches: int
) -> NDArray[np.float64]:
    """Classes that do not interrupt each other, from empty: per class how many services began and the sum of their waits."""
    classes = len(arrival_rates)
    sums = np.zeros((batches, 2 * classes))
    room = 64
    lines = np.zeros((classes, room))  # the moments of arrival of who waits, a ring per class
    heads = np.zeros(classes, np.int64)
    lengths = np.zeros(classes, np.int64)
    busy = np.zeros(servers)
    server = np.zeros(servers, np.int64)
    working = 0
    arrived = np.zeros(classes, np.int64)
    following = np.full(classes, np.inf)
    for each in range(classes):
        if arrival_rates[each] > 0.0:
            following[each] = exponential(seed, each, ARRIVALS, 0, 1.0 / arrival_rates[each])
    served = 0
    while True:
        comes = int(np.argmin(following))
        if working > 0 and busy[0] <= following[comes]:
            now = busy[0]
            if now >= horizon:
                return sums
            drop_first(busy, server, working)
            working -= 1
        else:
            now = following[comes]
            if now >= horizon:
                return sums
            if lengths[comes] == room:
                wider = np.zeros((classes, 2 * room))
                for each in range(classes):
                    for place in range(lengths[each]):
                        wider[each, place] = lines[each, (heads[each] + place) % room]
                    heads[each] = 0
                lines = wider
                room *= 2
            lines[comes, (heads[comes] + lengths[comes]) % room] = now
            lengths[comes] += 1
            arrived[comes] += 1
            following[comes] = now + exponential(seed, comes, ARRIVALS, arrived[comes], 1.0 / arrival_rates[comes])
        if working == servers:
            continue
        for first in range(classes):
            if lengths[first] > 0:
                came = lines[first, heads[first]]
                heads[first] = (heads[first] + 1) % room
                lengths[first] -= 1
                service = exponential(seed, STATION, SERVICES, served, 1.0 / service_rate)
                served += 1
                push(busy, server, working, now + service, 0)
                working += 1
                row = sums[min(int(came / horizon * batches), batches - 1)]
                row[2 * first] += 1.0
                row[2 * first + 1] += now - came
                break
