"""What both networks need: sums over time, batch by batch, and where a customer goes next."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulate.compiled import compiled
from simulate.randomness import uniform

ROUTES = 2


@compiled("void(float64[:,::1], int64, float64, float64, float64, float64)")
def add_span(sums: NDArray[np.float64], column: int, weight: float, begin: float, end: float, horizon: float) -> None:
    """Add `weight` times the span from `begin` to `end`, cut at the horizon, to a column of the batches that it lies in."""
    end = min(end, horizon)
    batches = len(sums)
    width = horizon / batches
    batch = min(int(begin / width), batches - 1)
    while end > begin:
        limit = (batch + 1) * width if batch < batches - 1 else horizon
        sums[batch, column] += weight * (min(end, limit) - begin)
        begin = limit
        batch += 1


@compiled("int64(uint64, int64, int64, float64[::1])")
def route(seed: int, station: int, index: int, shares: NDArray[np.float64]) -> int:
    """Where to go next: a station, or the number of stations for out."""
    at = uniform(seed, station, ROUTES, index)
    for following in range(len(shares)):
        at -= shares[following]
        if at < 0.0:
            return following
    return len(shares)
