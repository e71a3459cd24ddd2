"""What a sample says by itself, without any family: the product-limit estimate of how long durations last.

Kaplan and Meier, "Nonparametric estimation from incomplete observations", JASA 53 (1958), by scipy's `ecdf`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from simulate.calibration.cumulative import cumulative, cumulative_below
from simulate.calibration.sample import Floats
from simulate.distributions import Distribution, empirical

SUPPORT = 1_000
"""Values that an empirical distribution is made of at most: its quantiles in steps of one in a thousand."""


@dataclass(frozen=True, slots=True, eq=False)
class Lasting:
    """The share that has ended by each time in hours, ascending; beyond the last one nothing was seen to end."""

    times: Floats
    ended: Floats

    def quantile(self, share: float) -> float | None:
        """By when this share has ended; None where so many were never seen to end."""
        at = int(np.searchsorted(self.ended, share - 1e-12))
        return float(self.times[at]) if at < len(self.times) else None

    def distance(self, fitted: Distribution) -> float:
        """The largest gap to the distribution function of a law (Kolmogorov-Smirnov), over all times that were seen."""
        before = np.concatenate([[0.0], self.ended[:-1]])
        above = np.abs(cumulative(fitted, self.times) - self.ended).max()
        return float(max(above, np.abs(cumulative_below(fitted, self.times) - before).max()))

    def distribution(self) -> Distribution:
        """What was seen, each quantile as likely; the share that was never seen to end is given the longest time."""
        count = min(SUPPORT, max(len(self.times), 1))
        shares = (np.arange(count) + 0.5) / count
        places = np.minimum(np.searchsorted(self.ended, shares), len(self.times) - 1)
        return empirical([float(value) for value in self.times[places]])


def lasting(ended: Floats, running: Floats) -> Lasting:
    """The product-limit estimate. At least one duration must have ended."""
    sample = stats.CensoredData(uncensored=ended, right=running)
    curve = stats.ecdf(sample).cdf
    seen = np.isin(curve.quantiles, ended)
    return Lasting(np.asarray(curve.quantiles)[seen], np.asarray(curve.probabilities)[seen])
