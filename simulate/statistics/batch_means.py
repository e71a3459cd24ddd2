"""Batch means: an interval from one long run, cut into batches long enough to be nearly independent.

Source: A. M. Law (2015), section 9.5.3; the lag-1 correlation of the means tells whether batches are long enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulate.statistics.student import CONFIDENCE, Interval, t_interval


@dataclass(frozen=True, slots=True)
class BatchMeans:
    """The interval, the mean of each batch, and how much a batch tells of the next (0 where they are independent)."""

    interval: Interval
    means: NDArray[np.float64]
    lag_one: float


def batch_means(
    observations: Sequence[float] | NDArray[np.float64], batches: int = 20, confidence: float = CONFIDENCE
) -> BatchMeans:
    """Cut a run, its warm-up removed, into equal batches; what does not fill the last one is dropped at the beginning.

    Raises ValueError where there are fewer than two observations per batch, or fewer than two batches.
    """
    values = np.asarray(observations, float)
    size = len(values) // batches if batches >= 2 else 0
    if size < 2:
        raise ValueError(f"{len(values)} observations do not fill {batches} batches of two and more")
    means = values[len(values) - size * batches :].reshape(batches, size).mean(axis=1)
    apart = means - means.mean()
    spread = float(apart @ apart)
    lag_one = float(apart[1:] @ apart[:-1]) / spread if spread > 0.0 else 0.0
    return BatchMeans(t_interval(means, confidence), means, lag_one)
