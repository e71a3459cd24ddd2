"""Student's t intervals of independent replications.

Source: A. M. Law, Simulation Modeling and Analysis, 5th ed. (2015), section 9.4.1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

CONFIDENCE: Final = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and the ends of its confidence interval."""

    mean: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        return (self.high - self.low) / 2.0

    def covers(self, value: float) -> bool:
        return self.low <= value <= self.high


def t_interval(values: Sequence[float] | NDArray[np.float64], confidence: float = CONFIDENCE) -> Interval:
    """The interval of the mean of independent values, one per replication. Raises ValueError for fewer than two."""
    mean, half = t_intervals(np.asarray(values, float)[:, None], confidence)
    return Interval(float(mean[0]), float(mean[0] - half[0]), float(mean[0] + half[0]))


def t_intervals(values: ArrayLike, confidence: float = CONFIDENCE) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Means and half-widths of each column; rows are replications. Raises ValueError for fewer than two rows."""
    table = np.asarray(values, float)
    if table.shape[0] < 2:
        raise ValueError("an interval needs at least two replications")
    spread = table.std(axis=0, ddof=1) / math.sqrt(table.shape[0])
    return table.mean(axis=0), t_factor(table.shape[0] - 1, confidence) * spread


def t_factor(freedom: int, confidence: float = CONFIDENCE) -> float:
    """How many standard errors an interval reaches to each side."""
    return float(stdtrit(freedom, 0.5 + confidence / 2.0))
