"""Where the warm-up ends: MSER, the truncation after which the mean of what is left is known best.

Source: K. P. White, An effective truncation heuristic for bias reduction in simulation output (1997); K. P. White, M. J.
Cobb and S. C. Spratt (2000), MSER-5, on batches instead of single observations.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def mser(series: NDArray[np.float64]) -> int | None:
    """How many values at the beginning of a series of batch means to leave out; None where it is half of them or more.

    None says that the run was too short to tell the warm-up from the rest.
    """
    length = len(series)
    if length < 4:
        return None
    from_here = np.arange(length, 0, -1)
    sums = np.cumsum(series[::-1])[::-1]
    squares = np.cumsum(series[::-1] ** 2)[::-1]
    errors = (squares - sums**2 / from_here) / from_here.astype(float) ** 2
    cut = int(np.argmin(np.maximum(errors[: length - 2], 0.0)))
    return cut if cut < length // 2 else None
