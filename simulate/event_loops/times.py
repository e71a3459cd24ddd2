"""Times to what happens next, compiled: exponential, as everything of a single model is."""

from __future__ import annotations

import math

from simulate.compiled import compiled
from simulate.randomness import uniform


@compiled("float64(uint64, int64, int64, int64, float64)")
def exponential(seed: int, component: int, stream: int, index: int, mean: float) -> float:
    """The exponential draw that belongs to a key; 1 - a uniform number is exact, so that the plain logarithm does."""
    draw: float = -mean * math.log(1.0 - uniform(seed, component, stream, index))
    return draw
