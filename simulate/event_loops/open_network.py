"""Open networks of single servers with random routing, event by event."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulate.compiled import compiled
from simulate.event_loops.network_steps import add_span, route
from simulate.event_loops.times import exponential
from simulate.heap import drop_first, push

ARRIVALS: Final = 0
SERVICES: Final = 1


@compiled("float64[:,::1](uint64, float64[::1], float64[::1], float64[:,::1], float64, int64)")
def open_network(
    seed: int,
    service_times: NDArray[np.float64],
    arrival_rates: NDArray[np.float64],
    routing: NDArray[np.float64],
    horizon: float,
    batches: int,
) -> NDArray[np.float64]:
    """From empty: per station the time busy, then per station the customers served, then the time that went by."""
    stations = len(service_times)
    sums = np.zeros((batches, 2 * stations + 1))
    sums[:, 2 * stations] = horizon / batches
    present = np.zeros(stations, np.int64)
    served = np.zeros(stations, np.int64)
    arrived = np.zeros(stations, np.int64)
    times = np.zeros(2 * stations)
    who = np.zeros(2 * stations, np.int64)  # a station's next completion, or stations + the one that has an arrival
    size = 0
    for station in range(stations):
        if arrival_rates[station] > 0.0:
            first = exponential(seed, station, ARRIVALS, 0, 1.0 / arrival_rates[station])
            push(times, who, size, first, stations + station)
            size += 1
    while size > 0 and times[0] < horizon:
        now, what = times[0], who[0]
        drop_first(times, who, size)
        size -= 1
        if what >= stations:
            goes_to = what - stations
            arrived[goes_to] += 1
            gap = exponential(seed, goes_to, ARRIVALS, arrived[goes_to], 1.0 / arrival_rates[goes_to])
            push(times, who, size, now + gap, what)
            size += 1
        else:
            sums[min(int(now / horizon * batches), batches - 1), stations + what] += 1.0
            present[what] -= 1
            goes_to = route(seed, what, served[what], routing[what])
            served[what] += 1
            if present[what] > 0:
                service = exponential(seed, what, SERVICES, served[what], service_times[what])
                add_span(sums, what, 1.0, now, now + service, horizon)
                push(times, who, size, now + service, what)
                size += 1
        if goes_to < stations:
            present[goes_to] += 1
            if present[goes_to] == 1:
                service = exponential(seed, goes_to, SERVICES, served[goes_to], service_times[goes_to])
                add_span(sums, goes_to, 1.0, now, now + service, horizon)
                push(times, who, size, now + service, goes_to)
                size += 1
    return sums
