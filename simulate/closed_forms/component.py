"""One component: availability MTBF / (MTBF + MTTR) of the alternating renewal process, survival exp(-rate t).

Sources: R. E. Barlow and F. Proschan, Statistical Theory of Reliability and Life Testing (1975), chapters 3 and 7.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lifetime:
    """A constant failure rate, and the age that is asked about, in the same unit of time."""

    failure_rate: float
    age: float


def reliability(lifetime: Lifetime) -> float:
    """The probability to live longer than `age`."""
    return math.exp(-lifetime.failure_rate * lifetime.age)


def availability(mtbf: float, mttr: float) -> float:
    """The share of time in which a component works, in the long run, whatever the distributions."""
    return mtbf / (mtbf + mttr)
