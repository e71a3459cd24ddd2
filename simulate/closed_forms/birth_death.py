"""The stationary distribution of a birth and death process, weighed in logarithms so that no long chain overflows.

Source: p(n) = p(0) prod birth(i-1) / death(i); W. Feller, An Introduction to Probability Theory I (1968), XVII.5-7.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def stationary(births: Sequence[float], deaths: Sequence[float]) -> NDArray[np.float64]:
    """Probabilities of the states 0..n; `births[i]` is the rate i -> i+1 and `deaths[i]` that of i+1 -> i, all above 0."""
    steps = np.log(np.asarray(births, float)) - np.log(np.asarray(deaths, float))
    weights = np.concatenate(([0.0], np.cumsum(steps)))
    probabilities = np.exp(weights - weights.max())
    return np.asarray(probabilities / probabilities.sum())
