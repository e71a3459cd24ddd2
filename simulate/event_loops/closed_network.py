"""Closed networks of single servers and customers who think between rounds, event by event."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulate.compiled import compiled
from simulate.event_loops.network_steps import add_span, route
from simulate.event_loops.times import exponential
from simulate.heap import drop_first, push

SERVICES: Final = 1


@compiled("float64[:,::1](uint64, float64[::1], float64[::1], int64, float64, float64, int64)")
def closed_network(
    seed: int,
    service_times: NDArray[np.float64],
    visits: NDArray[np.float64],
    customers: int,
    thinking: float,
    horizon: float,
    batches: int,
) -> NDArray[np.float64]:
    """All customers think first: per station the sum of who is there over time, then the visits ended, then the time.

    A round is a random number of visits, with the given mean number to each station: after a thought and after each visit
    the next is to station i with probability V(i) / (1 + sum V), and a thought with 1 / (1 + sum V). Without thinking the
    latter is a new round at once.
    """
    stations = len(service_times)
    sums = np.zeros((batches, 2 * stations + 1))
    sums[:, 2 * stations] = horizon / batches
    total = visits.sum()
    shares = visits / (1.0 + total) if thinking > 0.0 else visits / total
    present = np.zeros(stations, np.int64)
    since = np.zeros(stations)  # when the number at a station last changed
    served = np.zeros(stations, np.int64)
    times = np.zeros(customers + stations)
    who = np.zeros(customers + stations, np.int64)  # a station's next completion, or `stations`: a thought ends
    size = 0
    thoughts = 0
    routes = 0
    for _ in range(customers):
        thought = exponential(seed, stations, SERVICES, thoughts, thinking) if thinking > 0.0 else 0.0
        push(times, who, size, thought, stations)
        size += 1
        thoughts += 1
    while times[0] < horizon:
        now, what = times[0], who[0]
        drop_first(times, who, size)
        size -= 1
        if what < stations:
            add_span(sums, what, float(present[what]), since[what], now, horizon)
            since[what] = now
            present[what] -= 1
            sums[min(int(now / horizon * batches), batches - 1), stations + what] += 1.0
            served[what] += 1
            if present[what] > 0:
                service = exponential(seed, what, SERVICES, served[what], service_times[what])
                push(times, who, size, now + service, what)
                size += 1
        goes_to = route(seed, stations, routes, shares)
        routes += 1
        if goes_to == stations and thinking == 0.0:
            goes_to = stations - 1  # the shares sum to one but for rounding
        if goes_to == stations:
            push(times, who, size, now + exponential(seed, stations, SERVICES, thoughts, thinking), stations)
            size += 1
            thoughts += 1
        else:
            add_span(sums, goes_to, float(present[goes_to]), since[goes_to], now, horizon)
            since[goes_to] = now
            present[goes_to] += 1
            if present[goes_to] == 1:
                service = exponential(seed, goes_to, SERVICES, served[goes_to], service_times[goes_to])
                push(times, who, size, now + service, goes_to)
                size += 1
    for station in range(stations):
        add_span(sums, station, float(present[station]), since[station], horizon, horizon)
    return sums
