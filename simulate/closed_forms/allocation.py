"""OCBA: how a budget of further replications is shared among designs, so that the best is told from the others.

Source: C.-H. Chen and L. H. Lee, Stochastic Simulation Optimization: An Optimal Computing Budget Allocation (2010),
chapter 3: N(i) / N(j) = (s(i)/d(i))^2 / (s(j)/d(j))^2 and N(b) = s(b) sqrt(sum (N(i)/s(i))^2), d(i) the distance to the
best mean; who already has more than that keeps what he has, and the others share what is left. Whole numbers are cut, the
rest goes to the best.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Allocation:
    """What is known of each design (the least mean is best), and how many replications may be added in all."""

    means: tuple[float, ...]
    variances: tuple[float, ...]
    replications: tuple[int, ...]
    budget: int


def extra_replications(allocation: Allocation) -> list[int]:
    """Replications to add to each design; they sum to the budget."""
    ratios = _ratios(allocation)
    total = allocation.budget + sum(allocation.replications)
    open_to_more = [True] * len(ratios)
    given = list(allocation.replications)
    while True:
        left = total - sum(number for number, is_open in zip(given, open_to_more, strict=True) if not is_open)
        share = left / math.fsum(ratio for ratio, is_open in zip(ratios, open_to_more, strict=True) if is_open)
        closed = False
        for design, ratio in enumerate(ratios):
            if not open_to_more[design]:
                continue
            given[design] = int(share * ratio)
            if given[design] < allocation.replications[design]:
                given[design] = allocation.replications[design]
                open_to_more[design] = False
                closed = True
        if not closed or not any(open_to_more):
            break
    given[best(allocation)] += total - sum(given)
    return [after - before for after, before in zip(given, allocation.replications, strict=True)]


def best(allocation: Allocation) -> int:
    """The design with the least mean."""
    return min(range(len(allocation.means)), key=allocation.means.__getitem__)


def _ratios(allocation: Allocation) -> list[float]:
    """How many replications each design deserves, up to a factor."""
    leader = best(allocation)
    ratios = [
        0.0 if design == leader else variance / (mean - allocation.means[leader]) ** 2
        for design, (mean, variance) in enumerate(zip(allocation.means, allocation.variances, strict=True))
    ]
    squares = (ratio**2 / variance for ratio, variance in zip(ratios, allocation.variances, strict=True))
    ratios[leader] = math.sqrt(allocation.variances[leader] * math.fsum(squares))
    return ratios
