"""How a load grows, and when it fills what carries it: exponential growth, fitted to what was seen.

The rate is the slope of the logarithm over time by least squares, with Student's t interval where three points or more are
there. The moment of saturation follows from it, and its bounds from the bounds of the rate.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from simulate.statistics.student import t_factor

LATEST: Final = 50.0
"""Years ahead beyond which nothing is foretold."""


@dataclass(frozen=True, slots=True)
class Growth:
    """Per year, as a logarithm: `rate` 0.18 is about 20 % a year. The bounds are at 95 %, absent where two points drew the line."""

    rate: float
    low: float | None
    high: float | None
    points: int


@dataclass(frozen=True, slots=True)
class Saturation:
    """Years from now until the limit is reached: 0 where it is already, None where it never is (or beyond 50 years)."""

    years: float | None
    earliest: float | None
    latest: float | None


def supposed(per_year: float) -> Growth:
    """Growth that a scenario supposes, such as 0.2 for 20 % a year."""
    rate = math.log1p(per_year)
    return Growth(rate, None, None, 0)


def fitted(points: Sequence[tuple[float, float]]) -> Growth | None:
    """From (years, positive value); None where fewer than two moments were seen."""
    seen = [(at, math.log(value)) for at, value in points if value > 0.0]
    times, values = np.array([at for at, _ in seen]), np.array([value for _, value in seen])
    if len(seen) < 2 or float(np.ptp(times)) <= 0.0:
        return None
    centred = times - times.mean()
    spread = float(centred @ centred)
    rate = float(centred @ values) / spread
    if len(seen) == 2:
        return Growth(rate, None, None, 2)
    residuals = values - values.mean() - rate * centred
    error = math.sqrt(float(residuals @ residuals) / (len(seen) - 2) / spread)
    half = t_factor(len(seen) - 2) * error
    return Growth(rate, rate - half, rate + half, len(seen))


def saturation(utilisation: float, limit: float, growth: Growth | None) -> Saturation:
    """When utilisation reaches the limit."""
    if utilisation >= limit:
        return Saturation(0.0, 0.0, 0.0)
    if growth is None or utilisation <= 0.0:
        return Saturation(None, None, None)
    distance = math.log(limit / utilisation)
    earliest = None if growth.high is None else _years(distance, growth.high)
    latest = None if growth.low is None else _years(distance, growth.low)
    return Saturation(_years(distance, growth.rate), earliest, latest)


def _years(distance: float, rate: float) -> float | None:
    return distance / rate if rate * LATEST > distance else None
