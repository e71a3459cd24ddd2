"""Differences of two systems run with the same random numbers: an interval of the difference, pair by pair.

Source: A. M. Law (2015), sections 10.2.1 (paired t) and 11.2 (common random numbers).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulate.statistics.student import CONFIDENCE, Interval, t_interval


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """`interval` is of changed - base; `correlation` tells how much the common random numbers helped (1: all there was)."""

    interval: Interval
    correlation: float

    @property
    def is_told_apart(self) -> bool:
        """Whether zero lies outside of the interval."""
        return not self.interval.covers(0.0)


def paired_difference(
    base: Sequence[float] | NDArray[np.float64],
    changed: Sequence[float] | NDArray[np.float64],
    confidence: float = CONFIDENCE,
) -> PairedDifference:
    """Replication i of both ran with the same random numbers. Raises ValueError where their counts differ."""
    before, after = np.asarray(base, float), np.asarray(changed, float)
    if before.shape != after.shape:
        raise ValueError(f"{len(before)} and {len(after)} replications do not pair up")
    varies = before.std() > 0.0 and after.std() > 0.0
    correlation = float(np.corrcoef(before, after)[0, 1]) if varies else 0.0
    return PairedDifference(t_interval(after - before, confidence), correlation)
