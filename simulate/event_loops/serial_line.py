"""Stations in series with finite buffers between them, piece by piece."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulate.compiled import compiled
from simulate.event_loops.times import exponential

SERVICES: Final = 0


@compiled("float64[:,::1](uint64, float64[::1], int64[::1], int64, int64)")
def serial_line(
    seed: int, service_rates: NDArray[np.float64], buffers: NDArray[np.int64], pieces: int, batches: int
) -> NDArray[np.float64]:
    """From empty: pieces that left the line, and the time that this took, per batch of pieces.

    Piece n leaves station i at D(i, n) = max(max(D(i-1, n), D(i, n-1)) + service, D(i+1, n - buffer - 1)): with blocking
    after service it goes on when the piece that frees a place has gone on (Y. Dallery and S. B. Gershwin, 1992).
    """
    stations = len(service_rates)
    sums = np.zeros((batches, 2))
    deepest = 2
    for buffer in buffers:
        deepest = max(deepest, buffer + 2)
    left = np.zeros((stations, deepest))  # when each of the last pieces left each station, a ring
    last = 0.0
    for piece in range(pieces):
        ready = 0.0
        for station in range(stations):
            before = left[station, (piece - 1) % deepest] if piece > 0 else 0.0
            done = max(ready, before) + exponential(seed, station, SERVICES, piece, 1.0 / service_rates[station])
            if station < stations - 1 and piece > buffers[station]:
                done = max(done, left[station + 1, (piece - buffers[station] - 1) % deepest])
            left[station, piece % deepest] = done
            ready = done
        row = sums[min(piece * batches // pieces, batches - 1)]
        row[0] += 1.0
        row[1] += ready - last
        last = ready
    return sums
