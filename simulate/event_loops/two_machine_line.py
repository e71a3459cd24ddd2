"""The line of two machines that fail and a buffer between them, cycle by cycle."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulate.compiled import compiled
from simulate.randomness import uniform

STATES: Final = 0


@compiled("float64[:,::1](uint64, float64, float64, int64, int64, int64)")
def two_machine_line(
    seed: int, failure: float, repair: float, buffer: int, cycles: int, batches: int
) -> NDArray[np.float64]:
    """From empty, both working: pieces made and cycles gone by. A machine that is starved or blocked does not fail."""
    sums = np.zeros((batches, 2))
    level = 0
    first, second = True, True
    for cycle in range(cycles):
        has_room, has_piece = level < buffer, level > 0
        at = uniform(seed, 0, STATES, cycle)
        first = (not has_room or at >= failure) if first else at < repair
        at = uniform(seed, 1, STATES, cycle)
        second = (not has_piece or at >= failure) if second else at < repair
        made = second and has_piece
        if first and has_room:
            level += 1
        if made:
            level -= 1
        row = sums[min(cycle * batches // cycles, batches - 1)]
        row[0] += made
        row[1] += 1.0
    return sums
