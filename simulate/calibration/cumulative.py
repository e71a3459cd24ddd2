"""The distribution function of every law, steps included: a constant and what was measured jump, and no density is asked of them."""

from __future__ import annotations

import numpy as np

from simulate.calibration.likelihood import law_of
from simulate.calibration.sample import Floats
from simulate.distributions import Distribution
from simulate.randomness import DETERMINISTIC, EMPIRICAL, TRIANGULAR, UNIFORM


def cumulative(law: Distribution, at: Floats) -> Floats:
    """The probability of a duration up to each of these."""
    return _of(law, at, "right")


def cumulative_below(law: Distribution, at: Floats) -> Floats:
    """The probability of a duration below each of these: another one where the law jumps."""
    return _of(law, at, "left")


def _of(law: Distribution, at: Floats, side: str) -> Floats:
    if law.family in (EMPIRICAL, DETERMINISTIC):
        values = np.array(law.values or (law.first,))
        found: Floats = np.searchsorted(values, at, side="right" if side == "right" else "left") / len(values)
        return found
    if law.family == UNIFORM:
        return np.clip((at - law.first) / (law.second - law.first), 0.0, 1.0)
    if law.family == TRIANGULAR:
        low, mode, high = law.values
        inside = np.clip(at, low, high)
        rising = (inside - low) ** 2 / ((high - low) * max(mode - low, np.finfo(float).tiny))
        falling = 1.0 - (high - inside) ** 2 / ((high - low) * max(high - mode, np.finfo(float).tiny))
        return np.where(inside < mode, rising, falling)
    return law_of(law).cdf(at)
